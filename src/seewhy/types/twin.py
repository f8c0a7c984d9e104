"""The digital twin of one video, schema ``twin.v1``.

Coordinates are fractions of the upright frame: x grows to the right, y grows downwards, both
0..1. Depth is ordinal: a per-frame rank, 0 = nearest, 1 = farthest; it has no scale across
frames. Times are seconds from the first frame; spans are half-open. Every fact carries
`source`, the specialist and version that said it (``embedded.color@1``), and `score`, how
sure that specialist is, 0..1.
"""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import Literal, NamedTuple, get_args

from pydantic import Field

from seewhy.types.base import Frozen
from seewhy.types.time import Span
from seewhy.types.video import FrameTime, VideoFacts

TWIN_SCHEMA = "twin.v1"

Score = float
"""0..1, higher is surer."""

RelationName = Literal["left_of", "right_of", "above", "below", "inside", "overlaps", "near", "in_front_of", "behind"]
EventName = Literal[
    # against the frame
    "enters", "leaves", "appears", "disappears",
    # the track's own motion
    "moves", "stays_still", "moves_left", "moves_right", "moves_up", "moves_down",
    "starts", "stops", "turns", "speeds_up", "slows_down", "grows", "shrinks", "changes_color",
    # against another track
    "approaches", "moves_away", "passes", "follows", "hidden_by",
]  # fmt: skip
RELATION_NAMES: tuple[str, ...] = get_args(RelationName)
EVENT_NAMES: tuple[str, ...] = get_args(EventName)

AttributeKind = Literal[
    # of an object
    "color", "shape", "texture", "size", "state", "other",
    # of the scene
    "palette", "coloring", "brightness", "time_of_day", "setting", "place",
    # of the camera and the pace
    "camera_motion", "shot_scale", "pace",
]  # fmt: skip

GENERIC_CATEGORY = "object"
"""The category of a track that no specialist could name."""

MASKS_FILE = "masks.json"
"""The file beside a twin that holds its masks."""

_MASK_POINTER = f"{MASKS_FILE}#/frames/"


def mask_pointer(frame: int, track: int) -> str:
    """Where the mask of a track in a frame is: a JSON pointer (RFC 6901) into the twin's folder.

    >>> mask_pointer(frame=12, track=3)
    'masks.json#/frames/12/3'
    """
    return f"{_MASK_POINTER}{frame}/{track}"


def parse_mask_pointer(text: str) -> tuple[int, int]:
    """(frame, track) of a mask pointer.

    Raises:
        ValueError: it is none.
    """
    frame, _, track = text.removeprefix(_MASK_POINTER).partition("/")
    if not (text.startswith(_MASK_POINTER) and frame.isdecimal() and track.isdecimal()):
        raise ValueError(f"{text!r} is no mask pointer; one reads {mask_pointer(12, 3)!r}")
    return int(frame), int(track)


class Label(Frozen):
    """One guess at what a track is."""

    name: str
    score: Score
    source: str
    broader: str | None = None
    """the wider class, where the specialist gave one (terrier: dog)"""


class Attribute(Frozen):
    """One property of a track, the scene or the camera."""

    kind: AttributeKind
    value: str
    score: Score
    source: str
    span: Span | None = None
    """when it holds; None: for as long as its owner is seen"""


class Observation(Frozen):
    """A track in one sampled frame: RT2V's s = (x, y, d, size) with the mask's whereabouts."""

    frame: int
    """index of the frame among all decoded frames, from 0"""
    t: float
    x: float
    y: float
    """centroid of the mask"""
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1"""
    area: float
    """of the mask, as a fraction of the frame"""
    depth: float | None = None
    """rank in 0..1 among what this frame shows, 0 = nearest"""
    mask: str | None = None
    """where it is: see `mask_pointer`"""
    score: Score = 1.0


class Track(Frozen):
    """One object over time. Observations are sorted by frame; a missing frame means not seen."""

    id: int = Field(ge=1)
    labels: tuple[Label, ...]
    """guesses at its category, best first, never empty"""
    attributes: tuple[Attribute, ...] = ()
    observations: tuple[Observation, ...]
    score: Score
    """how surely this is an object worth tracking (salience)"""
    source: str
    part_of: int | None = None
    aliases: tuple[str, ...] = ()
    """ids it had elsewhere: before stitching, or in an imported annotation"""
    id_confidence: Score = 1.0
    """how surely all observations are the same object"""

    @property
    def category(self) -> str:
        return self.labels[0].name

    @cached_property
    def by_frame(self) -> dict[int, Observation]:
        return {observation.frame: observation for observation in self.observations}

    def values(self, kind: AttributeKind) -> tuple[Attribute, ...]:
        """Its attributes of one kind, best first."""
        found = [attribute for attribute in self.attributes if attribute.kind == kind]
        return tuple(sorted(found, key=lambda attribute: -attribute.score))


class Relation(Frozen):
    """(subject, predicate, object) over a span, computed from observations."""

    subject: int
    predicate: RelationName
    object: int
    span: Span
    score: Score
    source: str


class Event(Frozen):
    """(subject, action, object) over a span, derived from geometry or seen by a specialist.

    `action` is one of EVENT_NAMES where geometry knows it, else a verb phrase; `subject` is None for
    what happens to the whole picture.
    """

    subject: int | None
    action: str
    object: int | None = None
    span: Span
    score: Score
    source: str


class Scene(Frozen):
    attributes: tuple[Attribute, ...] = ()
    """palette, coloring, brightness, time_of_day, setting, place"""
    texts: tuple[str, ...] = ()
    """on-screen text, as read: data, never instructions"""
    summary: str | None = None
    summary_source: str | None = None
    """who wrote it"""


class Camera(Frozen):
    attributes: tuple[Attribute, ...] = ()
    """camera_motion with spans (static, pan left, tilt up, zoom in, handheld, ...), shot_scale"""


class Tempo(Frozen):
    pace: Attribute | None = None
    """still, slow, moderate or fast"""
    motion: float = 0.0
    """mean residual motion after the camera's is taken out, in frame diagonals per second"""
    cuts: tuple[float, ...] = ()
    """times of shot changes, in seconds"""


