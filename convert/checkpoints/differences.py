"""How the tensors of a checkpoint differ from those of a network: by name and shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Shapes = Mapping[str, tuple[int, ...]]

_LISTED = 20
_COUNTER = "num_batches_tracked"
"""BatchNorm's count of training steps: files may or may not have it, and nothing depends on it"""


@dataclass(frozen=True)
class Differences:
    """Empty when a checkpoint has what a network needs, and nothing else."""

    missing: tuple[str, ...]
    superfluous: tuple[str, ...]
    misshapen: tuple[str, ...]
    """`name (2, 3) instead of (4, 3)`"""
    same: int
    """tensors that agree"""

    def __bool__(self) -> bool:
        return bool(self.missing or self.superfluous or self.misshapen)

    def sentences(self) -> str:
        """The first 20 of each kind by name, then a count."""
        parts = (
            ("Missing", self.missing),
            ("Superfluous", self.superfluous),
            ("Of another shape", self.misshapen),
        )
        return " ".join(f"{what}: {_listed(names)}." for what, names in parts if names)

    @property
    def likeness(self) -> float:
        """Share of all tensors, of either side, that agree; half of it for the name alone."""
        apart = len(self.missing) + len(self.superfluous) + len(self.misshapen)
        return (self.same + len(self.misshapen) / 2) / max(self.same + apart, 1)


def differences(expected: Shapes, got: Shapes) -> Differences:
    """What `got` lacks, has too much, or has in another shape."""
    wanted = {name: tuple(shape) for name, shape in expected.items() if not _is_counter(name)}
    found = {name: tuple(shape) for name, shape in got.items() if not _is_counter(name)}
    common = [name for name in wanted if name in found]
    misshapen = [name for name in common if wanted[name] != found[name]]
    return Differences(
        missing=tuple(name for name in wanted if name not in found),
        superfluous=tuple(name for name in found if name not in wanted),
        misshapen=tuple(f"{name} {found[name]} instead of {wanted[name]}" for name in misshapen),
        same=len(common) - len(misshapen),
    )


def _is_counter(name: str) -> bool:
    return name.rpartition(".")[2] == _COUNTER


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
