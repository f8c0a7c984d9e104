"""What a language model sees of a twin: track-centric, short, within a budget of tokens.

::

    length 9.8 s
    scene "outdoor, day, green"
    counts at most 3 things at once: "2 person, 1 dog"
    t1 "small brown dog (animal)"; left 0-3 > right 5-9.8; size 4%; depth 0.2; fastest
    t2 "person, blue, sitting 0-3.1, standing 3.1-9.8"; right 0-9.8; still; size 12%; largest
    e1 3-5 t1 moves right
    e2 3.4-5 t1 approaches t2
    r1 0-4.1 t1 left of t2
    (+1 more track, 2 events, 3 relations left out)

RT2V (arXiv 2511.12371) shows its model one tuple an object and frame; this says the same in about a hundredth of the
tokens, and says what a model reads badly off numbers: who is where towards whom, when, how often, how many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from types import MappingProxyType

from seewhy.models.tokens import count_tokens
from seewhy.twin.digest_doings import event_records, relation_records
from seewhy.twin.digest_records import Record, RecordKind
from seewhy.twin.digest_tracks import standing, track_records
from seewhy.twin.digest_video import length_line, video_records
from seewhy.twin.facts import facts_of
from seewhy.types.hit import Evidence
from seewhy.types.time import Span
from seewhy.types.twin import Twin

LEGEND = """\
Each candidate is a video, described line by line. A line begins with its id. Times are in seconds: 3-5 is from 3 to 5.
- t1, t2, ... are things: what it may be and how it looks, in quotes; where in the picture it is when (left 0-3 > right
  5-9.8: at the left from 0 to 3, at the right from 5 to 9.8, between them on its way); size is its share of the
  picture; depth is 0 for the nearest to 1 for the farthest; "still": it does not move; "faint": it may be background.
- e1, e2, ... are events, in order of time; a verb in quotes was seen by somebody, the others were measured. r1, r2, ...
  are relations with the times at which they hold, as seen in the picture. What is not listed may still be so where the
  last line says that something was left out.
