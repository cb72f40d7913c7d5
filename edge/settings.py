"""Settings of the daemon: TOML, typed, strict. An unknown key is refused, never ignored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from edge.errors import UsageError
from edge.inference.manifest import Target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Port = Annotated[int, Meta(ge=0, le=65535)]
TopicLevel = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
RuntimeName = Literal["auto", "tflite-runtime", "litert"]
DisplayName = Literal["auto", "window", "web", "png", "none"]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A TOML table whose unknown keys are errors."""


class Device(_Table, frozen=True):
    name: Annotated[TopicLevel, Meta(description="Name of this board, one MQTT topic level.")] = (
        "speech2face"
    )


class Audio(_Table, frozen=True):
    source: Annotated[
        str, Meta(description='"mic", or a sound file that is played as if it were the microphone.')
    ] = "mic"
    device: Annotated[
        str,
        Meta(description="Microphone, by a part of its name as `s2f-edge devices` prints it."),
    ] = ""
    hold_s: Annotated[
        float,
        Meta(
            ge=0.5,
            le=3600,
            description="Seconds of silence after which the next speech is a new person.",
        ),
    ] = 10.0


class Inference(_Table, frozen=True):
    runtime: Annotated[
        RuntimeName,
        Meta(description="TFLite runtime; auto takes what `s2f-edge bench` found to be fastest."),
    ] = "auto"
    threads: Annotated[int, Meta(ge=1, le=64, description="CPU threads for each model.")] = 1
    profile: Annotated[
        str,
        Meta(
            description="File in which `s2f-edge bench` keeps what is fastest, for runtime auto. "
            "Empty: in the user's cache."
        ),
    ] = ""
    target: Annotated[
        Target | Literal["auto"],
        Meta(
            description="Board whose networks of the bundle are run; without any, those for cpu. "
            "auto: coral with the delegate edgetpu, else cpu."
        ),
    ] = "auto"
    delegate: Annotated[
        str,
        Meta(
            description="Accelerator: edgetpu, edgetpu:usb:0, edgetpu:pci, or the path of a TFLite "
            "delegate's library. Empty: the CPU. When it fails, the CPU goes on."
        ),
    ] = ""
    face_delegate: Annotated[
        str,
        Meta(
            description="Another accelerator for the face, e.g. a second stick; none: the CPU. "
            "Empty: the same as delegate."
        ),
    ] = ""
    delegate_options: Annotated[
        dict[str, str], Meta(description="Options that the delegate's library takes.")
    ] = {}
    time_limit_s: Annotated[
        float,
        Meta(
            gt=0, le=60, description="An inference that takes longer means a delegate that hangs."
        ),
    ] = 1.0


class Voice(_Table, frozen=True):
    """How much speech an estimate rests on, and how often there is a new one."""

    window_s: Annotated[
        float,
        Meta(
            ge=0,
            le=600,
            description="Seconds of the latest speech that count, e.g. 6; 0: all of a speaker's.",
        ),
    ] = 0.0
    update_s: Annotated[
        float,
        Meta(
            ge=0,
            le=60,
            description="Seconds of speech from one estimate to the next; 0: as often as the "
            "bundle can.",
        ),
    ] = 0.0
    first_s: Annotated[
        float,
        Meta(
            ge=0,
            le=60,
            description="Seconds of speech before the first estimate, where it is more than the "
            "bundle asks for.",
        ),
    ] = 0.0
    tell_apart: Annotated[
        bool,
        Meta(description="Another voice begins a new person, where the bundle can tell voices."),
    ] = True


class Bundle(_Table, frozen=True):
    path: Annotated[
        str, Meta(description="Folder or zip of a bundle; empty for the reference bundle.")
    ] = ""


class DisplaySettings(_Table, frozen=True):
    kind: Annotated[
        DisplayName, Meta(description="auto is a window where there is a screen, else the page.")
    ] = "auto"
    fullscreen: Annotated[bool, Meta(description="The window covers the whole screen.")] = False
    png_path: Annotated[str, Meta(description="File that the png display replaces.")] = "face.png"
    web_host: Annotated[
        str,
        Meta(
            min_length=1,
            description="Address of the page. Others can see the face if it is not loopback.",
        ),
    ] = "127.0.0.1"
    web_port: Annotated[Port, Meta(description="Port of the page; 0 takes a free one.")] = 8090


class Mqtt(_Table, frozen=True):
    broker: Annotated[
        str, Meta(description="mqtt://host:1883 or mqtts://host:8883; empty for no MQTT.")
    ] = ""
    username: Annotated[str, Meta(description="Name to log in to the broker with.")] = ""
    password_file: Annotated[
        str, Meta(description="File whose first line is the password, readable by the owner only.")
    ] = ""
    ca_file: Annotated[
        str, Meta(description="Certificate that signed the broker's; empty for the system's.")
    ] = ""
    protocol: Annotated[Literal["5", "3.1.1"], Meta(description="MQTT version.")] = "5"
    base_topic: Annotated[TopicLevel, Meta(description="First level of every topic.")] = (
        "speech2face"
    )
    discovery: Annotated[bool, Meta(description="Announce entities to Home Assistant.")] = True
    discovery_prefix: Annotated[
        TopicLevel, Meta(description="First level of Home Assistant's discovery topics.")
    ] = "homeassistant"


class Publish(_Table, frozen=True):
    """What may leave the board. What is off is also absent from page, window and `render`."""

    gender: Annotated[bool, Meta(description="Gender that the voice suggests.")] = True
    age: Annotated[bool, Meta(description="Age that the voice suggests.")] = True
    ethnicity: Annotated[
        bool, Meta(description="Ethnicity, for bundles that have it. Sensitive; often forbidden.")
    ] = False
    craniofacial: Annotated[bool, Meta(description="Measures of the drawn face.")] = True
    face: Annotated[bool, Meta(description="The face as JPEG over MQTT.")] = False

    def attributes(self) -> frozenset[str]:
        """Names of the attributes that are switched on."""
        names = ("gender", "age", "ethnicity", "craniofacial")
        return frozenset(name for name in names if getattr(self, name))


class Settings(_Table, frozen=True):
    device: Device = Device()
    audio: Audio = Audio()
    inference: Inference = Inference()
    voice: Voice = Voice()
    bundle: Bundle = Bundle()
    display: DisplaySettings = DisplaySettings()
    mqtt: Mqtt = Mqtt()
    publish: Publish = Publish()


def load(path: Path) -> Settings:
    """Read settings from a TOML file. Raises UsageError that names the key at fault."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The settings file {path} cannot be read: {error}.") from error
    try:
        return parse(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"The settings file {path} is not TOML: {error}.") from error
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def parse(tables: dict[str, Any]) -> Settings:
    """Settings from plain tables. Raises UsageError."""
    try:
        return msgspec.convert(tables, Settings)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{error}. `s2f-edge config schema` lists every key and what it takes."
        ) from error


def schema() -> dict[str, Any]:
    """JSON schema of the settings."""
    return msgspec.json.schema(Settings)
