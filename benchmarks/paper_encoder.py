"""What int8 costs the paper's voice encoder at full size: writes a checkpoint and recipes for it.

    python benchmarks/paper_encoder.py --sounds CALIBRATION HELD_OUT --out work
    s2f-convert build work/plain.toml --out work/plain --min-cosine 0 --min-agreement 0
    s2f-convert build work/refined.toml --out work/refined --min-cosine 0 --min-agreement 0

The weights are random, with BatchNorm statistics from the calibration sounds: trained ones are not
public. `build` prints cosine, time and peak memory; docs/converting.md has what it printed here.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from convert.architectures.random_weights import assign_random_weights
from convert.architectures.speech2face import Speech2Face
from convert.families.s2f_paper import SIZES
from convert.sounds import find_sounds, spread, usable, windows
from edge.voice.front_ends import ComplexSpectrogram

CLIPS, SAMPLES = 8, 95920
"""six seconds give the paper's 598 frames"""
REFINED = "\n[quantization]\nequalize = true\nround_weights = true\ncorrect_bias = true\n"
RECIPE = """[bundle]
name = "paper-random"
licence = "none: random weights"
[voice]
checkpoint = "voice.pt"
family = "s2f-paper"
[face]
checkpoint = "face.onnx"
[sounds]
calibration = ["{calibration}"]
held_out = ["{held_out}"]
most_calibration = 16
most_held_out = 12
"""


def main() -> None:
    """Write the checkpoint, a decoder of its feature, and the recipes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sounds", type=Path, nargs=2, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    calibration, held_out = (path.resolve() for path in arguments.sounds)

    heard, _ = usable(spread(find_sounds([str(calibration)]), CLIPS), 6.0)
    clips = [windows(sound, SAMPLES, SAMPLES)[0] for _, sound in heard if sound.size]
    features = np.stack([ComplexSpectrogram()(clip) for clip in clips])
    encoder = Speech2Face(SIZES)
    assign_random_weights(encoder, torch.from_numpy(features).permute(0, 3, 1, 2))
    torch.save(encoder.state_dict(), arguments.out / "voice.pt")

    torch.manual_seed(0)
    face = nn.Sequential(
        nn.Linear(4096, 12 * 8 * 8),
        nn.ReLU(),
        nn.Unflatten(1, (12, 8, 8)),
        nn.Upsample(scale_factor=4),
        nn.Conv2d(12, 3, 3, padding=1),
        nn.Sigmoid(),
    )
    path = str(arguments.out / "face.onnx")
    torch.onnx.export(face.eval(), (torch.zeros(1, 4096),), path, dynamo=False, opset_version=17)
    recipe = RECIPE.format(calibration=calibration, held_out=held_out)
    (arguments.out / "plain.toml").write_text(recipe)
    (arguments.out / "refined.toml").write_text(recipe + REFINED)


if __name__ == "__main__":
    main()
