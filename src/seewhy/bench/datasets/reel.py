"""The Reel-97 format: short real clips with questions that need reasoning, edits, and masks.

Reel-97 gathers 97 clips from openly published repositories (22 of them DAVIS) with questions written for it; each
clip's licence is a row of its `manifest.csv`, and only the rows marked CC BY 4.0 may be redistributed. The clips that
`seewhy bench synthetic` renders are written in the same format.

A folder holds::

    videos/<name>.mp4       the gallery; a video's name is its file name
    queries.jsonl           one query a line:
        {"id": "I008", "type": "implicit", "kind": "world-knowledge", "video": "davis_camel.mp4",
         "query": "a desert traveller with built-in fat reserves walking in a pen",
         "object_ids": ["1"], "mask_annotation": "all_frames", "near_misses": ["davis_goat.mp4"]}
        {"id": "C67", "type": "composed", "reference_video": "davis_schoolgirls.mp4", "edit": "some years later, ...",
         "video": "intelgif_classroom.mp4", "after_effects": ["indoors"], "object_ids": null, "near_misses": []}
    masks/<stem>.json       of some videos, COCO compressed run lengths, frames counted from 0 as decoded:
        {"video": "davis_camel.mp4", "height": 480, "width": 854, "annotation": "all_frames",
         "objects": {"1": {"name": "front camel"}},
         "frames": {"0": {"1": {"size": [480, 854], "counts": "..."}}}}

`annotation` is ``all_frames``, or ``first_frame`` or ``sparse``, where a missing mask says nothing. `object_ids` is
null where the objects have no masks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from seewhy.bench.datasets import ComposedQuery, MaskTruth, TextQuery
from seewhy.bench.datasets.documents import first_wrong, parse_json, read_text
from seewhy.errors import DatasetError
from seewhy.types.masks import Rle, decode

VIDEO_SUFFIXES = frozenset({".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v", ".gif"})


_Said = Annotated[str, StringConstraints(pattern=r"\S")]
"""As it is written, blanks included, but not only blanks."""


class _Record(BaseModel):
    """Data sets add notes of their own to records, so unknown fields are let be; known ones are strict."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    id: _Said
    video: str
    object_ids: list[str] | None
    near_misses: list[str] = []


class _Implicit(_Record):
    type: Literal["implicit"]
    kind: str
    query: _Said


class _Composed(_Record):
    type: Literal["composed"]
    reference_video: str
    edit: _Said
    kind: str = "composed"
    after_effects: list[str] = []


class _Mask(BaseModel):
    size: tuple[int, int]
    counts: str


class _Masks(BaseModel):
    video: str
    height: int = Field(ge=1)
    width: int = Field(ge=1)
    annotation: Literal["all_frames", "sparse", "first_frame"]
    objects: dict[str, object]
    frames: dict[int, dict[str, _Mask]]


_LINE: TypeAdapter[_Implicit | _Composed] = TypeAdapter(
    Annotated[_Implicit | _Composed, Field(discriminator="type")],
)


@dataclass(frozen=True, slots=True)
class ReelDataset:
    """A folder in Reel-97 format, read in place. See `load`."""

    name: str
    folder: Path
    videos: Mapping[str, Path]
    queries: tuple[TextQuery, ...]
    composed: tuple[ComposedQuery, ...]

    @property
    def missing(self) -> Mapping[str, str]:
        """None: without its videos the set is not loaded."""
        return {}

    def pool(self, source: str) -> frozenset[str]:  # noqa: ARG002 - the set has one part
        """All videos."""
        return frozenset(self.videos)

    def truth(self, video: str) -> MaskTruth | None:
        """The right masks of a video, None where there are none.

        Raises:
            DatasetError: the file is malformed, or its masks are not of the size it states.
        """
        path = self.folder / "masks" / f"{Path(video).stem}.json"
        if not path.exists():
            return None
        try:
            masks = _Masks.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            why = f"field {': '.join(first_wrong(error))}" if isinstance(error, ValidationError) else error
            raise DatasetError(f"{path}: not a mask file of Reel-97 format: {why}") from error
        if Path(masks.video).stem != path.stem:
            raise DatasetError(f"{path}: says it belongs to {masks.video!r}; a mask file is named after its video")
        if masks.video != video and masks.video in self.videos:  # a.mp4 and a.webm: the masks are of the other one
            return None
        size = (masks.height, masks.width)
        for frame, found in masks.frames.items():
            for name, mask in found.items():
                if mask.size != size:
                    raise DatasetError(
                        f"{path}: frame {frame}, object {name}: a mask of {mask.size}, but the file says {size}"
                    )
        frames = {
            frame: {name: _readable(mask, f"{path}: frame {frame}, object {name}") for name, mask in found.items()}
            for frame, found in masks.frames.items()
        }
        return MaskTruth(size=size, frames=frames, exhaustive=masks.annotation == "all_frames")


