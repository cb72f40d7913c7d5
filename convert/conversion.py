"""One float network to the files of its targets, each step checked and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from convert.edgetpu import Compiled, compile_for_edgetpu
from convert.net import Floats, Net, Step, checked
from convert.op_gate import inspect, require
from convert.quantize import Scheme, quantize, to_float
from convert.recipe import QuantizationRecipe
from convert.refine import refine
from convert.workspace import Arrays, Workspace, key
from edge.inference.interpreter import Model, find_runtime
from edge.inference.manifest import Target

CONVERTERS = ("onnx2tf 1.29.24", "tensorflow 2.19.0")
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
    files: dict[Target, bytes] = {}
    in_float = b""
    steps: tuple[Step, ...] = ()
    for target in targets:
        form = recipe.scheme if target == "cpu" else "int8"
        twin = _serves(files, target, form, recipe.scheme)
        if twin:
            files[target] = files[twin]
            continue
        first = not in_float
        made = workspace.arrays(
            f"{role}.{target}",
            key(made_from, role, target, recipe, form, first, CONVERTERS),
            lambda target=target, form=form, first=first: _convert(  # type: ignore[misc]
                net, examples, target, recipe, form, workspace, first
            ),
        )
        files[target] = made["int8"].tobytes()
        require(files[target], role, target)
        if first:
            in_float = made["float"].tobytes()
        rows = zip(made["steps"].tolist(), made["errors"].tolist(), strict=True)
        steps += tuple(Step(n, e) for n, e in rows if n not in {s.name for s in steps})
    compiled = compile_for_edgetpu(files["coral"], role) if "coral" in files else None
    return Converted(role, files, in_float, steps, compiled)


def _convert(
    net: Net,
    examples: Floats,
    target: Target,
    recipe: QuantizationRecipe,
    form: Scheme,
    workspace: Workspace,
    first: bool,
) -> Arrays:
    folder = workspace.scratch("saved")
    steps = list(net.save(folder, target))
    in_float = b""
    if first:
        in_float = to_float(folder)
        model = Model(in_float, find_runtime(), name="float network")
        probes = examples[:PROBES]
        got = np.concatenate([model(probe[None]) for probe in probes])
        expected = net(probes)
        steps.append(checked("TensorFlow → TFLite in float", expected, got.reshape(expected.shape)))
    refined, inputs = refine(net, examples, form, recipe)
    if refined is not net:
        folder = workspace.scratch("saved")
        refined.save(folder, target)
    content = quantize(folder, inputs, target=target, scheme=form)
    return {
        "int8": np.frombuffer(content, np.uint8),
        "float": np.frombuffer(in_float, np.uint8),
        "steps": np.array([step.name for step in steps]),
        "errors": np.array([step.error for step in steps]),
    }


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
