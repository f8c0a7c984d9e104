"""A tiny film with known masks, and the same truth written in every format."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from seewhy.types.masks import Mask, Rle, encode
from seewhy.types.video import Image
from seewhy.video.write import write_video

HEIGHT, WIDTH, FRAMES = 48, 64, 9
SIZE = (HEIGHT, WIDTH)
RATE = Fraction(8)
NAMES = {"1": "dog", "2": "ball"}
RED, BLUE = (220, 30, 30), (30, 30, 220)


def masks_of(frame: int) -> dict[str, Mask]:
    """A dog that walks to the right and is gone from frame 7 on, and a ball that lies there."""
    dog, ball = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
    if frame < 7:
        dog[10:26, 4 + 4 * frame : 20 + 4 * frame] = True
    ball[36:44, 40:48] = True
    return {name: mask for name, mask in (("1", dog), ("2", ball)) if mask.any()}


def truth(frames: range = range(FRAMES)) -> dict[int, dict[str, Rle]]:
    return {frame: {name: encode(mask) for name, mask in masks_of(frame).items()} for frame in frames}


def image_of(frame: int) -> Image:
    wall = np.random.default_rng(3).integers(90, 160, (HEIGHT // 4, WIDTH // 4, 3))
    image = np.kron(wall, np.ones((4, 4, 1))).astype(np.uint8)
    for (_, mask), color in zip(sorted(masks_of(frame).items(), reverse=True), (BLUE, RED), strict=False):
        image[mask] = color
    return image


def write_film(path: Path, frames: int = FRAMES, seed: int = 0) -> Path:
    """The film; another seed makes it another video with the same pictures, but for one pixel."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [image_of(frame) for frame in range(frames)]
    images[0][:4, :4] = 20 * seed
    write_video(path, images, RATE, quality=10)
    return path


