"""The exact index answers what the plain float64 loops of MemoryIndex answer, on random worlds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from index_worlds import components, fingerprint, meta, random_unit

from seewhy.index import maxsim
from seewhy.index.exact import ExactIndex
from seewhy.index.memory import MemoryIndex
from seewhy.index.seam import ComponentIndex, SearchCondition
from seewhy.types.hit import Candidate
from seewhy.types.query import Aggregation, Filters

DIMENSIONS = 16


def assert_same(found: list[Candidate], expected: list[Candidate]) -> None:
    assert [c.video for c in found] == [c.video for c in expected]
    for mine, reference in zip(found, expected, strict=True):
        assert mine.score == pytest.approx(reference.score, abs=1e-12)
        assert [(m.condition, m.component) for m in mine.matches] == [
            (m.condition, m.component) for m in reference.matches
        ]
        assert [m.score for m in mine.matches] == pytest.approx([m.score for m in reference.matches], abs=1e-12)


def fill(rng: np.random.Generator, indexes: list[ComponentIndex], videos: int, pool_size: int) -> None:
    """Videos of 0 to 12 components out of a small pool, so that equal components and equal videos abound;
    every so often something is flushed, replaced or deleted."""
    pool = random_unit(rng, pool_size, DIMENSIONS)
    for step in range(videos):
        name = f"v{rng.integers(videos):03}"
        rows = pool[rng.integers(pool_size, size=rng.integers(13))]
        facts = meta(float(rng.integers(1, 30)), f"2024-05-{rng.integers(1, 28):02}", ["dog", "cat"][: rng.integers(3)])
        gone = [f"v{i:03}" for i in rng.integers(videos, size=rng.integers(3))] if step % 7 == 0 else []
        flush = step % int(rng.integers(1, 9)) == 0
        for index in indexes:
            index.add(name, components(name, len(rows)), rows, facts)
            index.delete(gone)
            if flush:
                index.flush()


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32 - 1),
    aggregation=st.sampled_from(["mean", "min"]),
    pool_size=st.sampled_from([3, 40]),
    k=st.sampled_from([1, 3, 100]),
)
def test_same_candidates_scores_and_components(
    tmp_path: Path, seed: int, aggregation: Aggregation, pool_size: int, k: int
) -> None:
    rng = np.random.default_rng(seed)
    memory = MemoryIndex(fingerprint(DIMENSIONS))
    exact = ExactIndex.reset(tmp_path / "index", fingerprint(DIMENSIONS))
    with exact:
        fill(rng, [memory, exact], videos=30, pool_size=pool_size)
        conditions = [
            SearchCondition(f"q{i}", float(rng.uniform(0.1, 3)), random_unit(rng, int(rng.integers(1, 4)), DIMENSIONS))
            for i in range(rng.integers(1, 5))
        ]
        for filters in (None, Filters(min_duration=10.0, category="dog", before="2024-05-20")):
            options = {"aggregation": aggregation, "filters": filters, "exclude": ["v003"]}
            expected = memory.search(conditions, k, **options)  # type: ignore[arg-type]
            assert_same(exact.search(conditions, k, **options), expected)  # type: ignore[arg-type]
            exact.flush()
            assert_same(exact.search(conditions, k, **options), expected)  # type: ignore[arg-type]
        assert exact.videos() == memory.videos()


def test_float32_never_decides_a_rank(tmp_path: Path) -> None:
    """Scores that float32 cannot tell apart are ranked by their exact values."""
    rng = np.random.default_rng(5)
    base, question = random_unit(rng, 2, 384)
    near = np.tile(base, (400, 1))
    for row in near[1:]:  # change single values by a few units in the last place
        at = rng.integers(384, size=3)
        row[at] = np.nextafter(row[at], rng.choice([-1.0, 1.0], 3).astype(np.float32))
    memory = MemoryIndex(fingerprint(384))
    exact = ExactIndex.open(tmp_path / "index", fingerprint(384), create=True)
    with exact:
        for number, row in enumerate(near):
            for index in (memory, exact):
                index.add(f"v{number:03}", components("v", 1), row[None], meta())
        conditions = [SearchCondition("q", 1.0, question[None])]
        expected = memory.search(conditions, 20)
        assert len({np.float32(c.score) for c in expected}) < len(expected), "the test needs float32 ties"
        assert_same(exact.search(conditions, 20), expected)


def test_chunks_of_the_scan_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 9, size=60)
    bounds = np.cumsum([0, *counts])
    rows, vectors = random_unit(rng, int(bounds[-1]), DIMENSIONS), random_unit(rng, 5, DIMENSIONS)
    wanted = rng.random(60) < 0.7
    expected = np.full((60, 5), -np.inf)
    for video in np.flatnonzero(wanted & (counts > 0)):
        mine = rows[bounds[video] : bounds[video + 1]].astype(np.float64)
        expected[video] = (mine @ vectors.T.astype(np.float64)).max(axis=0)
    for chunk, block, few in (
        (1, 1, 0),
        (4, 3, 0),
        (17, 512, 0),
        (10_000, 7, 0),
        (17, 512, 10_000),
        (10_000, 512, 10_000),
    ):
        monkeypatch.setattr(maxsim, "CHUNK_ROWS", chunk)
        monkeypatch.setattr(maxsim, "BLOCK_ROWS", block)
        monkeypatch.setattr(maxsim, "FEW_ROWS", few)
        found = maxsim.scan(rows, bounds, vectors, wanted)
        np.testing.assert_allclose(found, expected, rtol=0, atol=maxsim.scan_error(DIMENSIONS))


def test_the_bound_of_the_scans_error_holds() -> None:
    rng = np.random.default_rng(4)
    rows, vectors = random_unit(rng, 2000, 384), random_unit(rng, 6, 384)
    exact = rows.astype(np.float64) @ vectors.T.astype(np.float64)
    assert np.abs(rows @ vectors.T - exact).max() < maxsim.scan_error(384)
