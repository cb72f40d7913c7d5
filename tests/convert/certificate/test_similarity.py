"""The measures of the certificate, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from convert.certificate.similarity import centred, cosines, psnr, retrieval, ssim


def test_cosines_are_by_row() -> None:
    a = np.array([[1, 0], [0, 2], [3, 4]], np.float32)
    b = np.array([[2, 0], [2, 0], [4, 3]], np.float32)
    np.testing.assert_allclose(cosines(a, b), [1, 0, 24 / 25], atol=1e-6)


def test_what_all_have_in_common_counts_for_nothing_once_centred() -> None:
    chance = np.random.default_rng(0)
    common = np.full((50, 16), 10, np.float32)
    a = common + chance.normal(size=(50, 16)).astype(np.float32)
    b = common + chance.normal(size=(50, 16)).astype(np.float32)
    assert cosines(a, b).mean() > 0.98
    assert abs(cosines(*centred(a, b)).mean()) < 0.3


def test_retrieval_counts_those_that_are_nearer() -> None:
    gallery = np.eye(4, dtype=np.float32)
    queries = gallery.copy()
    queries[0] = [0.9, 1.0, 0, 0]  # one other is nearer
    queries[1] = [1.0, 0.7, 0.8, 0.9]  # three others are nearer
    assert retrieval(queries, gallery, (1, 2, 4)) == {1: 0.5, 2: 0.75, 4: 1.0}


def test_psnr_of_a_known_error() -> None:
    a = np.full((8, 8, 3), 0.5, np.float32)
    assert psnr(a, a + 0.1) == pytest.approx(20, abs=1e-3)


def test_ssim_agrees_with_scikit_image() -> None:
    from skimage.metrics import structural_similarity

    chance = np.random.default_rng(0)
    a = chance.random((40, 48, 3)).astype(np.float32)
    b = np.clip(a + 0.1 * chance.normal(size=a.shape), 0, 1).astype(np.float32)
    _, whole = structural_similarity(
        a, b, channel_axis=2, data_range=1.0, gaussian_weights=True, full=True,
        use_sample_covariance=False,
    )  # fmt: skip
    assert ssim(a, b) == pytest.approx(float(whole[5:-5, 5:-5].mean()), abs=2e-3)
    assert ssim(a, a) == pytest.approx(1)
