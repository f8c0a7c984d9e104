"""A run over a library that answers from a script: ranks, misses, failures, masks, the file, the tables."""

from __future__ import annotations

import io
import json
from fractions import Fraction

import pytest
from reel_files import implicit, square, write_queries
from rich.console import Console

from seewhy.bench.datasets.reel import load
from seewhy.bench.records import Record, Run, read_run, settings_table, versions, write_run
from seewhy.bench.report import markdown, table
from seewhy.bench.run import run_queries
from seewhy.bench.searching import Names
from seewhy.bench.summary import summarize
from seewhy.errors import DatasetError, QueryError, TwinCorrupt
from seewhy.settings import Settings
from seewhy.types.hit import Hit, HitObject, SearchResult, Verdict
from seewhy.types.masks import encode
from seewhy.types.query import Condition, Query
from seewhy.types.twin import Twin
from seewhy.types.video import FrameTime, VideoFacts

NAMES = Names({"a.mp4": "A", "b.mp4": "B", "c.mp4": "C", "d.mp4": "D"})


def hit(rank, video, score, coarse, tracks=()):
    objects = tuple(HitObject(track=t, category="object", description="", masks={0: "#", 4: "#"}) for t in tracks)
    verdict = Verdict(video=video, relevance=score, conditions=(), judged_by="script")
    return Hit(
        rank=rank, video=video, paths=(), score=score, coarse_score=coarse, matched=score >= 0.5,
        objects=objects, verdict=verdict, duration=1.0,
    )  # fmt: skip


class Scripted:
    """Gives each question the hits written for it; a missing one is refused."""

    def __init__(self, script):
        self.script = script
        self.asked = []

    def search(self, question, *, k, filters):
        self.asked.append((question, k, filters.videos))
        if question not in self.script:
            raise QueryError(f"cannot be asked: {question}")
        hits = tuple(hit(rank, *parts) for rank, parts in enumerate(self.script[question], start=1))
        query = Query(text=question, conditions=(Condition(id="c1", kind="free", text="x"),), decomposed_by="script")
        return SearchResult(
            query=query, hits=hits, no_match=not any(h.matched for h in hits), tau=0.5, gallery=4, seconds={}
        )

    def search_all(self, questions, k, filters, *, told, caught):
        for question in questions:
            try:
                yield self.search(question, k=k, filters=filters)
            except caught as error:
                yield error

    def masks(self, video):
        return {0: {1: encode(square(10)), 2: encode(square(40))}, 4: {1: encode(square(10))}}

    def twin(self, video):
        facts = VideoFacts(
            id=video, bytes=1, width=64, height=48, rotation=0, duration=0.25, start_pts=0, time_base=Fraction(1, 24),
            average_rate=Fraction(24), codec="h264", container="mp4",
        )  # fmt: skip
        frames = tuple(FrameTime(index=i, pts=i, t=i / 24) for i in (0, 4))
        return Twin(video=facts, frames=frames, mask_size=(48, 64))


RIGHT_FIRST = [("A", 0.9, 0.4, (1,)), ("B", 0.5, 0.3), ("C", 0.2, 0.2), ("D", 0.2, 0.1)]
TIED = [("A", 0.5, 0.3), ("B", 0.5, 0.3), ("C", 0.2, 0.2), ("D", 0.1, 0.1)]


def records_of(reel, script, *queries):
    write_queries(reel, *queries)
    dataset = load(reel)
    return run_queries(Scripted(script), dataset, dataset.queries, NAMES)


def as_run(records):
    return Run(
        dataset="reel", protocol="all", gallery=4, asked=len(records), of=9, records=records,
        settings=settings_table(Settings()), versions=versions(), index_seconds=2.0,
    )  # fmt: skip


class TestRecords:
    def test_right_video_first_with_its_object(self, reel):
        (record,) = records_of(reel, {"no ball": RIGHT_FIRST}, implicit())
        assert (record.rank, record.objects, record.failure) == (1, (1,), None)
        assert record.grounding.annotated.jf == 1.0
        assert [found.video for found in record.hits] == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]

    def test_one_object_too_many_costs(self, reel):
        script = {"no ball": [("A", 0.9, 0.4, (1, 2))]}
        (record,) = records_of(reel, script, implicit())
        # Object 2 doubles the area in frames 0-2, which take the masks of sample 0.
        assert record.grounding.annotated.j == pytest.approx((3 * 0.5 + 3 * 1.0) / 6)

    def test_a_tie_that_only_the_id_breaks_counts_against(self, reel):
        (record,) = records_of(reel, {"no ball": TIED}, implicit())
        assert record.rank == 2

    def test_a_failed_query_is_a_miss(self, reel):
        (record,) = records_of(reel, {}, implicit())
        assert record.rank is None
        assert record.failure == "QueryError: cannot be asked: no ball"
        assert record.grounding.annotated.jf == 0.0

    def test_a_right_video_that_was_not_returned_is_a_miss(self, reel):
        (record,) = records_of(reel, {"no ball": [("B", 0.9, 0.5)]}, implicit())
        assert (record.rank, record.failure) == (None, None)
        assert record.grounding.annotated.jf == 0.0

    def test_masks_that_cannot_be_read_count_as_not_found(self, reel):
        class Broken(Scripted):
            def masks(self, video):
                raise TwinCorrupt(f"{video}: masks.json is cut short")

        dataset = load(reel)
        record = run_queries(Broken({"no ball": RIGHT_FIRST}), dataset, dataset.queries[:1], NAMES)[0]
        assert record.grounding.annotated.jf == 0.0
        assert record.degraded == ("masks count as not found: A: masks.json is cut short",)

    def test_no_masks_no_score(self, reel):
        (record,) = records_of(reel, {"no ball": RIGHT_FIRST}, implicit(object_ids=None))
        assert record.grounding is None

    def test_the_gallery_is_the_data_sets_and_every_hit_is_asked_for(self, reel):
        dataset = load(reel)
        library = Scripted({"no ball": RIGHT_FIRST, "two balls": TIED})
        run_queries(library, dataset, dataset.queries, NAMES)
        assert library.asked[0] == ("no ball", 4, frozenset("ABCD"))
        assert len(library.asked) == 2


