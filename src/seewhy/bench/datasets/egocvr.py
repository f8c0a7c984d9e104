"""EgoCVR: fine-grained edits of actions in egocentric clips (Ego4D), one CSV row each.

Hummel et al., ECCV 2024, arXiv 2407.16658; https://github.com/ExplainableML/EgoCVR (revision fc08f95), 2,295 queries. A
query may have several right clips; one of them has to be found. One record of ``egocvr_annotations.csv``::

    video_clip_id,target_clip_ids,video_clip_narration,target_clip_narration,instruction,modified_captions
    1c2d-..._12_21,['1c2d-..._40_49'],#C C lifts a pan,#C C wipes a pan,Wipe it instead.,#C C wipes a pan.

``egocvr_annotations_gallery.csv``, which its README links, has two columns more, `global_idx` and `local_idx`: the
galleries of each query, as the numbers, from 0, of rows of ``egocvr_data.csv``, which has to lie beside it::

    clip_name,narration_text,video_uid
    1c2d-..._12_21,#C C lifts a pan,1c2d-...
    1c2d-..._12-067_20-067,#C C holds a pan,1c2d-...

The clip ``1c2d-..._12_21`` is cut from the recording ``1c2d-...``, seconds 12 to 21, and lies at
``1c2d-.../1c2d-..._12_21.mp4``; ``12-067`` are 12.067 seconds. Several rows may name one clip, which is one video.
`modified_captions` is what the authors' method makes of an edit; it is not used.

Published protocol (``egocvr_retrieval.py``): "global" is ``all`` here, R@1, 5, 10; "local", a few clips of the
reference's recording, R@1, 2, 3. Without the lists there is no local gallery, and ``all`` are only the 1,975 clips that
queries name: the data set is then called ``egocvr-without-distractors``, and its numbers do not compare.

*The reference.* The published code masks nothing: its lists say what is searched, in its README's words "all the other
video queries, along with their video distractors". Here the reference is masked besides, whatever a list says. 17
queries name it among the right clips and 9 of them no other: those are misses.
*Galleries of one clip.* The published code leaves such queries out; here no query is.
*Clips that overlap.* Distractors are cut around narrations a moment apart: of 1,233 queries ``egocvr_data.csv`` has one
that overlaps a right clip, and of 32 the reference does. Where such a clip is in a query's list it is wrong, as in the
published code, even if it shows what was asked for; clips whose files are equal are one video.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

from seewhy.bench.datasets import ComposedQuery
from seewhy.bench.datasets.documents import parse_json, shown
from seewhy.bench.datasets.triplets import TripletDataset, gathered, header_of, read_table
from seewhy.errors import DatasetError

COLUMNS = (
    "video_clip_id", "target_clip_ids", "video_clip_narration", "target_clip_narration", "instruction",
    "modified_captions",
)  # fmt: skip
LISTS = ("global_idx", "local_idx")
"""Further columns of the file with galleries."""
CLIPS = "egocvr_data.csv"
"""What the galleries' numbers refer to."""
_CLIP = re.compile(r"([0-9A-Za-z-]+)_\d+(?:-\d+)?_\d+(?:-\d+)?")
"""<recording>_<first second>_<last second>"""


def load(annotations: Path, videos: Path) -> TripletDataset:
    """
    Args:
        annotations: the CSV file, with galleries or without.
        videos: the folder with a folder for each recording.

    Raises:
        DatasetError: a field is missing or malformed; names the file, the row and the field.
    """
    listed = bool(set(header_of(annotations)).intersection(LISTS))
    clips = _clips(annotations.with_name(CLIPS), annotations) if listed else ()
    every = frozenset(clips)
    queries = []
    for number, (where, row) in enumerate(read_table(annotations, (*COLUMNS, *LISTS) if listed else COLUMNS)):
        first, *others = [_name(clip, f"{where}: target_clip_ids") for clip in _listed(row["target_clip_ids"], where)]
        query = ComposedQuery(
            id=str(number),
            reference=_name(row["video_clip_id"].strip(), f"{where}: video_clip_id"),
            edit=row["instruction"].strip(),
            video=first,
            also_right=tuple(others),
            reference_description=row["video_clip_narration"].strip(),
            target_description=row["target_clip_narration"].strip(),
        )
        if listed:
            unknown = sorted({query.reference, *query.right} - every)
            if unknown:
                raise DatasetError(f"{where}: {unknown[0]} is not in {CLIPS}; the two files belong together")
            of_all = _numbered(row["global_idx"], clips, f"{where}: global_idx")
            local = _numbered(row["local_idx"], clips, f"{where}: local_idx")
            left_out = tuple(sorted(every.difference(of_all)))  # few; what is searched would fill memory
            query = query.model_copy(update={"left_out": left_out, "local": tuple(dict.fromkeys(local))})
        queries.append(query)
    if listed:
        return gathered("egocvr", queries, annotations, videos, {"": every})
    return gathered("egocvr-without-distractors", queries, annotations, videos)


def _clips(file: Path, annotations: Path) -> tuple[str, ...]:
    """The name of each row's clip."""
    if not file.is_file():
        raise DatasetError(f"{annotations}: its galleries are rows of {CLIPS}, which has to lie beside it and does not")
    return tuple(
        _name(row["clip_name"].strip(), f"{where}: clip_name") for where, row in read_table(file, ["clip_name"])
    )


def _name(clip: str, where: str) -> str:
    read = _CLIP.fullmatch(clip)
    if read is None:
        raise DatasetError(f"{where}: {shown(clip)} is no clip: <recording>_<first second>_<last second>")
    return f"{read[1]}/{clip}"


def _listed(text: str, where: str) -> list[str]:
    """The ids in a list as Python writes it."""
    try:
        clips = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        clips = None
    if not isinstance(clips, list) or not clips or not all(isinstance(clip, str) for clip in clips):
        raise DatasetError(f"{where}: field 'target_clip_ids' is a list of clips: ['...', '...'], got {shown(text)}")
    return list(dict.fromkeys(clips))


def _numbered(text: str, clips: Sequence[str], where: str) -> list[str]:
    """The clips that a list of row numbers names."""
    rows = parse_json(text, where)
    if not isinstance(rows, list) or not all(type(row) is int and 0 <= row < len(clips) for row in rows):
        raise DatasetError(f"{where}: is a list of rows of {CLIPS}, 0 to {len(clips) - 1}: [3, 14], got {shown(text)}")
    return [clips[row] for row in rows]
