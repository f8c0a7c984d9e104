"""Twins with the truth known by construction, for judging."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from seewhy.reason.rules import RulesDecomposer
from seewhy.twin.derive import derive
from seewhy.types.hit import Candidate, Match
from seewhy.types.query import Query
from seewhy.types.time import Span
from seewhy.types.twin import (
    Attribute,
    AttributeKind,
    Camera,
    Component,
    Label,
    Observation,
    Scene,
    Tempo,
    Track,
    Twin,
)
from seewhy.types.video import FrameTime, VideoFacts, VideoId

RATE, STEP, DURATION = 24, 4, 4.0
Path = Callable[[float], tuple[float, float] | None]
"""seconds → place of the center; None: not seen"""


def rest(x: float, y: float) -> Path:
    return lambda _: (x, y)


def go(x0: float, y0: float, x1: float, y1: float, start: float = 0.3, end: float = 3.6) -> Path:
    """Rests, moves in a straight line, rests."""

    def at(t: float) -> tuple[float, float]:
        share = min(max((t - start) / (end - start), 0.0), 1.0)
        return x0 + share * (x1 - x0), y0 + share * (y1 - y0)

    return at


def thing(
    number: int, path: Path, *, side: float = 0.14, label: str = "object", depth: float | None = None, **looks: str
) -> Track:
    """A track with these looks (color="red", shape="round", ...), each with score 0.8."""
    seen: list[Observation] = []
    for index in range(0, round(DURATION * RATE), STEP):
        place = path(index / RATE)
        if place is None:
            continue
        x0, x1 = max(place[0] - side / 2, 0.0), min(place[0] + side / 2, 1.0)
        y0, y1 = max(place[1] - side / 2, 0.0), min(place[1] + side / 2, 1.0)
        if x1 - x0 < 0.01 or y1 - y0 < 0.01:
            continue
        seen.append(
            Observation(
                frame=index,
                t=index / RATE,
                x=(x0 + x1) / 2,
                y=(y0 + y1) / 2,
                box=(x0, y0, x1, y1),
                area=(x1 - x0) * (y1 - y0),
                depth=depth,
            )
        )
    return Track(
        id=number,
        labels=(Label(name=label, score=0.9, source="test@1"),),
        attributes=tuple(said(kind, value) for kind, value in looks.items()),  # type: ignore[arg-type]
        observations=tuple(seen),
        score=0.8,
        source="test@1",
    )


def said(kind: AttributeKind, value: str, score: float = 0.8, span: Span | None = None) -> Attribute:
    return Attribute(kind=kind, value=value, score=score, source="test@1", span=span)


def world(name: str, *tracks: Track, camera: str = "static", light: str = "day") -> Twin:
    """A derived twin; `name` serves as its video id."""
    facts = VideoFacts(
        id=VideoId(name),
        bytes=1,
        width=480,
        height=480,
        rotation=0,
        duration=DURATION,
        start_pts=0,
        time_base=Fraction(1, RATE),
        average_rate=Fraction(RATE),
        codec="h264",
        container="mp4",
    )
    frames = tuple(FrameTime(index=i, pts=i, t=i / RATE) for i in range(0, round(DURATION * RATE), STEP))
    return derive(
        Twin(
            video=facts,
            frames=frames,
            mask_size=(480, 480),
            tracks=tracks,
            scene=Scene(attributes=(said("time_of_day", light),)),
            camera=Camera(attributes=(said("camera_motion", camera),)),
            tempo=Tempo(),
        )
    )


def candidate(twin: Twin, similar: Mapping[str, tuple[float, str]] | None = None) -> tuple[Candidate, Twin]:
    """The twin as a candidate; `similar` gives condition id → (cosine, sentence about its first track)."""
    tracks = tuple(twin.track_by_id)[:1]
    matches = tuple(
        Match(
            condition=condition,
            component=Component(kind="object", text=text, tracks=tracks, span=Span(start=0, end=1)),
            score=cosine,
        )
        for condition, (cosine, text) in (similar or {}).items()
    )
    return Candidate(video=twin.id, score=0.0, matches=matches), twin


def ask(question: str) -> Query:
    return RulesDecomposer().decompose(question)


def pairs(*twins: Twin) -> Sequence[tuple[Candidate, Twin]]:
    return [candidate(twin) for twin in twins]
