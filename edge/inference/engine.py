"""A bundle and what runs its models."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.errors import BundleError
from edge.inference.accelerators import Accelerators
from edge.inference.bundle import Bundle
from edge.inference.graph import Graph
from edge.inference.manifest import Target
from edge.inference.model import Floats, Model, StreamModel
from edge.inference.order import Order
from edge.inference.placement import Placement
from edge.inference.runtime import Runtime

NAMES = {
    "trunk": "voice trunk",
    "stream": "streaming voice trunk",
    "head": "voice head",
    "shared": "face decoder's first part",
    "landmarks": "landmark decoder",
    "face": "face decoder",
}
"""what errors call the models; an attribute's is its head"""

FACE_ROLES = frozenset({"shared", "landmarks", "face"})
"""models of the stage that draws; the others belong to the stage that listens"""


@dataclass(frozen=True)
class Engine:
    """The models of one bundle for one target, each stage placed somewhere.

    Each is made once, when it is first asked for: the largest known takes seconds and 150 MB.
    Models may be shared by everything in one thread.
    """

    bundle: Bundle
    placement: Placement = field(default_factory=Placement)
    target: Target = "cpu"
    """which of the bundle's graphs are run"""
    face: Placement | None = None
    """where the face is drawn; None: where the voice is heard"""
    accelerators: Accelerators = field(default_factory=Accelerators, compare=False)
    """what opens the networks, and watches over those on a delegate"""
    _graphs: dict[str, Graph] = field(default_factory=dict, init=False, repr=False, compare=False)
    _models: dict[str, Model] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def runtime(self) -> Runtime:
        """Of the stage that listens."""
        return self.placement.runtime

    def model(self, role: str) -> Model:
        """The model for a role. Raises BundleError."""
        if role not in self._models:
            self._models[role] = Model(self._graph(role), name_of(role))
        return self._models[role]

    def stream(self) -> StreamModel:
        """A streaming trunk at its beginning; all of them share one network. Raises BundleError."""
        return StreamModel(self._graph("stream"), name_of("stream"))

    def close(self) -> None:
        """Let go of all models, and end the processes of delegates."""
        self.accelerators.close()
        for graph in self._graphs.values():
            graph.close()
        self._graphs.clear()
        self._models.clear()

    def _graph(self, role: str) -> Graph:
        if role not in self._graphs:
            draws = role in FACE_ROLES
            placement = (self.face or self.placement) if draws else self.placement
            helped = self.placement.delegate or (self.face and self.face.delegate)
            content = self.bundle.model(role, self.target)
            order = Order(
                stage="face" if draws else "voice",
                name=name_of(role),
                content=content,
                for_cpu=self.bundle.model(role) if helped else content,
                placement=placement,
                golden=self._golden(role),
            )
            try:
                self._graphs[role] = self.accelerators.open(order)
            except BundleError as error:
                if self.target == "cpu":
                    raise
                raise BundleError(
                    f"{error} A graph that was compiled for {self.target} needs that board's "
                    "accelerator; the target cpu runs everywhere."
                ) from error
        return self._graphs[role]

    def _golden(self, role: str) -> Floats | None:
        """An input of the trunk, whole window or first frames; the others take chance."""
        part = self.bundle.manifest.front_end
        if role == "trunk":
            return self.bundle.array(part.golden.features)
        return None


def name_of(role: str) -> str:
    """What errors call the model."""
    return NAMES.get(role, f"{role} head")
