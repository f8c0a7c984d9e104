"""What a recorded run is bound to, and which runs share a library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seewhy.bench.datasets import Dataset
from seewhy.bench.datasets.reel import load
from seewhy.bench.indexing import cache_name
from seewhy.bench.recording import begin_anew, for_recording
from seewhy.errors import ReplyStoreError, SettingsError
from seewhy.settings import Settings
from seewhy.twin.folder import LIBRARY_FILE, VECTORS_FOLDER, LibraryFolder

ONLINE = {"endpoint": "http://127.0.0.1:9/v1", "model": "m", "api_key": "sk-secret"}


def settings(**overrides: Any) -> Settings:
    return Settings.load(overrides={**ONLINE, **overrides}, environment={})


def recording(file: str, mode: str = "record", **overrides: Any) -> Settings:
    return settings(**{"replies.file": file, "replies.mode": mode, **overrides})


def test_a_replay_takes_the_settings_of_the_recording(tmp_path: Path) -> None:
    file = str(tmp_path / "run.sqlite")
    for_recording(recording(file, **{"judge.candidates": 7}))
    replayed = for_recording(recording(file, "replay", model="another"))
    assert (replayed.judge.candidates, replayed.model) == (7, "m")
    assert b"sk-secret" not in (tmp_path / "run.sqlite").read_bytes()


def test_a_recording_goes_on_only_with_the_settings_it_was_begun_with(tmp_path: Path) -> None:
    file = str(tmp_path / "run.sqlite")
    for_recording(recording(file))
    for_recording(recording(file, **{"calls.concurrency": 64, "calls.timeout": 9}))
    with pytest.raises(ReplyStoreError, match=r"begun with refine\.rounds = 1, this is 2"):
        for_recording(recording(file, **{"refine.rounds": 2}))


def test_a_file_in_the_users_home_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings go where the replies go, which are opened elsewhere."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for_recording(recording("~/run.sqlite"))
    assert (tmp_path / "run.sqlite").exists()
    assert for_recording(recording("~/run.sqlite", "replay")).model == "m"


@pytest.fixture
def dataset(reel: Path) -> Dataset:
    return load(reel)


def test_runs_whose_models_write_other_things_into_twins_share_no_library(dataset: Dataset, tmp_path: Path) -> None:
    def name(chosen: Settings, *, composed: bool = False) -> str:
        return cache_name(dataset, tmp_path, chosen, composed=composed)

    mine = name(settings())
    assert mine == name(settings(**{"calls.concurrency": 64, "compose.frames": 0}))
    others = (
        {"refine.rounds": 0}, {"describe.frames": 4}, {"vision_model": "v"},
        {"search.tau": 0.4}, {"judge.mode": "pairwise"},  # what the judge lacks is looked at again
    )  # fmt: skip
    for other in others:
        assert name(settings(**other)) != mine, other
    assert name(settings(), composed=True) != mine
    assert name(settings(), composed=True) != name(settings(**{"compose.frames": 0}), composed=True)


def test_runs_that_write_the_same_into_twins_share_a_library(dataset: Dataset, tmp_path: Path) -> None:
    def name(**overrides: Any) -> str:
        return cache_name(dataset, tmp_path, settings(**overrides))

    unrefined = name(**{"refine.rounds": 0})
    assert name(**{"refine.rounds": 0, "judge.mode": "pairwise", "search.tau": 0.4}) == unrefined
    assert name(**{"search.judge": "rules"}) == unrefined, "without a judge nobody lacks anything"
    alone = Settings.load(environment={})
    without = Settings.load(overrides={"refine.rounds": 0, "search.judge": "none"}, environment={})
    assert cache_name(dataset, tmp_path, alone) == cache_name(dataset, tmp_path, without)


def test_specialists_refine_without_a_language_model(dataset: Dataset, tmp_path: Path) -> None:
    local = {"profile": "local", "local.language": ""}
    refined, unrefined = (
        Settings.load(overrides={**local, "refine.rounds": rounds}, environment={}) for rounds in (1, 0)
    )
    assert cache_name(dataset, tmp_path, refined) != cache_name(dataset, tmp_path, unrefined)


CHANNELS = {"compose.channels": "twin,joint,rerank"}


def test_what_channels_depend_on_belongs_to_a_recording(tmp_path: Path) -> None:
    file = str(tmp_path / "run.sqlite")
    for_recording(recording(file, **CHANNELS))
    for_recording(recording(file, **CHANNELS, **{"local.batch": 2, "local.vision": ""}))
    for name, other in (("local.frames", 4), ("local.embedding", "a/b"), ("local.reranker", "a/b")):
        with pytest.raises(ReplyStoreError, match=f"begun with {name} = "):
            for_recording(recording(file, **CHANNELS, **{name: other}))
    with pytest.raises(ReplyStoreError, match=r"begun with local\.dtype = \"auto\", this is \"float16\""):
        for_recording(recording(file, **CHANNELS, **{"local.dtype": "float16"}))
    replayed = for_recording(recording(file, "replay", **{"local.frames": 3, "local.embedding": "/not/here"}))
    assert (replayed.local.frames, replayed.compose.channels) == (16, "twin,joint,rerank")
    assert replayed.local.embedding == Settings().local.embedding


def test_what_no_channel_depends_on_does_not(tmp_path: Path) -> None:
    file = str(tmp_path / "run.sqlite")
    for_recording(recording(file))
    for_recording(recording(file, **{"local.frames": 4, "local.embedding": "a/b", "local.dtype": "float16"}))


def test_a_channel_of_somebody_elses_may_depend_on_any_model(tmp_path: Path) -> None:
    file = str(tmp_path / "run.sqlite")
    mine = {"search.channels": "twin,theirs"}
    for_recording(recording(file, **mine))
    with pytest.raises(ReplyStoreError, match=r"local\.actions"):
        for_recording(recording(file, **mine, **{"local.actions": "a/b"}))


def test_without_a_language_model_there_have_to_be_channels(tmp_path: Path) -> None:
    alone = {"endpoint": "", "model": ""}
    with pytest.raises(SettingsError, match="or channels that load models"):
        for_recording(recording(str(tmp_path / "none.sqlite"), **alone))
    file = str(tmp_path / "run.sqlite")
    for_recording(recording(file, **alone, **CHANNELS))
    replayed = for_recording(recording(file, "replay"))
    assert (replayed.endpoint, replayed.model, replayed.has_language_model) == ("", "", False)


def test_a_new_beginning_leaves_vectors_of_videos(tmp_path: Path) -> None:
    library = tmp_path / "library"
    begin_anew(library, ours=True)
    (library / VECTORS_FOLDER / "joint-0").mkdir(parents=True)
    (library / VECTORS_FOLDER / "joint-0" / "v.npy").touch()
    (library / "twins" / "v").mkdir(parents=True)
    (library / "twins" / "v" / "twin.json").touch()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (library / "linked").symlink_to(elsewhere)
    with pytest.raises(SettingsError, match="begin with a new library"):
        begin_anew(library, ours=True)  # no library: whose it is, nobody knows
    (library / LIBRARY_FILE).touch()
    with pytest.raises(SettingsError, match="begin with a new library"):
        begin_anew(library, ours=False)
    for _ in range(2):  # interrupted after that, it begins anew again
        begin_anew(library, ours=True)
        assert sorted(path.relative_to(library).as_posix() for path in library.rglob("*")) == [
            "vectors", "vectors/joint-0", "vectors/joint-0/v.npy",
        ]  # fmt: skip
    assert elsewhere.is_dir()
    made = LibraryFolder.create(library, encoder="test@1", settings=Settings())
    assert LibraryFolder.open(library).info == made.info
