"""What a recorded run is bound to, and which runs share a library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seewhy.bench.datasets import Dataset
from seewhy.bench.datasets.reel import load
from seewhy.bench.indexing import cache_name
from seewhy.bench.recording import for_recording
from seewhy.errors import ReplyStoreError
from seewhy.settings import Settings

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
    def name(chosen: Settings) -> str:
        return cache_name(dataset, tmp_path, chosen)

    mine = name(settings())
    assert mine == name(settings(**{"calls.concurrency": 64, "search.tau": 0.4}))
    for other in ({"refine.rounds": 0}, {"describe.frames": 4}, {"vision_model": "v"}):
        assert name(settings(**other)) != mine, other
    alone = Settings.load(environment={})
    assert name(alone) == name(Settings.load(overrides={"refine.rounds": 0}, environment={})), "nothing is refined"
