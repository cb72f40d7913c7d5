"""One channel out of several: those that agree with the loudest, mixed.

A mix of channels that hear the same has less noise than one of them. A channel that is dead, that
is wired the other way round, or that carries something else (the playback reference of an array)
would spoil it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

AGREEMENT = 0.5
"""correlation with the loudest channel from which a channel hears the same"""
QUIETER = 10 ** (-12 / 10)
"""power, as a share of the loudest channel's, below which a channel only adds noise"""
LOUD_ENOUGH = 10 ** (-60 / 10)
"""power, full scale 1; quieter blocks say nothing about the channels"""
MEMORY = 0.98
"""of the averages from one block to the next: 5 s at a tenth of a second each"""


class ChannelMix:
    """Decides from level and correlation over the last seconds which channels are mixed."""

    def __init__(self, channels: int) -> None:
        self._products = np.zeros((channels, channels))
        self.chosen = np.ones(channels, bool)
        """`(channels,) bool`, those that are mixed; all until something was heard"""

    def __call__(self, sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Mix `(samples, channels) float32` without offset to `(samples,) float32`."""
        if sound.shape[1] == 1:
            return sound[:, 0]
        products = (sound.T @ sound).astype(np.float64) / max(1, sound.shape[0])
        if products.diagonal().max() >= LOUD_ENOUGH:
            first = not self._products.any()
            self._products = products if first else self._blend(products)
            self.chosen = _agreeing(self._products)
        return sound[:, self.chosen].mean(axis=1, dtype=np.float32)

    def _blend(self, products: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return MEMORY * self._products + (1 - MEMORY) * products


def _agreeing(products: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """`(channels,) bool` from the `(channels, channels)` mean products of the channels."""
    power = products.diagonal()
    loudest = int(power.argmax())
    likeness = products[loudest] / np.sqrt(np.maximum(power * power[loudest], 1e-20))
    return (likeness >= AGREEMENT) & (power >= QUIETER * power[loudest])
