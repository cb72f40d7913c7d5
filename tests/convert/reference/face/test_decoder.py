from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from convert.reference.face.evaluate import evaluate
from convert.reference.face.network import RESOLUTIONS, FaceDecoder
from convert.reference.face.parameters import EXPRESSIONS, INDEX, NAMES, default_vector
from convert.reference.face.regions import EYES, FACE, MOUTH, inside, weight_map
from convert.reference.face.render_dataset import sample_shard
from convert.reference.face.train import Stage, Training, loss, paired, train
from edge.errors import UsageError


@pytest.mark.parametrize("size", RESOLUTIONS)
def test_pictures_have_the_size_asked_for(size: int) -> None:
    pictures = FaceDecoder()(torch.zeros(2, len(NAMES)), size)
    assert pictures.shape == (2, 3, size, size)
    assert 0 <= pictures.min() <= pictures.max() <= 1


def test_the_decoder_is_small() -> None:
    decoder = FaceDecoder()
    exported = [p for name, p in decoder.named_parameters() if not name.startswith("early")]
    assert sum(parameter.numel() for parameter in exported) <= 1_200_000


def test_a_checkpoint_is_read_back(tmp_path: Path) -> None:
    decoder = FaceDecoder()
    decoder.save(tmp_path / "face.pt")
    faces = sample_shard(0, 0, 3)
    read = FaceDecoder.from_checkpoint(tmp_path / "face.pt")
    assert np.array_equal(read.decode(faces), decoder.decode(faces))
    assert read.decode(faces).shape == (3, 128, 128, 3)


def test_a_checkpoint_for_other_parameters_is_refused(tmp_path: Path) -> None:
    torch.save({"parameters": ["gender"], "state": {}}, tmp_path / "face.pt")
    with pytest.raises(UsageError, match="other parameters"):
        FaceDecoder.from_checkpoint(tmp_path / "face.pt")
    with pytest.raises(UsageError, match="no face decoder"):
        FaceDecoder.from_checkpoint(tmp_path / "absent.pt")


def test_training_lowers_the_loss_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    faces = sample_shard(1, 0, 12)
    shade = (255 * (0.2 + 0.6 * faces[:, :1])).astype(np.uint8)
    pictures = np.tile(shade[:, :, None, None], (1, 128, 128, 3))
    plan = (Stage(32, 60, 8, 3e-3, 1e-3),)
    before = _error(FaceDecoder(), faces, pictures)
    decoder = train(faces, pictures, tmp_path, seed=0, plan=plan)
    assert _error(decoder, faces, pictures) < 0.6 * before
    assert (tmp_path / "face.pt").is_file()
    assert (tmp_path / "sheet-32.png").is_file()
    resumed = Training(tmp_path, 0, plan)
    assert (resumed.stage, resumed.step) == (1, 0)


def _error(decoder: FaceDecoder, faces: np.ndarray, pictures: np.ndarray) -> float:
    truth = torch.from_numpy(pictures[:, ::4, ::4]).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        return float((decoder(torch.from_numpy(faces), 32) - truth).abs().mean())


def test_loss_is_zero_for_the_truth_and_counts_dark_pictures_more() -> None:
    weights = torch.from_numpy(weight_map(32))
    light, dark = torch.full((1, 3, 32, 32), 0.8), torch.full((1, 3, 32, 32), 0.2)
    assert loss(light, light, weights) == 0
    assert loss(dark + 0.05, dark, weights) > 1.5 * loss(light + 0.05, light, weights)


def test_what_changes_in_a_pair_counts_again() -> None:
    weights = torch.from_numpy(weight_map(32))
    truth = torch.full((4, 3, 32, 32), 0.5)
    same, other = truth + 0.1, truth + 0.1
    other[2:] -= 0.2
    assert loss(same, truth, weights, 2) == pytest.approx(float(loss(same, truth, weights)))
    assert loss(other, truth, weights, 2) > 1.2 * loss(other, truth, weights)


def test_pairs_are_found() -> None:
    faces = sample_shard(2, 0, 60)
    places = paired(faces)
    assert 15 < len(places) < 35
    assert (faces[places, EXPRESSIONS] == 0).all()
    assert (faces[places + 1, EXPRESSIONS] != 0).any(1).sum() > 0.9 * len(places)


def test_eyes_and_mouth_count_most() -> None:
    weights = weight_map(128)
    assert weights.mean() == pytest.approx(1.0, abs=1e-4)
    outside = ~inside(FACE, 128)
    for part in (EYES, MOUTH):
        assert weights[inside(part, 128)].mean() > 2 * weights[outside].mean()


def test_evaluation_of_a_perfect_and_of_a_frozen_decoder() -> None:
    rest = default_vector()
    shut, talking = rest.copy(), rest.copy()
    shut[INDEX["blink"]] = 1.0
    talking[INDEX["jaw_open"]] = 1.0
    faces = np.stack([rest, shut, rest, talking])
    rng = np.random.default_rng(0)
    face = rng.integers(60, 200, (64, 64, 3)).astype(np.uint8)
    pictures = np.stack([face] * 4)
    pictures[1][inside(EYES, 64)] = 30
    pictures[3][inside(MOUTH, 64)] = 30
    perfect = evaluate(lambda _: pictures.astype(np.float32) / 255, faces, pictures)
    assert perfect.psnr == pytest.approx(100.0)
    assert perfect.ssim == pytest.approx(1.0)
    assert (perfect.blink_change, perfect.mouth_change) == pytest.approx((1.0, 1.0))
    frozen = evaluate(lambda v: np.stack([face / np.float32(255)] * len(v)), faces, pictures)
    assert frozen.psnr < perfect.psnr
    assert (frozen.blink_change, frozen.mouth_change) == (0.0, 0.0)
