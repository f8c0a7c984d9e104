"""Files in Reel-97 format, written on the spot (the videos are empty files: nothing decodes them)."""

from __future__ import annotations

import json

import numpy as np

from seewhy.types.masks import encode

SIZE = (48, 64)
VIDEOS = ("a.mp4", "b.mp4", "c.mp4", "d.mp4")


def square(left: int, side: int = 12, size: tuple[int, int] = SIZE):
    mask = np.zeros(size, bool)
    mask[10 : 10 + side, left : left + side] = True
    return mask


def mask_file(video: str, frames: dict[int, dict[str, np.ndarray]], annotation: str = "all_frames") -> dict:
    return {
        "video": video,
        "height": SIZE[0],
        "width": SIZE[1],
        "fps": 24.0,
        "annotation": annotation,
        "objects": {"1": {"name": "one"}, "2": {"name": "two"}},
        "frames": {
            str(index): {name: encode(mask).model_dump(mode="json") for name, mask in masks.items()}
            for index, masks in frames.items()
        },
    }


def implicit(**changes) -> dict:
    record = {
        "id": "I1", "type": "implicit", "kind": "negation", "query": "no ball", "video": "a.mp4",
        "object_ids": ["1"], "mask_annotation": "all_frames", "near_misses": ["b.mp4"],
    }  # fmt: skip
    return record | changes


def composed(**changes) -> dict:
    record = {
        "id": "C1", "type": "composed", "reference_video": "b.mp4", "edit": "at night", "video": "c.mp4",
        "after_effects": ["dark"], "object_ids": None, "near_misses": [],
    }  # fmt: skip
    return record | changes


def write_queries(folder, *records) -> None:
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    (folder / "queries.jsonl").write_text("\n".join(lines) + "\n")
