"""CoVR-R: reason-aware composed retrieval over WebVid and Something-Something V2, one JSON file.

Thawakar et al., CVPR 2026 Findings, arXiv 2603.20190; https://github.com/mbzuai-oryx/CoVR-R. The published evaluation
leaves the reference out of a gallery of all videos; the challenge searches each part in a gallery of its own, and so is
it done here. One file::

    [{"webvid": [{"id": 0, "video_source": "012/345", "modification_text": "make it ...",
                  "video_target": "067/890", "description_source": "...", "description_target": "...",
                  "reasoned_target_video_description__main": "..."}, ...]},
     {"ss2": [{"id": 0, "video_source": 123, ...}, ...]}]

In a file of the challenge the fields from `video_target` on are missing in all rows. WebVid's videos are ``.mp4``,
those of Something-Something ``.webm``. Ids are unique within a part only, so queries and videos are named ``ss2/0``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from seewhy.bench.datasets import ComposedQuery
from seewhy.bench.datasets.documents import first_wrong, parse_json, read_text, shown
from seewhy.bench.datasets.files import Folder
from seewhy.bench.datasets.triplets import TripletDataset, gathered, video_name
from seewhy.errors import DatasetError

TARGET = "video_target"
LONGEST_ID = 256
"""Letters; published ones are numbers."""
_PART = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _as_text(value: object) -> object:
    """Whole numbers are names, too."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Name = Annotated[_Said, BeforeValidator(_as_text)]
_Id = Annotated[_Name, StringConstraints(max_length=LONGEST_ID)]


class _Row(BaseModel):
    """A row of the challenge. Further fields are let be."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    id: _Id
    video_source: _Name
    modification_text: _Said


class _Labelled(_Row):
    video_target: _Name
    description_source: _Said
    description_target: _Said
    reasoned_target_video_description__main: _Said


def load(annotations: Path, videos: Path) -> TripletDataset:
    """
    Args:
        annotations: the JSON file.
        videos: the folder: with a folder for each part (``webvid``, ``ss2``) or with both parts' files together. Where
            the targets are secret it has to be the former, and all videos of a part are its gallery.

    Raises:
        DatasetError: a field is missing or malformed; names the file, the part, the row and the field.
    """
    parts = read_parts(annotations)
    labelled = any(TARGET in row for rows in parts.values() for row in rows)
    queries: list[ComposedQuery] = []
    for part, rows in parts.items():
        seen: set[str] = set()
        for number, row in enumerate(rows):
            where = f"{annotations}, {part}, row {number}"
            query = _query(part, row, labelled, where)
            if query.id in seen:
                raise DatasetError(f"{where}: the id {shown(row['id'])} was used above; ids are unique within a part")
            seen.add(query.id)
            queries.append(query)
    others = None if labelled else {part: _pool(videos / part, part) for part, rows in parts.items() if rows}
    return gathered("covr-r" if labelled else "covr-r-challenge", queries, annotations, videos, others)


def read_parts(annotations: Path) -> dict[str, list[dict[str, Any]]]:
    """Part → its rows as they are in the file.

    Raises:
        DatasetError: the file cannot be read, or is no list of parts that are lists of rows.
    """
    document = parse_json(read_text(annotations), str(annotations))
    if not isinstance(document, list) or not all(isinstance(group, dict) for group in document):
        raise DatasetError(f'{annotations}: is no list of parts: [{{"webvid": [...]}}, {{"ss2": [...]}}]')
    parts: dict[str, list[dict[str, Any]]] = {}
    for part, rows in (item for group in document for item in group.items()):
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise DatasetError(f"{annotations}, {shown(part)}: is no list of rows, each an object with fields")
        if not _PART.fullmatch(part):
            raise DatasetError(f"{annotations}: {shown(part)} is no name of a part, such as webvid")
        if part in parts:
            raise DatasetError(f"{annotations}: has two parts {part!r}")
        parts[part] = rows
    return parts


def _query(part: str, row: dict[str, Any], labelled: bool, where: str) -> ComposedQuery:
    try:
        read = (_Labelled if labelled else _Row).model_validate(row)
    except ValidationError as error:
        field, wrong = first_wrong(error)
        hint = "; other rows of this file have it" if field == TARGET and TARGET not in row else ""
        raise DatasetError(f"{where}: field {field!r}: {wrong}{hint}") from error

    def named(path: str, field: str) -> str:
        return f"{part}/{video_name(path, f'{where}: {field}')}"

    query = ComposedQuery(
        id=f"{part}/{read.id}",
        source=part,
        reference=named(read.video_source, "video_source"),
        edit=read.modification_text,
        video=None,
    )
    if not isinstance(read, _Labelled):
        return query
    return query.model_copy(
        update={
            "video": named(read.video_target, TARGET),
            "reference_description": read.description_source,
            "target_description": read.description_target,
            "reasoning": read.reasoned_target_video_description__main,
        }
    )


def _pool(folder: Path, part: str) -> list[str]:
    """Names of all videos in a part's folder."""
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder; where targets are secret, each part's gallery is a folder")
    return [f"{part}/{name}" for name in Folder(folder).names()]
