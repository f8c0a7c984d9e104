"""The Reel-97 adapter: what it reads, and that whatever is missing or malformed is said by name."""

from __future__ import annotations

import json

import pytest
from reel_files import VIDEOS, composed, implicit, mask_file, square, write_queries

from seewhy.bench.datasets.reel import load
from seewhy.errors import DatasetError
from seewhy.types.masks import area


def test_reads_the_whole(reel):
    dataset = load(reel)
    assert tuple(dataset.videos) == VIDEOS
    assert dataset.videos["a.mp4"] == reel / "videos" / "a.mp4"
    first, second = dataset.queries
    assert (first.id, first.text, first.kind, first.video) == ("I1", "no ball", "negation", "a.mp4")
    assert (first.objects, first.near_misses) == (("1",), ("b.mp4",))
    assert second.objects == ()
    (edit,) = dataset.composed
    assert (edit.reference, edit.edit, edit.video, edit.after_effects) == ("b.mp4", "at night", "c.mp4", ("dark",))


def test_truth(reel):
    dataset = load(reel)
    truth = dataset.truth("a.mp4")
    assert truth.size == (48, 64)
    assert truth.exhaustive
    assert [area(mask) for mask in truth.of(["1", "2"]).values()] == [288, 144, 144, 144, 144, 144]
    assert [area(mask) for mask in truth.of(["2"]).values()] == [144, 0, 0, 0, 0, 0]
    assert dataset.truth("b.mp4") is None


def test_an_annotation_that_is_not_exhaustive_speaks_only_of_what_it_has(reel):
    frames = {0: {"1": square(10), "2": square(40)}, 3: {"1": square(10)}}
    (reel / "masks" / "a.json").write_text(json.dumps(mask_file("a.mp4", frames, "sparse")))
    truth = load(reel).truth("a.mp4")
    assert list(truth.of(["1"])) == [0, 3]
    assert list(truth.of(["1", "2"])) == [0]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("{", "line 1: cannot be read as JSON: Expecting"),
        ("[]", "line 1: field"),
        ({"type": "implicit"}, r"line 1: field implicit\.id: Field required"),
        (implicit(type="guess"), "line 1: field .*tag"),
        (implicit(query=""), r"line 1: field implicit\.query: .*should match pattern"),
        (implicit(object_ids="1"), r"line 1: field implicit\.object_ids: .*valid list"),
        (implicit(object_ids=[1]), r"line 1: field implicit\.object_ids\.0: .*valid string"),
        (implicit(video="z.mp4"), r"line 1: video 'z\.mp4' is not in .*videos"),
        (implicit(near_misses=["y.mp4"]), r"video 'y\.mp4' is not in"),
        (composed(reference_video="x.mp4"), r"video 'x\.mp4' is not in"),
        (implicit(object_ids=["9"]), r"query I1: object '9' has no mask in the truth of a\.mp4"),
        (implicit(video="b.mp4", near_misses=[]), r"query I1: object '1' has no mask in the truth of b\.mp4"),
    ],
)
def test_a_malformed_query_is_named(reel, record, message):
    write_queries(reel, record)
    with pytest.raises(DatasetError, match=message):
        load(reel)


def test_ids_are_unique(reel):
    write_queries(reel, implicit(), implicit())
    with pytest.raises(DatasetError, match="line 2: the id 'I1' was used above"):
        load(reel)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record: record.pop("height"), "field height: Field required"),
        (lambda record: record.update(annotation="some"), "field annotation"),
        (lambda record: record.update(video="b.mp4"), "says it belongs to 'b.mp4'"),
        (lambda record: record["frames"].update({"x": {}}), r"field frames\.x"),
        (lambda record: record["frames"]["0"]["1"].update(size=[10, 10]), r"frame 0, object 1: a mask of \(10, 10\)"),
        (lambda record: record["frames"]["0"]["1"].update(counts="0"), "frame 0, object 1: .*unreadable"),
    ],
)
def test_a_malformed_mask_file_is_named(reel, change, message):
    path = reel / "masks" / "a.json"
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
    with pytest.raises(DatasetError, match=message) as caught:
        load(reel)
    assert "a.json" in str(caught.value)


def test_missing_parts(reel):
    (reel / "queries.jsonl").write_text("\n")
    with pytest.raises(DatasetError, match="holds no query"):
        load(reel)
    (reel / "queries.jsonl").unlink()
    with pytest.raises(DatasetError, match=r"queries\.jsonl: cannot be read"):
        load(reel)
    for video in (reel / "videos").iterdir():
        video.unlink()
    with pytest.raises(DatasetError, match="holds no video"):
        load(reel)
    with pytest.raises(DatasetError, match="no folder 'videos' in it"):
        load(reel / "masks")
