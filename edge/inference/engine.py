"""A bundle and what runs its models."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.errors import BundleError
from edge.inference.bundle import Bundle
from edge.inference.interpreter import Model, Runtime
from edge.inference.manifest import Target

NAMES = {
    "trunk": "voice trunk",
    "head": "voice head",
    "shared": "face decoder's first part",
    "landmarks": "landmark decoder",
    "face": "face decoder",
}
"""what errors call the models; an attribute's is its head"""


@dataclass(frozen=True)
class Engine:
    """The models of one bundle, all with the same runtime, threads and target.

    Each is made once, when it is first asked for: the largest known takes seconds and 150 MB.
    Models may be shared by everything in one thread.
    """

    bundle: Bundle
    runtime: Runtime
    threads: int = 1
    """CPU threads of each model"""
    target: Target = "cpu"
    """which of the bundle's graphs are run"""
    _made: dict[str, Model] = field(default_factory=dict, init=False, repr=False, compare=False)

    def model(self, role: str) -> Model:
        """The model for a role. Raises BundleError."""
        if role not in self._made:
            name, content = NAMES.get(role, f"{role} head"), self.bundle.model(role, self.target)
            try:
                self._made[role] = Model(content, self.runtime, self.threads, name)
            except BundleError as error:
                if self.target == "cpu":
                    raise
                raise BundleError(
                    f"{error} A graph that was compiled for {self.target} needs that board's "
                    "accelerator; the target cpu runs everywhere."
                ) from error
        return self._made[role]