class TestSummary:
    @pytest.fixture
    def summary(self, reel):
        queries = [
            implicit(),
            implicit(id="I2", kind="count", query="tied", video="b.mp4", object_ids=None, near_misses=[]),
            implicit(id="I3", kind="count", query="refused"),
            implicit(id="I4", query="third", video="c.mp4", object_ids=None),
        ]
        script = {"no ball": RIGHT_FIRST, "tied": TIED, "third": RIGHT_FIRST}
        return summarize(as_run(records_of(reel, script, *queries)))

    def test_values_by_hand(self, summary):
        """Ranks 1, 2, miss (4) and 3 in a gallery of 4."""
        values = {row.name: row.value for row in (*summary.retrieval, *summary.grounding, *summary.kinds)}
        assert values["R@1"] == 25.0
        assert values["R@5"] == 75.0
        assert values["MdR"] == 2.5
        assert values["MnR"] == 2.5
        assert values["mAP"] == pytest.approx(100 * (1 + 1 / 2 + 0 + 1 / 3) / 4)
        assert values["J&F, right video"] == 50.0
        assert values["J&F, only if ranked first"] == 50.0
        assert values["R@1, count"] == 0.0
        assert values["R@1, negation"] == 50.0

    def test_chance_coverage_and_failures(self, summary):
        assert summary.retrieval[0].chance == 25.0
        assert (summary.asked, summary.answered, summary.coverage) == (4, 3, 0.75)
        assert [failure.query for failure in summary.failures] == ["I3"]

    def test_every_form_says_protocol_queries_coverage_and_intervals(self, summary):
        out = io.StringIO()
        Console(file=out, width=160, color_system=None).print(table(summary))
        for text in (out.getvalue(), markdown(summary)):
            assert "4 queries of the 9 the data set has, gallery of 4 videos (all)" in text
            assert "coverage 3/4 = 75.0 %; a failed query is a miss" in text
            assert "95 % interval" in text
            assert "by chance" in text
            assert "query I3 failed: QueryError: cannot be asked: refused" in text
        assert "| R@1 | 25.0 % | 0.0 - 75.0 | 25.0 % | 4 |" in markdown(summary)

    def test_a_near_miss_that_ties_with_the_right_video_is_as_good_as_above(self, reel):
        script = {"no ball": TIED}
        queries = (implicit(), implicit(id="I2", near_misses=["d.mp4"]), implicit(id="I3", near_misses=[]))
        records = records_of(reel, script, *queries)
        assert [record.near_above for record in records] == [("b.mp4",), (), ()], "b ties, d is last"
        (row,) = summarize(as_run(records)).near
        assert (row.value, row.chance, row.queries, row.protocol) == (50.0, 50.0, 2, "")

    def test_masks_only_count_when_ranked_first(self, reel):
        script = {"no ball": [("B", 0.9, 0.4), ("A", 0.8, 0.4, (1,))]}
        summary = summarize(as_run(records_of(reel, script, implicit())))
        values = {row.name: row.value for row in summary.grounding}
        assert values["J&F, right video"] == 100.0
        assert values["J&F, only if ranked first"] == 0.0

    def test_a_run_that_asked_nothing_has_no_numbers(self):
        with pytest.raises(ValueError, match="asked nothing"):
            summarize(as_run(()))


class TestFile:
    def test_what_is_written_is_read_back(self, reel, tmp_path):
        run = as_run(records_of(reel, {"no ball": RIGHT_FIRST}, implicit()))
        path = tmp_path / "new" / "run.json"
        write_run(run, summarize(run).model_dump(mode="json"), path)
        assert read_run(path) == run
        document = json.loads(path.read_text())
        assert document["summary"]["retrieval"][0]["name"] == "R@1"
        assert document["versions"]["numpy"]
        assert document["settings"]["video.rate"] == "6.0"

    @pytest.mark.parametrize("text", ["", "[]", '{"schema_version": "bench-run.v9"}'])
    def test_what_is_no_run_file_is_refused(self, tmp_path, text):
        path = tmp_path / "run.json"
        path.write_text(text)
        with pytest.raises(DatasetError, match=r"run\.json: not a run file"):
            read_run(path)


def test_queries_that_were_not_answered_took_no_time_that_is_known():
    def record(number, seconds, **what):
        return Record(id=str(number), kind="implicit", text="t", right="a", rank=None, seconds=seconds, **what)

    def run(*records):
        return Run(
            dataset="toy", protocol="all", gallery=4, asked=len(records), of=len(records), records=records,
            settings={}, versions={}, index_seconds=0.0,
        )  # fmt: skip

    gone = record(0, 0.0, failure="not asked, because not there: a", missing=("a",))
    failed = record(1, 0.0, failure="QueryError: no")
    answered = [record(number, float(number)) for number in (2, 4, 9)]
    rows = {row.name: (row.value, row.queries) for row in summarize(run(gone, failed, *answered)).seconds}
    assert rows == {"median time per query": (4.0, 3), "slowest query": (9.0, 3)}
    assert summarize(run(gone, failed)).seconds == ()
