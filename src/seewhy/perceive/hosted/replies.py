"""What a vision-language model is asked to reply: schemas, made for each request.

The JSON Schema that a decoder is held to names the tracks and frames there are, bounds every list and every string,
and requires every field. Reading is more lenient, for servers that do not constrain their models: an unknown track,
a 50th event or a missing list does not cost the whole reply, see `reading`. Fields that take thought come before
those that sum it up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model

COLORS = ("black", "white", "gray", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
LOOKS = ("color", "texture", "shape", "state", "other")
"""kinds of attributes of an object"""
SETTINGS = ("indoor", "outdoor")
TIMES_OF_DAY = ("day", "night", "dusk")
LIGHTS = ("bright", "medium", "dark")
CAMERA_MOTIONS = (
    "static", "handheld", "pan left", "pan right", "tilt up", "tilt down", "zoom in", "zoom out", "moving",
)  # fmt: skip
SHOT_SCALES = ("close-up", "medium", "wide")
PACES = ("still", "slow", "moderate", "fast")
UNCLEAR = "unclear"
"""in place of a word of the picture that cannot be told"""

MOST_NAMES, MOST_ATTRIBUTES, MOST_CHANGES = 3, 8, 4
"""of one object"""
MOST_MISSED, MOST_EVENTS, MOST_MOTIONS, MOST_TEXTS = 6, 24, 8, 12
"""of one reply"""
MOST_BOXES = 12
"""in one reply: a thing or two in each of six frames"""
SURELY = 10
"""confidences are whole numbers from 0 to this: models of all sizes manage these better than fractions"""
BOX_UNITS = 1000
"""boxes are in thousandths of the frame's width and height, as most models have learned them"""
NOBODY = "none"


def _require_all(schema: dict[str, Any]) -> None:
    """Every field is required, and nothing of the code's own words (titles, docstrings) is in the schema."""
    schema["required"] = list(schema.get("properties", {}))
    for field in (schema, *schema.get("properties", {}).values()):
        for key in ("default", "title", "description"):
            field.pop(key, None)


