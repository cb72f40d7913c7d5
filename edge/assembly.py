"""Puts the parts together as the settings say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edge.audio.file import FileSource
from edge.audio.microphone import MicrophoneSource
from edge.audio.source import Source
from edge.daemon import Daemon
from edge.display.choose import open_display
from edge.errors import BundleError
from edge.inference.bundle import Bundle, load_bundle, reference_path
from edge.inference.interpreter import Model, find_runtime
from edge.inference.manifest import ChoiceAttribute, QuantityAttribute, models
from edge.mqtt.catalogue import Catalogue
from edge.mqtt.publisher import Publisher
from edge.pipeline import Pipeline
from edge.scene import Display
from edge.settings import Settings


def bundle(settings: Settings) -> Bundle:
    """The bundle that the settings name."""
    return load_bundle(Path(settings.bundle.path) if settings.bundle.path else reference_path())


def pipelines(settings: Settings) -> Callable[[], Pipeline]:
    """A maker of pipelines that share one bundle, read and verified once."""
    loaded, runtime = bundle(settings), find_runtime(settings.inference.runtime)
    allowed = settings.publish.attributes()
    return lambda: Pipeline(loaded, runtime, settings.inference.threads, allowed)


def daemon(settings: Settings) -> Daemon:
    """The daemon with its source, display and publisher opened. Raises EdgeError."""
    loaded, runtime = bundle(settings), find_runtime(settings.inference.runtime)
    allowed = settings.publish.attributes()
    pipeline = Pipeline(loaded, runtime, settings.inference.threads, allowed)
    sinks: list[Display] = []
    # Whatever fails from here on must not leave a window or a connection behind.
    try:
        if settings.mqtt.broker:
            publisher = Publisher(
                settings.mqtt, settings.publish, settings.device, catalogue(loaded)
            )
            publisher.start()
            sinks.append(publisher)
        display = open_display(settings.display)
        if display:
            sinks.append(display)
        return Daemon(source(settings), pipeline, sinks, settings.audio.hold_s, allowed)
    except BaseException:
        for sink in sinks:
            sink.close()
        raise


def source(settings: Settings) -> Source:
    """The microphone, or the file that plays it."""
    if settings.audio.source == "mic":
        return MicrophoneSource(settings.audio.device)
    return FileSource(Path(settings.audio.source), paced=True)


def catalogue(loaded: Bundle) -> Catalogue:
    """What the bundle can say, for MQTT."""
    parts = loaded.manifest.attributes
    measures = loaded.manifest.face.measures
    return Catalogue(
        choices={p.name: p.classes for p in parts if isinstance(p, ChoiceAttribute)},
        quantities={p.name: p.unit for p in parts if isinstance(p, QuantityAttribute)},
        craniofacial=measures.names if measures else (),
    )


def check_models(loaded: Bundle, runtime: str = "auto") -> None:
    """Load every model of the bundle and check that their shapes fit each other.

    Raises BundleError.
    """
    found = find_runtime(runtime)
    nets = {role: Model(loaded.model(role), found, name=role) for role in models(loaded.manifest)}
    manifest = loaded.manifest
    features = loaded.front_end(loaded.array(manifest.front_end.golden.sound))
    sizes = {
        "trunk": (features.size, None),
        "head": (_count(nets["trunk"].output_shape), manifest.voice.dimensions),
        "face": (
            len(manifest.face.parameters) or manifest.voice.dimensions,
            manifest.face.size**2 * 3,
        ),
    }
    for part in manifest.attributes:
        classes = len(part.classes) if isinstance(part, ChoiceAttribute) else part.bins.count
        sizes[part.name] = (manifest.voice.dimensions, classes)
    for role, (taken, given) in sizes.items():
        shapes = _count(nets[role].input_shape), _count(nets[role].output_shape)
        if shapes[0] != taken or (given is not None and shapes[1] != given):
            raise BundleError(
                f"The bundle's {role} takes {shapes[0]} values and gives {shapes[1]}; "
                f"{taken} and {given or 'any number'} are wanted. Convert the model again."
            )


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
