"""Hits in the formats other tools read: JSON, CSV, and COCO with RLE masks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from seewhy.types.hit import Hit, SearchResult
from seewhy.types.masks import Rle
from seewhy.types.twin import Twin

ExportFormat = Literal["json", "csv", "coco"]

CSV_COLUMNS = (
    "rank", "video", "path", "score", "coarse_score", "matched", "start", "end", "objects", "verdicts", "trace",
    "query", "reference", "reference_path", "channels", "fused",
)  # fmt: skip
"""`query` is the question, or, where `reference` names a video, the edit of it."""


def to_json(result: SearchResult) -> str:
    """The whole result, lossless: `SearchResult.model_validate_json` reads it back."""
    return result.model_dump_json(indent=2) + "\n"


def to_csv(result: SearchResult) -> str:
    """One row per hit: its best moment, its objects and its verdicts in words, and what it is an answer to."""
    out = io.StringIO()
    writer = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for hit in result.hits:
        moment = hit.moments[0].span if hit.moments else None
        writer.writerow(
            {
                "rank": hit.rank,
                "video": hit.video,
                "path": hit.paths[0] if hit.paths else "",
                "score": f"{hit.score:.4f}",
                "coarse_score": f"{hit.coarse_score:.4f}",
                "matched": str(hit.matched).lower(),
                "start": f"{moment.start:.3f}" if moment else "",
                "end": f"{moment.end:.3f}" if moment else "",
                "objects": "; ".join(f"{o.track} {o.description}" for o in hit.objects),
                "verdicts": "; ".join(f"{v.condition} {v.answer}" for v in hit.verdict.conditions),
                "trace": hit.verdict.trace,
                "query": result.query.text,
                "reference": result.query.reference or "",
                "reference_path": result.reference_paths[0] if result.reference_paths else "",
                "channels": "; ".join(f"{name} {score:.4f}" for name, score in hit.channels.items()),
                "fused": f"{hit.fused:.4f}" if hit.fused is not None else "",
            }
        )
    return out.getvalue()


def to_coco(pairs: Iterable[tuple[Hit, Twin, Mapping[int, Mapping[int, Rle]]]]) -> str:
    """The objects of hits as a COCO instances file that pycocotools loads.

    One COCO image per sampled frame that shows an object of a hit, one annotation per object and
    frame. Beyond COCO's own fields, images carry `video_id`, `frame_index` and `time` (seconds),
    annotations carry `track_id`, and there is a `videos` table.
    """
    from pycocotools import mask as coco

    videos: list[dict[str, Any]] = []
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    categories: dict[str, int] = {}
    for video_number, (hit, twin, masks) in enumerate(pairs, start=1):
        height, width = twin.mask_size
        videos.append(
            {"id": video_number, "name": hit.video, "paths": list(hit.paths), "height": height, "width": width}
        )
        times = {frame.index: frame.t for frame in twin.frames}
        wanted = {shown.track: categories.setdefault(shown.category, len(categories) + 1) for shown in hit.objects}
        for frame, by_track in sorted(masks.items()):
            present = [track for track in wanted if track in by_track]
            if not present:
                continue
            image = len(images) + 1
            images.append(
                {
                    "id": image,
                    "file_name": f"{hit.video}/{frame:06d}.jpg",
                    "height": height,
                    "width": width,
                    "video_id": video_number,
                    "frame_index": frame,
                    "time": times.get(frame),
                }
            )
            for track in present:
                rle = by_track[track]
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": image,
                        "category_id": wanted[track],
                        "track_id": track,
                        "segmentation": {"size": list(rle.size), "counts": rle.counts},
                        "area": int(coco.area(rle.as_coco())),
                        "bbox": [float(v) for v in coco.toBbox(rle.as_coco())],
                        "iscrowd": 0,
                    }
                )
    return (
        json.dumps(
            {
                "info": {"description": "seewhy export"},
                "videos": videos,
                "images": images,
                "annotations": annotations,
                "categories": [{"id": number, "name": name} for name, number in categories.items()],
            }
        )
        + "\n"
    )
