"""How alike two sets of outputs are: features, answers, pictures, points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from convert.nets.net import Floats

Doubles = npt.NDArray[np.float64]

SSIM_WINDOW, SSIM_SIGMA = 11, 1.5
"""of the Gaussian in Wang et al. 2004"""


def cosines(expected: Floats, got: Floats) -> Floats:
    """Cosine of each pair of rows `(n, d)`."""
    lengths = np.linalg.norm(expected, axis=1) * np.linalg.norm(got, axis=1)
    return np.asarray((expected * got).sum(axis=1) / np.maximum(lengths, 1e-12), np.float32)


def centred(expected: Floats, got: Floats) -> tuple[Floats, Floats]:
    """Both less the mean of `expected`: what the outputs have in common then counts for nothing,
    and a cosine shows what is left of the differences between people."""
    mean = expected.mean(axis=0, keepdims=True)
    return expected - mean, got - mean


def retrieval(queries: Floats, gallery: Floats, ranks: tuple[int, ...]) -> dict[int, float]:
    """Share of queries `(n, d)` whose own row of the gallery is among the k nearest by cosine."""
    q = queries / np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-12)
    g = gallery / np.maximum(np.linalg.norm(gallery, axis=1, keepdims=True), 1e-12)
    scores = q @ g.T
    own = np.diag(scores)[:, None]
    place = (scores > own).sum(axis=1)
    return {k: float(np.mean(place < k)) for k in ranks}


def psnr(expected: Floats, got: Floats) -> float:
    """Peak signal to noise ratio in dB of pictures with values in 0…1."""
    return float(10 * np.log10(1.0 / max(float(np.mean((expected - got) ** 2)), 1e-12)))


def ssim(expected: Floats, got: Floats) -> float:
    """Structural similarity of two pictures `(h, w, 3)` in 0…1 (Wang et al. 2004), mean over the
    channels."""
    a, b = expected.astype(np.float64), got.astype(np.float64)
    mean_a, mean_b = _blur(a), _blur(b)
    var_a, var_b = _blur(a * a) - mean_a**2, _blur(b * b) - mean_b**2
    both = _blur(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    ratio = ((2 * mean_a * mean_b + c1) * (2 * both + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    )
    return float(ratio.mean())


def _blur(picture: Doubles) -> Doubles:
    """Gaussian mean over full windows only: the border is left out."""
    offsets = np.arange(SSIM_WINDOW) - SSIM_WINDOW // 2
    weights = np.exp(-(offsets**2) / (2 * SSIM_SIGMA**2))
    weights /= weights.sum()
    for axis in (0, 1):
        views = np.lib.stride_tricks.sliding_window_view(picture, SSIM_WINDOW, axis=axis)
        picture = views @ weights
    return picture
