"""`seewhy bench` over edits, end to end on rendered clips: recorded and replayed, without a model, and over a CSV."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ball_reel import EDITS, Agreeable, settings, write_data
from typer.testing import CliRunner

from seewhy.bench.cli import Choices, Outcome, bench_covr, bench_reel
from seewhy.bench.protocol import Protocol
from seewhy.bench.records import Record, read_run
from seewhy.cli import PARTIAL, app
from seewhy.errors import DatasetError, SettingsError
from seewhy.settings import Settings
from seewhy.types.calls import Usage


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips and two edits in Reel-97 format."""
    folder = tmp_path_factory.mktemp("data")
    write_data(folder)
    return folder


def timeless(record: Record) -> Record:
    """Without what differs from one time to another."""
    scored = record.reasoning
    return record.model_copy(
        update={
            "seconds": 0.0,
            "usage": Usage(),
            "reasoning": None if scored is None else scored.model_copy(update={"usage": Usage()}),
        }
    )


@pytest.fixture(scope="module")
def recorded(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Outcome]:
    """A recording, its library and what came of it."""
    folder = tmp_path_factory.mktemp("recorded")
    chosen = settings(folder / "replies.sqlite", "record")
    choices = Choices(
        library=folder / "lib", out=folder / "run.json", task="composed", reasoning_score=True, model=Agreeable(chosen)
    )
    return folder / "replies.sqlite", folder / "lib", bench_reel(data, choices, chosen)


class TestRecorded:
    def test_every_edit_is_answered_judged_and_marked(self, recorded: tuple[Path, Path, Outcome]) -> None:
        _, _, outcome = recorded
        run = outcome.run
        assert (run.task, run.asked, run.gallery) == ("composed", 2, 3)
        assert run.galleries == Protocol()
        assert [record.gallery for record in run.records] == [2, 2]
        assert all(record.failure is None and record.trace is not None for record in run.records)
        assert all(len(record.hits) == 2 for record in run.records), "the reference is masked"
        assert all(record.grounding is not None for record in run.records)
        purposes = {name for record in run.records for name in record.usage.by_purpose}
        assert {"compose", "judge"} <= purposes
        agreed = outcome.summary.agreement
        assert agreed is not None
        assert (agreed.traces, agreed.difference) == (2, pytest.approx(0.1)), "one mark of ten differs by one"
        assert run.settings["compose.strategy"] == "two_stage"

    def test_a_replay_gives_the_same_and_asks_nobody(
        self, data: Path, recorded: tuple[Path, Path, Outcome], tmp_path: Path
    ) -> None:
        file, _, first = recorded
        choices = Choices(library=tmp_path / "lib", task="composed", reasoning_score=True)
        again = bench_reel(data, choices, settings(file, "replay", **{"compose.strategy": "single_stage"}))
        assert [timeless(record) for record in again.run.records] == [timeless(r) for r in first.run.records]
        assert again.run.settings["compose.strategy"] == "two_stage", "as recorded"
        assert again.summary.retrieval == first.summary.retrieval
        assert again.summary.reasoning == first.summary.reasoning
        assert again.summary.usage.cached == again.summary.usage.calls > 0

    def test_the_run_file(self, recorded: tuple[Path, Path, Outcome]) -> None:
        file, _, outcome = recorded
        run = read_run(file.with_name("run.json"))
        assert run == outcome.run
        document = json.loads(file.with_name("run.json").read_text())
        assert document["summary"]["retrieval"][0]["protocol"] == "all, masked"
        assert document["galleries"] == {"gallery": "all", "keep_reference": False, "depth": None}


class TestCommands:
    """Without a model, in the library that was recorded with one."""

    ALONE = ("--set", "describe.on=false", "--set", "index.workers=1")

    def covr(self, data: Path, folder: Path, *words: object) -> tuple[int, dict[str, Any], str]:
        rows = "".join(f"{reference},{video},{edit},a ball\n" for _, reference, edit, video in EDITS)
        (folder / "rows.csv").write_text(f"pth1,pth2,edit,txt1\n{rows}ball_right,nowhere,it is gone,a ball\n")
        command = ["bench", "covr", "--annotations", folder / "rows.csv", "--videos", data / "videos"]
        out = folder / "run.json"
        done = CliRunner().invoke(app, [str(word) for word in (*command, "--out", out, *self.ALONE, *words)])
        return done.exit_code, json.loads(out.read_text()) if out.exists() else {}, done.output

    def test_a_table_of_triplets(
        self, data: Path, recorded: tuple[Path, Path, Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("SEEWHY_ENDPOINT", "SEEWHY_MODEL"):
            monkeypatch.delenv(name, raising=False)
        library = recorded[1]
        code, document, output = self.covr(data, tmp_path, "--library", library, "--set", "compose.reason=none")
        assert code == PARTIAL, "a video is not there"
        assert document["galleries"] == {"gallery": "all", "keep_reference": False, "depth": 100}
        assert [record["missing"] for record in document["records"]] == [[], [], ["nowhere"]]
        assert {record["composed_by"] for record in document["records"]} == {"edit-literal@1", None}
        assert "1 of 3 queries are misses because videos of theirs are not there" in " ".join(output.split())
        code, document, _ = self.covr(
            data, tmp_path, "--library", library, "--gallery", "targets", "--keep-reference", "--limit", 1
        )
        assert document["records"][0]["gallery"] == 3, "two targets that are there, one that is not; no reference"
        assert [hit["video"] for hit in document["records"][0]["hits"]].count("ball_right") == 0
        assert document["records"][0]["composed_by"].startswith("edit-rules@")

    def test_the_reference_is_found_where_it_is_kept(
        self, data: Path, recorded: tuple[Path, Path, Outcome], tmp_path: Path
    ) -> None:
        choices = Choices(library=recorded[1], task="composed", protocol=Protocol(keep_reference=True))
        alone = Settings.load(overrides={"index.workers": 1, "compose.reason": "none"}, environment={})
        outcome = bench_reel(data, choices, alone)
        for record in outcome.run.records:
            assert "ball_right.mp4" in [hit.video for hit in record.hits]
            assert record.gallery == 3

    def test_what_cannot_be_asked_is_refused_at_once(self, data: Path, tmp_path: Path) -> None:
        alone = Settings.load(environment={})
        with pytest.raises(DatasetError, match="reel has no questions"):
            bench_reel(data, Choices(), alone)
        with pytest.raises(SettingsError, match="a language model marks reasoning"):
            bench_reel(data, Choices(task="composed", reasoning_score=True), alone)
        with pytest.raises(SettingsError, match="goes with --task composed"):
            self.refused(data, tmp_path)
        (tmp_path / "rows.csv").write_text("pth1,pth2,edit,txt1\na,b,c,d\n")
        with pytest.raises(DatasetError, match="a submission is for the challenge of CoVR-R"):
            bench_covr(tmp_path / "rows.csv", data / "videos", Choices(submission=tmp_path / "s.json"), alone)

    def refused(self, data: Path, folder: Path) -> None:
        text = '{"id": "I", "type": "implicit", "kind": "k", "video": "a.mp4", "query": "q", "object_ids": null}\n'
        (folder / "videos").mkdir()
        (folder / "videos" / "a.mp4").touch()
        (folder / "queries.jsonl").write_text(text)
        bench_reel(folder, Choices(reasoning_score=True), Settings.load(environment={}))
