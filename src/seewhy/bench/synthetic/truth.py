"""What is true of a synthetic clip: read off its description, not measured in its pixels.

Motion is the objects' own: a camera that pans does not make a resting thing move. Margins are wide and the
clips clear-cut, so that truth does not hang on a threshold. Lengths are in picture heights.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.bench.synthetic.objects import HEIGHT, RATE, WIDTH, SyntheticClip
from seewhy.types.time import Span
from seewhy.types.twin import EventName, RelationName

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

STILL = 0.02
"""heights per second: slower is no motion"""
LEG = 0.15
"""heights: the shortest way that has a direction"""
PAUSE = 0.6
"""seconds of motion before and of rest after a stop, or the other way round for a start"""
FASTER = 1.6
"""ratio of speeds of one leg and the next"""
GROWN = 1.4
"""ratio of sizes"""
CLOSER = 0.25
"""heights, and share of the larger distance, that an approach covers"""
FOLLOWING = 0.8
"""seconds, the shortest following"""
MOMENT = 0.5
"""seconds: how long an event lasts that has a beginning only"""


class Leg(NamedTuple):
    """A stretch of constant velocity."""

    start: float
    end: float
    vx: float
    vy: float

    @property
    def speed(self) -> float:
        return math.hypot(self.vx, self.vy)

    @property
    def span(self) -> Span:
        return Span(start=self.start, end=self.end)


class TruthEvent(NamedTuple):
    """Something that happens; objects by id."""

    subject: int
    event: EventName
    object: int | None
    span: Span


@dataclass(frozen=True)
class ClipTruth:
    """All that can be asked of a clip. Object ids count from 1, from the back to the front."""

    clip: SyntheticClip

    @property
    def ids(self) -> range:
        return range(1, len(self.clip.objects) + 1)

    @cached_property
    def times(self) -> Floats:
        return np.arange(self.clip.frame_count) / float(RATE)

    @cached_property
    def _screen(self) -> Floats:
        """(frames, objects, 3): x, y, radius in heights, as seen."""
        seen = [[self.clip.on_screen(i, t) for i in range(len(self.clip.objects))] for t in self.times]
        return np.array(seen) * (WIDTH / HEIGHT, 1.0, 1.0)

    def place(self, number: int) -> Floats:
        """(frames, 3): x, y and radius of an object in the picture."""
        return self._screen[:, number - 1]

    def visible(self, number: int) -> Flags:
        """(frames,): part of it is inside the picture; what hides it does not count."""
        x, y, radius = self.place(number).T
        inside = (x > -radius) & (x < WIDTH / HEIGHT + radius) & (y > -radius) & (y < 1 + radius)
        return np.asarray(inside, bool)

    def legs(self, number: int) -> tuple[Leg, ...]:
        """Its motion in stretches of constant velocity that cover the clip."""
        path = self.clip.objects[number - 1].path
        points = [(-math.inf, *path[0][1:]), *path, (math.inf, *path[-1][1:])]
        legs: list[Leg] = []
        for (t0, x0, y0), (t1, x1, y1) in itertools.pairwise(points):
            start, end = max(t0, 0.0), min(t1, self.clip.duration)
            if start >= end:
                continue
            vx, vy = (x1 - x0) * WIDTH / HEIGHT / (t1 - t0), (y1 - y0) / (t1 - t0)
            if legs and math.hypot(vx - legs[-1].vx, vy - legs[-1].vy) < STILL:
                legs[-1] = legs[-1]._replace(end=end)
            else:
                legs.append(Leg(start, end, vx, vy))
        return tuple(legs)

    @cached_property
    def events(self) -> tuple[TruthEvent, ...]:
        found = [event for number in self.ids for event in self._alone(number)]
        found += [event for a, b in itertools.permutations(self.ids, 2) for event in self._between(a, b)]
        return tuple(found)

    def relation(self, a: int, name: RelationName, b: int) -> Flags:
        """(frames,): whether `a` stands in the relation to `b`, both being in the picture."""
        (xa, ya, ra), (xb, yb, rb) = self.place(a).T, self.place(b).T
        dx, dy, distance = xb - xa, yb - ya, np.hypot(xb - xa, yb - ya)
        apart, touching = 0.6 * (ra + rb), distance < 0.8 * (ra + rb)
        holds: dict[RelationName, Flags] = {
            "left_of": (dx > apart) & (np.abs(dx) > np.abs(dy)), "right_of": (-dx > apart) & (np.abs(dx) > np.abs(dy)),
            "above": (dy > apart) & (np.abs(dy) > np.abs(dx)), "below": (-dy > apart) & (np.abs(dy) > np.abs(dx)),
            "inside": distance < rb - ra, "overlaps": touching, "near": distance < ra + rb + 0.2,
            "in_front_of": touching & (a > b), "behind": touching & (a < b),
        }  # fmt: skip
        return holds[name] & self.visible(a) & self.visible(b)

    def spans(self, flags: Flags) -> tuple[Span, ...]:
        """The stretches of time in which a condition per frame holds."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
        return tuple(Span(start=s / float(RATE), end=e / float(RATE)) for s, e in edges.reshape(-1, 2).tolist())

    def _alone(self, number: int) -> Iterator[TruthEvent]:
        thing, legs, seen = self.clip.objects[number - 1], self.legs(number), self.visible(number)

        def event(name: EventName, span: Span) -> TruthEvent:
            return TruthEvent(number, name, None, span)

        for leg in legs:
            dx, dy = leg.vx * leg.span.duration, leg.vy * leg.span.duration
            if leg.speed >= STILL:
                yield event("moves", leg.span)
            if abs(dx) >= LEG and abs(dx) > 2 * abs(dy):
                yield event("moves_right" if dx > 0 else "moves_left", leg.span)
            if abs(dy) >= LEG and abs(dy) > 2 * abs(dx):
                yield event("moves_down" if dy > 0 else "moves_up", leg.span)
        if all(leg.speed < STILL for leg in legs):
            yield event("stays_still", Span(start=0.0, end=self.clip.duration))
        for before, after in itertools.pairwise(legs):
            moment = Span(start=after.start, end=min(after.start + MOMENT, self.clip.duration))
            moved, moves = before.speed >= STILL, after.speed >= STILL
            long = min(before.span.duration, after.span.duration) >= PAUSE
            if moved and not moves and long:
                yield event("stops", moment)
            if moves and not moved and long:
                yield event("starts", moment)
            if moved and moves:
                cosine = (before.vx * after.vx + before.vy * after.vy) / (before.speed * after.speed)
                if cosine < math.cos(math.pi / 4):
                    yield event("turns", moment)
                elif after.speed >= FASTER * before.speed:
                    yield event("speeds_up", moment)
                elif before.speed >= FASTER * after.speed:
                    yield event("slows_down", moment)
        for span in self.spans(seen):
            if span.start > 0:
                yield event("enters", Span(start=span.start, end=min(span.start + MOMENT, span.end)))
            if span.end < self.clip.duration:
                yield event("leaves", Span(start=max(span.end - MOMENT, span.start), end=span.end))
        for (t0, first), (t1, last) in itertools.pairwise(thing.scales):
            if max(first, last) >= GROWN * min(first, last):
                yield event("grows" if last > first else "shrinks", Span(start=t0, end=t1))
        if thing.repaint is not None:
            yield event("changes_color", Span(start=thing.repaint[0], end=thing.repaint[1]))

    def _between(self, a: int, b: int) -> Iterator[TruthEvent]:
        both = self.visible(a) & self.visible(b)
        (xa, ya, ra), (xb, yb, rb) = self.place(a).T, self.place(b).T
        distance = np.hypot(xb - xa, yb - ya)

        def event(name: EventName, span: Span) -> TruthEvent:
            return TruthEvent(a, name, b, span)

        for leg in self.legs(a):
            frames = np.flatnonzero(both & (self.times >= leg.start) & (self.times < leg.end))
            if leg.speed < STILL or len(frames) < 2:
                continue
            first, last = int(frames[0]), int(frames[-1])
            turning = first + int(np.argmin(distance[first : last + 1]))
            parts: tuple[tuple[int, int, EventName], ...] = (
                (first, turning, "approaches"), (turning, last, "moves_away"),
            )  # fmt: skip
            for start, end, name in parts:
                change = abs(distance[end] - distance[start])
                if change >= CLOSER and change >= CLOSER * max(distance[start], distance[end]):
                    # Of its own: it would have come as near, or half so, to where the other one was at first.
                    own = abs(math.hypot(xb[start] - xa[end], yb[start] - ya[end]) - distance[start])
                    if own >= change / 2:
                        yield event(name, Span(start=self.times[start], end=self.times[end]))
            ux, uy = leg.vx / leg.speed, leg.vy / leg.speed
            ahead, aside = (xa - xb) * ux + (ya - yb) * uy, np.abs((xa - xb) * uy - (ya - yb) * ux)
            if ahead[first] < -0.1 and ahead[last] > 0.1 and aside[turning] < 1.2 * (ra + rb)[turning]:
                yield event("passes", Span(start=self.times[first], end=self.times[last]))
            for other in self.legs(b):
                common = leg.span.intersection(other.span)
                if common is None or common.duration < FOLLOWING or other.speed < STILL:
                    continue
                cosine = (leg.vx * other.vx + leg.vy * other.vy) / (leg.speed * other.speed)
                during = both & (self.times >= common.start) & (self.times < common.end)
                if cosine > 0.9 and during.any() and (ahead[during] < -0.1).all() and (aside[during] < 0.3).all():
                    yield event("follows", common)
        if a < b:  # the other one is in front
            for span in self.spans(both & (distance < rb - 0.2 * ra)):
                yield event("hidden_by", span)


@lru_cache(maxsize=256)
def truth_of(clip: SyntheticClip) -> ClipTruth:
    """The truth of a clip; worked out once."""
    return ClipTruth(clip)
