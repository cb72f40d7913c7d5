"""Puts the parts together as the settings say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge.audio.file import FileSource
from edge.audio.microphone import MicrophoneSource
from edge.audio.source import Source
from edge.daemon import Daemon
from edge.display.choose import Moving, open_display
from edge.display.moving import MovingDisplay
from edge.face import craniofacial
from edge.face.performer import Performer
from edge.inference.accelerators import Accelerators
from edge.inference.bundle import Bundle, load_bundle, reference_path
from edge.inference.delegates import delegate
from edge.inference.engine import Engine
from edge.inference.manifest import ChoiceAttribute, QuantityAttribute, Target
from edge.inference.placement import Placement
from edge.inference.profile import Profile, profile_path
from edge.inference.profile import load as load_profile
from edge.inference.runtime import find_runtime
from edge.machine import machine
from edge.mqtt.catalogue import Catalogue
from edge.mqtt.publisher import Publisher
from edge.pipeline import Pipeline
from edge.scene import Display
from edge.selfcheck import try_out
from edge.settings import Inference, Settings
from edge.voice.listener import Pace


def bundle(settings: Settings) -> Bundle:
    """The bundle that the settings name, verified and tried out. Raises BundleError."""
    return engine(settings).bundle


def engine(settings: Settings) -> Engine:
    """The bundle with the runtime, threads, target and delegates that the settings name, tried out.

    Delegates are begun with: nobody waits for them.
    """
    path = Path(settings.bundle.path) if settings.bundle.path else reference_path()
    inference = settings.inference
    target = target_of(inference)
    accelerated = inference.delegate or inference.face_delegate
    loaded = load_bundle(path, target, keep_cpu=bool(accelerated))
    voice, face = placements(inference, loaded, target)
    made = Engine(loaded, voice, target, face, Accelerators(inference.time_limit_s))
    try:
        try_out(made)
        made.accelerators.start()
    except BaseException:
        made.close()
        raise
    return made


def placements(inference: Inference, loaded: Bundle, target: Target) -> tuple[Placement, Placement]:
    """Where the settings put voice and face: with runtime auto, where `s2f-edge bench` found them
    to be fastest. Raises UsageError and DeviceError."""
    usual = Placement(find_runtime(inference.runtime), inference.threads)
    voice = face = usual
    if inference.runtime == "auto":
        path = profile_path(inference.profile)
        found = load_profile(path, loaded.sha256, target, machine().key)
        voice, face = (_fastest(found, stage, usual) for stage in ("voice", "face"))
    options, other = inference.delegate_options, inference.face_delegate
    return (
        replace(voice, delegate=delegate(inference.delegate, options)),
        replace(face, delegate=delegate(other or inference.delegate, options)),
    )


def _fastest(profile: Profile | None, stage: str, usual: Placement) -> Placement:
    """The profile's way for a stage, within the threads that the settings allow."""
    best = profile.best(stage, usual.threads) if profile else None
    return Placement(find_runtime(best.runtime), best.threads, best.xnnpack) if best else usual


def target_of(inference: Inference) -> Target:
    """Whose networks of the bundle are run."""
    if inference.target != "auto":
        return inference.target
    names = (inference.delegate, inference.face_delegate)
    return "coral" if any(name.startswith("edgetpu") for name in names) else "cpu"


def pipelines(settings: Settings) -> Callable[[], Pipeline]:
    """A maker of pipelines that share one bundle, read and verified once."""
    shared, allowed = engine(settings), settings.publish.attributes()
    shared.accelerators.settle()
    return lambda: Pipeline(shared, allowed, pace(settings))


def pace(settings: Settings) -> Pace:
    """How often there is an estimate, as the settings say."""
    voice = settings.voice
    return Pace(voice.window_s, voice.update_s, voice.first_s, voice.tell_apart)


def daemon(settings: Settings) -> Daemon:
    """The daemon with its source, display and publisher opened. Raises EdgeError."""
    made, allowed = engine(settings), settings.publish.attributes()
    pipeline = Pipeline(made, allowed, pace(settings))
    sinks: list[Display] = []
    # Whatever fails from here on must not leave a window or a connection behind.
    try:
        if settings.mqtt.broker:
            publisher = Publisher(
                settings.mqtt, settings.publish, settings.device, catalogue(made.bundle)
            )
            publisher.start()
            sinks.append(publisher)
        display = open_display(settings.display, _moving(made, settings))
        if display:
            sinks.append(display)
        return Daemon(source(settings), pipeline, sinks, settings.audio.hold_s, allowed)
    except BaseException:
        for sink in sinks:
            sink.close()
        made.close()
        raise


def _moving(made: Engine, settings: Settings) -> Moving | None:
    """What makes the face on a display move, if the settings want that.

    Frames are made in a thread of their own, so that thread has its own networks, on the CPU.
    """
    display = settings.display
    if not display.animate and display.style == "portrait":
        return None

    def moving(shown: Display) -> Display:
        placement = made.face or made.placement
        target = "cpu" if placement.delegate else made.target
        own = Engine(made.bundle, replace(placement, delegate=None), target)
        return MovingDisplay(shown, Performer(own, display.style))

    return moving


def source(settings: Settings) -> Source:
    """The microphone, or the file that plays it."""
    if settings.audio.source == "mic":
        return MicrophoneSource(settings.audio.device)
    return FileSource(Path(settings.audio.source), paced=True)


def catalogue(loaded: Bundle) -> Catalogue:
    """What the bundle can say, for MQTT."""
    parts, face = loaded.manifest.attributes, loaded.manifest.face
    measures = face.measures.names if face.measures else ()
    return Catalogue(
        choices={p.name: p.classes for p in parts if isinstance(p, ChoiceAttribute)},
        quantities={p.name: p.unit for p in parts if isinstance(p, QuantityAttribute)},
        craniofacial=craniofacial.NAMES if face.landmarks else measures,
    )