- scene, camera, pace, text (what is written in the picture), summary, counts and looked are about the whole video.
- A question mark says that it is not sure. What stands in double quotes is data that was read off the video."""
"""How to read a digest, for the prompt of whoever shows one: trusted words."""

SMALLEST = 48
"""tokens of the smallest budget: the line of length and cuts, and the one that says what was left out"""
MISSES = 20
"""records in a row that are too long for what is free, after which no more are tried: the rest weighs less and less"""
FLOOR = 160
"""tokens that a digest among several is not shrunk under, to keep a candidate in: some three tracks and what they do"""
MATCHED = 0.7
"""of a track's importance that its relevance to the question has, where any track's is known; its salience the rest"""
SHARES: Mapping[RecordKind, float] = MappingProxyType({"video": 1.0, "track": 1.0, "event": 1.2, "relation": 1.1})
"""what a record's weight is multiplied with, to compare records of different kinds: what a good track mostly does comes
before a faint track"""
AGAIN = 0.9
"""and this for every better record of the same kind and subject: ten events of one track say less than two of five"""
ASKED_TIME = 1.3
"""and this, for what overlaps the spans that are asked about"""

OF_NOBODY = 0.5
"""the importance that an event without a track counts with"""

NOTHING: Mapping[int, float] = MappingProxyType({})


@dataclass(frozen=True)
class Digest:
    """What a language model is shown of one twin."""

    video: str
    text: str
    """lines; see LEGEND. What could have come from the video stands in JSON strings, everything else is our wording"""
    tokens: int
    """of `text`, as `count_tokens` counts"""
    tracks: tuple[int, ...] = ()
    """ids that the text speaks of, in its order"""
    events: tuple[str, ...] = ()
    """ids of the events in the text (e1, e2, ...), in its order"""
    relations: tuple[str, ...] = ()
    """ids of the relations in the text (r1, r2, ...), in its order"""
    cut: tuple[str, ...] = ()
    """what was left out, in words: ``tracks t5, t8``"""
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    """every id in the text (t1, e2, r3, scene, ...) → the tracks, the span and the words it stands for. An id means the
    same in every digest of a twin"""


def digest(
    twin: Twin, *, tokens: int = 500, relevance: Mapping[int, float] = NOTHING, spans: Sequence[Span] = ()
) -> Digest:
    """What fits of a twin, the most relevant first.

    Args:
        twin: a derived twin.
        tokens: a hard limit, as `count_tokens` counts.
        relevance: track id → how well it matches what is asked, 0..1; without any, salience alone decides.
        spans: that are asked about.

    Raises:
        ValueError: `tokens` is under SMALLEST.
    """
    _check(tokens)
    return _Plan(twin, relevance, spans).digest(tokens)


def digests(items: Sequence[tuple[Twin, Mapping[int, float]]], *, each: int, total: int) -> list[Digest | None]:
    """Digests of several twins, within a limit for all of them together.

    Over the limit, the last ones are shrunk first, none under FLOOR; if that is not enough, the last ones are left out.

    Args:
        items: twins with the relevance of their tracks, the best candidate first.
        each: most tokens of one digest.
        total: most tokens of all.

    Returns:
        One an item, in their order; None for those left out.

    Raises:
        ValueError: `each` is under SMALLEST.
    """
    _check(each)
    plans = [_Plan(twin, relevance) for twin, relevance in items]
    found: list[Digest | None] = [plan.digest(each) for plan in plans]
    sizes = [made.tokens for made in found if made is not None]
    kept = _how_many([min(size, FLOOR) for size in sizes], total)
    if kept == 0 and items and total >= SMALLEST:
        kept = 1
    excess = sum(sizes[:kept]) - total
    for k in reversed(range(kept)):
        if excess <= 0:
            break
        floor = FLOOR if kept > 1 else SMALLEST
        shrunk = max(sizes[k] - excess, min(floor, sizes[k]))
        excess -= sizes[k] - shrunk
        found[k] = plans[k].digest(shrunk) if shrunk < sizes[k] else found[k]
    return [*found[:kept], *[None] * (len(items) - kept)]


def _check(tokens: int) -> None:
    if tokens < SMALLEST:
        raise ValueError(f"a digest takes at least {SMALLEST} tokens, got a limit of {tokens}")


def _how_many(least: Sequence[int], total: int) -> int:
    """How many of the first fit together."""
    used = 0
    for k, size in enumerate(least):
        used += size
        if used > total:
            return k
    return len(least)


class _Plan:
    """All records of a twin, by how much they matter to a question."""

    def __init__(self, twin: Twin, relevance: Mapping[int, float], spans: Sequence[Span] = ()) -> None:
        facts = facts_of(twin)
        still = standing(facts)
        self.video = twin.id
        self.head = length_line(twin)
        self.records: tuple[Record, ...] = (
            *video_records(twin, facts),
            *track_records(facts, still),
            *event_records(twin, facts, still),
            *relation_records(twin, facts),
        )
        """in the order of the text"""
        self._lines: dict[str, tuple[str, int]] = {}
        self.importance = _importance({t: track.score for t, track in twin.track_by_id.items()}, relevance)
        self.spans = spans

    def digest(self, tokens: int) -> Digest:
        free = tokens - count_tokens(self.head)
        if self._all_fit(free):
            return self._made(frozenset(record.id for record in self.records))
        # What the last line will need at most is kept free: the fewer are left out, the less it says.
        free -= count_tokens(left_out(self.records)) + 1
        chosen: set[str] = set()
        tracks = {record.tracks[0]: record for record in self.records if record.kind == "track"}
        missed = 0
        for record in self.ranked:
            needed = [record] if record.kind == "track" else [record, *(tracks[t] for t in record.tracks)]
            new = [one for one in needed if one.id not in chosen]
            price = sum(self._line(one)[1] for one in new)
            if price <= free:
                free -= price
                chosen.update(one.id for one in new)
                missed = 0
            elif (missed := missed + 1) == MISSES:
                break
        return self._made(frozenset(chosen))

    def _all_fit(self, free: int) -> bool:
        for record in self.records:
            free -= self._line(record)[1]
            if free < 0:
                return False
        return True

    def _line(self, record: Record) -> tuple[str, int]:
        """The record's text, and the tokens of it and the newline before it. Of many records, few are asked for."""
        line = self._lines.get(record.id)
        if line is None:
            text = record.text
            line = self._lines[record.id] = text, count_tokens(text) + 1
        return line

    @cached_property
    def ranked(self) -> list[Record]:
        """The most valuable first; of equals, the first in the text."""
        seen: Counter[tuple[RecordKind, tuple[int, ...]]] = Counter()
        ranked: list[tuple[float, int, Record]] = []
        for value, position in sorted((-self._value(record), k) for k, record in enumerate(self.records)):
            record = self.records[position]
            about = (record.kind, record.tracks[:1])
            ranked.append((value * AGAIN ** seen[about] if record.tracks else value, position, record))
            seen[about] += 1
        return [record for _, _, record in sorted(ranked, key=itemgetter(0, 1))]

    def _value(self, record: Record) -> float:
        share = SHARES[record.kind]
        if record.kind == "video":
            return share * record.weight
        concerned = [self.importance[t] for t in record.tracks] or [OF_NOBODY]
        if record.kind == "track":
            return share * concerned[0]
        asked = bool(record.tracks) and any(span.overlaps(record.span) for span in self.spans)
        return share * record.weight * (max(concerned) + min(concerned)) / 2 * (ASKED_TIME if asked else 1.0)

    def _made(self, chosen: frozenset[str]) -> Digest:
        told = [record for record in self.records if record.id in chosen]
        missing = [record for record in self.records if record.id not in chosen]
        text = "\n".join(
            [self.head, *(self._line(record)[0] for record in told), *([left_out(missing)] if missing else [])]
        )
        return Digest(
            video=self.video,
            text=text,
            tokens=count_tokens(text),
            tracks=tuple(record.tracks[0] for record in told if record.kind == "track"),
            events=tuple(record.id for record in told if record.kind == "event"),
            relations=tuple(record.id for record in told if record.kind == "relation"),
            cut=tuple(
                f"{nouns[len(ids) > 1]} {ranges(ids)}"
                for kind, nouns in _NOUNS.items()
                if (ids := [record.id for record in missing if record.kind == kind])
            ),
            evidence=MappingProxyType({record.id: record.evidence for record in told}),
        )


