"""Ablations end to end, on rendered clips: without a model, recorded and replayed, and as a command."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ball_reel import Agreeable, settings, write_data
from rich.console import Console
from typer.testing import CliRunner

from seewhy.bench.ablation_table import cells, columns, drawn, markdown, notes
from seewhy.bench.ablations import Ablations, Difference, VariantRow, differences, read_ablations
from seewhy.bench.cli import Choices, bench_reel
from seewhy.bench.measures import estimate, paired_difference
from seewhy.bench.records import Record, Run, read_run
from seewhy.bench.variants import LeftOut
from seewhy.build import Build, Work
from seewhy.cli import PARTIAL, app
from seewhy.errors import DatasetError, SettingsError
from seewhy.models.fakes import ScriptedModel
from seewhy.settings import Settings

QUESTION = {
    "id": "I1", "type": "implicit", "kind": "motion", "query": "a ball rolls to the right", "video": "ball_right.mp4",
    "object_ids": ["1"], "near_misses": ["ball_left.mp4"],
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips, two edits and a question."""
    folder = tmp_path_factory.mktemp("data")
    write_data(folder, QUESTION)
    return folder


def alone(**more: Any) -> Settings:
    return Settings.load(overrides={"index.workers": 1, "video.rate": 2, "video.lines": 96, **more}, environment={})


def ablations(data: Path, choices: Choices, chosen: Settings) -> Ablations:
    found = bench_reel(data, choices, chosen)
    assert isinstance(found, Ablations)
    return found


