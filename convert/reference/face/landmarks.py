"""Landmarks on the head's mesh, and the craniofacial measures taken between them.

Definitions of landmarks and measures: Farkas, Anthropometry of the Head and Face (1994). Indices
are vertices of MakeHuman's base mesh, which every face shares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convert.reference.face.mesh import Floats, Integers, Mesh

LANDMARKS: dict[str, int] = {
    "nasion": 169,
    "subnasale": 343,
    "labiale_superius": 455,
    "labiale_inferius": 492,
    "gnathion": 732,
    "alare_left": 7057,
    "alare_right": 288,
    "cheilion_left": 7184,
    "cheilion_right": 424,
    "zygion_left": 7564,
    "zygion_right": 859,
    "gonion_left": 7597,
    "gonion_right": 895,
}


EyeVertices = tuple[Integers, Integers]


def eye_vertices(base: Mesh) -> EyeVertices:
    """The vertices around the centre of the left and of the right eye."""
    left, right = (base.in_group(f"joint-{side}-eye") for side in ("l", "r"))
    return np.unique(base.triangles[left]), np.unique(base.triangles[right])


def pupils(eyes: EyeVertices, vertices: Floats) -> Floats:
    """Centres of the two eyes, left then right: (2, 3)."""
    return np.stack([vertices[eye].mean(0) for eye in eyes])


@dataclass(frozen=True)
class Measure:
    """A ratio of two distances between landmarks, times 100, as Farkas gives it."""

    name: str
    over: tuple[str, str]
    under: tuple[str, str]
    meaning: str


_FACE_HEIGHT = ("nasion", "gnathion")
_FACE_WIDTH = ("zygion_left", "zygion_right")
_NOSE_HEIGHT = ("nasion", "subnasale")

MEASURES: tuple[Measure, ...] = (
    Measure("nasal_index", ("alare_left", "alare_right"), _NOSE_HEIGHT, "al-al / n-sn"),
    Measure("facial_index", _FACE_HEIGHT, _FACE_WIDTH, "n-gn / zy-zy"),
    Measure("jaw_width_index", ("gonion_left", "gonion_right"), _FACE_WIDTH, "go-go / zy-zy"),
    Measure("mouth_width_index", ("cheilion_left", "cheilion_right"), _FACE_WIDTH, "ch-ch / zy-zy"),
    Measure(
        "lip_height_index",
        ("labiale_superius", "labiale_inferius"),
        _FACE_HEIGHT,
        "ls-li / n-gn",
    ),
    Measure("interpupillary_index", ("pupil_left", "pupil_right"), _FACE_WIDTH, "p-p / zy-zy"),
    Measure("nose_height_index", _NOSE_HEIGHT, _FACE_HEIGHT, "n-sn / n-gn"),
)


def measure(points: dict[str, Floats]) -> NDArray[np.float32]:
    """All measures of a face from its landmarks' places (3,), in any unit: (measures,) float32."""

    def distance(pair: tuple[str, str]) -> float:
        return float(np.linalg.norm(points[pair[0]] - points[pair[1]]))

    return np.array([100 * distance(m.over) / distance(m.under) for m in MEASURES], np.float32)


def landmarks(eyes: EyeVertices, vertices: Floats) -> dict[str, Floats]:
    """Places of the landmarks on a shaped head; its expression has to be neutral."""
    points = {name: vertices[index] for name, index in LANDMARKS.items()}
    left, right = pupils(eyes, vertices)
    return points | {"pupil_left": left, "pupil_right": right}


@dataclass(frozen=True)
class LinearMeasures:
    """Measures as straight lines of the parameters: `parameters @ weights.T + bias`.

    `weights` (measures, parameters), `bias` (measures,), `r_squared` (measures,) float64.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    r_squared: NDArray[np.float64]

    def predict(self, parameters: Floats) -> NDArray[np.float64]:
        """(faces, measures) for parameters (faces, n)."""
        return np.asarray(parameters @ self.weights.T + self.bias)


def fit_measures(parameters: Floats, measured: Floats, ridge: float = 1e-3) -> LinearMeasures:
    """Least squares from parameters (faces, n) to measures (faces, m), with R squared of each.

    A little ridge settles weights that always sum to 1 (groups, hair).
    """
    x, y = parameters.astype(np.float64), measured.astype(np.float64)
    x_mean, y_mean = x.mean(0), y.mean(0)
    gram = (x - x_mean).T @ (x - x_mean) / len(x) + ridge * np.eye(x.shape[1]) * x.var(0).mean()
    weights = np.linalg.solve(gram, (x - x_mean).T @ (y - y_mean) / len(x)).T
    bias = y_mean - weights @ x_mean
    residual = ((y - (x @ weights.T + bias)) ** 2).sum(0)
    spread = ((y - y_mean) ** 2).sum(0)
    return LinearMeasures(weights, bias, 1 - residual / np.maximum(spread, 1e-12))
