"""A benchmark over channels with tiny models, recorded; and replayed where neither weights nor torch are."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ball_reel
import pytest
from tiny_embedding import video_checkpoint

from seewhy.bench.cli import Choices, Outcome, bench_reel
from seewhy.channels.joint import JointChannel
from seewhy.channels.recorded import PURPOSE
from seewhy.channels.rerank import RerankChannel
from seewhy.channels.states import StatesChannel
from seewhy.models.local.composed import states as composing
from seewhy.models.local.embedding import JointEmbedder
from seewhy.models.replies import ReplyStore
from seewhy.settings import Settings
from seewhy.twin.folder import VECTORS_FOLDER

CHANNELS = ("joint", "states", "rerank")
FIRST, SECOND = (edit for _, _, edit, _ in ball_reel.EDITS)
REPLAY = """
import sys
sys.modules |= dict.fromkeys(("torch", "transformers", "sentence_transformers"))
from seewhy.cli import app
app(sys.argv[1:])
"""
"""The command line where these cannot be imported."""


def settings(file: Path, mode: str, weights: Path, **more: Any) -> Settings:
    named = dict.fromkeys(("local.embedding", "local.reranker", "local.vision"), str(weights))
    chosen = {
        "local.device": "cpu", "local.batch": 2, "local.frames": 4, "compose.channels": "twin,joint,states,rerank",
        "search.judge": "rules", **named,
    }  # fmt: skip
    return ball_reel.settings(file, mode, **chosen | more)


@dataclass
class World:
    """A folder with data, weights and recordings, and what was computed for them."""

    path: Path
    asked: list[tuple[str, str]] = field(default_factory=list)
    """channel and edit"""
    embedded: list[int] = field(default_factory=list)
    """inputs of the embedder, batch by batch"""

    @property
    def weights(self) -> Path:
        return self.path / "weights"

    def record(self, file: Path, limit: int | None = None, **more: Any) -> Outcome:
        chosen = settings(file, "record", self.weights, **more)
        model = ball_reel.Agreeable(chosen) if chosen.model else None
        choices = Choices(task="composed", limit=limit, out=file.with_suffix(".json"), model=model)
        return bench_reel(self.path / "data", choices, chosen)


@dataclass(frozen=True)
class Recorded:
    """A recording that was interrupted after the first edit, and went on."""

    world: World
    half: Path
    whole: Path
    first: list[tuple[str, str]]
    """what channels were asked before"""
    then: list[tuple[str, str]]
    """and after"""
    embedded: list[int]
    """what was embedded after"""
    outcome: Outcome


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """In the end the weights are gone, and the library with the vectors."""
    world = World(tmp_path_factory.mktemp("world"))
    (world.path / "data").mkdir()
    ball_reel.write_data(world.path / "data")
    shutil.copytree(video_checkpoint(), world.weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(world.path / "cache"))
        patch.setattr(composing, "DESCRIPTION_TOKENS", 10)
        patch.setattr(composing, "REASONING_TOKENS", 5)
        for kind in (JointChannel, StatesChannel, RerankChannel):
            patch.setattr(kind, "scores", _counting(kind, world))
        encode = JointEmbedder._encode

        def counted(self: JointEmbedder, items: list[Any]) -> Any:
            world.embedded.append(len(items))
            return encode(self, items)

        patch.setattr(JointEmbedder, "_encode", counted)
        half, whole = world.path / "half.sqlite", world.path / "whole.sqlite"
        world.record(whole, limit=1)
        shutil.copy(whole, half)
        first = world.asked[:]
        world.asked.clear()
        world.embedded.clear()
        outcome = world.record(whole)
        yield Recorded(world, half, whole, first, world.asked[:], world.embedded[:], outcome)


def _counting(kind: type[Any], world: World) -> Any:
    scores = kind.scores

    def counted(self: Any, query: Any, *rest: Any) -> Any:
        world.asked.append((self.name, query.text))
        return scores(self, query, *rest)

    return counted


@pytest.fixture
def no_weights(recorded: Recorded) -> Iterator[None]:
    """Neither they nor a library is there."""
    shutil.rmtree(recorded.world.path / "cache", ignore_errors=True)
    elsewhere = recorded.world.weights.rename(recorded.world.path / "elsewhere")
    yield
    elsewhere.rename(recorded.world.weights)


def records_of(file: Path) -> list[dict[str, Any]]:
    """Records of a run, without what differs from one time to another."""
    records: list[dict[str, Any]] = json.loads(file.read_text())["records"]
    return [{name: value for name, value in one.items() if name not in ("seconds", "usage")} for one in records]


def kept(file: Path) -> dict[str, str]:
    """What channels answered, with when."""
    with ReplyStore.open(file, read_only=True) as store:
        return {one.key: f"{one.prompt} {one.created} {one.text}" for one in store.replies() if one.purpose == PURPOSE}


def twins_alone(file: Path, target: Path) -> Path:
    """A recording of nothing but what perception made of the videos: so that it need not do so again."""
    shutil.copy(file, target)
    with ReplyStore.open(target) as store, store.database.writing() as connection:
        connection.execute("DELETE FROM replies")
        connection.execute("DELETE FROM meta WHERE key LIKE 'setting %' OR key LIKE 'channel %'")
    return target


def test_every_channel_has_a_say(recorded: Recorded) -> None:
    assert recorded.outcome.complete
    assert len(recorded.outcome.run.records) == 2
    assert sorted(recorded.first) == sorted((name, FIRST) for name in CHANNELS)
    assert {text.partition("@")[0] for text in kept(recorded.whole).values()} == set(CHANNELS)
    assert len(kept(recorded.whole)) == 2 * len(CHANNELS)


def test_a_recording_that_was_interrupted_computes_nothing_again(recorded: Recorded) -> None:
    assert sorted(recorded.then) == sorted((name, SECOND) for name in CHANNELS)
    assert recorded.embedded == [1], "the second edit; vectors of the videos were there"
    assert kept(recorded.half).items() <= kept(recorded.whole).items()


@pytest.mark.usefixtures("no_weights")
def test_without_weights_and_torch_a_replay_gives_the_same(recorded: Recorded) -> None:
    world, out = recorded.world.path, recorded.world.path / "replayed.json"
    command = [
        sys.executable, "-c", REPLAY, "bench", "reel", "--data", world / "data", "--task", "composed",
        "--replies", recorded.whole, "--mode", "replay", "--out", out,
    ]  # fmt: skip
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert records_of(out) == records_of(recorded.whole.with_suffix(".json"))
    assert not list((world / "cache").rglob(VECTORS_FOLDER)), "a replay makes no vectors"


@pytest.mark.usefixtures("no_weights")
def test_a_question_that_was_not_recorded_is_answered_degraded(recorded: Recorded) -> None:
    chosen = settings(recorded.half, "replay", recorded.world.weights)
    outcome = bench_reel(recorded.world.path / "data", Choices(task="composed"), chosen)
    assert not outcome.complete
    known, unknown = outcome.run.records
    assert (known.degraded, known.failure, unknown.failure) == ((), None, None)
    for channel in ("joint", "states"):
        [note] = [note for note in unknown.degraded if note.startswith(f"{channel}: ")]
        assert "has no answer to this. The recorded question most like it differs first at query.text" in note
        assert f"the question has '{SECOND}'" in note


def test_without_a_language_model_channels_are_recorded_all_the_same(recorded: Recorded, tmp_path: Path) -> None:
    """And an endpoint of whoever replays it has nothing to say."""
    file = twins_alone(recorded.half, tmp_path / "alone.sqlite")
    first = recorded.world.record(file, **{"endpoint": "", "model": "", "compose.channels": "joint"})
    assert first.complete
    shutil.rmtree(recorded.world.path / "cache")
    chosen = settings(file, "replay", tmp_path / "nowhere", **{"compose.channels": "twin"})
    replayed = tmp_path / "replayed.json"
    again = bench_reel(recorded.world.path / "data", Choices(task="composed", out=replayed), chosen)
    assert again.complete
    assert (again.run.settings["compose.channels"], again.run.settings["endpoint"]) == ("joint", "")
    assert records_of(replayed) == records_of(file.with_suffix(".json"))