def load(folder: Path, name: str = "reel") -> ReelDataset:
    """The data set in a folder, checked: every video a query names is there, ids are unique, objects have masks.

    Raises:
        DatasetError: a file or a field is missing or malformed; names the file, the line and the field.
    """
    listed = folder / "videos"
    if not listed.is_dir():
        raise DatasetError(f"{folder}: no folder 'videos' in it; give the folder that holds videos/ and queries.jsonl")
    files = [path for path in sorted(listed.iterdir()) if path.is_file()]
    videos = {path.name: path for path in files if path.suffix.lower() in VIDEO_SUFFIXES}
    if not videos:
        raise DatasetError(f"{listed}: holds no video ({', '.join(sorted(VIDEO_SUFFIXES))})")
    source = folder / "queries.jsonl"
    lines = read_text(source).split("\n")  # not splitlines: a JSON string may hold what that takes for a line's end

    texts: list[TextQuery] = []
    composed: list[ComposedQuery] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{source}, line {number}"
        try:
            record = _LINE.validate_python(parse_json(line, where))
        except ValidationError as error:
            raise DatasetError(f"{where}: field {': '.join(first_wrong(error))}") from error
        if record.id in seen:
            raise DatasetError(f"{where}: the id {record.id!r} was used above; ids are unique")
        seen.add(record.id)
        named = [record.video, *record.near_misses]
        if isinstance(record, _Composed):
            named.append(record.reference_video)
        missing = sorted(set(named) - set(videos))
        if missing:
            raise DatasetError(f"{where}: video {missing[0]!r} is not in {listed}")
        if record.video in record.near_misses:
            raise DatasetError(f"{where}: {record.video!r} cannot be the right video and a near miss")
        objects, near = tuple(record.object_ids or ()), tuple(dict.fromkeys(record.near_misses))
        if isinstance(record, _Implicit):
            texts.append(
                TextQuery(
                    id=record.id, text=record.query, kind=record.kind, video=record.video,
                    objects=objects, near_misses=near,
                )
            )  # fmt: skip
        else:
            composed.append(
                ComposedQuery(
                    id=record.id, reference=record.reference_video, edit=record.edit, video=record.video,
                    kind=record.kind,
                    objects=objects, after_effects=tuple(record.after_effects), near_misses=near,
                )
            )  # fmt: skip
    if not texts and not composed:
        raise DatasetError(f"{source}: holds no query")
    dataset = ReelDataset(name, folder, videos, tuple(texts), tuple(composed))
    _check_objects(dataset)
    return dataset


def _readable(mask: _Mask, where: str) -> Rle:
    rle = Rle(size=mask.size, counts=mask.counts)
    try:
        decode(rle)
    except ValueError as error:
        raise DatasetError(f"{where}: {error}") from error
    return rle


def _check_objects(dataset: ReelDataset) -> None:
    truths: dict[str, MaskTruth | None] = {}
    queries: list[TextQuery | ComposedQuery] = [*dataset.queries, *dataset.composed]
    for query in queries:
        if not query.objects:
            continue
        assert query.video is not None, "every query of this format names its video"
        if query.video not in truths:
            truths[query.video] = dataset.truth(query.video)
        truth = truths[query.video]
        known = {name for masks in truth.frames.values() for name in masks} if truth else set()
        missing = sorted(set(query.objects) - known)
        if missing:
            raise DatasetError(f"query {query.id}: object {missing[0]!r} has no mask in the truth of {query.video}")
