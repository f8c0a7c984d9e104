"""Exports are read back by the tools they are meant for."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from seewhy.export import to_coco, to_csv, to_json
from seewhy.types import masks
from seewhy.types.hit import ConditionVerdict, Evidence, Hit, HitObject, Moment, SearchResult, Verdict
from seewhy.types.query import Condition, Query
from seewhy.types.time import Span
from seewhy.types.twin import Label, Observation, Track, Twin
from seewhy.types.video import FrameTime, VideoFacts, VideoId

FIRST = (
    "rank", "video", "path", "score", "coarse_score", "matched", "start", "end", "objects", "verdicts", "trace",
)  # fmt: skip
ADDED = ("query", "reference", "reference_path", "channels", "fused")
DISC = np.hypot(*np.mgrid[-10:10, -15:15]) < 6
MASKS = {0: {1: masks.encode(DISC)}, 4: {1: masks.encode(np.roll(DISC, 3, 1)), 2: masks.encode(~DISC)}}


def make_twin() -> Twin:
    facts = VideoFacts(
        id=VideoId("vid"), bytes=1, width=30, height=20, rotation=0, duration=1.0, start_pts=0,
        time_base=Fraction(1, 24), average_rate=Fraction(24), codec="h264", container="mp4",
    )  # fmt: skip
    frames = tuple(FrameTime(index=i, pts=i, t=i / 24) for i in (0, 4))
    seen = tuple(
        Observation(frame=i, t=i / 24, x=0.5, y=0.5, box=(0.3, 0.3, 0.7, 0.7), area=0.1,
                    mask=f"masks.json#/frames/{i}/1") for i in (0, 4)
    )  # fmt: skip
    track = Track(id=1, labels=(Label(name="dog", score=0.9, source="t@1"),), observations=seen, score=1, source="t@1")
    return Twin(video=facts, frames=frames, mask_size=(20, 30), tracks=(track,))


def make_result() -> SearchResult:
    verdict = Verdict(
        video="vid", relevance=0.9, objects=(1,), judged_by="t@1", trace='it is a "dog", surely',
        conditions=(ConditionVerdict(condition="c1", answer="yes", score=0.9, evidence=Evidence(text="a dog")),),
    )  # fmt: skip
    hit = Hit(
        rank=1, video="vid", paths=("a,b.mp4",), score=0.9, coarse_score=0.4, matched=True, duration=1.0,
        moments=(Moment(span=Span(start=0, end=0.5), score=1, reason="dog"),),
        objects=(HitObject(track=1, category="dog", description="a dog", masks={0: "masks.json#/frames/0/1"}),),
        verdict=verdict,
    )  # fmt: skip
    query = Query(text="a dog", conditions=(Condition(id="c1", kind="object", text="a dog"),), decomposed_by="t@1")
    return SearchResult(query=query, hits=(hit,), no_match=False, tau=0.5, gallery=1, seconds={"judge": 0.1})


def test_json_is_lossless() -> None:
    result = make_result()
    assert SearchResult.model_validate_json(to_json(result)) == result


def test_csv_quotes_what_has_to_be_quoted() -> None:
    row = next(csv.DictReader(io.StringIO(to_csv(make_result()))))
    assert row["path"] == "a,b.mp4"
    assert row["trace"] == 'it is a "dog", surely'
    assert (row["start"], row["end"], row["matched"], row["verdicts"]) == ("0.000", "0.500", "true", "c1 yes")


def test_csv_names_what_an_answer_is_to() -> None:
    result = make_result()
    plain = next(csv.DictReader(io.StringIO(to_csv(result))))
    assert tuple(plain)[: len(FIRST)] == FIRST, "what was there before stays where it was"
    assert [plain[name] for name in ADDED] == ["a dog", "", "", "", ""]
    hit = result.hits[0].model_copy(update={"channels": {"twin": 0.25, "joint": 0.5}, "fused": 0.75})
    edited = result.query.model_copy(update={"text": 'it, "asleep"', "reference": "ref"})
    composed = result.model_copy(update={"hits": (hit,), "query": edited, "reference_paths": ("/a/r.mp4", "/b.mp4")})
    row = next(csv.DictReader(io.StringIO(to_csv(composed))))
    assert tuple(row) == FIRST + ADDED
    assert [row[name] for name in ADDED] == [
        'it, "asleep"', "ref", "/a/r.mp4", "twin 0.2500; joint 0.5000", "0.7500",
    ]  # fmt: skip


def test_coco_tools_read_the_masks(tmp_path: Path) -> None:
    file = tmp_path / "coco.json"
    file.write_text(to_coco([(make_result().hits[0], make_twin(), MASKS)]))
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = COCO(str(file))
    annotations = dataset.loadAnns(dataset.getAnnIds())
    assert [a["track_id"] for a in annotations] == [1, 1], "only the objects of the hit"
    for annotation, frame in zip(annotations, (0, 4), strict=True):
        image = dataset.loadImgs(annotation["image_id"])[0]
        assert (image["frame_index"], image["time"]) == (frame, pytest.approx(frame / 24))
        expected = masks.decode(MASKS[frame][1])
        np.testing.assert_array_equal(dataset.annToMask(annotation).astype(bool), expected)
        assert annotation["area"] == expected.sum()
        assert annotation["bbox"] == coco_mask.toBbox(MASKS[frame][1].as_coco()).tolist()
    assert [c["name"] for c in dataset.loadCats(dataset.getCatIds())] == ["dog"]
    assert json.loads(file.read_text())["videos"][0]["paths"] == ["a,b.mp4"]
