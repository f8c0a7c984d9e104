"""Reading a reply: what it says of the objects in a stretch of a video, as facts.

Nothing is taken for granted, since not every server holds its model to the schema: tracks and frames have to exist,
times to lie in the stretch, words to be words, boxes to be around something. What cannot be used is dropped and
counted, see `sieve`; the rest of the reply stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from seewhy.perceive.hosted import replies
from seewhy.perceive.hosted.boxes import Box, box_iou, box_of
from seewhy.perceive.hosted.picture import Picture, read_picture, read_texts
from seewhy.perceive.hosted.replies import Change, DescribeReply, Happening, Look, MissedFacts, TrackFacts
from seewhy.perceive.hosted.sieve import NO_BOX, NO_FRAME, NO_TRACK, NO_WORD, TOO_MANY, Sieve, event_order, merged
from seewhy.perceive.hosted.wording import ACTION_WORDS, name, sentences
from seewhy.types.time import Span
from seewhy.types.twin import EVENT_NAMES, Attribute, AttributeKind, Event, Label, Score, Twin
from seewhy.types.video import nearest_frame

SAME_THING = 0.6
"""IoU of two boxes in one frame from which a thing that was missed was not: it has a track."""
MOST_LOOKS = 12
"""attributes of one track, the surest; states before and after a change are among them"""
MOST_SUMMARY = 400
"""characters of what is said of one stretch"""

_KINDS: dict[str, AttributeKind] = {
    "color": "color", "texture": "texture", "shape": "shape", "size": "size", "state": "state",
}  # fmt: skip
_AGAINST_ANOTHER = frozenset({"approaches", "moves_away", "passes", "follows", "hidden_by"})
_RETOLD = {"grows": "becomes larger", "shrinks": "becomes smaller", "starts": "begins"}
"""What the twin's word would mean otherwise: there, what grows comes nearer, and what starts sets off."""
_DONE_TO = {
    "enters": "goes into",
    "leaves": "goes away from",
    "appears": "shows up at",
    "disappears": "vanishes behind",
}
"""The same of what is done to something: geometry's comes into view, and goes out of it."""
_WHO = re.compile(r"(track|missed)?\s*#?\s*(\d{1,6})")
_COLORS = re.compile(r"\s*(?:,|/|&|\band\b)\s*")
_NOBODY_SUCH = 0
"""neither a track's id nor the negative number of a thing that was missed"""


@dataclass(frozen=True)
class Missed:
    """A thing that has no track, and where it was seen."""

    frame: int
    """index of a decoded frame"""
    box: Box
    labels: tuple[Label, ...]
    attributes: tuple[Attribute, ...]
    score: Score


