"""Measures the stages in this process."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edge.audio.block import SAMPLE_RATE
from edge.bench.energy import sensor
from edge.bench.row import Row
from edge.bench.way import Way
from edge.face.compose import compose
from edge.face.painter import Painter
from edge.inference.accelerators import Accelerators
from edge.inference.bundle import Bundle
from edge.inference.delegates import delegate
from edge.inference.engine import Engine
from edge.inference.manifest import Target
from edge.inference.placement import Placement
from edge.inference.runtime import find_runtime
from edge.scene import Scene
from edge.state import State
from edge.voice.attributes import AttributeHeads
from edge.voice.features import ChunkFeatures, WindowFeatures
from edge.voice.listener import Heard, Listener
from edge.voice.pooling import pooling, unit
from edge.voice.trunk import trunk

SCREEN = (480, 480)
SOUND_S = 12.0
"""of the golden sound, again and again"""
LEAST_TURNS = 3


@dataclass(frozen=True)
class Time:
    """Of one turn."""

    wall_s: float
    cpu_s: float
    millijoule: float


def front_end(bundle: Bundle, enough_s: float) -> Row:
    """Features of a second of speech, in pieces of 0.1 s."""
    part, sound = bundle.manifest.front_end, _sound(bundle)

    def turn() -> None:
        cut = ChunkFeatures if bundle.manifest.voice.stream else WindowFeatures
        stream = cut(bundle.front_end, part.window_samples, part.hop_samples)
        for start in range(0, sound.size, 1600):
            stream.push(sound[start : start + 1600])

    seconds = sound.size / SAMPLE_RATE
    took = _fastest(turn, enough_s)
    return Row(
        stage="front_end",
        model=part.name,
        runtime=f"numpy {np.__version__}",
        delegate=None,
        threads=1,
        ms=round(1000 * took.wall_s / seconds, 4),
        per="second of speech",
        share_of_core=round(took.cpu_s / seconds, 5),
        memory_mb=_memory_mb(),
        energy_mj=round(took.millijoule / seconds, 3),
    )


def voice_and_face(bundle: Bundle, target: Target, way: Way, enough_s: float) -> list[Row]:
    """Both stages, run one way. Raises EdgeError."""
    runtime = find_runtime(way.runtime)
    placement = Placement(
        runtime, way.threads, way.xnnpack, delegate(way.delegate, dict(way.options))
    )
    engine = Engine(bundle, placement, target, accelerators=Accelerators())
    try:
        voice, face = _voice(engine), _face(engine)
        engine.accelerators.start()
        engine.accelerators.settle()
        problem = "; ".join(s.reason for s in engine.accelerators.states if not s.working)
        hop_s = bundle.manifest.front_end.hop_samples / SAMPLE_RATE
        rows = []
        for stage, turn, seconds, per in (
            ("voice", voice, hop_s, "second of speech"),
            ("face", face, 1.0, "frame"),
        ):
            took = _fastest(turn, enough_s)
            rows.append(
                Row(
                    stage=stage,
                    model=bundle.name,
                    runtime=str(runtime),
                    delegate=way.delegate or None,
                    threads=way.threads,
                    ms=round(1000 * took.wall_s / seconds, 4),
                    per=per,
                    xnnpack=way.xnnpack,
                    share_of_core=round(took.cpu_s / seconds, 5),
                    memory_mb=_memory_mb(),
                    frames_per_s=round(1 / took.wall_s, 1) if stage == "face" else 0.0,
                    energy_mj=round(took.millijoule / seconds, 3),
                    problem=problem,
                )
            )
        return rows
    finally:
        engine.close()


def _voice(engine: Engine) -> Callable[[], None]:
    """One update: the trunk on what is new, pooling, head, attributes."""
    bundle, part = engine.bundle, engine.bundle.manifest.front_end
    cut = ChunkFeatures if bundle.manifest.voice.stream else WindowFeatures
    first, *later = cut(bundle.front_end, part.window_samples, part.hop_samples).push(
        _sound(bundle)
    )
    run, heads = trunk(engine), AttributeHeads(engine, frozenset(
        each.name for each in bundle.manifest.attributes
    ))  # fmt: skip
    head = engine.model("head") if bundle.manifest.voice.head else None
    pool = pooling(bundle).start()
    pool.add(run(first))
    turns = 0

    def turn() -> None:
        nonlocal turns
        pool.add(run(later[turns % len(later)]))
        turns += 1
        pooled = pool.result()
        feature = pooled if head is None else head(pooled).ravel()
        heads(unit(feature) if bundle.manifest.voice.unit_feature else feature)

    return turn


def _face(engine: Engine) -> Callable[[], None]:
    """One frame: parameters, decoder, picture of the screen, bytes."""
    heard = _heard(engine)
    painter = Painter(engine)

    def turn() -> None:
        portrait = painter.paint(heard)
        scene = Scene(State.SPEAKING, portrait.estimate, portrait.image, level=0.1)
        compose(scene, SCREEN).tobytes()

    return turn


def _heard(engine: Engine) -> Heard:
    everything = frozenset(each.name for each in engine.bundle.manifest.attributes)
    heard = Listener(engine, everything).push(_sound(engine.bundle))
    assert heard is not None  # the sound is longer than any bundle's evidence
    return heard


def _sound(bundle: Bundle) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Speech enough for some windows, and for the bundle's evidence."""
    part, least_s = bundle.manifest.front_end, bundle.manifest.voice.minimum_evidence_s
    golden = bundle.array(part.golden.sound)
    windows_s = (part.window_samples + 8 * part.hop_samples) / SAMPLE_RATE
    samples = round(max(SOUND_S, windows_s, least_s + windows_s) * SAMPLE_RATE)
    return np.resize(golden, samples).astype(np.float32)


def _fastest(turn: Callable[[], None], enough_s: float) -> Time:
    """The fastest of the turns that fit into so much time: what others did is left out."""
    turn()  # sets up
    meter = sensor()
    times: list[tuple[float, float]] = []
    begun = time.perf_counter()
    energy = meter.millijoule(time.monotonic()) if meter else 0.0
    while len(times) < LEAST_TURNS or time.perf_counter() - begun < enough_s:
        wall, cpu = time.perf_counter(), time.process_time()
        turn()
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    used = (meter.millijoule(time.monotonic()) - energy) / len(times) if meter else 0.0
    wall_s, cpu_s = min(times)
    return Time(wall_s, cpu_s, used)


def _memory_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
