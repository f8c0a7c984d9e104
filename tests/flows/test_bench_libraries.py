"""Libraries of benchmarks, on real pixels: begun as copies, so that nothing is made twice and nothing leaks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import knower
import pytest

from seewhy import Library, Settings
from seewhy.bench import beginnings
from seewhy.bench.beginnings import begun, copy, stages
from seewhy.bench.datasets import Dataset
from seewhy.bench.datasets.reel import load
from seewhy.bench.indexing import index
from seewhy.bench.measuring import Choices, Outcome, measure
from seewhy.bench.synthetic import CLIPS, render
from seewhy.build import Build, Work
from seewhy.errors import LibraryBusy
from seewhy.models.fakes import ScriptedModel
from seewhy.twin.folder import REPLIES_FILE, TWINS_FOLDER
from seewhy.twin.store import TWIN_FILE

NAMES = ("ball_right", "ball_left")
LINE = (
    '{"id": "I1", "type": "implicit", "kind": "k", "video": "ball_right.mp4", "query": "%s", "object_ids": null, '
    '"near_misses": []}\n'
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    render([clip for clip in CLIPS if clip.name in NAMES], folder)
    (folder / "queries.jsonl").write_text(LINE % knower.QUESTION)
    return folder


@pytest.fixture(scope="module")
def made(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which a run without a model has left its library."""
    cache = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        run(data)
    return cache


