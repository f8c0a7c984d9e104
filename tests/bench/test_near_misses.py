"""How often a near miss ranks above the right video, or ties with it: by hand, ties and misses included."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from told_edits import Told, dataset_of, edit, names_of, records_of, run_of

from seewhy.bench.measures import at_least_as_high
from seewhy.bench.protocol import Protocol
from seewhy.bench.records import Record, read_run, write_run
from seewhy.bench.report import markdown, table
from seewhy.bench.run import run_queries
from seewhy.bench.searching import Names
from seewhy.bench.summary import Row, summarize

REEL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "queries.jsonl"


def record(rank: int | None, near: tuple[str, ...], above: tuple[str, ...], **more: object) -> Record:
    values = {"id": "q", "kind": "count", "text": "t", "right": "a", "rank": rank, "seconds": 0.1, "gallery": 10}
    return Record.model_validate(values | {"near_misses": near, "near_above": above} | more)


class TestOneQuery:
    def near_of(self, folder: Path, scores: dict[str, float], **more: object) -> tuple[tuple[str, ...], ...]:
        query = edit("e", "r", "a", **{"near_misses": ("n", "m"), **more})
        dataset = dataset_of(folder, query)
        (found,) = records_of(dataset, {"edit e": scores})
        return found.near_misses, found.near_above

    @pytest.mark.parametrize(
        ("scores", "above"),
        [
            ({"A": 0.9, "N": 0.8, "M": 0.7}, ()),
            ({"A": 0.8, "N": 0.9, "M": 0.7}, ("n",)),
            ({"A": 0.8, "N": 0.8, "M": 0.7}, ("n",)),  # only the id would put a before n
            ({"A": 0.1, "N": 0.8, "M": 0.1}, ("n", "m")),
            ({"N": 0.8, "M": 0.1}, ("n", "m")),  # the right one did not come back
            ({"A": 0.2}, ()),  # the near misses did not
        ],
    )
    def test_ties_count_against(self, tmp_path: Path, scores: dict[str, float], above: tuple[str, ...]) -> None:
        assert self.near_of(tmp_path, scores) == (("n", "m"), above)

    def test_the_best_of_several_right_videos_is_what_counts(self, tmp_path: Path) -> None:
        scores = {"A": 0.2, "B": 0.8, "N": 0.7, "M": 0.1}
        assert self.near_of(tmp_path, scores, also_right=("b",)) == (("n", "m"), ())

    def test_a_masked_reference_is_no_near_miss(self, tmp_path: Path) -> None:
        scores = {"A": 0.5, "R": 0.9, "N": 0.2}
        assert self.near_of(tmp_path, scores, near_misses=("r", "n")) == (("n",), ())
        query = edit("e", "r", "a", near_misses=("r", "n"))
        dataset = dataset_of(tmp_path, query)
        (kept,) = records_of(dataset, {"edit e": scores}, Protocol(keep_reference=True))
        assert (kept.near_misses, kept.near_above) == (("r", "n"), ("r",))

    def test_copies_count_once_and_a_copy_of_the_right_video_is_right(self, tmp_path: Path) -> None:
        query = edit("e", "r", "a", near_misses=("n", "m", "k"))
        dataset = dataset_of(tmp_path, query)
        names = Names(names_of(dataset).ids | {"m": "N", "k": "A"})
        (found,) = run_queries(Told({"edit e": {"A": 0.5, "N": 0.9}}), dataset, [query], names)
        assert (found.near_misses, found.near_above) == (("n",), ("n",))

    def test_one_that_is_in_no_gallery_is_left_alone(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, edit("e", "r", "a", near_misses=("n",)))
        (found,) = records_of(dataset, {"edit e": {"A": 0.5, "N": 0.9}}, Protocol(gallery="targets"))
        assert (found.near_misses, found.near_above) == ((), ())

    def test_of_a_query_that_failed_all_are_above(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, edit("e", "r", "a", near_misses=("n",)))
        (refused,) = records_of(dataset, {})
        assert (refused.failure, refused.near_above) == ("QueryError: cannot be asked: edit e", ("n",))

    def test_secret_targets_have_none(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, edit("e", "r", None, near_misses=("n",)))
        (found,) = records_of(dataset, {"edit e": {"N": 0.9}})
        assert (found.near_misses, found.near_above) == ((), ())


class TestTable:
    RECORDS = (
        record(1, ("n",), ()),
        record(3, ("n", "m", "k"), ("m",)),
        record(None, ("n",), ("n",)),
        record(2, ("n",), ()),
        record(9, (), ()),  # names none: not counted
    )

    def row_of(self, records: tuple[Record, ...], folder: Path) -> Row:
        dataset = dataset_of(folder, edit("e", "r", "a"))
        (row,) = summarize(run_of(dataset, records, Protocol())).near
        return row

    def test_by_hand(self, tmp_path: Path) -> None:
        """Two of the four that have any; by chance 1/2, 3/4, 1/2 and 1/2."""
        row = self.row_of(self.RECORDS, tmp_path)
        assert (row.value, row.queries, row.chance) == (50.0, 4, pytest.approx(100 * (0.5 + 0.75 + 0.5 + 0.5) / 4))
        assert (row.low, row.high) == (0.0, 100.0)
        assert row.protocol == "all, masked"

    def test_the_more_right_videos_the_less_by_chance(self, tmp_path: Path) -> None:
        row = self.row_of((record(1, ("n",), (), findable=3),), tmp_path)
        assert row.chance == 25.0, "of four in a random order the near miss is first once in four times"
        row = self.row_of((record(None, ("n",), ("n",), findable=0),), tmp_path)
        assert row.chance == 100.0, "what cannot be found is a miss, whatever the order"

    def test_it_is_printed_and_can_be_computed_again_from_the_file(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, edit("e", "r", "a"))
        run = run_of(dataset, self.RECORDS, Protocol())
        summary = summarize(run)
        out = io.StringIO()
        Console(file=out, width=200, color_system=None).print(table(summary))
        assert "Near misses (less is better)" in out.getvalue()
        assert "| near miss above or tied | 50.0 % | 0.0 - 100.0 | 56.2 % | 4 | all, masked |" in markdown(summary)
        write_run(run, {}, tmp_path / "run.json")
        assert summarize(read_run(tmp_path / "run.json")).near == summary.near

    def test_where_no_query_names_any_there_is_no_row(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, edit("e", "r", "a"))
        assert summarize(run_of(dataset, (record(1, (), ()),), Protocol())).near == ()


def test_values_of_any_order_do() -> None:
    keys = {"a": (True, 0.5), "b": (True, 0.5), "c": (False, 0.9)}
    assert at_least_as_high(keys, {"a"}, ("b", "c")) == ("b",)


def test_most_queries_of_reel_97_name_some() -> None:
    if not REEL.is_file():
        pytest.skip("shared/data/queries.jsonl is not here")
    queries = [json.loads(line) for line in REEL.read_text(encoding="utf-8").splitlines()]
    assert sum(bool(query["near_misses"]) for query in queries) == 116