@dataclass(frozen=True)
class Reading:
    """What one reply says of one stretch. Attributes without a span hold for all of it."""

    span: Span
    labels: dict[int, tuple[Label, ...]] = field(default_factory=dict)
    attributes: dict[int, tuple[Attribute, ...]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    """by time; -(n + 1) stands for missed[n]"""
    missed: tuple[Missed, ...] = ()
    picture: Picture = field(default_factory=Picture)
    texts: tuple[str, ...] = ()
    summary: str = ""
    dropped: Counter[str] = field(default_factory=Counter)


def read_description(
    reply: DescribeReply, twin: Twin, span: Span, source: str, tracks: Collection[int], frames: Collection[int]
) -> Reading:
    """
    Args:
        span: the stretch that was shown.
        source: of the facts.
        tracks: ids that the reply may speak of.
        frames: indices of the frames that were shown.
    """
    sieve = Sieve(twin, span, source)
    picture = read_picture(sieve, reply.scene, reply.camera)
    texts, summary = read_texts(sieve, reply.texts), sentences(reply.summary, MOST_SUMMARY)
    return ObjectReader(sieve, tracks, frames).read(
        reply.tracks, reply.missed, reply.events, picture=picture, texts=texts, summary=summary
    )


class ObjectReader:
    """Reads what a reply says of tracks, things that were missed, and events."""

    def __init__(self, sieve: Sieve, tracks: Collection[int], frames: Collection[int]) -> None:
        """
        Args:
            tracks: ids that the reply may speak of.
            frames: indices of the frames that were shown.
        """
        self._sieve = sieve
        self._known, self._frames = frozenset(tracks), frozenset(frames)
        self._labels: dict[int, list[Label]] = {}
        self._attributes: dict[int, list[Attribute]] = {}
        self._events: list[Event] = []
        self._missed: list[Missed] = []
        self._who: list[int] = []
        """place in the reply's list of missed things → whom events mean by it"""

    def read(
        self,
        tracks: Iterable[TrackFacts] = (),
        missed: Iterable[MissedFacts] = (),
        events: Iterable[Happening] = (),
        *,
        picture: Picture | None = None,
        texts: tuple[str, ...] = (),
        summary: str = "",
    ) -> Reading:
        """Once: the reading of one reply."""
        for facts in tracks:
            self._track(facts)
        for thing in missed:
            self._who.append(self._thing(thing))
        for event in events:
            self._event(event)
        sieve = self._sieve
        labels = {track: sieve.few(said, replies.MOST_NAMES) for track, said in sorted(self._labels.items()) if said}
        looks = {track: sieve.few(said, MOST_LOOKS) for track, said in sorted(self._attributes.items()) if said}
        return Reading(
            span=sieve.span,
            labels=labels,
            attributes=looks,
            events=self._happened(),
            missed=tuple(self._missed),
            picture=picture or Picture(),
            texts=texts,
            summary=summary,
            dropped=+sieve.dropped,
        )

    # What things are, and what they are like

    def _track(self, facts: TrackFacts) -> None:
        if facts.id not in self._known:
            self._sieve.dropped[NO_TRACK] += len(facts.names) + len(facts.attributes) + len(facts.changes)
            return
        names = [(guess.name, guess.confidence) for guess in facts.names]
        self._labels.setdefault(facts.id, []).extend(self._names(names, facts.broader))
        self._attributes.setdefault(facts.id, []).extend(self._looks(facts.attributes))
        for change in facts.changes:
            self._change(facts.id, change)

    def _names(self, said: Iterable[tuple[str, float]], broader: str) -> list[Label]:
        wide = name(broader, words=1)
        found: list[Label] = []
        for text, confidence in said:
            word = self._sieve.word(text)
            score = self._sieve.score(confidence) if word else 0.0
            if score:
                wider = wide if wide and wide != word else None
                found.append(Label(name=word, score=score, source=self._sieve.source, broader=wider))
        return found

    def _looks(self, said: Iterable[Look]) -> list[Attribute]:
        found: list[Attribute] = []
        whole = self._sieve.span
        for look in said:
            kind = _KINDS.get(look.kind.strip().lower(), "other")
            start = whole.start if look.start is None else look.start
            span = self._sieve.time(start, whole.end if look.end is None else look.end)
            if span is not None:
                # "red and white" is two colors, each of which is searched for by itself
                for value in _COLORS.split(look.value) if kind == "color" else [look.value]:
                    found += self._sieve.attribute(kind, value, look.confidence, span)
        return found

    def _change(self, track: int, said: Change) -> None:
        """One state until the change begins, another once it is over, and that it happened."""
        span = self._sieve.time(said.start, said.end)
        after = self._sieve.word(said.after)
        before = name(said.before)
        score = self._sieve.score(said.confidence) if span and after else 0.0
        if span is None or not score or before == after:
            return
        whole, source = self._sieve.span, self._sieve.source
        for word, start, end in ((before, whole.start, span.start), (after, span.end, whole.end)):
            if word and start < end:
                during = Span(start=start, end=end)
                state = Attribute(kind="state", value=word, score=score, source=source, span=during)
                self._attributes.setdefault(track, []).append(state)
        self._events.append(Event(subject=track, action=f"becomes {after}", span=span, score=score, source=source))

    def _thing(self, said: MissedFacts) -> int:
        """Whom events mean by a missed thing: the track that it is after all, its negative number, or nobody."""
        box = box_of(said)
        if said.frame not in self._frames or box is None:
            self._sieve.dropped[NO_BOX if box is None else NO_FRAME] += 1
            return _NOBODY_SUCH
        labels = self._names([(said.name, said.confidence)], said.broader)
        if not labels:
            return _NOBODY_SUCH
        looks = self._looks(said.attributes)
        track = self._track_at(said.frame, box)
        if track is not None:
            self._labels.setdefault(track, []).extend(labels)
            self._attributes.setdefault(track, []).extend(looks)
            return track
        for position, other in enumerate(self._missed):
            if other.frame == said.frame and box_iou(other.box, box) > SAME_THING:
                both, like = merged([*other.labels, *labels]), merged([*other.attributes, *looks])
                self._missed[position] = Missed(other.frame, other.box, both, like, both[0].score)
                return -position - 1
        if len(self._missed) == replies.MOST_MISSED:
            self._sieve.dropped[TOO_MANY] += 1
            return _NOBODY_SUCH
        self._missed.append(Missed(said.frame, box, tuple(labels), merged(looks), labels[0].score))
        return -len(self._missed)

    def _track_at(self, frame: int, box: Box) -> int | None:
        """The track that fills the box in a frame, if any."""
        twin = self._sieve.twin
        index = nearest_frame([one.index for one in twin.frames], frame)
        seen = [(track.id, track.by_frame[index].box) for track in twin.tracks if index in track.by_frame]
        fits = [(-fit, track) for track, at in seen if (fit := box_iou(at, box)) > SAME_THING]
        return min(fits)[1] if fits else None

    # What happens

    def _event(self, said: Happening) -> None:
        subject, target = self._end(said.subject), self._end(said.object)
        if _NOBODY_SUCH in (subject, target):
            self._sieve.dropped[NO_TRACK] += 1
            return
        span = self._sieve.time(said.start, said.end)
        if target == subject:
            target = None
        action = _action(said.action, subject, target)
        self._sieve.dropped[NO_WORD] += not action
        score = self._sieve.score(said.confidence) if action and span else 0.0
        if span is not None and score:
            source = self._sieve.source
            event = Event(subject=subject, action=action, object=target, span=span, score=score, source=source)
            self._events.append(event)

    def _end(self, text: str) -> int | None:
        """A track's id, -(n + 1) of missed[n], or None for nobody in particular."""
        found = _WHO.fullmatch(text.strip().lower())
        if found is None:
            return _NOBODY_SUCH if name(text) else None
        number = int(found[2])
        if found[1] == "missed":
            return self._who[number - 1] if 0 < number <= len(self._who) else _NOBODY_SUCH
        return number if number in self._known else _NOBODY_SUCH

    def _happened(self) -> tuple[Event, ...]:
        """The surest, by time; what is told twice of about the same time, once."""
        told: dict[tuple[int | None, str, int | None], list[Event]] = {}
        for event in sorted(self._events, key=event_order):
            same = told.setdefault((event.subject, event.action, event.object), [])
            if same and event.span.start <= same[-1].span.end:
                span, score = same[-1].span.hull(event.span), max(same[-1].score, event.score)
                same[-1] = same[-1].model_copy(update={"span": span, "score": score})
            else:
                same.append(event)
        every = sorted((event for same in told.values() for event in same), key=lambda e: (-e.score, event_order(e)))
        self._sieve.dropped[TOO_MANY] += len(every[replies.MOST_EVENTS :])
        return tuple(sorted(every[: replies.MOST_EVENTS], key=event_order))


def _action(text: str, subject: int | None, target: int | None) -> str:
    """One of the twin's events where it is exactly that, else a verb phrase."""
    words = name(text, ACTION_WORDS)
    words = _RETOLD.get(words, words)
    if target is not None:
        words = _DONE_TO.get(words, words)
    exact = words.replace(" ", "_")
    fits = subject is not None and (exact in _AGAINST_ANOTHER) == (target is not None)
    return exact if exact in EVENT_NAMES and fits else words
