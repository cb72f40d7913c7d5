"""The whole evaluation: table in, report out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from convert.evaluate.accounting import counts, facts, not_measured, nothing
from convert.evaluate.faces import faces
from convert.evaluate.features import read_features
from convert.evaluate.hearing import Hearing
from convert.evaluate.intervals import RESAMPLES, SEED
from convert.evaluate.listening import Job, Unreadable, listen, remember
from convert.evaluate.measure import attribute_report, feature_report
from convert.evaluate.metadata import LeftOut, Metadata, Sound, read_metadata
from convert.evaluate.results import Report
from edge import __version__
from edge.errors import DeviceError, SoundError, UsageError
from edge.inference.bundle import load_bundle
from edge.inference.manifest import Target
from edge.inference.runtime import find_runtime

CACHE = ".cache"


@dataclass(frozen=True)
class Request:
    """What is to be measured, and how."""

    bundle: Path
    metadata: Path
    out: Path
    root: Path | None = None
    """of the sounds; None: the folder of the table"""
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[tuple[str, str], str] = field(default_factory=dict)
    faces: Path | None = None
    features: Path | None = None
    strict: bool = False
    smallest_group: int = 10
    processes: int = 2
    runtime: str = "auto"
    target: Target = "cpu"


def evaluate(request: Request, progress: Callable[[int, int], None]) -> Report:
    """Measure, and write `report.json` and `report.html`.

    `progress` is told how many sounds of how many are done. An interrupted run leaves what it
    heard in the folder, and continues from it. Raises EdgeError.
    """
    bundle = load_bundle(request.bundle, request.target)
    names = [part.name for part in bundle.manifest.attributes]
    root = request.root or request.metadata.parent
    metadata = read_metadata(request.metadata, root, names, request.columns, request.values)
    measured = [name for name in names if name in metadata.columns]
    if not measured and not request.features and not request.faces:
        raise UsageError(
            f"{request.metadata} has no column for what the bundle says ({', '.join(names)}), and "
            "there are no --features or --faces: nothing can be measured. Name a column with "
            "--column, e.g. --column gender=sex."
        )
    if request.faces and not request.faces.is_dir():
        raise UsageError(f"There is no folder {request.faces} with faces. Check --faces.")
    dimensions = bundle.manifest.voice.dimensions
    references = read_features(request.features, dimensions) if request.features else None
    runtime = str(find_runtime(request.runtime))
    sensitive = tuple(
        part.name
        for part in bundle.manifest.attributes
        if part.sensitive and part.name in metadata.columns
    )
    job = Job(
        bundle=request.bundle,
        sha256=bundle.sha256,
        runtime=request.runtime,
        runtime_version=runtime,
        target=request.target,
        allowed=frozenset(sensitive),
        draw=request.faces is not None,
        cache=request.out / CACHE,
    )
    _prepare(request.out)
    heard, unreadable = _listen(metadata, job, request, progress)
    useful = [(sound, hearing) for sound, hearing in heard if hearing.after]
    if not useful:
        raise SoundError(nothing(metadata, unreadable, heard))
    report = Report(
        bundle=facts(bundle),
        runtime=runtime,
        target=request.target,
        metadata=request.metadata.name,
        metadata_sha256=metadata.sha256,
        counts=counts(metadata, useful, heard, unreadable),
        attributes={
            part.name: attribute_report(part, useful, metadata.columns, request.smallest_group)
            for part in bundle.manifest.attributes
            if part.name in measured
        },
        not_measured=not_measured(bundle, metadata, measured),
        sensitive=sensitive,
        features=feature_report(useful, references) if references else None,
        faces=faces(useful, request.faces) if request.faces else None,
        smallest_group=request.smallest_group,
        resamples=RESAMPLES,
        seed=SEED,
        created_by=f"speech2face-edge {__version__}",
    )
    if request.strict and report.faces and report.faces.left_out:
        first = report.faces.left_out[0]
        raise UsageError(f"--strict: the reference {first.file}: {first.reason}.")
    _write(report, request.out)
    shutil.rmtree(job.cache, ignore_errors=True)
    return report


def _listen(
    metadata: Metadata, job: Job, request: Request, progress: Callable[[int, int], None]
) -> tuple[list[tuple[Sound, Hearing]], list[LeftOut]]:
    """What was heard, and what cannot be read; both in the order of the table."""
    results: dict[str, Hearing | Unreadable] = {}
    progress(0, len(metadata.sounds))
    for sound, result in listen(metadata.sounds, job, request.processes):
        if request.strict and isinstance(result, Unreadable):
            raise SoundError(f"--strict: {result.reason}")
        results[sound.file] = result
        progress(len(results), len(metadata.sounds))
    heard, unreadable = [], []
    for sound in metadata.sounds:
        result = results[sound.file]
        if isinstance(result, Unreadable):
            unreadable.append(LeftOut(sound.file, result.reason))
        else:
            heard.append((sound, result))
    return heard, unreadable


def _prepare(out: Path) -> None:
    """Make the folder, and see that it can be written, before hours of listening."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DeviceError(f"The folder {out} cannot be made: {error.strerror}.") from error
    remember(out / CACHE / "bundle", b"")


def _write(report: Report, out: Path) -> None:
    from convert.evaluate.page import page

    text = msgspec.json.format(msgspec.json.encode(report), indent=2)
    remember(out / "report.html", page(report).encode())
    remember(out / "report.json", text + b"\n")
