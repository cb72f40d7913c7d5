"""One float network to the files of its targets, each step checked and kept.

The float work is done once for all targets: their graphs differ only where the network enlarges
maps with weights (`convert.nets.upsampling`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from convert.gate.edgetpu import Compiled, compile_for_edgetpu
from convert.gate.graph import read_graph
from convert.gate.op_gate import inspect, require
from convert.nets.net import Floats, Net, Step, checked
from convert.quantization.quantize import Scheme, quantize, to_float
from convert.quantization.refine import refine
from convert.recipe import QuantizationRecipe
from convert.workspace import Arrays, Workspace, key
from edge.inference.manifest import Target
from edge.inference.model import local_model
from edge.inference.runtime import find_runtime

CONVERTERS = ("onnx2tf 1.29.24", "tensorflow 2.19.0")
ORDER: tuple[Target, ...] = ("cpu", "jetson", "coral")
"""in which targets are converted: coral's graph is the one that may differ"""
PROBES = 2


@dataclass(frozen=True)
class Converted:
    """A network as the boards run it."""

    role: str
    files: Mapping[Target, bytes]
    in_float: bytes
    """the first target's graph in float32, to compare with"""
    steps: tuple[Step, ...]
    """of the float work"""
    compiled: Compiled | None = None
    """what the Edge TPU compiler made of the file for coral, where it is installed"""

    @property
    def first(self) -> bytes:
        """The file of the first target."""
        return next(iter(self.files.values()))

    @property
    def shipped(self) -> dict[Target, bytes]:
        """The files that go into the bundle. There is always one that a CPU runs: what was
        compiled for Coral is not."""
        files = {"cpu": self.first, **self.files}
        if self.compiled:
            files["coral"] = self.compiled.content
        return files


def convert(
    role: str,
    net: Net,
    examples: Floats,
    targets: tuple[Target, ...],
    recipe: QuantizationRecipe,
    workspace: Workspace,
    made_from: str,
) -> Converted:
    """Convert one network for all targets.

    `examples` `(n, …)` set the int8 ranges. The recipe's scheme is for the cpu target, the others
    take int8. `made_from` is the key of what the network and the examples come from. Raises
    ConvertError.
    """
    work = _Work(net, examples, recipe, workspace)
    files: dict[Target, bytes] = {}
    in_float = b""
    steps: dict[str, Step] = {}
    for target in (target for target in ORDER if target in targets):
        form: Scheme = recipe.scheme if target == "cpu" else "int8"
        twin = _serves(files, target, form, recipe.scheme)
        if twin:
            files[target] = files[twin]
            continue
        made = workspace.arrays(
            f"{role}.{target}",
            key(made_from, role, target, recipe, form, not in_float, CONVERTERS),
            lambda target=target, form=form, whole=not in_float: work.convert(  # type: ignore[misc]
                target, form, whole
            ),
        )
        files[target] = made["int8"].tobytes()
        require(files[target], role, target)
        in_float = in_float or made["float"].tobytes()
        rows = zip(made["steps"].tolist(), made["errors"].tolist(), strict=True)
        steps |= {name: Step(name, error) for name, error in rows if name not in steps}
    compiled = compile_for_edgetpu(files["coral"], role) if "coral" in files else None
    return Converted(role, files, in_float, tuple(steps.values()), compiled)


@dataclass
class _Work:
    """The float work on one network, done when it is first needed."""

    net: Net
    examples: Floats
    recipe: QuantizationRecipe
    workspace: Workspace
    _saved: dict[str, _Saved] = field(default_factory=dict)
    _refined: dict[Scheme, tuple[Net, Floats]] = field(default_factory=dict)

    def convert(self, target: Target, form: Scheme, whole: bool) -> Arrays:
        """The file for a target, with the float steps and, when `whole`, the float file."""
        exact = self._save("exact", self.net, target)
        steps, in_float = list(exact.steps), b""
        if whole:
            in_float = exact.in_float
            steps.append(self._compared(in_float))
        if form not in self._refined:
            self._refined[form] = refine(self.net, self.examples, form, self.recipe)
        refined, inputs = self._refined[form]
        saved = exact if refined is self.net else self._save(form, refined, target)
        content = quantize(saved.folder, inputs, target=target, scheme=form)
        return {
            "int8": np.frombuffer(content, np.uint8),
            "float": np.frombuffer(in_float, np.uint8),
            "steps": np.array([step.name for step in steps]),
            "errors": np.array([step.error for step in steps]),
        }

    def _save(self, name: str, net: Net, target: Target) -> _Saved:
        """The float SavedModel, made before for another target where that serves this one too."""
        before = self._saved.get(name)
        if before and not before.differs:
            return before
        folder = self.workspace.scratch(f"saved-{name}")
        steps = net.save(folder, target)
        self._saved[name] = _Saved(folder, steps, to_float(folder))
        return self._saved[name]

    def _compared(self, in_float: bytes) -> Step:
        model = local_model(in_float, find_runtime(), name="float network")
        probes = self.examples[:PROBES]
        expected = self.net(probes)
        got = np.concatenate([model(probe[None]) for probe in probes]).reshape(expected.shape)
        return checked("TensorFlow → TFLite in float", expected, got)


@dataclass(frozen=True)
class _Saved:
    """A float SavedModel."""

    folder: Path
    steps: tuple[Step, ...]
    in_float: bytes
    """the same as a `.tflite` file"""

    @property
    def differs(self) -> bool:
        """Whether other targets have another graph (`convert.nets.upsampling` writes it)."""
        names = {operator.name for operator in read_graph(self.in_float).operators}
        return bool(names & {"DEPTH_TO_SPACE", "RESIZE_NEAREST_NEIGHBOR"})


def _serves(
    files: Mapping[Target, bytes], target: Target, form: Scheme, scheme: Scheme
) -> Target | None:
    """An earlier target whose file serves this one as it is."""
    for earlier, content in files.items():
        if (scheme if earlier == "cpu" else "int8") != form:
            continue
        if {earlier, target} == {"cpu", "jetson"}:
            return earlier
        if target == "coral" and inspect(content, "coral").passed:
            return earlier
    return None
