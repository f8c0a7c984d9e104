"""How many videos an answer is found among, and what it says where there are none: for questions and edits alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from test_compose_flow import EDIT, composing, reference_in
from test_search_flow import QUESTION, VIDEOS, World

from seewhy.compose import compose, compose_all
from seewhy.engine import Engine
from seewhy.errors import QueryError
from seewhy.index.seam import VideoMeta
from seewhy.reason.seams import Reference
from seewhy.search import search, search_all
from seewhy.types.hit import SearchResult
from seewhy.types.query import Filters

Ask = Callable[..., SearchResult]


def of(*videos: str) -> Filters:
    return Filters(videos=frozenset(videos))


def counts(result: SearchResult) -> tuple[int, int, int]:
    assert len(result.hits) == result.gallery, "each video that is searched is ranked"
    return result.gallery, result.filtered, result.excluded


@pytest.fixture
def world() -> World:
    return composing()


def emptied(world: World, left: Sequence[str] = ()) -> Engine:
    """The engine of the same library with only these videos."""
    gone = [video for video in VIDEOS if video not in left]
    world.index.delete(gone)
    return replace(world.engine, gallery={video: world.engine.gallery[video] for video in left})


class TestQuestions:
    def test_without_filters_all_are_searched(self, world: World) -> None:
        result = search(QUESTION, world.engine)
        assert counts(result) == (8, 0, 0)
        assert (result.searched, result.nothing) == ("8 videos", None)

    def test_what_filters_leave_out_is_not_searched(self, world: World) -> None:
        result = search(QUESTION, world.engine, filters=of(*VIDEOS[:3]))
        assert counts(result) == (3, 5, 0)
        assert result.searched == "3 of 8 videos"

    def test_filters_that_leave_nothing(self, world: World) -> None:
        for filters in (Filters(min_duration=100), Filters(category="horse"), of()):
            result = search(QUESTION, world.engine, filters=filters)
            assert counts(result) == (0, 8, 0)
            assert result.no_match
            assert result.nothing == "no video of the library passes the filters"
            assert result.searched == "0 of 8 videos"

    def test_an_empty_library_and_one_of_one(self, world: World) -> None:
        one = search(QUESTION, emptied(world, VIDEOS[:1]))
        assert (one.searched, one.nothing) == ("1 video", None)
        none = search(QUESTION, emptied(world))
        assert counts(none) == (0, 0, 0)
        assert (none.searched, none.nothing) == ("0 videos", "the library has no video")

    def test_what_is_in_the_index_alone_does_not_count(self, world: World) -> None:
        engine = replace(world.engine, gallery=dict(list(world.engine.gallery.items())[2:]))
        assert counts(search(QUESTION, engine)) == (6, 0, 0)
        assert counts(search(QUESTION, engine, filters=Filters(max_duration=100))) == (6, 0, 0)
        assert counts(search(QUESTION, engine, filters=of(*VIDEOS[2:4]))) == (2, 4, 0)

    def test_many_questions_count_alike(self, world: World) -> None:
        answers = list(search_all([QUESTION] * 3, world.engine, filters=of(VIDEOS[4])))
        assert [counts(answer) for answer in answers if isinstance(answer, SearchResult)] == [(1, 7, 0)] * 3

    def test_a_video_that_cannot_be_looked_at(self, world: World) -> None:
        engine = emptied(world, VIDEOS[:1])
        world.store.delete(VIDEOS[0])
        result = search(QUESTION, engine)
        assert (result.gallery, result.nothing) == (1, "none of the videos could be looked at")


class TestEdits:
    def test_the_reference_is_no_video_that_is_searched(self, world: World) -> None:
        result = compose(reference_in(world), EDIT, world.engine)
        assert counts(result) == (7, 0, 1)
        assert result.searched == "7 videos"

    def test_with_filters_that_admit_it_or_not(self, world: World) -> None:
        asked = reference_in(world)
        assert counts(compose(asked, EDIT, world.engine, filters=of(*VIDEOS[:3]))) == (2, 5, 1)
        assert counts(compose(asked, EDIT, world.engine, filters=of(*VIDEOS[1:3]))) == (2, 6, 0)

    def test_filters_that_leave_the_reference_alone(self, world: World) -> None:
        result = compose(reference_in(world), EDIT, world.engine, filters=of(VIDEOS[0]))
        assert counts(result) == (0, 7, 1)
        assert result.nothing == "the filters leave no video but the reference"

    def test_filters_that_leave_nothing(self, world: World) -> None:
        result = compose(reference_in(world), EDIT, world.engine, filters=Filters(min_duration=100))
        assert counts(result) == (0, 8, 0)
        assert result.nothing == "no video of the library passes the filters"

    def test_a_library_of_nothing_but_the_reference(self, world: World) -> None:
        asked = reference_in(world)
        result = compose(asked, EDIT, emptied(world, VIDEOS[:1]))
        assert counts(result) == (0, 0, 1)
        assert result.nothing == "the library has no video but the reference"

    def test_a_reference_from_elsewhere_leaves_nothing_out(self, world: World) -> None:
        twin = world.store.load(VIDEOS[0])
        stranger = Reference(twin.model_copy(update={"video": twin.video.model_copy(update={"id": "f" * 32})}))
        assert counts(compose(stranger, EDIT, world.engine, filters=of(VIDEOS[0]))) == (1, 7, 0)
        assert counts(compose(stranger, EDIT, emptied(world))) == (0, 0, 0)

    def test_a_reference_that_stays_is_searched(self, world: World) -> None:
        [kept] = compose_all([(reference_in(world), EDIT)], world.engine, filters=of(VIDEOS[0]), keep_reference=True)
        assert isinstance(kept, SearchResult)
        assert counts(kept) == (1, 7, 0)


def test_other_channels_and_all_twins_count_alike(world: World) -> None:
    class Flat:
        name = "flat"

        def scores(self, *_: object) -> dict[str, float]:
            return dict.fromkeys(VIDEOS, 0.5)

    world.put(world.store.load(VIDEOS[7]))
    some = world.store.load(VIDEOS[7])
    world.index.add(some.id, [], world.engine.encoder.encode([]), VideoMeta(duration=9.0, date="2026-01-01"))
    for parts in ({"channels": (Flat(),)}, {"align": False}):
        result = compose(reference_in(world), EDIT, replace(world.engine, **parts), filters=Filters(min_duration=5))
        assert counts(result) == (1, 7, 0), "also one of which no sentence is known"
        assert [hit.video for hit in result.hits] == [VIDEOS[7]]


def asks(world: World, filters: Filters) -> list[Callable[[], object]]:
    asked = reference_in(world)
    return [
        lambda: search(QUESTION, world.engine, filters=filters),
        lambda: search_all([QUESTION], world.engine, filters=filters),
        lambda: compose(asked, EDIT, world.engine, filters=filters),
        lambda: compose_all([(asked, EDIT)], world.engine, filters=filters),
    ]


def test_a_video_that_is_not_there_is_refused_before_anything_is_asked(world: World) -> None:
    for ask in asks(world, of(VIDEOS[0], "deadbeef")):
        with pytest.raises(QueryError, match="no video 'deadbeef' is indexed in this library; 'seewhy videos' lists"):
            ask()
    world.engine = replace(world.engine, gallery={VIDEOS[0]: ()})
    for ask in asks(world, of(VIDEOS[1])):
        with pytest.raises(QueryError, match=VIDEOS[1]):
            ask()
