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
DisplayKind = Literal["window", "framebuffer", "panel", "web", "png"]
DisplayName = Literal["auto", "none"] | DisplayKind
LanguageCode = Literal["en", "de", "es", "zh"]
TimeOfDay = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")]


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
        Meta(
            description="Microphone, by the name that `s2f-edge devices` prints, by its USB id "
            "(0d8c:0014), or by a part of its name. Empty: the system's default."
        ),
    ] = ""
    muted: Annotated[
        bool, Meta(description="Start with the microphone closed, until it is unmuted.")
    ] = False
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


class Panel(_Table, frozen=True):
    """A small screen on SPI or I2C, as luma.lcd and luma.oled know it."""

    device: Annotated[
        str, Meta(description="Controller, e.g. st7789, ili9341, ssd1351, ssd1306.")
    ] = "st7789"
    interface: Annotated[Literal["spi", "i2c"], Meta(description="How the panel is connected.")] = (
        "spi"
    )
    port: Annotated[int, Meta(ge=0, description="Number of the SPI or I2C bus.")] = 0
    chip_select: Annotated[int, Meta(ge=0, description="SPI: /dev/spidevPORT.CHIP_SELECT.")] = 0
    address: Annotated[int, Meta(ge=0, le=0x7F, description="I2C address.")] = 0x3C
    width: Annotated[int, Meta(ge=0, description="Pixels; 0: as the controller has.")] = 0
    height: Annotated[int, Meta(ge=0, description="Pixels; 0: as the controller has.")] = 0
    options: Annotated[
        dict[str, bool | int | float | str],
        Meta(
            description="What else luma's interface and device take, e.g. gpio_DC, gpio_RST, "
            "bus_speed_hz, h_offset, bgr, gpio_LIGHT."
        ),
    ] = {}


class DisplaySettings(_Table, frozen=True):
    kind: Annotated[
        DisplayName | Annotated[list[DisplayKind], Meta(min_length=1)],
        Meta(
            description="One kind or a list of several. auto is a window where there is a screen, "
            "else the framebuffer where there is one, else the page."
        ),
    ] = "auto"
    style: Annotated[
        Literal["portrait", "cartoon"],
        Meta(
            description="Face of the decoder, or on window, framebuffer and panel a drawn one from "
            "the same estimate."
        ),
    ] = "portrait"
    animate: Annotated[
        bool,
        Meta(
            description="The portrait moves on window, framebuffer and panel: mouth, lids, head. "
            "A cartoon always does."
        ),
    ] = True
    language: Annotated[
        LanguageCode, Meta(description="Language of the words on picture and page.")
    ] = "en"
    kiosk_notice: Annotated[
        bool,
        Meta(description="Tell passers-by, while no face is shown, that a microphone listens."),
    ] = False
    font: Annotated[
        str,
        Meta(description="Font file for the pictures. Empty: one of the system's that fits."),
    ] = ""
    rotate: Annotated[
        Literal[0, 90, 180, 270], Meta(description="Degrees clockwise; not for the page.")
    ] = 0
    shape: Annotated[
        Literal["rectangle", "round"],
        Meta(description="Shape of the screen; a round one shows all in its largest circle."),
    ] = "rectangle"
    bright_from: Annotated[
        TimeOfDay, Meta(description="HH:MM, local time, from which the screen is bright.")
    ] = ""
    bright_to: Annotated[
        TimeOfDay,
        Meta(description="HH:MM from which the screen is dim. Both empty: always bright."),
    ] = ""
    dim: Annotated[
        float, Meta(ge=0, le=1, description="Brightness while dim, from 0 (black) to 1.")
    ] = 0.3
    off_after_min: Annotated[
        float,
        Meta(ge=0, description="Minutes without speech after which the screen is black; 0: never."),
    ] = 0.0
    shift_px: Annotated[
        int,
        Meta(ge=0, le=32, description="Pixels that the picture moves each minute against burn-in."),
    ] = 2
    fullscreen: Annotated[bool, Meta(description="The window covers the whole screen.")] = False
    framebuffer: Annotated[str, Meta(description="Device of the framebuffer display.")] = "/dev/fb0"
    panel: Panel = Panel()
    png_path: Annotated[str, Meta(description="File that the png display replaces.")] = "face.png"
    web_host: Annotated[
        str,
        Meta(
            min_length=1,
            description="Address of the page. Others can see the face if it is not loopback; then "
            "they need a token.",
        ),
    ] = "127.0.0.1"
    web_port: Annotated[Port, Meta(description="Port of the page; 0 takes a free one.")] = 8090
    web_token_file: Annotated[
        str,
        Meta(
            description="File whose first line is the token of a page that is not on loopback, "
            "readable by the owner only. Empty: a new token at every start, which the log shows."
        ),
    ] = ""

    def __post_init__(self) -> None:
        if bool(self.bright_from) != bool(self.bright_to):
            raise ValueError("bright_from and bright_to belong together: set both, or none")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that are named, `auto` and `none` included."""
        return (self.kind,) if isinstance(self.kind, str) else tuple(self.kind)


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
