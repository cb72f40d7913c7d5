"""Pooling: the mean, and attention among the latest windows."""

from __future__ import annotations

import numpy as np
import pytest

from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.inference.model import local_model
from edge.inference.placement import Placement
from edge.inference.runtime import find_runtime
from edge.voice.encoder import StreamingEncoder
from edge.voice.pooling import Attention, Mean, unit

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(7, 6)).astype(np.float32)


def attention(**change: object) -> Attention:
    given: dict[str, object] = {
        "inputs": np.random.default_rng(1).normal(size=(6, 6)).astype(np.float32),
        "outputs": np.random.default_rng(2).normal(size=(4, 12)).astype(np.float32),
        "unit_vectors": False,
        "tanh": True,
        "most_windows": 20,
    }
    return Attention(**{**given, **change})


def by_torch(made: Attention, vectors: np.ndarray) -> np.ndarray:
    """With torch's own functions: general attention, concatenation, linear, tanh, mean."""
    import torch
    from torch.nn import functional

    context = torch.tensor(vectors)
    if made.unit_vectors:
        context = functional.normalize(context, dim=1)
    query = functional.linear(context, torch.tensor(made.inputs))
    mixed = functional.softmax(query @ context.T, dim=-1) @ context
    out = functional.linear(torch.cat([mixed, query], 1), torch.tensor(made.outputs))
    return (out.tanh() if made.tanh else out).mean(0).numpy()


@pytest.mark.parametrize("unit_vectors", [False, True])
@pytest.mark.parametrize("tanh", [False, True])
@pytest.mark.parametrize("windows", [1, 2, 7])
def test_attention_is_torch_s(unit_vectors: bool, tanh: bool, windows: int) -> None:
    made = attention(unit_vectors=unit_vectors, tanh=tanh)
    pooled = made(VECTORS[:windows])
    assert pooled.dtype == np.float32
    assert pooled.shape == (4,)
    np.testing.assert_allclose(pooled, by_torch(made, VECTORS[:windows]), rtol=1e-4, atol=1e-5)


def test_attention_keeps_the_latest_windows_alone() -> None:
    made = attention(most_windows=3)
    np.testing.assert_array_equal(made(VECTORS), made(VECTORS[-3:]))
    pool = made.start()
    for vector in VECTORS:
        pool.add(vector)
    assert pool.windows == 3


def test_a_mean_may_be_of_the_latest_windows() -> None:
    latest = Mean(most_windows=3)
    np.testing.assert_allclose(latest(VECTORS), VECTORS[-3:].mean(axis=0), rtol=1e-6)
    pool = latest.start()
    pool.add(VECTORS[0])
    assert pool.windows == 1
    np.testing.assert_array_equal(pool.result(), VECTORS[0])


def test_large_scores_do_not_overflow() -> None:
    assert np.all(np.isfinite(attention(inputs=np.full((6, 6), 1e5, np.float32))(VECTORS)))


def test_the_mean_does_not_round_over_hours() -> None:
    pool = Mean().start()
    one = np.full(2, 0.1, np.float32)
    for _ in range(100_000):
        pool.add(one)
    np.testing.assert_array_equal(pool.result(), one)
    np.testing.assert_allclose(Mean()(VECTORS), VECTORS.mean(0), rtol=1e-6)


def test_a_vector_of_zeros_has_no_direction() -> None:
    assert np.all(unit(np.zeros(3, np.float32)) == 0)
    assert np.linalg.norm(unit(VECTORS[0])) == pytest.approx(1)


def test_streaming_with_attention_and_without_a_head(schema_2, woman_sound: np.ndarray) -> None:
    bundle = load_bundle(schema_2.path)
    runtime = find_runtime()
    encoder = StreamingEncoder(Engine(bundle, Placement(runtime)))
    encoder.push(woman_sound)
    whole = encoder.feature()
    assert encoder.heard_s == pytest.approx(woman_sound.size / 16000, abs=1e-3)
    assert encoder.evidence_s == pytest.approx((7 * 4000 + 8240) / 16000)
    encoder.reset()
    for piece in np.array_split(woman_sound, 47):
        encoder.push(piece)
    np.testing.assert_array_equal(encoder.feature(), whole)
    assert np.linalg.norm(whole) == pytest.approx(1)

    trunk = local_model(bundle.model("trunk"), runtime)
    starts = range(0, woman_sound.size - 8240 + 1, 4000)
    vectors = [trunk(bundle.front_end(woman_sound[s : s + 8240])).ravel() for s in starts][-8:]
    made = Attention(bundle.array("inputs.npy"), bundle.array("outputs.npy"), True, True, 8)
    expected = by_torch(made, np.stack(vectors))
    np.testing.assert_allclose(whole, expected / np.linalg.norm(expected), atol=1e-4)


def test_a_mean_of_unit_vectors_counts_every_window_alike() -> None:
    pool = Mean(unit_vectors=True)
    np.testing.assert_allclose(
        pool(VECTORS), np.mean([unit(vector) for vector in VECTORS], axis=0), atol=1e-6
    )
    scaled = VECTORS * np.arange(1, 8, dtype=np.float32)[:, None]
    np.testing.assert_allclose(pool(scaled), pool(VECTORS), atol=1e-6)
