"""A stretch of sound on its way from the microphone to the voice encoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16000
"""Hz, everywhere behind the sources"""

BLOCK_SAMPLES = 1600
"""A source's usual block: 0.1 s."""


@dataclass(frozen=True)
class AudioBlock:
    """Mono sound at 16 kHz."""

    samples: npt.NDArray[np.float32]
    """`(samples,) float32`, full scale -1…1"""
    start_s: float
    """seconds since the source was opened"""

    @property
    def level(self) -> float:
        """Root mean square, full scale 1; 0 for an empty block."""
        return float(np.sqrt(np.mean(np.square(self.samples)))) if self.samples.size else 0.0
