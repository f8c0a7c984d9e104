"""What every ComponentIndex must do, asked of each implementation, the fake included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from index_worlds import component, components, condition, fingerprint, meta, unit

from seewhy.index.exact import ExactIndex
from seewhy.index.memory import MemoryIndex
from seewhy.index.seam import ComponentIndex, SearchCondition
from seewhy.types.query import Filters

X, Y, Z, W = np.eye(4).tolist()


class Subject:
    """An index under test. `settle` flushes, and where the variant says so opens the folder afresh."""

    def __init__(self, variant: str, folder: Path) -> None:
        self.variant, self.folder = variant, folder
        self.index: ComponentIndex = (
            MemoryIndex(fingerprint()) if variant == "memory" else ExactIndex.open(folder, fingerprint(), create=True)
        )

    def settle(self) -> ComponentIndex:
        if self.variant == "exact, not flushed":
            return self.index
        self.index.flush()
        if self.variant == "exact, opened again":
            self.index.close()
            self.index = ExactIndex.open(self.folder, fingerprint())
        return self.index


@pytest.fixture(params=["memory", "exact, not flushed", "exact, flushed", "exact, opened again"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    made = Subject(request.param, tmp_path / "index")
    yield made
    made.index.close()


@pytest.fixture
def three(subject: Subject) -> ComponentIndex:
    """a: X and Y; b: X+Y; c: -X. Lasting 5, 10, 20 s; of three days; a dog, a Cat, both."""
    index = subject.index
    index.add("a", components("a", 2), unit(X, Y), meta(5.0, "2024-05-01", ["dog"]))
    index.add("b", components("b", 1), unit((1, 1, 0, 0)), meta(10.0, "2024-05-02T00:00:00Z", ["Cat"]))
    index.add("c", components("c", 1), unit((-1, 0, 0, 0)), meta(20.0, "2024-05-03T01:00:00+02:00", ["dog", "Cat"]))
    return subject.settle()


def ranked(index: ComponentIndex, *conditions: SearchCondition, k: int = 10, **options: object) -> list[str]:
    return [candidate.video for candidate in index.search(conditions, k, **options)]  # type: ignore[arg-type]


def test_starts_empty(subject: Subject) -> None:
    index = subject.settle()
    assert len(index) == 0
    assert index.videos() == frozenset()
    assert index.search([condition("q", X)], 5) == []
    assert index.search([], 5) == []


def test_knows_its_videos_and_fingerprint(three: ComponentIndex) -> None:
    assert len(three) == 3
    assert three.videos() == {"a", "b", "c"}
    assert three.fingerprint == fingerprint()


def test_score_is_the_weighted_mean_of_the_best(three: ComponentIndex) -> None:
    found = three.search([condition("q1", X, weight=3.0), condition("q2", Z)], 3)
    assert [c.video for c in found] == ["a", "b", "c"]
    # a: (3 * 1 + 1 * 0) / 4;  b: 3 * cos 45 degrees / 4;  c: -3 / 4
    assert [c.score for c in found] == pytest.approx([0.75, 0.75 * 0.5**0.5, -0.75], abs=1e-6)


def test_minimum_asks_all_conditions_and_knows_no_weights(three: ComponentIndex) -> None:
    found = three.search([condition("q1", X, weight=9.0), condition("q2", (0, 1, 1, 0))], 3, aggregation="min")
    assert {c.video: round(c.score, 4) for c in found} == {"a": 0.7071, "b": 0.5, "c": -1.0}


def test_best_of_a_conditions_vectors_counts(three: ComponentIndex) -> None:
    found = three.search([condition("q", Z, (-1, 0, 0, 0)), condition("r", X)], 3)
    assert {c.video: round(c.score, 4) for c in found} == {"a": 0.5, "b": 0.3536, "c": 0.0}


def test_each_condition_names_its_best_component(three: ComponentIndex) -> None:
    best = three.search([condition("q1", Y), condition("q2", X)], 1)[0]
    assert [match.condition for match in best.matches] == ["q1", "q2"]
    first, second = components("a", 2)
    assert [match.component for match in best.matches] == [second, first]
    assert [match.score for match in best.matches] == pytest.approx([1.0, 1.0])


def test_of_equal_components_the_first_is_named(subject: Subject) -> None:
    subject.index.add("v", components("v", 3), unit(Y, X, X), meta())
    match = subject.settle().search([condition("q", X)], 1)[0].matches[0]
    assert match.component == components("v", 3)[1]


def test_a_negative_score_stays_negative(subject: Subject) -> None:
    """Nothing pads with 0: a video whose every component points away scores below 0."""
    subject.index.add("short", components("short", 1), unit((-1, 0, 0, 0)), meta())
    subject.index.add("long", components("long", 3), unit((-1, 1, 0, 0), (-1, 0, 1, 0), (-1, 0, 0, 1)), meta())
    found = subject.settle().search([condition("q", X)], 2)
    assert [(c.video, round(c.score, 4)) for c in found] == [("long", -0.7071), ("short", -1.0)]


def test_a_video_without_components_is_never_found(subject: Subject) -> None:
    for name in ("empty1", "empty2", "empty3"):
        subject.index.add(name, [], np.empty((0, 4), np.float32), meta())
    subject.index.add("full", components("full", 1), unit((-1, 0, 0, 0)), meta())
    subject.index.add("empty4", [], np.empty((0, 4), np.float32), meta())
    index = subject.settle()
    assert len(index) == 5
    assert ranked(index, condition("q", X)) == ["full"]
    assert ranked(index, condition("q", X), aggregation="min") == ["full"]


def test_without_conditions_every_video_scores_zero(subject: Subject) -> None:
    subject.index.add("b", components("b", 1), unit(X), meta())
    subject.index.add("a", [], np.empty((0, 4), np.float32), meta())
    found = subject.settle().search([], 5)
    assert [(c.video, c.score, c.matches) for c in found] == [("a", 0.0, ()), ("b", 0.0, ())]


def test_ties_are_broken_by_id(subject: Subject) -> None:
    for name in ("m", "z", "b", "k"):
        subject.index.add(name, components(name, 2), unit((0.3, 0.5, 0.7, 0.1), Z), meta())
    index = subject.settle()
    question = condition("q", (0.2, 0.1, 0.4, 0.9))
    assert ranked(index, question) == ["b", "k", "m", "z"]
    assert ranked(index, question, k=2) == ["b", "k"]


def test_k_limits_and_may_exceed(three: ComponentIndex) -> None:
    assert ranked(three, condition("q", X), k=1) == ["a"]
    assert len(ranked(three, condition("q", X), k=1000)) == 3


def test_adding_again_replaces(subject: Subject) -> None:
    subject.index.add("a", components("old", 2), unit(X, Y), meta(5.0))
    subject.settle()
    subject.index.add("a", [component("new")], unit(Z), meta(50.0))
    index = subject.settle()
    assert len(index) == 1
    found = index.search([condition("q", X)], 5)
    assert [(c.video, c.score) for c in found] == [("a", 0.0)]
    assert found[0].matches[0].component.text == "new"
    assert ranked(index, condition("q", X), filters=Filters(min_duration=50.0)) == ["a"]


def test_delete_forgets_and_ignores_the_unknown(three: ComponentIndex, subject: Subject) -> None:
    three.delete(["a", "nobody"])
    index = subject.settle()
    assert index.videos() == {"b", "c"}
    assert ranked(index, condition("q", X)) == ["b", "c"]
    index.delete(["b", "c"])
    assert len(subject.settle()) == 0


def test_deleted_then_added_again_is_there(three: ComponentIndex, subject: Subject) -> None:
    three.delete(["a"])
    three.add("a", [component("back")], unit(Z), meta())
    assert ranked(subject.settle(), condition("q", Z)) == ["a", "b", "c"]
    subject.index.delete(["a"])
    assert subject.settle().videos() == {"b", "c"}


def test_many_flushes_end_in_the_same_answers(subject: Subject) -> None:
    for i in range(12):
        subject.index.add(f"v{i:02}", components(f"v{i:02}", 1), unit((1, i, 0, 0)), meta())
        subject.settle()
        if i % 3 == 2:
            subject.index.delete([f"v{i - 1:02}"])
    index = subject.settle()
    assert ranked(index, condition("q", X)) == [f"v{i:02}" for i in range(12) if i % 3 != 1]
    assert index.search([condition("q", Y)], 1)[0].matches[0].component == components("v11", 1)[0]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), "abc"),
        (Filters(videos=frozenset({"c", "a", "nobody"})), "ac"),
        (Filters(videos=frozenset()), ""),
        (Filters(min_duration=10.0), "bc"),
        (Filters(max_duration=10.0), "ab"),
        (Filters(min_duration=6.0, max_duration=19.0), "b"),
        (Filters(category="dog"), "ac"),
        (Filters(category="cat"), "bc"),
        (Filters(category="horse"), ""),
        (Filters(after="2024-05-02"), "bc"),
        (Filters(before="2024-05-02"), "a"),
        (Filters(after="2024-05-01", before="2024-05-02T23:00:00"), "ab"),
        # c is of 2024-05-02T23:00Z
        (Filters(before="2024-05-02T23:00:01"), "abc"),
        (Filters(category="dog", min_duration=6.0), "c"),
    ],
)
def test_filters(three: ComponentIndex, filters: Filters, expected: str) -> None:
    assert "".join(ranked(three, condition("q", X), filters=filters)) == expected
    assert "".join(ranked(three, filters=filters)) == expected
    assert three.videos(filters) == frozenset(expected)


def test_excluded_videos_are_left_out(three: ComponentIndex) -> None:
    assert ranked(three, condition("q", X), exclude=["a", "nobody"]) == ["b", "c"]
    assert ranked(three, condition("q", X), exclude=["b"], filters=Filters(category="dog"), k=1) == ["a"]


@pytest.mark.parametrize(
    ("count", "vectors", "message"),
    [
        (2, unit(X), r"video v: vectors must have the shape \(2, 4\), one row a component; got \(1, 4\)"),
        (1, np.ones((1, 3), np.float32), r"shape \(1, 4\).*got \(1, 3\)"),
        (1, np.ones(4, np.float32), r"got \(4,\)"),
        (2, np.array([[1, 0, 0, 0], [0, np.nan, 0, 0]], np.float32), "component 1 has a value that is not finite"),
        (1, np.array([[np.inf, 0, 0, 0]], np.float32), "component 0 has a value that is not finite"),
    ],
)
def test_bad_vectors_are_refused_and_change_nothing(
    three: ComponentIndex, count: int, vectors: np.ndarray, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        three.add("v", components("v", count), vectors, meta())
    assert three.videos() == {"a", "b", "c"}


def test_bad_ids_and_dates_are_refused(subject: Subject) -> None:
    with pytest.raises(ValueError, match="id is empty"):
        subject.index.add("", [], np.empty((0, 4), np.float32), meta())
    with pytest.raises(ValueError, match=r"date 'May' is not an ISO 8601 date"):
        subject.index.add("v", [], np.empty((0, 4), np.float32), meta(date="May"))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (SearchCondition("q", 1.0, np.empty((0, 4), np.float32)), r"shape \(>= 1, 4\); got \(0, 4\)"),
        (SearchCondition("q", 1.0, np.ones((1, 5), np.float32)), r"shape \(>= 1, 4\); got \(1, 5\)"),
        (SearchCondition("q", 1.0, np.full((1, 4), np.nan, np.float32)), "not finite"),
        (SearchCondition("q", 0.0, unit(X)), "weight must be positive, got 0.0"),
        (SearchCondition("q", float("nan"), unit(X)), "weight must be positive, got nan"),
    ],
)
def test_bad_conditions_are_refused(three: ComponentIndex, bad: SearchCondition, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        three.search([condition("fine", X), bad], 5)


def test_k_below_one_is_refused(three: ComponentIndex) -> None:
    with pytest.raises(ValueError, match="at least 1; got 0"):
        three.search([condition("q", X)], 0)


def test_what_was_added_is_copied(subject: Subject) -> None:
    vectors = unit(X)
    subject.index.add("v", components("v", 1), vectors, meta())
    vectors[:] = 0.0
    assert subject.settle().search([condition("q", X)], 1)[0].score == pytest.approx(1.0)
