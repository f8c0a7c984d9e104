"""Components that are read once, and videos that are compared together: nobody can tell but by the clock."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from index_worlds import component, components, condition, fingerprint, meta, random_unit, unit

from seewhy.index import maxsim, ranking, segments
from seewhy.index.exact import ExactIndex
from seewhy.index.segments import segment_in_memory
from seewhy.types.hit import Candidate
from seewhy.types.query import Filters

QUESTION = condition("q", (1, 0, 0, 0))


def filled(folder: Path, videos: int) -> ExactIndex:
    index = ExactIndex.open(folder / "index", fingerprint(), create=True)
    for number in range(videos):
        index.add(f"v{number:02}", components(f"v{number:02}", 2), unit((1, number, 0, 0), (0, 0, 1, 0)), meta())
    index.flush()
    return index


def best(found: list[Candidate]) -> list[object]:
    return [candidate.matches[0].component for candidate in found]


def test_a_component_is_read_once(tmp_path: Path) -> None:
    index = filled(tmp_path, 3)
    first, again = best(index.search([QUESTION], 3)), best(index.search([QUESTION, QUESTION], 3))
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_a_video_that_was_replaced_has_its_new_components(tmp_path: Path) -> None:
    index = filled(tmp_path, 3)
    index.search([QUESTION], 3)
    index.add("v00", [component("something else")], unit((1, 0, 0, 0)), meta())
    index.flush()
    assert best(index.search([QUESTION], 1)) == [component("something else")]


def test_no_more_components_are_remembered_than_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "COMPONENTS_KEPT", 4)
    index = filled(tmp_path, 20)
    expected = [component.model_dump() for component in best(index.search([QUESTION], 20))]  # type: ignore[attr-defined]
    assert [component.model_dump() for component in best(index.search([QUESTION], 20))] == expected  # type: ignore[attr-defined]
    [piece] = index._pieces()
    assert 0 < len(piece.segment._read) <= 8


def test_what_filters_let_through_is_remembered_and_what_lives_is_not(tmp_path: Path) -> None:
    index = ExactIndex.open(tmp_path / "index", fingerprint(), create=True)
    for number in range(6):
        index.add(f"v{number}", components(f"v{number}", 1), unit((1, 0, 0, 0)), meta(float(number)))
    index.flush()
    long, named = Filters(min_duration=2.0), Filters(videos=frozenset({"v1", "v4", "unknown"}))
    for _ in range(2):
        assert index.videos(long) == {"v2", "v3", "v4", "v5"}
        assert index.videos(named) == {"v1", "v4"}
        assert [one.video for one in index.search([QUESTION], 9, filters=long, exclude=["v3", "?"])] == [
            "v2",
            "v4",
            "v5",
        ]
        assert [one.video for one in index.search([QUESTION], 9, filters=named, exclude=["v4"])] == ["v1"]
    index.delete(["v4"])
    index.add("v2", components("v2", 1), unit((1, 0, 0, 0)), meta(1.0))
    for _ in range(2):
        assert index.videos(long) == {"v3", "v5"}
        assert index.videos(named) == {"v1"}
        index.flush()


def test_no_more_filters_are_remembered_than_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "FILTERS_KEPT", 3)
    index = filled(tmp_path, 4)
    for number in range(20):
        assert len(index.videos(Filters(max_duration=float(number)))) == (4 if number >= 10 else 0)
    [piece] = index._pieces()
    assert 3 <= len(piece.segment._masks) <= 6


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1), chosen=st.sets(st.integers(0, 9), min_size=1))
def test_videos_compared_together_score_as_each_alone(seed: int, chosen: set[int]) -> None:
    """To the last bit, whether they lie side by side or not."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 6, 10).tolist()
    pool = random_unit(rng, 5, 16)  # small, so that equal components abound
    rows = [pool[rng.integers(5, size=count)] for count in counts]
    videos = [(f"v{i}", components(f"v{i}", counts[i]), rows[i], meta()) for i in range(10)]
    segment = segment_in_memory(videos, 16)
    vectors, asked = random_unit(rng, 6, 16), [1, 3, 2]
    found, scores = maxsim.exact_best(*segment.together(sorted(chosen)), vectors, asked)
    for place, video in enumerate(sorted(chosen)):
        alone, expected = maxsim.exact_best(rows[video], np.array([0, counts[video]]), vectors, asked)
        np.testing.assert_array_equal(found[place], alone[0])
        np.testing.assert_array_equal(scores[place], expected[0])


@pytest.mark.parametrize("together", [1, 2, 3, 50])
def test_how_many_are_compared_together_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    index = filled(tmp_path, 12)
    expected = index.search([QUESTION], 9, exclude=("v03", "v04", "v08"))
    monkeypatch.setattr(ranking, "TOGETHER", together)
    assert index.search([QUESTION], 9, exclude=("v03", "v04", "v08")) == expected
    assert [candidate.video for candidate in expected] == [f"v{n:02}" for n in (0, 1, 2, 5, 6, 7, 9, 10, 11)]
