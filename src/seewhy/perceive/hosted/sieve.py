"""What can be true of a stretch of a video passes; what cannot is dropped and counted, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from seewhy.perceive.hosted.replies import SURELY
from seewhy.perceive.hosted.wording import name
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, AttributeKind, Event, Label, Score, Twin

SUREST = 0.95
"""Nobody who has seen a few frames is surer."""

NO_TRACK = "facts on tracks that do not exist"
NO_FRAME = "things in frames that were not shown"
NO_TIME = "facts of times outside the stretch"
NO_WORD = "facts without a usable word"
NO_BOX = "boxes around nothing or around everything"
NO_BELIEF = "facts that the model itself did not believe"
TOO_MANY = "facts more than can be kept"
"""Why facts are dropped."""

Fact = TypeVar("Fact", Label, Attribute)


def score_of(confidence: float) -> Score:
    """A confidence of a reply as a score. Asked for is a whole number up to 10; models that were not held to it give
    fractions, or percent.

    >>> [score_of(confidence) for confidence in (0, 7, 10, 0.8, 85, -3)]
    [0.0, 0.7, 0.95, 0.8, 0.85, 0.0]
    """
    unit = 1 if 0 < confidence < 1 else SURELY if confidence <= SURELY else 100
    return round(min(max(confidence / unit, 0.0), SUREST), 3)


def merged(facts: Iterable[Fact], most: int | None = None) -> tuple[Fact, ...]:
    """Best first; of facts that say the same, the surest; at most so many."""
    best: dict[tuple[str, ...], Fact] = {}
    for fact in facts:
        known = best.get(fact_key(fact))
        if known is None or fact.score > known.score:
            best[fact_key(fact)] = fact
    return tuple(sorted(best.values(), key=lambda fact: (-fact.score, fact_key(fact)))[:most])


def fact_key(fact: Label | Attribute) -> tuple[str, ...]:
    """What a fact says, to be compared and sorted."""
    if isinstance(fact, Label):
        return (fact.name,)
    when = f"{fact.span.start:012.3f} {fact.span.end:012.3f}" if fact.span else ""
    return fact.kind, when, fact.value


def event_order(event: Event) -> tuple[float, float, int, str, int]:
    """By time, then by who and what."""
    return event.span.start, event.span.end, event.subject or 0, event.action, event.object or 0


class Sieve:
    """Lets pass what can be true of one stretch."""

    def __init__(self, twin: Twin, span: Span, source: str) -> None:
        """
        Args:
            span: the stretch that was shown, within the video.
            source: of the facts.
        """
        self.twin, self.span, self.source = twin, span, source
        self.dropped: Counter[str] = Counter()

    def word(self, text: str) -> str:
        """A usable name, or nothing."""
        word = name(text)
        self.dropped[NO_WORD] += not word
        return word

    def score(self, confidence: float) -> Score:
        """0 for what the model does not believe itself."""
        score = score_of(confidence)
        self.dropped[NO_BELIEF] += score == 0
        return score

    def time(self, start: float, end: float) -> Span | None:
        """The part of a time that lies in the stretch, at least one step between frames long; None: there is none."""
        first, last = sorted((round(start, 3), round(end, 3)))
        if last < self.span.start or first > self.span.end:
            self.dropped[NO_TIME] += 1
            return None
        step = min(self.twin.frame_step, self.span.duration)
        begin = min(max(first, self.span.start), self.span.end - step)
        return Span(start=begin, end=min(max(last, begin + step), self.span.end))

    def unless_whole(self, span: Span | None) -> Span | None:
        """None, which says for as long as there is, in place of a span that is all of the stretch."""
        step = self.twin.frame_step
        if span is None or (span.start - self.span.start <= step and self.span.end - span.end <= step):
            return None
        return span

    def attribute(self, kind: AttributeKind, text: str, confidence: float, span: Span | None) -> list[Attribute]:
        """The attribute, if it can be one."""
        word = self.word(text)
        score = self.score(confidence) if word else 0.0
        if not score:
            return []
        return [Attribute(kind=kind, value=word, score=score, source=self.source, span=self.unless_whole(span))]

    def few(self, facts: Iterable[Fact], most: int) -> tuple[Fact, ...]:
        """The surest, each once."""
        every = merged(facts)
        self.dropped[TOO_MANY] += len(every[most:])
        return every[:most]
