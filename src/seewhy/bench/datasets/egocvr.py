"""EgoCVR: fine-grained edits of actions in egocentric clips (Ego4D), one CSV row each.

Hummel et al., ECCV 2024, arXiv 2407.16658; https://github.com/ExplainableML/EgoCVR, file
``annotation/egocvr/egocvr_annotations.csv``, 2,295 queries. A query may have several right clips; one of them has to be
found. The published evaluation searches all clips ("global") or those of the same recording ("local"); here the gallery
is as for the other sets. One record::

    video_clip_id,target_clip_ids,video_clip_narration,target_clip_narration,instruction,modified_captions
    1c2d-..._12_21,['1c2d-..._40_49'],#C C lifts a pan,#C C wipes a pan,Wipe it instead.,#C C wipes a pan.

The clip ``1c2d-..._12_21`` is cut from the recording ``1c2d-...``, seconds 12 to 21, and lies at
``1c2d-.../1c2d-..._12_21.mp4``. `modified_captions` is what the authors' method makes of an edit; it is not used.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from seewhy.bench.datasets import ComposedQuery
from seewhy.bench.datasets.triplets import TripletDataset, gathered, read_table
from seewhy.errors import DatasetError

COLUMNS = (
    "video_clip_id", "target_clip_ids", "video_clip_narration", "target_clip_narration", "instruction",
    "modified_captions",
)  # fmt: skip
_CLIP = re.compile(r"([^_/\\.\s]+)_\d+_\d+")
"""<recording>_<first second>_<last second>"""


def load(annotations: Path, videos: Path) -> TripletDataset:
    """
    Args:
        annotations: the CSV file.
        videos: the folder with a folder for each recording.

    Raises:
        DatasetError: a field is missing or malformed; names the file, the row and the field.
    """
    queries = []
    for number, (where, row) in enumerate(read_table(annotations, COLUMNS)):
        first, *others = [_name(clip, f"{where}: target_clip_ids") for clip in _listed(row["target_clip_ids"], where)]
        queries.append(
            ComposedQuery(
                id=str(number),
                reference=_name(row["video_clip_id"].strip(), f"{where}: video_clip_id"),
                edit=row["instruction"].strip(),
                video=first,
                also_right=tuple(others),
                reference_description=row["video_clip_narration"].strip(),
                target_description=row["target_clip_narration"].strip(),
            )
        )
    return gathered("egocvr", queries, annotations, videos)


def _name(clip: str, where: str) -> str:
    read = _CLIP.fullmatch(clip)
    if read is None:
        raise DatasetError(f"{where}: {clip!r} is no clip: <recording>_<first second>_<last second>")
    return f"{read[1]}/{clip}"


def _listed(text: str, where: str) -> list[str]:
    """The ids in a list as Python writes it."""
    try:
        clips = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        clips = None
    if not isinstance(clips, list) or not clips or not all(isinstance(clip, str) for clip in clips):
        raise DatasetError(f"{where}: field 'target_clip_ids' is a list of clips: ['...', '...'], got {text[:80]!r}")
    return list(dict.fromkeys(clips))
