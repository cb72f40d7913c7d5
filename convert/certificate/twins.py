"""A bundle beside its float twin: both run by the board's own code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from convert.certificate.certificate import Way
from convert.certificate.chain import Answer, Trunks, answers
from convert.certificate.held_out import HeldOut
from convert.contract import Draft
from convert.conversion import Converted
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.inference.manifest import Target, models
from edge.inference.placement import Placement
from edge.inference.runtime import Runtime, find_runtime, installed_runtimes
from edge.voice.front_ends import FrontEnd

THREADS = 2


def answers_of_both(
    made: Draft, front_end: FrontEnd, converted: Mapping[str, Converted], heard: HeldOut
) -> tuple[list[Answer], dict[Way, list[Answer]]]:
    """What the float twin answers to the held-out sounds, and what each target's int8 files do
    under each installed runtime. Targets with the same files are run once."""
    runtimes = [find_runtime(setting) for setting in installed_runtimes()]

    def bundle(file: Callable[[Converted, Target], bytes]) -> Bundle:
        # compiled files run on their accelerator alone, so the ones that they come from are run
        contents = {
            name: file(converted[role], target)
            for role, model in models(made.manifest).items()
            for target, name in model.files.items()
        }
        return Bundle(made.manifest, "", {**made.files, **contents}, front_end)

    twin = bundle(lambda network, target: network.in_float)
    in_int8 = bundle(lambda network, target: network.files.get(target, network.first))
    trunks = Trunks(heard.features)

    def run(files: Bundle, runtime: Runtime, target: Target) -> list[Answer]:
        return answers(Engine(files, Placement(runtime, THREADS), target), trunks, heard.tracts_cm)

    expected = run(twin, runtimes[0], "cpu")
    ways = {
        Way(target, str(runtime)): run(in_int8, runtime, target)
        for target in distinct_targets(made)
        for runtime in runtimes
    }
    return expected, ways


def distinct_targets(made: Draft) -> list[Target]:
    """The targets whose files differ from those of an earlier one in some role."""
    parts = models(made.manifest).values()
    every: list[Target] = [
        t for t in ("cpu", "coral", "jetson") if any(t in p.files for p in parts)
    ]
    found: dict[tuple[Any, ...], Target] = {}
    for target in every:
        found.setdefault(tuple(p.files.get(target, p.files["cpu"]) for p in parts), target)
    return list(found.values())
