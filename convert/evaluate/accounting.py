"""What went in, what was left out, and why."""

from __future__ import annotations

from convert.evaluate.hearing import Hearing
from convert.evaluate.metadata import LeftOut, Metadata, Sound
from convert.evaluate.results import BundleFacts, Counts
from edge.inference.bundle import Bundle


def counts(
    metadata: Metadata,
    useful: list[tuple[Sound, Hearing]],
    heard: list[tuple[Sound, Hearing]],
    unreadable: list[LeftOut],
) -> Counts:
    """What is in the numbers and what is not."""
    return Counts(
        rows=metadata.rows,
        sounds=len(useful),
        speakers=len({sound.speaker for sound, _ in useful}),
        speakers_named=metadata.has_speakers,
        speech_s=round(sum(hearing.speech_s for _, hearing in useful), 1),
        unreadable=tuple(unreadable),
        too_little_speech=tuple(
            LeftOut(sound.file, f"{hearing.speech_s:.1f} s of speech")
            for sound, hearing in heard
            if not hearing.after
        ),
        refused_rows=metadata.left_out,
    )


def nothing(
    metadata: Metadata, unreadable: list[LeftOut], heard: list[tuple[Sound, Hearing]]
) -> str:
    """Why there is nothing to measure, and what to do."""
    why = unreadable[0].reason if unreadable else "None carries enough speech."
    return (
        f"No sound can be used: of {len(metadata.sounds)}, {len(unreadable)} cannot be read and "
        f"{len(heard)} hold too little speech. The first: {why} "
        "Name the folder of the sounds with --root."
    )


def not_measured(bundle: Bundle, metadata: Metadata, measured: list[str]) -> dict[str, str]:
    """Attributes that were not measured, and why."""
    why = {
        part.name: "the table has no column for it"
        for part in bundle.manifest.attributes
        if part.name not in measured
    }
    return why | {
        name: reason for name, reason in bundle.manifest.absent.items() if name in metadata.columns
    }


def facts(bundle: Bundle) -> BundleFacts:
    """What identifies the bundle."""
    manifest = bundle.manifest
    return BundleFacts(
        name=manifest.name,
        version=manifest.version,
        sha256=bundle.sha256,
        front_end=manifest.front_end.name,
        minimum_evidence_s=manifest.voice.minimum_evidence_s,
        absent=dict(manifest.absent),
    )