@pytest.fixture(scope="module")
def cache(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of somebody who has run the benchmark."""
    path = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(path))
        bench_reel(data, Choices(), alone())
    return path


@pytest.fixture
def library(cache: Path) -> Path:
    (found,) = (cache / "seewhy" / "bench").glob("reel-*/")
    return found


class TestPairedDifference:
    def test_counted_by_hand(self) -> None:
        found = paired_difference(np.array([1.0, 1.0, 0.5, 0.0]), np.array([1.0, 0.0, 0.5, 1.0]))
        assert (found.value, found.queries) == (0.0, 4)
        assert found.low < 0 < found.high

    def test_how_hard_a_query_is_does_not_count(self) -> None:
        base = np.linspace(0.0, 0.9, 10)
        always = paired_difference(base + 0.1, base)
        assert (round(always.low, 9), round(always.high, 9)) == (0.1, 0.1), "it gains the same everywhere"
        unpaired = estimate(base + 0.1)
        assert unpaired.high - unpaired.low > 0.3

    def test_the_same_every_time(self) -> None:
        values, base = np.array([1.0, 0.0, 1.0, 0.2]), np.array([0.0, 0.0, 1.0, 0.1])
        assert paired_difference(values, base) == paired_difference(values, base)

    def test_other_queries_are_refused(self) -> None:
        with pytest.raises(ValueError, match="the same queries"):
            paired_difference(np.array([1.0]), np.array([1.0, 0.0]))


def as_run(**ranks: int | None) -> Run:
    records = tuple(
        Record(id=name, kind="k", text="t", right="v.mp4", rank=rank, seconds=0.0) for name, rank in ranks.items()
    )
    return Run(
        dataset="reel", protocol="all", gallery=4, asked=len(records), of=9, records=records, settings={}, versions={},
        index_seconds=0.0,
    )  # fmt: skip


class TestDifferences:
    def test_query_by_query_whatever_their_order(self) -> None:
        found = differences(as_run(a=1, b=2, c=None), as_run(c=4, a=2, b=2))
        assert found["R@1"].value == pytest.approx(100 / 3)
        assert found["mAP"].value == pytest.approx(100 * (0.5 + 0.0 - 0.25) / 3)
        assert found["mAP"].queries == 3

    def test_other_queries_are_refused(self) -> None:
        with pytest.raises(ValueError, match="other queries"):
            differences(as_run(a=1), as_run(b=1))

    def test_secret_answers_have_none(self) -> None:
        secret = as_run(a=1)
        secret = secret.model_copy(update={"records": (secret.records[0].model_copy(update={"right": ""}),)})
        assert differences(secret, secret) == {}


class TestAlone:
    """Without a language model."""

    def test_a_table_of_edits(self, data: Path, library: Path, tmp_path: Path) -> None:
        out = tmp_path / "all.json"
        vary = ("compose.reason=none", "search.judge=none", "compose.reason=none compose.frames=0")
        choices = Choices(library=library, task="composed", vary=vary, out=out)
        found = ablations(data, choices, alone())
        assert found.complete
        assert [row.variant for row in found.table] == ["base", "compose.reason=none", "search.judge=none"]
        assert [row.protocol for row in found.table] == ["all, masked"] * 3
        assert all({"R@1", "R@50", "MdR", "mAP", "J&F"} <= row.values.keys() for row in found.table)
        base, literal, _ = found.table
        assert base.differences == {}
        gained = literal.differences["R@1"]
        assert gained.value == pytest.approx(literal.values["R@1"] - base.values["R@1"])
        assert gained.low <= gained.value <= gained.high
        composers = [{record.composed_by for record in run.records} for run in found.runs]
        assert composers[1] == {"edit-literal@1"} != composers[0]
        assert [one.reason for one in found.left_out] == ["the same as compose.reason=none"]
        assert read_ablations(out) == found

    def test_runs_are_written_as_single_runs_are(self, data: Path, library: Path, tmp_path: Path) -> None:
        together, single = tmp_path / "all.json", tmp_path / "one.json"
        bench_reel(data, Choices(library=library, vary=("search.judge=none",), out=together), alone())
        bench_reel(data, Choices(library=library, out=single), alone(**{"search.judge": "none"}))
        (tmp_path / "second.json").write_text(json.dumps(json.loads(together.read_text())["runs"][1]))
        runs = [read_run(path) for path in (tmp_path / "second.json", single)]
        assert runs[0].settings == runs[1].settings
        assert [record.hits for record in runs[0].records] == [record.hits for record in runs[1].records]
        assert json.loads(together.read_text())["runs"][1].keys() == json.loads(single.read_text()).keys()
        for reader, path in ((read_run, together), (read_ablations, single)):
            with pytest.raises(DatasetError, match="not a"):
                reader(path)

    def test_what_fails_as_a_whole_is_a_row(
        self, data: Path, cache: Path, library: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        choices = Choices(library=library, vary=("index.name=nope", "search.judge=none"))
        found = ablations(data, choices, alone())
        assert [one.variant for one in found.left_out] == ["index.name=nope"], "it would need another library"
        assert not found.complete, "it was asked for by name"
        choices = Choices(vary=("encoder.name=nope", "search.judge=none"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        found = ablations(data, choices, alone())
        assert [row.run for row in found.table] == [0, None, 1]
        assert "nothing named 'nope' is registered" in (found.table[1].failure or "")
        assert not found.complete
        assert found.table[2].complete

    def test_a_wrong_variant_stops_all(self, data: Path, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match=r"variant 'search\.jugde=none'"):
            bench_reel(data, Choices(library=tmp_path / "lib", vary=("search.jugde=none",)), alone())
        assert not (tmp_path / "lib").exists()

    def test_what_was_done_is_kept_when_it_is_interrupted(
        self, data: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from seewhy.bench import ablations as module

        measured, out = module.measure, tmp_path / "all.json"

        def once(*given: Any) -> Any:
            if out.exists():
                raise KeyboardInterrupt
            return measured(*given)

        monkeypatch.setattr(module, "measure", once)
        with pytest.raises(KeyboardInterrupt):
            bench_reel(data, Choices(library=library, vary=("search.judge=none",), out=out), alone())
        found = read_ablations(out)
        assert (len(found.table), found.planned, found.complete) == (1, 2, False)
        assert "1 of 2 runs are done" in list(notes(found))


VARY = ("compose.strategy=single_stage search.judge=none",)


@pytest.fixture(scope="module")
def recorded(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ablations]:
    """A recording, with that of a variant and their libraries beside it; and what came of them."""
    file = tmp_path_factory.mktemp("recorded") / "run.sqlite"
    chosen, perceived = settings(file, "record"), list[object]()
    choices = Choices(library=file.with_name("lib"), task="composed", vary=VARY, model=Agreeable(chosen))
    works: Any = Work.__call__

    def counted(self: Work, task: Any, *more: Any) -> Any:
        perceived.extend([task] if isinstance(task, Build) else [])
        return works(self, task, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Work, "__call__", counted)
        found = ablations(data, choices, chosen)
    assert len(perceived) == 3, "each video once, for all variants"
    return file, found


class TestRecorded:
    def test_each_variant_has_a_recording_and_a_library(self, recorded: tuple[Path, Ablations]) -> None:
        file, found = recorded
        assert [(row.failure, row.failed) for row in found.table] == [(None, 0)] * 2
        for suffix in ("", ".compose.strategy=single_stage+search.judge=none"):
            assert file.with_name(f"run{suffix}.sqlite").exists(), suffix
            assert file.with_name(f"lib{suffix}").is_dir(), suffix
        assert [row.values["calls"] for row in found.table] == [3.0, 1.0]

    def test_the_same_command_replays_them_and_asks_nobody(
        self, data: Path, recorded: tuple[Path, Ablations], tmp_path: Path
    ) -> None:
        file, first = recorded
        nobody = ScriptedModel()
        choices = Choices(library=tmp_path / "lib", task="composed", vary=VARY, model=nobody)
        again = ablations(data, choices, settings(file, "replay"))
        assert nobody.asked == []
        assert again.table == first.table
        assert [[r.trace for r in run.records] for run in again.runs] == [
            [r.trace for r in run.records] for run in first.runs
        ]

    def test_what_was_not_recorded_is_left_out(
        self, data: Path, recorded: tuple[Path, Ablations], tmp_path: Path
    ) -> None:
        choices = Choices(library=tmp_path / "lib", task="composed", vary=("compose.reason=rules",))
        found = ablations(data, choices, settings(recorded[0], "replay"))
        (left,) = found.left_out
        assert (
            left.reason
            == f"it was not recorded: there is no {recorded[0].with_name('run.compose.reason=rules.sqlite')}"
        )
        assert not found.complete

    def test_a_recording_of_something_else_is_no_variant(
        self, data: Path, recorded: tuple[Path, Ablations], tmp_path: Path
    ) -> None:
        for name in ("run", "run.compose.reason=rules"):
            (tmp_path / f"{name}.sqlite").write_bytes(recorded[0].read_bytes())
        choices = Choices(library=tmp_path / "lib", task="composed", vary=("compose.reason=rules",))
        found = ablations(data, choices, settings(tmp_path / "run.sqlite", "replay"))
        assert "was recorded with compose.reason = auto" in (found.table[1].failure or "")


BASE = {"R@1": 50.0, "MdR": 2.0, "MnR": 3.0, "calls": 2.5}
OTHER = {"R@1": 25.0, "MdR": 3.5, "MnR": 4.0}
LESS = Difference(value=-25.0, low=-50.0, high=0.0, queries=4)
ROWS = (
    VariantRow(variant="base", protocol="all, masked", run=0, values=BASE, asked=4, complete=True),
    VariantRow(
        variant="search.judge=none", protocol="all, masked", run=1, values=OTHER, asked=4, degraded=1,
        differences={"R@1": LESS},
    ),
    VariantRow(variant="encoder.name=nope", protocol="all, masked", failure="PluginError: there is none"),
)  # fmt: skip
TABLE = Ablations(
    dataset="reel", headline="4 queries", planned=3, table=ROWS,
    left_out=tuple(LeftOut(variant=name, reason="no model", named=False, same=True) for name in ("a=1", "b=2")),
)  # fmt: skip


class TestTable:
    def test_cells(self) -> None:
        headings = columns(TABLE)
        assert headings == ("variant", "R@1", "MdR", "calls", "failed / degraded", "Δ R@1", "gallery")
        assert [cells(row, headings) for row in ROWS] == [
            ("base", "50.0", "2.0", "2.50", "0 / 0", "", "all, masked"),
            ("search.judge=none", "25.0", "3.5", "-", "0 / 1", "-25.0 [-50.0, 0.0]", "all, masked"),
            ("encoder.name=nope", "-", "-", "-", "-", "-", "all, masked"),
        ]

    def test_what_a_reader_has_to_know(self) -> None:
        said = list(notes(TABLE))
        assert "left out: a=1; b=2: no model" in said
        assert "failed: encoder.name=nope: PluginError: there is none" in said
        assert any(note.startswith("partial: search.judge=none;") for note in said)

    def test_forms(self) -> None:
        lines = markdown(TABLE).splitlines()
        assert "| search.judge=none | 25.0 | 3.5 | - | 0 / 1 | -25.0 [-50.0, 0.0] | all, masked |" in lines
        out = io.StringIO()
        Console(file=out, width=100).print(drawn(TABLE))
        for number in ("-25.0", "[-50.0, 0.0]", "2.50", "masked"):  # none is broken
            assert number in out.getvalue()
        assert "left out: a=1; b=2: no model" in out.getvalue()


class TestCommand:
    @pytest.mark.parametrize("name", ["reel", "synthetic", "covr"])
    def test_help_shows_the_options(self, name: str) -> None:
        done = CliRunner().invoke(app, ["bench", name, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
        assert "--vary" in done.output
        assert "--ablations" in done.output

    def run(self, data: Path, *words: object) -> Any:
        command = ("bench", "reel", "--data", data, "--set", "index.workers=1", *words)
        return CliRunner().invoke(app, [str(word) for word in command])

    def test_one_table_and_one_file(self, data: Path, library: Path, tmp_path: Path) -> None:
        out = tmp_path / "all.json"
        done = self.run(data, "--library", library, "--vary", "search.judge=none", "--ablations", "--out", out)
        assert done.exit_code == 0, done.output
        assert [row.variant for row in read_ablations(out).table] == [
            "base", "search.judge=none", "search.decompose=none", "search.align=false",
        ]  # fmt: skip
        assert [row.protocol for row in read_ablations(out).table] == ["all"] * 4
        assert done.output.count("left out: ") >= 2
        assert "interval of a paired bootstrap" in " ".join(done.output.split())

    def test_partial(self, data: Path, library: Path) -> None:
        done = self.run(data, "--library", library, "--vary", "video.rate=5")
        assert done.exit_code == PARTIAL
        assert "left out: video.rate=5: video.rate changes what lies in a library" in " ".join(done.output.split())

    def test_a_wrong_variant(self, data: Path, library: Path) -> None:
        done = self.run(data, "--library", library, "--vary", "search.judge=sometimes")
        assert done.exit_code not in (0, PARTIAL)
        assert "variant 'search.judge=sometimes'" in str(done.exception)
