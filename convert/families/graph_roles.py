"""What a whole graph is in a bundle, told from the shapes that it takes and gives."""

from __future__ import annotations

import math
from collections.abc import Mapping

from convert.errors import CheckpointError
from convert.families.family import Match
from edge.face.landmarks import point_count
from edge.inference.manifest import LandmarkScheme

Shape = tuple[int, ...]
"""with the batch; 0 where a size is not fixed"""
COLOURS = 3


def role(given: Shape, outputs: Mapping[str, Shape]) -> Match | None:
    """The role of a graph with one input `given`, and why; None where it fits none.

    A map or a sequence to a vector is a voice encoder, a vector to a picture a face decoder, a
    vector to a vector an attribute.
    """
    pictures = {name: shape for name, shape in outputs.items() if is_picture(shape)}
    vectors = {name: shape for name, shape in outputs.items() if is_vector(shape)}
    takes = f"it takes {_words(given)}"
    if not is_vector(given) and vectors:
        return Match("voice", f"{takes}, a sound's features, and gives {_listed(vectors)}")
    if is_vector(given) and pictures:
        return Match("face", f"{takes}, a vector, and gives {_listed(pictures)}, a picture")
    if is_vector(given) and vectors and len(vectors) == len(outputs):
        return Match("attribute", f"{takes}, a vector, and gives {_listed(vectors)}, a vector")
    return None


def is_vector(shape: Shape) -> bool:
    """Whether at most one dimension is larger than 1."""
    return len(shape) >= 2 and sum(size != 1 for size in shape[1:]) <= 1


def is_picture(shape: Shape) -> bool:
    """Whether it is square, with three colours first or last."""
    if len(shape) != 4:
        return False
    _, first, middle, last = shape
    return (first == COLOURS and middle == last > 1) or (last == COLOURS and first == middle > 1)


def picture_output(outputs: Mapping[str, Shape], size: int, path: str) -> tuple[str, Shape]:
    """Name and shape of the picture: the largest, or that of `size` pixels. Raises
    CheckpointError."""
    pictures = {name: shape for name, shape in outputs.items() if is_picture(shape)}
    fitting = {n: s for n, s in pictures.items() if not size or pixels(s) == size}
    if not fitting:
        wanted = f"a picture of {size} pixels" if size else "a square picture with three colours"
        raise CheckpointError(f"{path} gives {_listed(outputs) or 'nothing'}; {wanted} is wanted.")
    name = max(fitting, key=lambda each: pixels(fitting[each]))
    return name, fitting[name]


def pixels(shape: Shape) -> int:
    """Of a side of the picture."""
    return shape[2]


def landmark_output(outputs: Mapping[str, Shape], scheme: LandmarkScheme, path: str) -> str:
    """Name of the output with x and y of each point. Raises CheckpointError."""
    wanted = 2 * point_count(scheme)
    found = [n for n, s in outputs.items() if not is_picture(s) and math.prod(s[1:]) == wanted]
    if len(found) != 1:
        raise CheckpointError(
            f"{path} gives {_listed(outputs)}; {scheme} needs one output of {wanted} values, x and "
            "y of each point in pixels. Leave `landmarks` out, or name another scheme."
        )
    return found[0]


def only_vector(outputs: Mapping[str, Shape], name: str, path: str) -> str:
    """Name of the only output that is a vector, or of that called `name`. Raises
    CheckpointError."""
    vectors = [each for each, shape in outputs.items() if is_vector(shape)]
    if name in vectors:
        return name
    if len(vectors) != 1:
        raise CheckpointError(
            f"{path} gives {_listed(outputs) or 'nothing'}; one vector is wanted, or one called "
            f"'{name}'."
        )
    return vectors[0]


def _words(shape: Shape) -> str:
    return f"({', '.join(str(size or '?') for size in shape)})"


def _listed(outputs: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {_words(shape)}" for name, shape in outputs.items())
