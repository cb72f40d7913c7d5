"""The command line: arguments to calls. What the commands do is in the modules they call."""

from __future__ import annotations

import argparse
import io
import json
import logging
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, get_args

import msgspec

from edge import __version__, assembly, doctor, settings
from edge.audio import meter
from edge.errors import UsageError
from edge.face.performer import Style
from edge.face.picture import SIDE
from edge.inference.bundle import Bundle, load_bundle, reference_path
from edge.inference.delegates import is_compiled
from edge.inference.manifest import Target, models, targets
from edge.inference.profile import profile_path
from edge.inference.runtime import RUNTIMES
from edge.mqtt.broker import broker
from edge.render import Pictures, render
from edge.selfcheck import check


def run(arguments: list[str]) -> int:
    """Parse and carry out. Returns the exit code; raises EdgeError."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file's name may be no text at all
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING,
        format="%(asctime)s level=%(levelname)s module=%(name)s %(message)s",
        stream=sys.stderr,
    )
    return int(options.command(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="s2f-edge",
        description="A voice goes in; an imagined face and what the voice suggests come out.",
    )
    parser.add_argument("--version", action="version", version=f"s2f-edge {__version__}")
    _add_verbose(parser, default=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    part = commands.add_parser("run", help="listen and show a face, until stopped")
    _add_common(part)
    part.add_argument(
        "--source", metavar="mic|FILE", help="a file plays as if it were the microphone"
    )
    part.add_argument("--display", choices=(*get_args(settings.DisplayKind), "auto", "none"))
    part.add_argument("--broker", metavar="URL", help="mqtt://HOST:PORT or mqtts://HOST:PORT")
    part.set_defaults(command=_run)

    part = commands.add_parser("render", help="draw the face of sound files")
    _add_common(part)
    part.add_argument("voice", nargs="+", type=Path, help="WAV, FLAC, MP3 or Ogg")
    part.add_argument("--out", type=Path, default=Path(), metavar="DIR")
    part.add_argument("--json", action="store_true", help="one JSON line a file on stdout")
    part.add_argument("--style", choices=get_args(Style), default="portrait", help="of the face")
    part.add_argument("--size", type=int, default=SIDE, metavar="PIXELS", help="of the face")
    part.add_argument("--svg", action="store_true", help="cartoons as SVG, too")
    part.add_argument("--sheet", action="store_true", help="all faces in sheet.png, too")
    part.set_defaults(command=_render)

    part = commands.add_parser("bench", help="measure what is fastest here, and remember it")
    _add_common(part, runtime=False)
    part.add_argument("--json", action="store_true", help="one JSON line a measurement")
    part.add_argument(
        "--threads", metavar="N,N", help="numbers of threads to try; else 1, 2, 4 … of the cores"
    )
    part.add_argument("--delegate", default="", metavar="NAME|LIB", help="an accelerator to try")
    part.add_argument(
        "--compare",
        nargs="?",
        const="",
        metavar="DIR",
        help="with the trunk run as others do: the bundle's, and those in DIR",
    )
    part.add_argument("--quick", action="store_true", help="a tenth of the time, less exact")
    part.add_argument("--no-profile", action="store_true", help="remember nothing")
    part.set_defaults(command=_bench)

    part = commands.add_parser("doctor", help="what is here, what is missing, what to do about it")
    part.add_argument("--config", type=Path, metavar="FILE")
    part.add_argument("--json", action="store_true")
    part.set_defaults(command=_doctor)

    part = commands.add_parser("devices", help="list the microphones")
    part.add_argument("--meter", metavar="NAME", nargs="?", const="", help="show a live level")
    part.set_defaults(command=_devices)

    part = commands.add_parser("bundle", help="look at a bundle or check it")
    actions = part.add_subparsers(required=True, metavar="ACTION")
    for action, command in (("show", _bundle_show), ("verify", _bundle_verify)):
        part = actions.add_parser(action)
        part.add_argument("path", type=Path, nargs="?", default=reference_path())
        part.set_defaults(command=command)

    part = commands.add_parser("config", help="the settings file")
    actions = part.add_subparsers(required=True, metavar="ACTION")
    part = actions.add_parser("schema", help="print the JSON schema of the settings")
    part.set_defaults(command=_config_schema)
    part = actions.add_parser("check", help="check a settings file")
    part.add_argument("file", type=Path)
    part.set_defaults(command=_config_check)
    return parser


def _add_verbose(part: argparse.ArgumentParser, default: Any = argparse.SUPPRESS) -> None:
    """Before the command and after it; what is not given there keeps what was given before."""
    part.add_argument(
        "-v", "--verbose", action="store_true", default=default, help="log every event"
    )


def _add_common(part: argparse.ArgumentParser, *, runtime: bool = True) -> None:
    _add_verbose(part)
    part.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    part.add_argument("--bundle", metavar="PATH", help="folder or zip; else the reference bundle")
    if runtime:
        part.add_argument("--runtime", choices=["auto", *RUNTIMES])
    part.add_argument(
        "--target", choices=get_args(Target), help="board whose networks of the bundle are run"
    )


def _settings(options: argparse.Namespace) -> settings.Settings:
    """The settings file, with what the command line says on top."""
    loaded = settings.load(options.config) if options.config else settings.Settings()
    tables: dict[str, Any] = msgspec.to_builtins(loaded)
    for table, key, option in (
        ("audio", "source", "source"),
        ("display", "kind", "display"),
        ("mqtt", "broker", "broker"),
        ("bundle", "path", "bundle"),
        ("inference", "runtime", "runtime"),
        ("inference", "target", "target"),
    ):
        value = getattr(options, option, None)
        if value is not None:
            tables[table][key] = value
    return settings.parse(tables)


def _run(options: argparse.Namespace) -> int:
    if not options.verbose:
        logging.getLogger("edge").setLevel(logging.INFO)
    chosen = _settings(options)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # it would end the program until it is ready
    daemon = assembly.daemon(chosen)
    daemon.mute(chosen.audio.muted)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        daemon.stop()

    def toggle_mute(_signal: int, _frame: FrameType | None) -> None:
        daemon.toggle_mute()

    signal.signal(signal.SIGUSR1, toggle_mute)
    for ending in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ending, stop)
    daemon.run()
    return 0


def _render(options: argparse.Namespace) -> int:
    failed, chosen = False, _settings(options)
    pictures = Pictures(options.style, options.size, options.svg, options.sheet)
    pipelines, visible = assembly.pipelines(chosen), chosen.publish.attributes()
    for result in render(options.voice, options.out, pipelines, visible, pictures):
        failed = failed or "error" in result
        if options.json:
            print(json.dumps(result, ensure_ascii=False), flush=True)
        elif "error" in result:
            print(f"s2f-edge: {result['error']}", file=sys.stderr)
        elif "sheet" in result:
            print(result["sheet"], flush=True)
        else:
            print(f"{result['face']}: {_in_words(result['attributes'])}", flush=True)
    return 3 if failed else 0


def _in_words(attributes: dict[str, Any]) -> str:
    """The attributes of a result in one line."""
    words = []
    for name, belief in attributes.items():
        if name == "craniofacial":
            continue
        if belief["value"] is None:
            words.append(f"{name} unknown ({belief['reason']})")
        elif "probability" in belief:
            words.append(f"{name} {belief['value']} ({belief['probability']:.0%})")
        else:
            words.append(f"{name} {belief['value']} ({belief['low']}–{belief['high']})")
    return "; ".join(words)


def _bench(options: argparse.Namespace) -> int:
    # what only this command needs is loaded here
    from edge.bench.bench import Order
    from edge.bench.command import run
    from edge.bench.way import thread_counts

    chosen = _settings(options)
    path = Path(chosen.bundle.path) if chosen.bundle.path else reference_path()
    order = Order(
        bundle=path,
        target=assembly.target_of(chosen.inference),
        threads=_threads(options.threads) or thread_counts(),
        delegate=options.delegate or chosen.inference.delegate,
        options=chosen.inference.delegate_options,
        enough_s=0.05 if options.quick else 0.5,
        again=options.compare is not None,
        compare=Path(options.compare) if options.compare else None,
    )
    profile = None if options.no_profile else profile_path(chosen.inference.profile)
    return run(order, profile, as_json=options.json)


def _threads(text: str | None) -> list[int]:
    try:
        counts = [int(part) for part in text.split(",")] if text else []
    except ValueError:
        counts = [0]
    if any(not 1 <= count <= 64 for count in counts):
        raise UsageError(f"--threads takes numbers from 1 to 64, as in 1,2,4; not '{text}'.")
    return counts


def _doctor(options: argparse.Namespace) -> int:
    loaded = settings.load(options.config) if options.config else settings.Settings()
    findings = doctor.examine(loaded)
    if options.json:
        print(json.dumps([msgspec.to_builtins(finding) for finding in findings]))
    else:
        for finding in findings:
            print(finding)
    return 0 if all(finding.ok or not finding.needed for finding in findings) else 5


def _devices(options: argparse.Namespace) -> int:
    if options.meter is not None:
        meter.show(options.meter)
    else:
        for line in meter.listing():
            print(line)
    return 0


def _bundle_show(options: argparse.Namespace) -> int:
    bundle = load_bundle(options.path)
    print(json.dumps(_summary(bundle), indent=2, ensure_ascii=False))
    print(bundle.contents[bundle.manifest.model_card].decode(errors="replace"))
    return 0


def _summary(bundle: Bundle) -> dict[str, Any]:
    manifest = bundle.manifest
    return {
        "name": manifest.name,
        "version": manifest.version,
        "licence": manifest.licence,
        "sha256": bundle.sha256,
        "created_by": manifest.created_by,
        "front_end": manifest.front_end.name,
        "targets": targets(manifest),
        "attributes": {
            part.name: "sensitive" if part.sensitive else "not sensitive"
            for part in manifest.attributes
        },
        "absent": manifest.absent,
        "face": f"{manifest.face.size} × {manifest.face.size}",
        "files": {name: file.bytes for name, file in manifest.files.items()},
    }


def _bundle_verify(options: argparse.Namespace) -> int:
    bundle = load_bundle(options.path)
    check(bundle)
    compiled = []
    for target in targets(bundle.manifest):
        if any(is_compiled(bundle.model(role, target)) for role in models(bundle.manifest)):
            compiled.append(target)
        elif target != "cpu":
            check(bundle, target=target)
    files = len(bundle.manifest.files)
    print(
        f"{bundle.name} {bundle.manifest.version}: {files} files match their SHA-256, the front "
        f"end matches its golden vectors, every model runs."
    )
    for target in compiled:
        print(f"Not run here: the graphs that were compiled for {target}.")
    return 0


def _config_schema(_options: argparse.Namespace) -> int:
    print(json.dumps(settings.schema(), indent=2))
    return 0


def _config_check(options: argparse.Namespace) -> int:
    loaded = settings.load(options.file)
    if loaded.mqtt.broker:
        broker(loaded.mqtt)
    print(f"{options.file}: all settings are known and valid.")
    return 0