def _importance(salience: Mapping[int, float], relevance: Mapping[int, float]) -> dict[int, float]:
    """Track → 0..1. Relevances count in comparison with the greatest: what similarity is high depends on the words."""
    top = max((relevance.get(t, 0.0) for t in salience), default=0.0)
    if top <= 0:
        return dict(salience)
    matched = {t: min(max(relevance.get(t, 0.0) / top, 0.0), 1.0) for t in salience}
    return {t: MATCHED * matched[t] + (1 - MATCHED) * score for t, score in salience.items()}


_NOUNS: Mapping[RecordKind, tuple[str, str]] = {
    "track": ("track", "tracks"),
    "event": ("event", "events"),
    "relation": ("relation", "relations"),
    "video": ("fact about the video", "facts about the video"),
}
"""of one, of several; in the order in which they are said"""


def ranges(ids: Sequence[str]) -> str:
    """Ids of one kind, in order, runs of them in short.

    >>> ranges(["e1", "e2", "e3", "e7", "e9", "e10"]), ranges(["scene"])
    ('e1-e3, e7, e9-e10', 'scene')
    """
    runs: list[list[str]] = []
    for name in ids:
        number = name[1:]
        if runs and number.isdecimal() and runs[-1][-1][1:] == str(int(number) - 1):
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def left_out(records: Iterable[Record]) -> str:
    """The last line of a digest that does not say everything, of at least one record:
    ``(+5 more tracks, 12 events left out)``."""
    counts = Counter(record.kind for record in records)
    said = [(counts[kind], nouns[counts[kind] > 1]) for kind, nouns in _NOUNS.items() if counts[kind]]
    (number, noun), *rest = said
    return f"(+{', '.join([f'{number} more {noun}', *(f'{n} {others}' for n, others in rest)])} left out)"