class Asked(BaseModel):
    """A part of a reply. A decoder has to give every field; a reader does without those that have a default."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False, json_schema_extra=_require_all
    )


def _word(*words: str) -> Any:
    return WithJsonSchema({"type": "string", "enum": list(words)})


def _numbers(numbers: Sequence[int]) -> Any:
    return WithJsonSchema({"type": "integer", "enum": list(numbers)})


def _line(most: int) -> Any:
    return WithJsonSchema({"type": "string", "pattern": f"^[^\\n]{{0,{most}}}$"})


def _at_most(most: int) -> Any:
    return Field(default=(), json_schema_extra={"maxItems": most})


Name = Annotated[str, _line(40)]
Phrase = Annotated[str, _line(60)]
Sentences = Annotated[str, _line(400)]
Seconds = float
Confidence = Annotated[float, WithJsonSchema({"type": "integer", "minimum": 0, "maximum": SURELY})]
Thousandths = Annotated[float, WithJsonSchema({"type": "integer", "minimum": 0, "maximum": BOX_UNITS})]


class NameGuess(Asked):
    name: Name
    confidence: Confidence


class Look(Asked):
    kind: Annotated[str, _word(*LOOKS)]
    value: Name
    start: Seconds | None = None
    end: Seconds | None = None
    confidence: Confidence


class Change(Asked):
    before: Name
    after: Name
    start: Seconds
    end: Seconds
    confidence: Confidence


class TrackFacts(Asked):
    """What one track is and looks like."""

    id: int
    names: tuple[NameGuess, ...] = _at_most(MOST_NAMES)
    broader: Name = ""
    attributes: tuple[Look, ...] = _at_most(MOST_ATTRIBUTES)
    changes: tuple[Change, ...] = _at_most(MOST_CHANGES)


class Boxed(Asked):
    """Where a thing is in one frame, in thousandths."""

    frame: int
    left: Thousandths
    top: Thousandths
    right: Thousandths
    bottom: Thousandths
    confidence: Confidence


class MissedFacts(Asked):
    """A thing that has no track."""

    name: Name
    broader: Name = ""
    frame: int
    left: Thousandths
    top: Thousandths
    right: Thousandths
    bottom: Thousandths
    attributes: tuple[Look, ...] = _at_most(MOST_ATTRIBUTES)
    confidence: Confidence


class Happening(Asked):
    subject: str
    action: Phrase
    object: str = NOBODY
    start: Seconds
    end: Seconds
    confidence: Confidence


class PictureFacts(Asked):
    """The whole picture."""

    setting: Annotated[str, _word(*SETTINGS, UNCLEAR)] = UNCLEAR
    place: Name = UNCLEAR
    time_of_day: Annotated[str, _word(*TIMES_OF_DAY, UNCLEAR)] = UNCLEAR
    brightness: Annotated[str, _word(*LIGHTS, UNCLEAR)] = UNCLEAR
    shot_scale: Annotated[str, _word(*SHOT_SCALES, UNCLEAR)] = UNCLEAR
    pace: Annotated[str, _word(*PACES, UNCLEAR)] = UNCLEAR
    confidence: Confidence = SURELY / 2


class Motion(Asked):
    motion: Annotated[str, _word(*CAMERA_MOTIONS)]
    start: Seconds
    end: Seconds
    confidence: Confidence


Writing = Annotated[str, _line(120)]


class DescribeReply(Asked):
    """What a stretch of a video shows."""

    summary: Sentences
    tracks: tuple[TrackFacts, ...]
    missed: tuple[MissedFacts, ...] = ()
    events: tuple[Happening, ...] = ()
    scene: PictureFacts = PictureFacts()
    camera: tuple[Motion, ...] = ()
    texts: tuple[Writing, ...] = ()


class LookReply(Asked):
    """What a part of a video shows that answers a question."""

    answer: Sentences
    tracks: tuple[TrackFacts, ...] = ()
    missed: tuple[MissedFacts, ...] = ()
    events: tuple[Happening, ...] = ()


class TrackReply(Asked):
    """What one track looks like from near."""

    answer: Sentences
    tracks: tuple[TrackFacts, ...]
    events: tuple[Happening, ...] = ()


class TextReply(Asked):
    """What is to be read in the picture."""

    texts: tuple[Writing, ...] = _at_most(MOST_TEXTS)


class FindReply(Asked):
    """Where something is."""

    seen: Sentences
    boxes: tuple[Boxed, ...]


def _tracks(tracks: Sequence[int]) -> Any:
    # Where there is no track, 0 stands for none: an empty enum is no valid schema.
    facts = create_model("TrackFacts", __base__=TrackFacts, id=(Annotated[int, _numbers(tracks or (0,))], ...))
    return tuple[facts, ...], Field(json_schema_extra={"maxItems": max(len(tracks), 1)})


def _missed(frames: Sequence[int]) -> Any:
    facts = create_model("MissedFacts", __base__=MissedFacts, frame=(Annotated[int, _numbers(frames)], ...))
    return tuple[facts, ...], _at_most(MOST_MISSED)


def _events(tracks: Sequence[int], missed: int) -> Any:
    who = Annotated[str, _word(NOBODY, *map(track_name, tracks), *map(missed_name, range(missed)))]
    facts = create_model("Happening", __base__=Happening, subject=(who, ...), object=(who, NOBODY))
    return tuple[facts, ...], _at_most(MOST_EVENTS)


def track_name(track: int) -> str:
    """How events name a track."""
    return f"track {track}"


def missed_name(position: int) -> str:
    """How events name an object that was missed: by its place in the list, from 1.

    >>> missed_name(0)
    'missed 1'
    """
    return f"missed {position + 1}"


def describe_reply(tracks: Sequence[int], frames: Sequence[int]) -> type[DescribeReply]:
    """The schema of a description.

    Args:
        tracks: ids of those in the table.
        frames: indices of those shown, at least one.
    """
    made: type[DescribeReply] = create_model(
        "DescribeReply",
        __base__=DescribeReply,
        tracks=_tracks(tracks),
        missed=_missed(frames),
        events=_events(tracks, MOST_MISSED),
        camera=(tuple[Motion, ...], _at_most(MOST_MOTIONS)),
        texts=(tuple[Writing, ...], _at_most(MOST_TEXTS)),
    )
    return made


def look_reply(tracks: Sequence[int], frames: Sequence[int]) -> type[LookReply]:
    """The schema of an answer about a part of a video; see `describe_reply`."""
    made: type[LookReply] = create_model(
        "LookReply",
        __base__=LookReply,
        tracks=_tracks(tracks),
        missed=_missed(frames),
        events=_events(tracks, MOST_MISSED),
    )
    return made


def track_reply(track: int, others: Sequence[int]) -> type[TrackReply]:
    """The schema of an answer about one track; `others` may take part in what it does."""
    made: type[TrackReply] = create_model(
        "TrackReply", __base__=TrackReply, tracks=_tracks((track,)), events=_events((track, *others), 0)
    )
    return made


def find_reply(frames: Sequence[int]) -> type[FindReply]:
    """The schema of an answer to where something is in these frames."""
    boxed = create_model("Boxed", __base__=Boxed, frame=(Annotated[int, _numbers(frames)], ...))
    made: type[FindReply] = create_model(
        "FindReply", __base__=FindReply, boxes=(tuple[boxed, ...], Field(json_schema_extra={"maxItems": MOST_BOXES}))
    )
    return made
