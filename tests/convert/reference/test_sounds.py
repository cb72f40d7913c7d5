"""The reference recipe's speech: every recording once, every speaker on one side."""

from __future__ import annotations

from pathlib import Path

from convert.reference.sounds import lay_out


def test_speakers_stay_on_one_side(tmp_path: Path) -> None:
    corpus = tmp_path / "data" / "librispeech"
    (corpus / "audio").mkdir(parents=True)
    rows = ["file,speaker,gender,age,accent"]
    for speaker in range(30):
        for take in range(2):
            (corpus / "audio" / f"{speaker}-{take}.flac").write_bytes(b"")
            rows.append(f"audio/{speaker}-{take}.flac,s{speaker},female,,")
    (corpus / "metadata.csv").write_text("\n".join(rows))
    counts = lay_out(tmp_path / "data", tmp_path / "sounds")
    parts = {
        part: {path.name.split("-")[1] for path in (tmp_path / "sounds" / part).iterdir()}
        for part in counts
    }
    assert sum(counts.values()) == 60
    assert not parts["calibration"] & parts["held_out"]
    assert 2 <= len(parts["held_out"]) <= 12
    assert all(path.is_file() for path in (tmp_path / "sounds").rglob("*.flac"))
    assert lay_out(tmp_path / "data", tmp_path / "sounds") == counts
