"""Runs of edits over a library that answers from a table: ranks by hand under each protocol, misses, the file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from told_edits import TRACE, Told, dataset_of, edit, names_of, records_of, run_of

from seewhy.bench.datasets import ComposedQuery
from seewhy.bench.measures import best_rank, estimate_macro
from seewhy.bench.protocol import Protocol, galleries
from seewhy.bench.records import read_run, write_run
from seewhy.bench.report import markdown, notes, table
from seewhy.bench.run import run_queries
from seewhy.bench.searching import Names
from seewhy.bench.submission import submission
from seewhy.bench.summary import Summary, summarize
from seewhy.errors import DatasetError

# Four videos a-d in one part, p and q in another. Ids are W/A, ...

QUERIES = (
    edit("w0", "w/a", "w/b", source="w"),
    edit("w1", "w/b", "w/c", source="w"),
    edit("w2", "w/c", "w/d", source="w"),
    edit("s0", "s/p", "s/q", source="s"),
)
SCORES = {
    "edit w0": {"W/A": 1.0, "W/B": 0.9, "W/C": 0.5, "W/D": 0.4},
    "edit w1": {"W/A": 0.9, "W/B": 0.95, "W/C": 0.8, "W/D": 0.8},
    "edit w2": {"W/A": 0.9, "W/B": 0.2, "W/C": 0.1},
    "edit s0": {"S/P": 0.9, "S/Q": 0.9, "W/A": 1.0},
}


class TestProtocols:
    @pytest.mark.parametrize(
        ("protocol", "ranks", "searched"),
        [
            # w1: a is above c, d ties with it; w2: d did not come back; s0: q is alone
            (Protocol(), [1, 3, None, 1], [3, 3, 3, 1]),
            # the references a and p are no targets: nobody finds them
            (Protocol(gallery="targets"), [1, 2, None, 1], [3, 2, 2, 1]),
            # w0: a itself is best; w1: b, too; s0: p ties with q
            (Protocol(keep_reference=True), [2, 4, None, 2], [4, 4, 4, 2]),
            (Protocol(gallery="targets", keep_reference=True), [1, 3, None, 1], [3, 3, 3, 1]),
        ],
    )
    def test_ranks_by_hand(
        self, tmp_path: Path, protocol: Protocol, ranks: list[int | None], searched: list[int]
    ) -> None:
        dataset = dataset_of(tmp_path, *QUERIES)
        records = records_of(dataset, SCORES, protocol)
        assert [record.rank for record in records] == ranks
        assert [record.gallery for record in records] == searched

    def test_parts_have_galleries_of_their_own(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, *QUERIES)
        first, second = galleries(dataset, dataset.composed)
        assert (first.names, second.names) == ({"w/a", "w/b", "w/c", "w/d"}, {"s/p", "s/q"})
        limited = galleries(dataset, dataset.composed[:1], Protocol(gallery="targets"))
        assert [gallery.names for gallery in limited] == [{"w/b", "w/c", "w/d"}], "whoever is asked, all targets count"

    def test_what_is_further_down_than_is_looked_at_is_a_miss(self, tmp_path: Path) -> None:
        queries = [edit(name, "r", name) for name in "abcde"]
        dataset = dataset_of(tmp_path, *queries)
        falling = {name.upper(): 1 - place / 10 for place, name in enumerate("abcde")}
        records = records_of(dataset, {query.edit: falling for query in queries}, Protocol(depth=2))
        assert [record.rank for record in records] == [1, 2, None, None, None]

    def test_a_tie_at_the_end_of_what_is_looked_at_is_a_miss(self, tmp_path: Path) -> None:
        """A constant scorer finds nothing, whatever the ids are."""
        queries = [edit(name, "r", name) for name in "abcde"]
        dataset = dataset_of(tmp_path, *queries)
        same = dict.fromkeys("ABCDE", 0.7)
        records = records_of(dataset, {query.edit: same for query in queries}, Protocol(depth=2))
        assert [record.rank for record in records] == [None] * 5
        whole = records_of(dataset, {query.edit: same for query in queries})
        assert [record.rank for record in whole] == [5] * 5

    def test_of_several_right_videos_the_best_counts(self, tmp_path: Path) -> None:
        query = edit("e", "r", "a", also_right=("b",))
        dataset = dataset_of(tmp_path, query, edit("f", "r", "c"))
        records = records_of(dataset, {"edit e": {"A": 0.2, "B": 0.8, "C": 0.8, "R": 0.1}, "edit f": {}})
        assert records[0].rank == 2, "c ties with b; a, which is right, too, is in nobody's way"

    def test_a_target_with_the_content_of_its_reference_cannot_be_found(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, edit("e", "r", "a"), edit("f", "r", "b"))
        names = Names({"r": "R", "a": "R", "b": "B"})
        told = Told({"edit e": {"R": 0.9, "B": 0.2}, "edit f": {"B": 0.2}})
        first, second = run_queries(told, dataset, dataset.composed, names)
        assert (first.rank, first.gallery) == (None, 1)
        assert first.failure == "not asked, because a copy of the reference, which is masked: a", "and is told so"
        assert first.missing == ()
        assert second.rank == 1
        kept = run_queries(told, dataset, dataset.composed, names, Protocol(keep_reference=True))
        assert [record.rank for record in kept] == [1, 1]


class TestMissing:
    def test_it_is_a_miss_is_not_asked_and_is_said(self, tmp_path: Path) -> None:
        queries = [edit("e", "r", "a"), edit("f", "gone", "a"), edit("g", "r", "lost"), edit("h", "a", "r")]
        dataset = dataset_of(tmp_path, *queries, absent=("gone", "lost"))
        scores = {query.edit: {"A": 0.9, "R": 0.5} for query in queries}
        told = Told(scores)
        records = run_queries(told, dataset, dataset.composed, names_of(dataset))
        assert [record.rank for record in records] == [1, None, None, 1]
        assert [record.missing for record in records] == [(), ("gone",), ("lost",), ()]
        assert records[1].failure == "not asked, because not there: gone"
        assert [asked[1] for asked in told.asked] == ["edit e", "edit h"]
        assert [record.gallery for record in records] == [3, 4, 3, 3], "what is missing would be searched, too"
        summary = summarize(run_of(dataset, records, Protocol()))
        assert (summary.asked, summary.answered, summary.missing) == (4, 2, 2)
        assert summary.retrieval[0].value == 50.0
        said = "\n".join(notes(summary))
        assert "2 of 4 queries are misses because videos of theirs are not there" in said
        assert "lost is not in the library: no file lost" in said

    def test_one_of_several_right_videos_is_enough(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, edit("e", "r", "gone", also_right=("b",)), absent=("gone",))
        (record,) = records_of(dataset, {"edit e": {"B": 0.9}})
        assert (record.rank, record.missing) == (1, ())

    def test_thousands_of_missing_videos_do_not_fill_the_screen(self, tmp_path: Path) -> None:
        queries = [edit(f"e{n}", "r", f"gone{n}") for n in range(100)]
        dataset = dataset_of(tmp_path, *queries, absent=tuple(f"gone{n}" for n in range(100)))
        summary = summarize(run_of(dataset, records_of(dataset, {}), Protocol()))
        assert len(notes(summary)) < 50
        assert "... and 80 more videos are not there; the run file lists them" in notes(summary)

    def test_a_refused_edit_is_a_miss(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, edit("e", "r", "a"))
        (record,) = records_of(dataset, {})
        assert (record.rank, record.failure) == (None, "QueryError: cannot be asked: edit e")


class TestSummary:
    @pytest.fixture
    def summary(self, tmp_path: Path) -> Summary:
        dataset = dataset_of(tmp_path, *QUERIES)
        return summarize(run_of(dataset, records_of(dataset, SCORES), Protocol()))

    def test_micro_macro_and_parts_by_hand(self, summary: Summary) -> None:
        """Ranks 1, 3 and a miss of 3 in one part; 1 of 1 in the other."""
        values = {row.name: row.value for row in (*summary.retrieval, *summary.parts)}
        assert values["R@1, micro"] == 50.0
        assert values["R@5, micro"] == values["R@50, micro"] == 75.0
        assert values["R@1, w"] == pytest.approx(100 / 3)
        assert values["R@1, s"] == 100.0
        assert values["R@1, macro"] == pytest.approx(100 * (1 / 3 + 1) / 2)
        assert values["R@5, macro"] == pytest.approx(100 * (2 / 3 + 1) / 2)
        assert values["MdR, micro"] == 2.0
        assert values["mAP, micro"] == pytest.approx(100 * (1 + 1 / 3 + 0 + 1) / 4)

    def test_chance_by_hand(self, summary: Summary) -> None:
        chances = {row.name: row.chance for row in (*summary.retrieval, *summary.parts)}
        assert chances["R@1, micro"] == pytest.approx(100 * (3 * (1 / 3) + 1) / 4)
        assert chances["R@1, macro"] == pytest.approx(100 * (1 / 3 + 1) / 2)
        assert chances["R@1, s"] == 100.0

    def test_every_row_names_its_protocol(self, summary: Summary) -> None:
        assert {row.protocol for row in (*summary.retrieval, *summary.parts)} == {"all, masked"}
        out = io.StringIO()
        Console(file=out, width=200, color_system=None).print(table(summary))
        for text in (out.getvalue(), markdown(summary)):
            assert "each part in a gallery of its own; the reference is masked" in text
            assert "all, masked" in text
            assert "reasoned about edits: table@1" in text
        assert "| R@1, micro | 50.0 % | 0.0 - 100.0 | 50.0 % | 4 | all, masked |" in markdown(summary)

    def test_one_part_needs_no_parts(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, edit("e", "r", "a"))
        summary = summarize(run_of(dataset, records_of(dataset, {"edit e": {"A": 0.9}}), Protocol()))
        assert summary.parts == ()
        assert [row.name for row in summary.retrieval][:4] == ["R@1", "R@5", "R@10", "R@50"]

    def test_protocols_in_words(self) -> None:
        assert Protocol(gallery="targets", keep_reference=True, depth=9).tag == "targets, kept, first 9"
        said = Protocol(gallery="targets", keep_reference=True, depth=9).line()
        assert said == (
            "the right videos of all queries; the reference is searched, too; the first 9 are looked at, what lies "
            "below is a miss"
        )


class TestFile:
    def test_what_is_written_is_read_back(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, *QUERIES)
        run = run_of(dataset, records_of(dataset, SCORES), Protocol(gallery="targets"))
        write_run(run, summarize(run).model_dump(mode="json"), tmp_path / "run.json")
        again = read_run(tmp_path / "run.json")
        assert again == run
        assert again.galleries == Protocol(gallery="targets")
        assert again.records[0].trace == TRACE

    def test_a_file_of_before_there_were_edits_is_read(self, tmp_path: Path) -> None:
        record = {
            "id": "I1", "kind": "count", "text": "two", "right": "a.mp4", "rank": 2, "seconds": 0.1,
        }  # fmt: skip
        document = {
            "summary": {}, "schema_version": "bench-run.v1", "dataset": "reel", "protocol": "all", "gallery": 4,
            "asked": 1, "of": 1, "records": [record], "settings": {}, "versions": {}, "index_seconds": 0.0,
        }  # fmt: skip
        (tmp_path / "old.json").write_text(json.dumps(document))
        summary = summarize(read_run(tmp_path / "old.json"))
        assert [(row.name, row.value) for row in summary.retrieval][:2] == [("R@1", 0.0), ("R@5", 100.0)]
        assert "gallery |" not in markdown(summary)


class TestSubmission:
    ROWS = ({"id": 0, "video_source": "a", "modification_text": "m"}, {"id": 7, "video_source": 5, "note": "n"})

    def document(self, folder: Path) -> Path:
        path = folder / "challenge.json"
        path.write_text(json.dumps([{"w": [self.ROWS[0]]}, {"s": [self.ROWS[1]]}]))
        return path

    def test_fifty_best_of_the_own_part_and_the_trace(self, tmp_path: Path) -> None:
        queries = [
            edit("w/0", "w/a", None, source="w"),
            edit("s/7", "s/5", None, source="s"),
        ]
        others = [ComposedQuery(id=str(n), reference=f"w/{n}", edit="x", video=None, source="w") for n in range(60)]
        dataset = dataset_of(tmp_path, *queries, *others)
        names = names_of(dataset)
        scores = {
            "edit w/0": {f"W/{n}": 1 - n / 100 for n in range(60)} | {"W/A": 1.0},
        }
        records = run_queries(Told(scores), dataset, queries, names)
        run = run_of(dataset, records, Protocol())
        summary = summarize(run)
        assert summary.retrieval == ()
        first, second = submission(run, self.document(tmp_path))
        [answer] = first["w"]
        assert list(answer) == ["id", "video_source", "video_target", "reasoning_trace"]
        assert answer["video_target"] == [str(n) for n in range(50)]
        assert answer["reasoning_trace"] == ["A wet road.", "states: it is wet"]
        copied = Names({**names.ids, "w/x": "W/0", "w/1": "W/0"})  # 1 is a copy of 0; x is in no gallery
        alike = run_of(dataset, run_queries(Told(scores), dataset, queries, copied), Protocol())
        assert submission(alike, self.document(tmp_path))[0]["w"][0]["video_target"][:4] == ["0", "1", "2", "3"]
        [failed] = second["s"]
        assert (failed["id"], failed["video_source"]) == (7, 5), "as given"
        assert (failed["video_target"], failed["reasoning_trace"]) == ([], [])

    def test_all_queries_have_to_be_answered(self, tmp_path: Path) -> None:
        dataset = dataset_of(tmp_path, edit("w/0", "w/a", None, source="w"))
        run = run_of(dataset, records_of(dataset, {}), Protocol())
        with pytest.raises(DatasetError, match="s: query 7 was not asked"):
            submission(run, self.document(tmp_path))


class TestMeasures:
    def test_best_rank(self) -> None:
        assert best_rank({"a": 3, "b": 2, "c": 2, "d": 1}, {"b", "d"}) == 3
        assert best_rank({"a": 3}, set()) is None

    def test_macro_needs_a_value_in_each_group(self) -> None:
        import numpy as np

        found = estimate_macro([np.array([1.0]), np.array([0.0, 0.0, 0.0])])
        assert found[:3] == (0.5, 0.5, 0.5), "resampling within groups, there is nothing to vary"
        with pytest.raises(ValueError, match="at least one finite value"):
            estimate_macro([np.array([1.0]), np.array([])])
