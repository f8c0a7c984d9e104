"""Twins by formula, with the truth known by construction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from seewhy.types.time import Span
from seewhy.types.twin import (
    Attribute,
    AttributeKind,
    Camera,
    Event,
    Label,
    Observation,
    Scene,
    Tempo,
    Track,
    Twin,
)
from seewhy.types.video import FrameTime, VideoFacts, VideoId

WIDTH, HEIGHT, RATE = 640, 360, 30
STEP = 5
"""frames between sampled ones: six per second"""

Place = Callable[[float], tuple[float, float] | None]
"""t → center in fractions of the frame; None: not there"""


def line(x0: float, y0: float, x1: float, y1: float, start: float, end: float) -> Place:
    """Stands, goes from one point to the other between two times, stands."""

    def place(t: float) -> tuple[float, float]:
        share = min(max((t - start) / (end - start), 0.0), 1.0)
        return x0 + share * (x1 - x0), y0 + share * (y1 - y0)

    return place


def stand(x: float, y: float) -> Place:
    return line(x, y, x, y, 0.0, 1.0)


def during(place: Place, start: float, end: float) -> Place:
    return lambda t: place(t) if start <= t < end else None


@dataclass
class Maker:
    """Collects tracks, then makes the twin."""

    duration: float = 4.0
    jitter: float = 0.0
    seed: int = 0
    id: str = "0" * 32
    tracks: list[Track] = field(default_factory=list)
    scene: list[Attribute] = field(default_factory=list)
    camera: list[Attribute] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    pace: str | None = None
    cuts: tuple[float, ...] = ()

    @property
    def frames(self) -> tuple[FrameTime, ...]:
        indices = range(0, max(round(self.duration * RATE), 1), STEP)
        return tuple(FrameTime(index=i, pts=i * 1001, t=i / RATE) for i in indices)

    def add(
        self,
        place: Place,
        size: float | Callable[[float], float] = 0.12,
        *,
        color: str | None = None,
        shape: str | None = None,
        texture: str | None = None,
        size_class: str | None = None,
        label: str = "object",
        label_score: float = 0.9,
        depth: float | None = None,
        visible: Callable[[float], float] = lambda _: 1.0,
        drop: Iterable[int] = (),
        attributes: Sequence[Attribute] = (),
        score: float = 0.9,
    ) -> int:
        """A square thing of side `size` (fraction of the height), cut off at the frame; returns its id."""
        number = len(self.tracks) + 1
        rng = np.random.default_rng(self.seed * 1000 + number)
        dropped = set(drop)
        seen: list[Observation] = []
        for position, frame in enumerate(self.frames):
            at = place(frame.t)
            if at is None or position in dropped or visible(frame.t) <= 0:
                continue
            side = size(frame.t) if callable(size) else size
            wide = side * HEIGHT / WIDTH
            wobble = rng.normal(0, self.jitter, 4) if self.jitter else np.zeros(4)
            x0, x1 = np.clip([at[0] - wide / 2 + wobble[0], at[0] + wide / 2 + wobble[1]], 0, 1)
            y0, y1 = np.clip([at[1] - side / 2 + wobble[2], at[1] + side / 2 + wobble[3]], 0, 1)
            if x1 - x0 < 0.004 or y1 - y0 < 0.004:
                continue
            area = float((x1 - x0) * (y1 - y0)) * visible(frame.t)
            seen.append(
                Observation(
                    frame=frame.index,
                    t=frame.t,
                    x=float(x0 + x1) / 2,
                    y=float(y0 + y1) / 2,
                    box=(float(x0), float(y0), float(x1), float(y1)),
                    area=area,
                    depth=depth,
                    mask=f"masks.json#/frames/{frame.index}/{number}",
                )
            )
        looks: list[Attribute] = list(attributes)
        given: tuple[tuple[AttributeKind, str | None], ...] = (
            ("color", color), ("shape", shape), ("texture", texture), ("size", size_class),
        )  # fmt: skip
        looks += [Attribute(kind=k, value=v, score=0.9, source="test@1") for k, v in given if v]
        labels = (Label(name=label, score=label_score, source="test@1"),)
        self.tracks.append(
            Track(
                id=number,
                labels=labels,
                attributes=tuple(looks),
                observations=tuple(seen),
                score=score,
                source="test@1",
            )
        )
        return number

    def says(self, kind: AttributeKind, value: str, score: float = 0.9, span: Span | None = None) -> None:
        """An attribute of the scene or the camera."""
        where = self.camera if kind in ("camera_motion", "shot_scale") else self.scene
        where.append(Attribute(kind=kind, value=value, score=score, source="test@1", span=span))

    def twin(self) -> Twin:
        facts = VideoFacts(
            id=VideoId(self.id),
            bytes=1,
            width=WIDTH,
            height=HEIGHT,
            rotation=0,
            duration=self.duration,
            start_pts=0,
            time_base=Fraction(1, 30000),
            average_rate=Fraction(RATE),
            codec="h264",
            container="mp4",
        )
        pace = Attribute(kind="pace", value=self.pace, score=0.8, source="test@1") if self.pace else None
        return Twin(
            video=facts,
            frames=self.frames,
            mask_size=(HEIGHT, WIDTH),
            tracks=tuple(self.tracks),
            events=tuple(self.events),
            scene=Scene(attributes=tuple(self.scene)),
            camera=Camera(attributes=tuple(self.camera)),
            tempo=Tempo(pace=pace, cuts=self.cuts),
        )
