"""A small off-screen drawing surface (OpenGL through EGL; runs without a display or a GPU)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from convert.reference.face.mesh import Floats
from convert.reference.face.surface import Surface
from edge.errors import UsageError

_SHADERS = Path(__file__).with_name("shaders")
_SAMPLES = 4


class Canvas:
    """Draws surfaces into a picture of `size` pixels, `finer` times larger while drawing."""

    def __init__(self, size: int, finer: int = 2) -> None:
        try:
            create: Any = moderngl.create_context  # its stubs do not know `backend`
            self.context = create(standalone=True, backend="egl")
        except Exception as error:  # moderngl raises a bare Exception where EGL is missing
            raise UsageError(
                f"No off-screen OpenGL: {error}. Install libegl1 and libgl1-mesa-dri."
            ) from error
        self.size = size
        self._wide = size * finer
        shape = (self._wide, self._wide)
        context = self.context
        self._drawn = context.framebuffer(
            [context.renderbuffer(shape, 4, samples=_SAMPLES)],
            context.depth_renderbuffer(shape, samples=_SAMPLES),
        )
        self._resolved = context.framebuffer([context.renderbuffer(shape, 4)])
        self._programs: dict[str, Any] = {}

    def program(self, name: str) -> Any:
        """The shader program for `shaders/<name>.frag`."""
        if name not in self._programs:
            light = (_SHADERS / "light.glsl").read_text("utf-8")
            fragment = (_SHADERS / f"{name}.frag").read_text("utf-8")
            self._programs[name] = self.context.program(
                (_SHADERS / "head.vert").read_text("utf-8"),
                "#version 330\n" + light + fragment,
            )
        return self._programs[name]

    def start(self) -> None:
        """Clear the picture; nothing is drawn where alpha stays 0."""
        self._drawn.use()
        self.context.enable_only(moderngl.DEPTH_TEST)
        self._drawn.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)

    def finish(self, background: Floats) -> NDArray[np.uint8]:
        """The picture over `background` (size, size, 3) in 0..1: (size, size, 3) uint8 RGB."""
        self.context.copy_framebuffer(self._resolved, self._drawn)
        raw = np.frombuffer(self._resolved.read(components=4), np.uint8)
        picture = raw.reshape(self._wide, self._wide, 4)[::-1].astype(np.float32) / 255
        small = cv2.resize(picture, (self.size, self.size), interpolation=cv2.INTER_AREA)
        over = small[..., :3] + (1 - small[..., 3:]) * background
        return np.asarray(np.clip(over * 255 + 0.5, 0, 255), np.uint8)


class Drawable:
    """A surface on the graphics card, drawn with one shader program."""

    def __init__(self, canvas: Canvas, surface: Surface, shader: str) -> None:
        context = canvas.context
        self.surface = surface
        self.program = canvas.program(shader)
        self._moving = context.buffer(reserve=len(surface.source) * 24, dynamic=True)
        fixed = np.hstack([surface.rest, surface.uv, surface.marks])
        self._fixed = context.buffer(np.ascontiguousarray(fixed, np.float32).tobytes())
        self._array = context.vertex_array(
            self.program,
            [
                (self._moving, "3f 3f", "position", "normal"),
                (self._fixed, "3f 2f 4f", "rest", "uv", "marks"),
            ],
            context.buffer(surface.triangles.astype("i4").tobytes()),
            skip_errors=True,
        )

    def shape(self, base: Floats) -> None:
        """Move the surface onto a head with the vertices `base`."""
        shaped = np.ascontiguousarray(self.surface.shaped(base), np.float32)
        self._moving.write(shaped.tobytes())

    def draw(self, **uniforms: Any) -> None:
        """Draw with the uniforms given; those that the shader does not use are left out."""
        for name, value in uniforms.items():
            if name in self.program:
                if isinstance(value, np.ndarray) and value.size > 4:
                    self.program[name].write(np.ascontiguousarray(value.T, np.float32).tobytes())
                else:
                    self.program[name] = tuple(value) if np.ndim(value) else float(value)
        self._array.render()
