"""The masks file: its shape, its pointers, and what happens when it is damaged."""

from __future__ import annotations

import json

import numpy as np
import pytest

from seewhy.errors import TwinCorrupt
from seewhy.twin.masks_file import Masks, dump_masks
from seewhy.types.masks import Rle, decode, encode
from seewhy.types.twin import mask_pointer, parse_mask_pointer


def _mask(column: int) -> Rle:
    picture = np.zeros((4, 6), bool)
    picture[1:3, column] = True
    return encode(picture)


TABLE = {12: {3: _mask(1), 1: _mask(2)}, 0: {1: _mask(0)}, 4: {}}


def _read(data: bytes) -> Masks:
    return Masks(lambda: data)


def test_masks_come_back_as_they_were() -> None:
    masks = _read(dump_masks("v", (4, 6), TABLE))
    assert (masks.video, masks.size, masks.frames) == ("v", (4, 6), (0, 4, 12))
    assert masks.tracks(12) == (1, 3)
    assert masks.tracks(4) == masks.tracks(99) == ()
    assert [(frame, track) for frame, track, _ in masks] == [(0, 1), (12, 1), (12, 3)]
    found = masks.resolve(mask_pointer(12, 3))
    assert decode(found).tolist() == decode(_mask(1)).tolist()


def test_the_file_has_the_shape_that_benchmarks_use() -> None:
    document = json.loads(dump_masks("v", (4, 6), TABLE))
    assert set(document) == {"video", "height", "width", "frames"}
    assert document["frames"]["12"]["3"] == {"size": [4, 6], "counts": _mask(1).counts}


def test_annotated_masks_with_more_keys_are_read_too() -> None:
    document = json.loads(dump_masks("v", (4, 6), TABLE)) | {"fps": 24.0, "objects": {"1": {"name": "dog"}}}
    assert _read(json.dumps(document).encode()).get(0, 1) == _mask(0)


def test_the_bytes_do_not_depend_on_the_order_given() -> None:
    backwards = {frame: dict(reversed(tracks.items())) for frame, tracks in reversed(TABLE.items())}
    assert dump_masks("v", (4, 6), TABLE) == dump_masks("v", (4, 6), backwards)


def test_nothing_is_read_before_it_is_asked_for() -> None:
    reads: list[int] = []

    def read() -> bytes:
        reads.append(1)
        return dump_masks("v", (4, 6), TABLE)

    masks = Masks(read)
    assert not reads
    assert masks.get(0, 1) is not None
    assert masks.get(0, 2) is None
    assert len(reads) == 1


@pytest.mark.parametrize(
    "text", ["", "masks.json", "masks.json#/frames/1", "masks.json#/frames/1/2/3", "../masks.json#/frames/1/2",
             "masks.json#/frames/-1/2", "masks.json#/frames/1/a", "masks.json#/frames//", "other.json#/frames/1/2"]
)  # fmt: skip
def test_what_is_no_pointer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no mask pointer"):
        parse_mask_pointer(text)
    with pytest.raises(TwinCorrupt, match="no mask pointer"):
        _read(dump_masks("v", (4, 6), TABLE)).resolve(text)


def test_a_pointer_that_leads_nowhere_is_a_damaged_twin() -> None:
    with pytest.raises(TwinCorrupt, match=r"no mask for masks\.json#/frames/12/2.*index the video"):
        _read(dump_masks("v", (4, 6), TABLE)).resolve(mask_pointer(12, 2))


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"video": "v"}', b'{"video": "v", "height": 4, "width": 6, "frames": []}', b"\xff"]
)
def test_what_is_no_masks_file_is_a_damaged_twin(data: bytes) -> None:
    with pytest.raises(TwinCorrupt, match="no masks file"):
        _ = _read(data).frames


def test_what_is_no_mask_is_a_damaged_twin() -> None:
    document = json.loads(dump_masks("v", (4, 6), TABLE))
    document["frames"]["0"]["1"] = {"size": [4]}
    with pytest.raises(TwinCorrupt, match="no mask at"):
        _read(json.dumps(document).encode()).get(0, 1)


def test_a_mask_of_another_size_is_not_written() -> None:
    with pytest.raises(ValueError, match="track 1 in frame 0"):
        dump_masks("v", (5, 6), TABLE)