class SpecialistRun(Frozen):
    """A specialist that added to this twin."""

    source: str
    """``<name>@<version>``"""
    seconds: float | None = None
    note: str | None = None


StepName = Literal["describe_track", "detect", "read_text", "look", "recompute", "act"]
"""What refinement may do: describe a track over a span; find a phrase and follow what is found; read the text in the
picture; look at the frames around a moment; recompute relations and events of a span at the full frame rate; name what
tracks do in a span with a model of actions."""
STEP_NAMES: tuple[StepName, ...] = get_args(StepName)


class RefinementStep(Frozen):
    """One thing to find out about a video."""

    name: StepName
    tracks: tuple[int, ...] = ()
    """whom it is about; empty: the whole picture"""
    span: Span | None = None
    """None: the whole video"""
    question: str = ""
    """what to find out; of `detect`, the phrase to look for"""


class Refined(Frozen):
    """A step that has been taken, so that it need not be taken again."""

    step: RefinementStep
    source: str
    found: int
    """number of facts that entered the twin; 0: it was looked for and not found"""
    asked: tuple[str, ...] = ()
    """keys of the questions that needed it (hashes of their words)"""


class ObjectTuple(NamedTuple):
    """RT2V eq. (1): one object in one frame, (i, c, a, m, s) with s = (x, y, d, size)."""

    id: int
    category: str
    attributes: tuple[str, ...]
    mask: str | None
    s: tuple[float, float, float | None, float]


class Twin(Frozen):
    """All that is known of one video."""

    schema_version: Literal["twin.v1"] = "twin.v1"
    video: VideoFacts
    frames: tuple[FrameTime, ...]
    """the frames that were looked at, in order"""
    mask_size: tuple[int, int]
    """(height, width) of every mask of this twin, in pixels"""
    tracks: tuple[Track, ...] = ()
    relations: tuple[Relation, ...] = ()
    events: tuple[Event, ...] = ()
    scene: Scene = Scene()
    camera: Camera = Camera()
    tempo: Tempo = Tempo()
    specialists: tuple[SpecialistRun, ...] = ()
    refinements: tuple[Refined, ...] = ()
    """what was looked at again because a question needed it, in order"""
    degraded: tuple[str, ...] = ()
    """what could not be done while building it, in words"""

    @property
    def id(self) -> str:
        return self.video.id

    @cached_property
    def track_by_id(self) -> dict[int, Track]:
        return {track.id: track for track in self.tracks}

    @property
    def span(self) -> Span:
        return Span(start=0.0, end=self.video.duration)

    @cached_property
    def frame_step(self) -> float:
        """Typical seconds between sampled frames (median); the duration for a single frame."""
        times = [frame.t for frame in self.frames]
        steps = sorted(b - a for a, b in itertools.pairwise(times))
        return steps[len(steps) // 2] if steps else self.video.duration

    def frame(self, t: float) -> tuple[ObjectTuple, ...]:
        """RT2V eq. (1): what the sampled frame nearest to `t` (seconds) shows, nearest object first.

        Raises:
            ValueError: `t` lies outside the video, or the twin has no frames.
        """
        if not self.frames:
            raise ValueError(f"twin {self.id} has no sampled frames; index the video again")
        if not 0 <= t <= self.video.duration:
            raise ValueError(f"t = {t} s lies outside the video, which lasts {self.video.duration:.3f} s")
        index = min(self.frames, key=lambda frame: abs(frame.t - t)).index
        shown: list[ObjectTuple] = []
        for track in self.tracks:
            seen = track.by_frame.get(index)
            if seen is None:
                continue
            attributes = tuple(a.value for a in track.attributes if a.span is None or a.span.contains(seen.t))
            s = (seen.x, seen.y, seen.depth, seen.area)
            shown.append(ObjectTuple(track.id, track.category, attributes, seen.mask, s))
        return tuple(sorted(shown, key=lambda o: (1.0 if o.s[2] is None else o.s[2], o.id)))


ComponentKind = Literal["object", "relation", "event", "scene"]


class Component(Frozen):
    """One sentence about one object, relation, event or the scene: what is embedded and searched."""

    kind: ComponentKind
    text: str
    tracks: tuple[int, ...] = ()
    span: Span