def write_json(path: Path, document: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def rle(mask: Rle) -> dict[str, Any]:
    return {"size": list(mask.size), "counts": mask.counts}


def coco_rle(video: str = "walk.mp4", **other: Any) -> dict[str, Any]:
    frames = {str(frame): {name: rle(mask) for name, mask in of.items()} for frame, of in truth().items()}
    return {
        "video": video, "height": HEIGHT, "width": WIDTH, "fps": 8.0, "num_frames": FRAMES, "annotation": "all_frames",
        "objects": {name: {"name": what} for name, what in NAMES.items()}, "frames": frames,
    } | other  # fmt: skip


def sa_v(**other: Any) -> dict[str, Any]:
    empty = encode(np.zeros(SIZE, bool))
    masklet = [[rle(truth()[frame].get(name, empty)) for name in NAMES] for frame in range(0, FRAMES, 4)]
    return {
        "video_id": "walk", "video_duration": 1.125, "video_frame_count": float(FRAMES), "video_height": float(HEIGHT),
        "video_width": float(WIDTH), "masklet_id": [1, 2], "masklet": masklet, "masklet_type": ["manual", "manual"],
    } | other  # fmt: skip


def polygon(left: int, top: int, right: int, bottom: int) -> list[float]:
    return [float(n) for n in (left, top, right, top, right, bottom, left, bottom)]


def box_of(mask: Mask) -> tuple[int, int, int, int]:
    """left, top, right, bottom"""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def coco(**other: Any) -> dict[str, Any]:
    """The dog as uncompressed run lengths, the ball as a box."""
    annotations: list[dict[str, Any]] = []
    for frame in range(FRAMES):
        for name, mask in masks_of(frame).items():
            left, top, right, bottom = box_of(mask)
            runs = np.diff(np.flatnonzero(np.diff(mask.T.ravel(), prepend=False, append=mask[-1, -1] ^ True)))
            first = int(np.argmax(mask.T.ravel()))
            annotations.append(
                {"id": len(annotations) + 1, "image_id": frame + 100, "category_id": int(name), "iscrowd": 0,
                 "bbox": [left, top, right - left, bottom - top], "attributes": {"track_id": int(name)},
                 "segmentation": {"size": [HEIGHT, WIDTH], "counts": [first, *map(int, runs)]} if name == "1" else []}
            )  # fmt: skip
    images = [
        {"id": frame + 100, "file_name": f"walk/frame_{frame:06}.png", "height": HEIGHT, "width": WIDTH}
        for frame in range(FRAMES)
    ]
    categories = [{"id": 1, "name": "dog", "supercategory": "animal"}, {"id": 2, "name": "ball"}]
    return {"images": images, "annotations": annotations, "categories": categories} | other


def youtube_vis(**other: Any) -> dict[str, Any]:
    annotations = [
        {"id": int(name), "video_id": 7, "category_id": int(name),
         "segmentations": [rle(of[name]) if name in of else None for of in truth().values()]}
        for name in NAMES
    ]  # fmt: skip
    videos = [
        {"id": 7, "height": HEIGHT, "width": WIDTH, "length": FRAMES,
         "file_names": [f"walk/{frame:05}.jpg" for frame in range(FRAMES)]}
    ]  # fmt: skip
    categories = [{"id": 1, "name": "dog", "supercategory": "animal"}, {"id": 2, "name": "ball"}]
    return {"videos": videos, "annotations": annotations, "categories": categories} | other


def cvat(body: str, frames: int = FRAMES, source: str = "walk.mp4") -> str:
    return f"""<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><id>1</id><name>my task</name><size>{frames}</size>
<start_frame>0</start_frame><stop_frame>{frames - 1}</stop_frame><frame_filter></frame_filter>
<labels><label><name>dog</name></label></labels>
<original_size><width>{WIDTH}</width><height>{HEIGHT}</height></original_size>
<source>{source}</source></task></meta>{body}</annotations>"""


def cvat_box(frame: int, box: tuple[float, ...], outside: int = 0, inner: str = "", **other: object) -> str:
    x0, y0, x1, y1 = box
    more = "".join(f' {name}="{value}"' for name, value in other.items())
    return (
        f'<box frame="{frame}" keyframe="1" outside="{outside}" occluded="0" xtl="{x0}" ytl="{y0}" xbr="{x1}" '
        f'ybr="{y1}"{more}>{inner}</box>'
    )


def whole_cvat() -> str:
    """The dog by two keyframes and an outside one, the ball by one box in each frame."""
    dog = cvat_box(0, (4, 10, 20, 26)) + cvat_box(6, (28, 10, 44, 26)) + cvat_box(7, (28, 10, 44, 26), outside=1)
    ball = "".join(cvat_box(frame, (40, 36, 48, 44)) for frame in range(FRAMES))
    return cvat(f'<track id="1" label="dog">{dog}</track><track id="2" label="ball">{ball}</track>')


def png(values: np.ndarray[Any, Any], *, color: int = 3, size: tuple[int, int] | None = None) -> bytes:
    """An 8-bit PNG, indexed (3) or gray (0).

    Args:
        size: (width, height) that its header claims.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    width, height = size or (values.shape[1], values.shape[0])
    rows = b"".join(b"\0" + row.tobytes() for row in values.astype(np.uint8))
    palette = chunk(b"PLTE", bytes(range(256)) * 3) if color == 3 else b""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + palette + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_davis(root: Path, *, pictures: bool = False, resolution: str = "480p") -> Path:
    """A DAVIS root with one sequence, `walk`; its masks' folder is given back."""
    folder = root / "Annotations" / resolution / "walk"
    folder.mkdir(parents=True)
    for frame in range(FRAMES):
        values = np.zeros(SIZE, np.uint8)
        for name, mask in masks_of(frame).items():
            values[mask] = int(name)
        (folder / f"{frame:05}.png").write_bytes(png(values))
        if pictures:
            path = root / "JPEGImages" / resolution / "walk" / f"{frame:05}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), cv2.cvtColor(image_of(frame), cv2.COLOR_RGB2BGR))
    return folder
