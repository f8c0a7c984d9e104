"""A track made into another one: named, colored, shaped as an edit says."""

from __future__ import annotations

from collections.abc import Sequence

from seewhy.twin.vocabulary import SHAPE_NOUNS
from seewhy.types.time import Span
from seewhy.types.twin import GENERIC_CATEGORY, Attribute, AttributeKind, Label, Observation, Track
from seewhy.types.video import FrameTime

SOURCE = "edit-rules@1"
SURE = 0.9
"""score of what an edit says; it is in words, and words may mean something else"""
SALIENCE = 0.7
"""of a thing that an edit adds: it is spoken of"""
PLACE = (0.35, 0.35, 0.65, 0.65)
"""box of a thing that nobody has seen"""


def renamed(track: Track, category: str) -> Track:
    """Another thing in its place: its shape and texture were the other one's."""
    if track.category == category:
        return track
    kept = [a for a in track.attributes if a.kind in {"color", "size"} or a.source == SOURCE]
    shape = SHAPE_NOUNS.get(category.rpartition(" ")[2])
    if shape is not None and all(a.kind != "shape" for a in kept):
        kept.append(Attribute(kind="shape", value=shape[0], score=SURE, source=SOURCE))
    label = Label(name=category, score=SURE, source=SOURCE)
    return track.model_copy(update={"labels": (label,), "attributes": tuple(kept)})


def looking(track: Track, kind: AttributeKind, said: str, span: Span | None) -> Track:
    """It looks so, and no longer otherwise; with a span, then, and otherwise at other times."""
    kept = [a for a in track.attributes if a.kind != kind or a.source == SOURCE or (span and a.span)]
    new = Attribute(kind=kind, value=said, score=SURE, source=SOURCE, span=span)
    return track.model_copy(update={"attributes": (*kept, new)})


def without(track: Track, kind: AttributeKind, said: str) -> Track:
    """It does not look so, unless the edit itself says that it does."""
    kept = [a for a in track.attributes if a.kind != kind or a.value != said or a.source == SOURCE]
    return track.model_copy(update={"attributes": tuple(kept)})


def uncolored(track: Track) -> Track:
    """It shows no color, unless the edit itself says that it does."""
    kept = [a for a in track.attributes if a.kind != "color" or a.source == SOURCE]
    return track.model_copy(update={"attributes": tuple(kept)})


def newcomer(number: int, frames: Sequence[FrameTime]) -> Track:
    """A thing that nobody has seen: in view all the time, somewhere."""
    x0, y0, x1, y1 = PLACE
    seen = tuple(
        Observation(frame=f.index, t=f.t, x=(x0 + x1) / 2, y=(y0 + y1) / 2, box=PLACE, area=(x1 - x0) * (y1 - y0))
        for f in dict.fromkeys((*frames[:1], *frames[-1:]))
    )
    label = Label(name=GENERIC_CATEGORY, score=SURE, source=SOURCE)
    return Track(id=number, labels=(label,), observations=seen, score=SALIENCE, source=SOURCE)
