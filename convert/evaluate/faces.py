"""The decoded face against a reference of the speaker: Figure 5 of the paper.

References lie in one folder, called like the sounds: `<stem>.npy` or `<stem>.csv` with landmarks
(n, 2), or a picture. Without landmarks nothing can be measured in a face, and pictures are only
compared as pictures.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from convert.certificate.similarity import psnr, ssim
from convert.evaluate.correlation import correlation
from convert.evaluate.features import partners
from convert.evaluate.hearing import Hearing
from convert.evaluate.intervals import mean
from convert.evaluate.metadata import LeftOut, Sound
from convert.evaluate.results import Correlation, FaceReport, Similarity
from edge.errors import UsageError
from edge.face.craniofacial import craniofacial
from edge.face.landmarks import SCHEMES, point_count

LANDMARKS = (".npy", ".csv")
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
SCHEME_OF = {point_count(scheme): scheme for scheme in SCHEMES}
"""number of points → which point is which"""

Picture = npt.NDArray[np.float32]
"""`(size, size, 3)`, 0…1"""


@dataclass(frozen=True)
class Pair:
    """What the voice gave, and its reference: measures or a picture."""

    sound: Sound
    hearing: Hearing
    measures: dict[str, float] | None
    picture: Picture | None


def faces(heard: Sequence[tuple[Sound, Hearing]], folder: Path) -> FaceReport:
    """Compare all faces that have a reference. Raises UsageError when the folder has none."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder} with faces. Check --faces.")
    stems = Counter(Path(sound.file).stem for sound, _ in heard)
    pairs, left_out, without = [], [], 0
    for sound, hearing in heard:
        path = _find(folder, Path(sound.file), alone=stems[Path(sound.file).stem] == 1)
        if path is None:
            without += 1
            continue
        try:
            pairs.append(_pair(sound, hearing, path))
        except ValueError as error:
            left_out.append(LeftOut(path.name, str(error)))
    if not pairs and not left_out:
        raise UsageError(
            f"{folder} has no reference for any sound. Call them like the sounds: "
            f"<stem>.npy or <stem>.csv with landmarks, or a picture <stem>.png."
        )
    measured = [pair for pair in pairs if pair.measures is not None]
    pictured = [pair for pair in pairs if pair.picture is not None]
    correlations = _correlations(measured)
    return FaceReport(
        landmarks=len(measured),
        pictures=len(pictured),
        without_reference=without,
        left_out=tuple(left_out),
        correlations=correlations,
        similarity=_similarity(pictured),
        notes=tuple(_notes(measured, pictured, correlations)),
    )


def _find(folder: Path, file: Path, *, alone: bool) -> Path | None:
    """The reference of a sound: under its path in the table, or under its bare name when no other
    sound has it. Landmarks before pictures."""
    relative = Path(*file.parts[1:]) if file.is_absolute() else file
    for base in (folder / relative.with_suffix(""), *([folder / file.stem] if alone else [])):
        for suffix in (*LANDMARKS, *PICTURES):
            path = base.with_name(base.name + suffix)
            if path.is_file():
                return path
    return None


def _pair(sound: Sound, hearing: Hearing, path: Path) -> Pair:
    if path.suffix in LANDMARKS:
        points = read_landmarks(path)
        return Pair(sound, hearing, craniofacial(points, SCHEME_OF[len(points)]), None)
    size = Image.open(io.BytesIO(hearing.portrait)).width
    return Pair(sound, hearing, None, read_picture(path, size))


def read_landmarks(path: Path) -> npt.NDArray[np.float32]:
    """Points `(n, 2)`, x and y in pixels. Raises ValueError that says what is wrong."""
    try:
        if path.suffix == ".npy":
            points = np.load(path, allow_pickle=False)
        else:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
            if lines and not _is_number(lines[0].partition(",")[0]):
                del lines[0]  # a header
            points = np.array([[float(cell) for cell in line.split(",")] for line in lines])
        points = np.asarray(points, np.float32)
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise ValueError(f"it cannot be read: {error}") from error
    if points.ndim != 2 or points.shape[1] != 2 or not np.all(np.isfinite(points)):
        raise ValueError(f"it has the shape {points.shape}, not (n, 2), or holds no numbers")
    if len(points) not in SCHEME_OF:
        known = " or ".join(map(str, SCHEME_OF))
        raise ValueError(f"it has {len(points)} points; {known} are known")
    return points


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_picture(path: Path, size: int) -> Picture:
    """The middle square of a picture at `size` pixels. Raises ValueError."""
    try:
        with Image.open(path) as image:
            picture = image.convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(f"it is not a picture that can be read: {error}") from error
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    return _pixels(square.resize((size, size), Image.Resampling.LANCZOS))


def _pixels(image: Image.Image) -> Picture:
    return np.asarray(image, np.float32) / 255


def _correlations(pairs: Sequence[Pair]) -> dict[str, Correlation]:
    """Of every measure that decoded faces and references both have. A speaker's sounds are
    averaged, so that every speaker counts once."""
    rows: dict[str, list[tuple[float, float, str]]] = {}
    for pair in pairs:
        for name, decoded in pair.hearing.measures.items():
            if pair.measures and name in pair.measures:
                row = decoded, pair.measures[name], pair.sound.speaker
                rows.setdefault(name, []).append(row)
    return {name: correlation(*zip(*row, strict=True)) for name, row in rows.items()}


def _similarity(pairs: Sequence[Pair]) -> dict[str, Similarity]:
    if not pairs:
        return {}
    speakers = np.array([pair.sound.speaker for pair in pairs])
    drawn = [_pixels(Image.open(io.BytesIO(p.hearing.portrait)).convert("RGB")) for p in pairs]
    own = [pair.picture for pair in pairs if pair.picture is not None]
    other = [own[index] for index in partners(speakers)]
    return {
        name: Similarity(
            mean([alike(a, b) for a, b in zip(own, drawn, strict=True)], speakers),
            mean([alike(a, b) for a, b in zip(other, drawn, strict=True)], speakers),
        )
        for name, alike in (("PSNR", psnr), ("SSIM", ssim))
    }


def _notes(
    measured: Sequence[Pair], pictured: Sequence[Pair], correlations: dict[str, Correlation]
) -> list[str]:
    notes = []
    if pictured:
        notes.append(
            f"{len(pictured)} references are pictures without landmarks: they are compared as "
            "pictures. Craniofacial measures need landmarks."
        )
    if measured and not measured[0].hearing.measures:
        notes.append("This bundle's faces have no craniofacial measures.")
    elif measured and not correlations:
        have, want = ", ".join(measured[0].hearing.measures), ", ".join(measured[0].measures or {})
        notes.append(
            f"The decoded faces have other measures ({have}) than the references ({want}): there "
            "is nothing to correlate."
        )
    return notes
