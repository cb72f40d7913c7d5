"""A bundle and what runs its models."""

from __future__ import annotations

from dataclasses import dataclass

from edge.inference.bundle import Bundle
from edge.inference.interpreter import Model, Runtime


@dataclass(frozen=True)
class Engine:
    """Makes the models of one bundle, all with the same runtime and threads."""

    bundle: Bundle
    runtime: Runtime
    threads: int = 1
    """CPU threads of each model"""

    def model(self, role: str, name: str = "") -> Model:
        """The model for a role; `name` is what errors call it. Raises BundleError."""
        return Model(self.bundle.model(role), self.runtime, self.threads, name or role)
