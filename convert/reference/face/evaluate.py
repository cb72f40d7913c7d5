"""How well a decoder draws faces that it never saw, in whole and where people look.

Works with any function from parameters to pictures, so the int8 model is judged the same way.
PSNR, and SSIM after Wang et al. 2004.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from convert.reference.face.parameters import EXPRESSIONS, INDEX
from convert.reference.face.regions import EYES, FACE, MOUTH, inside

Decode = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Evaluation:
    """PSNR in dB (mean over faces) and SSIM; `*_change` compares how far a part moves.

    A change is the mean size of the difference between a face at rest and the same face with
    eyes shut or mouth open, in the decoder's pictures over the drawn ones: 1 is right, 0 is none.
    """

    faces: int
    psnr: float
    ssim: float
    face_psnr: float
    eyes_psnr: float
    mouth_psnr: float
    dark_skin_psnr: float
    blink_change: float
    mouth_change: float

    def as_dict(self) -> dict[str, float | int]:
        """The numbers as plain data for a JSON file."""
        return asdict(self)


def evaluate(
    decode: Decode, parameters: NDArray[np.float32], pictures: NDArray[np.uint8]
) -> Evaluation:
    """Compare `decode`, (n, 46) to (n, size, size, 3) in 0..1, with pictures (n, ...) uint8.

    Faces at rest have to be followed by themselves with an expression, as shards have them.
    """
    from skimage import metrics

    structural_similarity: Callable[..., float] = metrics.structural_similarity

    truth = pictures.astype(np.float32) / 255
    drawn = np.clip(decode(parameters), 0, 1)
    error = ((drawn - truth) ** 2).mean(-1)
    size = truth.shape[1]
    face = inside(FACE, size)
    dark = truth[:, face].mean((1, 2)) < 0.42

    def psnr(where: NDArray[np.bool_]) -> float:
        return float((-10 * np.log10(error[:, where].mean(1) + 1e-10)).mean())

    similar = [
        structural_similarity(t, d, channel_axis=2, data_range=1.0)
        for t, d in zip(truth, drawn, strict=True)
    ]
    whole = -10 * np.log10(error.mean((1, 2)) + 1e-10)
    return Evaluation(
        faces=len(parameters),
        psnr=float(whole.mean()),
        ssim=float(np.mean(similar)),
        face_psnr=psnr(face),
        eyes_psnr=psnr(inside(EYES, size)),
        mouth_psnr=psnr(inside(MOUTH, size)),
        dark_skin_psnr=float(whole[dark].mean()) if dark.any() else float("nan"),
        blink_change=_change(parameters, truth, drawn, "blink", inside(EYES, size)),
        mouth_change=_change(parameters, truth, drawn, "jaw_open", inside(MOUTH, size)),
    )


def _change(
    parameters: NDArray[np.float32],
    truth: NDArray[np.float32],
    drawn: NDArray[np.float32],
    expression: str,
    where: NDArray[np.bool_],
) -> float:
    rest = np.arange(EXPRESSIONS.start)
    same = (parameters[:-1, rest] == parameters[1:, rest]).all(1)
    moved = parameters[1:, INDEX[expression]] - parameters[:-1, INDEX[expression]] > 0.6
    first = np.nonzero(same & moved)[0]
    wanted = np.abs(truth[first + 1] - truth[first])[:, where].mean()
    shown = np.abs(drawn[first + 1] - drawn[first])[:, where].mean()
    return float(shown / wanted) if len(first) else float("nan")
