"""The edits of synthetic clips: each leads to exactly one clip, and they are written where benchmarks read them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from seewhy.bench.datasets.reel import load
from seewhy.bench.synthetic import CLIPS, SyntheticClip, benchmark_edits, benchmark_queries, render, resolve_edit
from seewhy.bench.synthetic.edits import BENCHMARK

BY_NAME = {clip.name: clip for clip in CLIPS}
EDIT = next(edit for edit in BENCHMARK if edit.text == "make it blue")


def short(name: str) -> SyntheticClip:
    clip = BY_NAME[name]
    return SyntheticClip(clip.name, clip.objects, clip.background, 0.25, clip.camera, clip.light)


def test_each_has_exactly_one_answer_that_is_not_its_reference() -> None:
    edits = benchmark_edits()  # raises unless the clip that is named, and no other, satisfies the claims
    assert len(edits) == len(BENCHMARK) >= 50
    for edit in edits:
        assert edit.query.video in BY_NAME
        assert edit.reference in BY_NAME
        assert edit.query.video != edit.reference
        assert edit.query.objects


def test_reference_and_target_are_of_one_family() -> None:
    for edit in benchmark_edits():
        assert edit.query.video is not None
        assert BY_NAME[edit.reference].family == BY_NAME[edit.query.video].family
        assert edit.reference not in edit.query.negatives


def test_ids_and_kinds() -> None:
    edits = benchmark_edits()
    ids = [edit.id for edit in edits] + [query.id for query in benchmark_queries()]
    assert len(set(ids)) == len(ids)
    assert len({(edit.reference, edit.text) for edit in edits}) == len(edits)
    kinds = Counter(edit.kind for edit in edits)
    assert min(kinds.values()) >= 2
    assert {"direction", "color", "count", "temporal order", "object", "place", "camera", "light"} <= set(kinds)


def test_wrong_answers_are_noticed() -> None:
    with pytest.raises(ValueError, match="meant for"):
        resolve_edit(EDIT._replace(video="ball_plain"), CLIPS)
    with pytest.raises(ValueError, match="meant for"):
        resolve_edit(EDIT._replace(notation="a: round striped; a moves_right"), CLIPS)
    with pytest.raises(ValueError, match="is none of the clips"):
        resolve_edit(EDIT, [clip for clip in CLIPS if clip.name != EDIT.reference])


def test_they_are_written_for_the_clips_they_join(tmp_path: Path) -> None:
    render([short(name) for name in ("sun_blue", "sun_red", "sun_star")], tmp_path)
    dataset = load(tmp_path)
    composed = {(query.reference, query.edit): query for query in dataset.composed}
    expected = {edit.text for edit in BENCHMARK if {edit.reference, edit.video} <= {"sun_blue", "sun_red", "sun_star"}}
    assert {edit for _, edit in composed} == expected
    query = composed["sun_red.mp4", "replace the square by a star"]
    assert (query.video, query.near_misses) == ("sun_star.mp4", ("sun_blue.mp4",))
    assert query.objects == ("1", "2")
    assert dataset.queries  # the questions are as they were


def test_only_what_is_asked_for_is_written(tmp_path: Path) -> None:
    clips = [short(name) for name in ("sun_blue", "sun_red")]
    render(clips, tmp_path, [])
    assert (tmp_path / "queries.jsonl").read_text() == ""
    edit = next(edit for edit in BENCHMARK if (edit.reference, edit.video) == ("sun_red", "sun_blue"))
    render(clips, tmp_path, [], [resolve_edit(edit, clips)])
    assert [query.edit for query in load(tmp_path).composed] == [edit.text]
