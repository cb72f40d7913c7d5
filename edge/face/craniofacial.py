"""Craniofacial measures of a drawn face, from its landmarks.

The measures are those of the Speech2Face paper (Oh et al. 2019, section 4.2), which cites Farkas
et al. 2005 and Merler et al. 2019, "Diversity in Faces". Landmarks and measures are defined as in
Farkas, Anthropometry of the Head and Face (1994), as far as points of a frontal picture carry
them. A picture has no millimetres: lengths are in per cent of the biocular width ex-ex, an area in
per cent of its square. Indices are ratios in per cent, as Farkas gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.face.landmarks import Points, as_ibug
from edge.inference.manifest import LandmarkScheme

Point = npt.NDArray[np.float64]

ANTHROPOMETRIC: dict[str, tuple[int, ...]] = {
    "n": (27,),  # nasion: root of the nose
    "sn": (33,),  # subnasale: where the nose meets the upper lip
    "al_r": (31,),  # alare: side of the wing of the nose. The schemes mark the wing's base
    "al_l": (35,),  # once: it stands for the subalare, sbal, too
    "ls": (51,),  # labiale superius: middle of the upper lip's red border
    "ls_r": (49,),  # labiale superius lateralis: that border below the subalare
    "ls_l": (53,),
    "sto": (62, 66),  # stomion: middle between the lips
    "li": (57,),  # labiale inferius: middle of the lower lip's red border
    "ch_r": (48,),  # cheilion: corner of the mouth
    "ch_l": (54,),
    "en_r": (39,),  # endocanthion: inner corner of the eye
    "en_l": (42,),
    "ex_r": (36,),  # exocanthion: outer corner of the eye
    "ex_l": (45,),
    "go_r": (4,),  # gonion: angle of the jaw
    "go_l": (12,),
    "gn": (8,),  # gnathion: lowest point of the chin
}
"""anthropometric landmark → points of `ibug-68` whose middle it is; r and l are the person's"""

_CHEEKS = ((0, 16), (1, 15), (2, 14))
"""pairs of the outline at the cheek-bones: the widest lies at the zygion, by its definition"""


@dataclass(frozen=True)
class _Face:
    """The anthropometric landmarks of one face, and what is measured between them."""

    points: Mapping[str, Point]
    zy_zy: float
    """width of the face"""

    def __call__(self, one: str, other: str) -> float:
        """Distance of two landmarks, pixels."""
        return float(np.linalg.norm(self.points[one] - self.points[other]))

    @property
    def ex_ex(self) -> float:
        """Biocular width: the unit of lengths."""
        return self("ex_r", "ex_l")


@dataclass(frozen=True)
class Measure:
    """One craniofacial measure."""

    name: str
    meaning: str
    """in words, with the anthropometric landmarks"""
    of: Callable[[_Face], float]


MEASURES: tuple[Measure, ...] = (
    Measure(
        "upper_lip_height",
        "sn-sto: from the nose to where the lips meet",
        lambda d: d("sn", "sto") / d.ex_ex,
    ),
    Measure(
        "lateral_upper_lip_heights",
        "sbal-ls′: from the base of the nose's wing to the red of the lip, mean of both sides",
        lambda d: (d("al_r", "ls_r") + d("al_l", "ls_l")) / 2 / d.ex_ex,
    ),
    Measure(
        "jaw_width",
        "go-go: between the angles of the jaw",
        lambda d: d("go_r", "go_l") / d.ex_ex,
    ),
    Measure(
        "nose_height",
        "n-sn: from the root of the nose to its base",
        lambda d: d("n", "sn") / d.ex_ex,
    ),
    Measure(
        "nose_width",
        "al-al: between the wings of the nose",
        lambda d: d("al_r", "al_l") / d.ex_ex,
    ),
    Measure(
        "labio_oral_region",
        "ch-ch: width of the mouth, the measurement of Farkas' labio-oral region",
        lambda d: d("ch_r", "ch_l") / d.ex_ex,
    ),
    Measure(
        "mandibular_index",
        "sto-gn / go-go: height of the lower jaw to its width",
        lambda d: d("sto", "gn") / d("go_r", "go_l"),
    ),
    Measure(
        "intercanthal_index",
        "en-en / ex-ex: distance of the eyes' inner corners to that of their outer ones",
        lambda d: d("en_r", "en_l") / d.ex_ex,
    ),
    Measure(
        "nasal_index",
        "al-al / n-sn: width of the nose to its height",
        lambda d: d("al_r", "al_l") / d("n", "sn"),
    ),
    Measure(
        "vermilion_height_index",
        "ls-sto / sto-li: height of the upper lip's red to that of the lower",
        lambda d: d("ls", "sto") / d("sto", "li"),
    ),
    Measure(
        "mouth_face_width_index",
        "ch-ch / zy-zy: width of the mouth to that of the face",
        lambda d: d("ch_r", "ch_l") / d.zy_zy,
    ),
    Measure(
        "nose_area",
        "area of the quadrilateral n, al, sn, al",
        lambda d: _area(*(d.points[name] for name in ("n", "al_r", "sn", "al_l"))) / d.ex_ex**2,
    ),
)

NAMES: tuple[str, ...] = tuple(measure.name for measure in MEASURES)


def craniofacial(landmarks: Points, scheme: LandmarkScheme) -> dict[str, float]:
    """All measures of a face from its landmarks `(n, 2)` pixels, in per cent, by name.

    A measure whose landmarks coincide, so that it has no value, is left out.
    """
    ibug = as_ibug(landmarks, scheme)
    points = {name: ibug[list(numbers)].mean(axis=0) for name, numbers in ANTHROPOMETRIC.items()}
    zy_zy = max(float(np.linalg.norm(ibug[one] - ibug[other])) for one, other in _CHEEKS)
    face, measured = _Face(points, zy_zy), {}
    for measure in MEASURES:
        try:
            value = 100 * measure.of(face)
        except ZeroDivisionError:
            continue
        if np.isfinite(value):
            measured[measure.name] = value
    return measured


def _area(*corners: Point) -> float:
    """Of the polygon with these corners (the shoelace formula), square pixels."""
    x, y = np.stack(corners).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2