@pytest.fixture
def cache(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """It, and nobody is to perceive anything."""
    shutil.copytree(made, tmp_path / "cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    works: Callable[..., Any] = Work.__call__

    def never(self: Work, task: Any, *more: Any) -> Any:
        assert not isinstance(task, Build), "it was perceived once"
        return works(self, task, *more)

    monkeypatch.setattr(Work, "__call__", never)
    return tmp_path / "cache" / "seewhy" / "bench"


def settings(**overrides: Any) -> Settings:
    return Settings.load(overrides={"index.workers": 1, "video.rate": 3, **overrides}, environment={})


def run(data: Path, model: ScriptedModel | None = None, **overrides: Any) -> Outcome:
    return measure(load(data), data, Choices(model=model), settings(**overrides))


def lineage(data: Path, **overrides: Any) -> list[beginnings.Stage]:
    return stages(load(data), data, settings(**overrides), model=True)


def twins(library: Path) -> dict[str, bytes]:
    folder = library / TWINS_FOLDER
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def json_of(files: dict[str, bytes]) -> list[bytes]:
    found = [content for name, content in files.items() if name.endswith(TWIN_FILE)]
    assert len(found) == len(NAMES)
    return found


def libraries(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.is_dir())


class TestStages:
    def test_perceived_then_described_then_refined(self, data: Path, cache: Path) -> None:
        found = lineage(data)
        assert [(one.has_model, one.anew) for one in found] == [(False, False), (True, False), (True, True)]
        assert len({one.path for one in found}) == 3

    def test_what_does_not_refine_is_the_described_one(self, data: Path, cache: Path) -> None:
        perceived, described, _ = lineage(data)
        assert [one.path for one in lineage(data, **{"refine.rounds": 0})] == [perceived.path, described.path]
        assert [one.path for one in lineage(data, **{"search.judge": "rules"})] == [perceived.path, described.path]

    def test_ways_to_answer_that_refine_have_libraries_of_their_own(self, data: Path, cache: Path) -> None:
        *first, mine = lineage(data)
        *others, other = lineage(data, **{"judge.mode": "pairwise"})
        assert [one.path for one in first] == [one.path for one in others]
        assert mine.path != other.path

    def test_without_a_model_there_is_one(self, data: Path, cache: Path) -> None:
        (alone,) = stages(load(data), data, settings(), model=False)
        assert alone.path == lineage(data)[0].path
        assert alone.path.exists(), "of the run before there was a model"


class TestRuns:
    def test_nothing_leaks_back_and_nothing_is_made_twice(self, data: Path, cache: Path) -> None:
        perceived, described, refined = (one.path for one in lineage(data))
        before = twins(perceived)
        model = knower.scripted()
        outcome = run(data, model)
        assert outcome.summary.failures == ()
        assert [record.refinements for record in outcome.run.records] == [{"done": 1}]
        assert outcome.run.index_usage.by_purpose == {"describe": 2}, "in the library that this one is a copy of"
        assert sum(request.purpose == "describe" for request in model.asked) == 2
        assert twins(perceived) == before
        with Library.open(described, settings()) as library:
            assert not any(library.twin(video.id).refinements for video in videos(library))
        assert all(b"toy ball" in content for content in json_of(twins(described))), "what the model calls it"
        assert not any(b"toy ball" in content for content in json_of(before))
        with Library.open(refined, settings()) as library:
            assert any(library.twin(video.id).refinements for video in videos(library))
        alone = run(data)
        assert alone.run.index_usage.calls == 0
        assert twins(perceived) == before

    def test_a_run_measures_the_same_every_time(self, data: Path, cache: Path) -> None:
        first = run(data, knower.scripted())
        model = knower.scripted()
        again = run(data, model)
        assert [record.refinements for record in again.run.records] == [{"done": 1}], "it was not there already"
        assert [record.hits for record in again.run.records] == [record.hits for record in first.run.records]
        assert model.asked == [], "the replies are still there"

    def test_a_variant_without_refinement_sees_none(self, data: Path, cache: Path) -> None:
        run(data, knower.scripted())
        other = run(data, knower.scripted(), **{"refine.rounds": 0})
        assert other.run.index_usage.calls == 0, "described before"
        with Library.open(lineage(data, **{"refine.rounds": 0})[-1].path, settings()) as library:
            assert not any(library.twin(video.id).refinements for video in videos(library))

    def test_a_library_of_the_users_is_neither_copied_nor_renewed(
        self, data: Path, cache: Path, tmp_path: Path
    ) -> None:
        mine = tmp_path / "mine"
        shutil.copytree(lineage(data)[0].path, mine)
        before = libraries(cache)
        choices = Choices(library=mine, model=knower.scripted())
        measure(load(data), data, choices, settings())
        assert libraries(cache) == before
        assert measure(load(data), data, choices, settings()).run.records[0].refinements == {}, "it is in the twin"


def videos(library: Library) -> list[Any]:
    found = [video for video in library.videos() if video.state == "committed"]
    assert len(found) == len(NAMES)
    return found


class TestCopies:
    def test_half_a_copy_is_no_library(self, data: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        perceived, described = (one.path for one in lineage(data, **{"refine.rounds": 0}))
        copied = beginnings._copy_catalog

        def fails(source: Path, target: Path) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(beginnings, "_copy_catalog", fails)
        with pytest.raises(KeyboardInterrupt):
            run(data, knower.scripted(), **{"refine.rounds": 0})
        assert not described.exists()
        assert len(libraries(cache)) == 2, "the seed, and what is left under another name"
        monkeypatch.setattr(beginnings, "_copy_catalog", copied)
        assert run(data, knower.scripted(), **{"refine.rounds": 0}).complete
        assert libraries(cache) == sorted([perceived.name, described.name])

    def test_killed_between_two_renames_the_old_one_comes_back(self, data: Path, cache: Path) -> None:
        run(data, knower.scripted())
        found = lineage(data)
        refined = found[-1].path
        replies = (refined / REPLIES_FILE).read_bytes()
        refined.rename(beginnings._replaced(refined))
        model = knower.scripted()
        assert run(data, model).complete
        assert model.asked == []
        assert (refined / REPLIES_FILE).stat().st_size >= len(replies)
        assert not beginnings._replaced(refined).exists()

    def test_one_run_at_a_time_in_a_library_that_changes(self, data: Path, cache: Path) -> None:
        def fill(stage: beginnings.Stage) -> None:
            with Library.open(
                stage.path, stage.settings, model=knower.scripted() if stage.has_model else None
            ) as there:
                dataset: Dataset = load(data)
                index(there, dataset, dataset.videos)

        with begun(lineage(data), fill), pytest.raises(LibraryBusy, match="another benchmark"):
            run(data, knower.scripted())

    def test_vectors_of_both_stay_and_replies_of_the_seed_do_not(self, data: Path, cache: Path, tmp_path: Path) -> None:
        seed, target = lineage(data)[0].path, tmp_path / "target"
        for library, video in ((seed, "a"), (target, "b")):
            (library / "vectors" / "joint-1").mkdir(parents=True)
            (library / "vectors" / "joint-1" / f"{video}.npy").write_bytes(b"vector")
        (seed / REPLIES_FILE).write_bytes(b"not copied")
        copy(seed, target, settings(**{"describe.on": False}))
        assert sorted(file.name for file in (target / "vectors" / "joint-1").iterdir()) == ["a.npy", "b.npy"]
        assert not (target / REPLIES_FILE).exists()
        assert twins(target) == twins(seed)
        with Library.open(target, settings()) as library:
            assert library.search("a ball").hits
        with Library.open(seed, settings()) as library:  # it can still be written into
            assert library.rebuild_index() == len(NAMES)
