"""The mel scale as in HTK (Young et al., The HTK Book, 5.4): mel(f) = 2595 log10(1 + f / 700)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def mel(hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Hz to mel."""
    return 2595.0 * np.log10(1.0 + np.asarray(hz, np.float64) / 700.0)


def mel_edges(low_hz: float, high_hz: float, filters: int) -> npt.NDArray[np.float64]:
    """Edges of triangular filters, `(filters + 2,)` Hz, evenly spaced in mel.

    Filter i rises from edge i to edge i + 1 and falls to edge i + 2.
    """
    mels = np.linspace(mel(low_hz), mel(high_hz), filters + 2)
    return 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
