"""Findings before they enter a twin: what can be true of it stays, cleaned; the rest is dropped and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from seewhy.perceive.findings import Findings, FoundObject
from seewhy.perceive.observing import place
from seewhy.plain import plain
from seewhy.types.masks import Rle
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, Event, Label, Score, Twin
from seewhy.types.video import FrameTime

MOST_NAME, MOST_VALUE, MOST_ACTION, MOST_TEXT, MOST_SUMMARY = 60, 80, 120, 120, 600
"""Characters kept of a category, an attribute, an action, a text on the screen, a summary."""

NO_TRACK = "facts on tracks that do not exist"
NO_TIME = "facts of times outside the video"
NO_WORD = "facts without a word"
ITSELF = "facts of a thing and itself"
NO_FRAME = "masks of frames that are not known"
NO_SIZE = "masks of another size"
NOWHERE = "things that are nowhere to be seen"
"""Why facts are dropped."""

Timed = TypeVar("Timed", Attribute, Event)


def checked(findings: Findings, twin: Twin) -> tuple[Findings, Counter[str]]:
    """What of the findings can enter the twin, and how many facts cannot, by reason.

    In the result every track exists, every score is in 0..1, every span lies in the video, every word is plain, every
    mask has the size of the twin's and is not empty, every frame fits between the twin's, every object is seen
    somewhere, and the negative ids in events count the objects that are left.

    Raises:
        ValueError: a mask has unreadable run lengths.
    """
    check = _Check(twin)
    offered = {frame.index for frame in (*twin.frames, *findings.frames)}
    masks = check.masks(findings.masks, offered)
    things = [check.masks_of(thing.masks, offered) for thing in findings.objects]
    spoken_of = {*masks, *(frame for seen in things for frame in seen)}
    frames = fitting(twin, [frame for frame in findings.frames if frame.index in spoken_of])
    known = {frame.index for frame in (*twin.frames, *frames)}
    check.dropped[NO_FRAME] += sum(len(of) for frame, of in masks.items() if frame not in known)
    seen = [{frame: mask for frame, mask in of.items() if frame in known} for of in things]
    check.dropped[NOWHERE] += sum(not of for of in seen)
    kept = [number for number, of in enumerate(seen) if of]
    clean = replace(
        findings,
        labels={
            t: labels for t, said in findings.labels.items() if check.exists(t, said) and (labels := check.labels(said))
        },
        attributes={
            t: like
            for t, said in findings.attributes.items()
            if check.exists(t, said) and (like := check.attributes(said))
        },
        events=tuple(check.events(findings.events, {number: place for place, number in enumerate(kept)})),
        objects=tuple(check.thing(findings.objects[number], seen[number]) for number in kept),
        frames=frames,
        masks={frame: of for frame, of in masks.items() if frame in known},
        scene=check.attributes(findings.scene),
        camera=check.attributes(findings.camera),
        pace=next(iter(check.attributes([findings.pace] if findings.pace else [])), None),
        texts=tuple(text for said in findings.texts if (text := plain(said, MOST_TEXT))),
        summary=plain(findings.summary or "", MOST_SUMMARY) or None,
    )
    return clean, +check.dropped


def fitting(twin: Twin, frames: Iterable[FrameTime]) -> tuple[FrameTime, ...]:
    """Frames that the twin has not and that fit between its own: later ones have later times."""
    merged = list(twin.frames)
    added = []
    for frame in sorted(frames, key=lambda one: (one.index, one.t, one.pts)):
        at = sum(one.index < frame.index for one in merged)
        before, after = merged[:at], merged[at:]
        in_order = (not before or before[-1].t < frame.t) and (not after or frame.t < after[0].t)
        there = bool(after) and after[0].index == frame.index
        if in_order and not there and frame.index >= 0 and 0 <= frame.t <= twin.video.duration:
            merged.insert(at, frame)
            added.append(frame)
    return tuple(added)


def clamped(score: Score) -> Score:
    """A score in 0..1; 0 for what is no number."""
    return min(1.0, max(0.0, score))


def common_span(span: Span, whole: Span) -> Span | None:
    """The part of `span` in `whole`; None where there is none. A moment, which has no length, may be its very end."""
    start, end = max(span.start, whole.start), min(span.end, whole.end)
    return Span(start=start, end=end) if start < end or (start == end and span.duration == 0) else None


class _Check:
    """Checks facts one kind after the other, and counts what it drops."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self.dropped: Counter[str] = Counter()

    def exists(self, track: int, facts: Iterable[object]) -> bool:
        if track in self._twin.track_by_id:
            return True
        self.dropped[NO_TRACK] += len(list(facts))
        return False

    def masks(self, masks: Mapping[int, Mapping[int, Rle]], offered: set[int]) -> dict[int, dict[int, Rle]]:
        """Frame → track → mask; frames without any are left out."""
        table: dict[int, dict[int, Rle]] = {}
        for frame, of in masks.items():
            real = {track: mask for track, mask in of.items() if self.exists(track, [mask])}
            usable = {track: mask for track, mask in real.items() if self._usable(mask, frame, offered)}
            if usable:
                table[frame] = usable
        return table

    def masks_of(self, masks: Mapping[int, Rle], offered: set[int]) -> dict[int, Rle]:
        return {frame: mask for frame, mask in masks.items() if self._usable(mask, frame, offered)}

    def _usable(self, mask: Rle, frame: int, offered: set[int]) -> bool:
        if mask.size != self._twin.mask_size:
            self.dropped[NO_SIZE] += 1
        elif frame not in offered:
            self.dropped[NO_FRAME] += 1
        else:
            return place(mask) is not None
        return False

    def thing(self, thing: FoundObject, seen: Mapping[int, Rle]) -> FoundObject:
        labels, attributes = self.labels(thing.labels), self.attributes(thing.attributes)
        return replace(thing, labels=labels, attributes=attributes, masks=seen, score=clamped(thing.score))

    def labels(self, labels: Iterable[Label]) -> tuple[Label, ...]:
        clean = [
            label.model_copy(
                update={
                    "name": plain(label.name, MOST_NAME),
                    "broader": plain(label.broader or "", MOST_NAME) or None,
                    "score": clamped(label.score),
                }
            )
            for label in labels
        ]
        self.dropped[NO_WORD] += sum(not label.name for label in clean)
        return tuple(label for label in clean if label.name)

    def attributes(self, attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
        clean = [
            one.model_copy(update={"value": plain(one.value, MOST_VALUE), "score": clamped(one.score)})
            for one in attributes
        ]
        self.dropped[NO_WORD] += sum(not one.value for one in clean)
        return tuple(timed for one in clean if one.value and (timed := self._timed(one)) is not None)

    def events(self, events: Iterable[Event], objects: Mapping[int, int]) -> Iterable[Event]:
        """Args: objects: number of an object → its number among those that are left."""
        for event in events:
            ends = [end if end is None else self._end(end, objects) for end in (event.subject, event.object)]
            action = plain(event.action, MOST_ACTION)
            if 0 in ends:
                self.dropped[NO_TRACK] += 1
            elif not action:
                self.dropped[NO_WORD] += 1
            else:
                who = {"subject": ends[0], "object": ends[1], "action": action, "score": clamped(event.score)}
                timed = self._timed(event.model_copy(update=who))
                if timed is not None:
                    yield timed

    def _end(self, end: int, objects: Mapping[int, int]) -> int:
        """The id of a track, or -(n + 1) of an object; 0, which is neither, if there is none."""
        if end >= 0:
            return end if end in self._twin.track_by_id else 0
        return -objects[-end - 1] - 1 if -end - 1 in objects else 0

    def _timed(self, fact: Timed) -> Timed | None:
        """The fact with its span cut to the video; None where it speaks of another time altogether."""
        if fact.span is None:
            return fact
        common = common_span(fact.span, self._twin.span)
        self.dropped[NO_TIME] += common is None
        return None if common is None else fact.model_copy(update={"span": common})
