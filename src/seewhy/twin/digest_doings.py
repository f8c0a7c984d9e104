"""A line about each event and each relation: who, what, whom, when.

``e4 1.2-3.4 t1 moves left and up`` · ``e7 2-2.5 t1 "picks up" t3 ?`` · ``r2 0-3.2, 5-9.8 t1 left of t2``

Numbers are given in order of time, over everything that could be told, so that e7 is e7 in every digest of a twin.
A verb without quotes was measured; one in quotes is somebody's word, also where it is one that geometry has.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from seewhy.twin.derive import GEOMETRY
from seewhy.twin.digest_records import SURE, WORD_LETTERS, Record, quoted, times, times_of_all
from seewhy.twin.facts import YES, TwinFacts
from seewhy.twin.relations import FILL
from seewhy.twin.vocabulary import CONVERSE, EVENT_PHRASES, RELATION_PHRASES
from seewhy.types.time import Span, merge_spans
from seewhy.types.twin import Event, Relation, RelationName, Twin

TOLD = 0.35
"""score from which an event is told"""
REPEATS = 3
"""a thing done more often than this is told once, with how often"""
LASTING = 0.7
"""what the weight of a relation is multiplied with that holds whenever both are seen: their places say as much"""
WHENEVER = 0.95
"""share of the time that both are seen, from which it does"""
COVERED = 0.5
"""share of a motion's time that its directions take, for them to say it"""
SAME_TIME = 0.8
"""share of the time of a weaker relation that a stronger one takes, for that to say it"""

WEIGHTS: Mapping[str, float] = {
    "moves": 0.6, "moves_left": 0.7, "moves_right": 0.7, "moves_up": 0.65, "moves_down": 0.65,
    "stays_still": 0.35, "starts": 0.6, "stops": 0.65, "turns": 0.55, "speeds_up": 0.5, "slows_down": 0.5,
    "grows": 0.5, "shrinks": 0.5, "changes_color": 0.9, "enters": 0.8, "leaves": 0.8, "appears": 0.6,
    "disappears": 0.6, "approaches": 0.6, "moves_away": 0.55, "passes": 0.75, "follows": 0.75, "hidden_by": 0.65,
    "left_of": 0.65, "right_of": 0.65, "above": 0.55, "below": 0.55, "inside": 0.8, "overlaps": 0.6, "near": 0.5,
    "in_front_of": 0.7, "behind": 0.7,
}  # fmt: skip
"""how much an event or a relation says, at score 1: what follows from the tracks' own lines says less"""
SEEN_WEIGHT = 1.0
"""of an event that no geometry can derive: a specialist saw it"""

MUTUAL: Mapping[tuple[str, ...], str] = {
    ("approaches",): "approach each other",
    ("moves_away",): "move away from each other",
}
"""what two do to each other, if they do it at one time, is told once"""

_DIRECTIONS = ("moves_left", "moves_right", "moves_up", "moves_down")
_FORWARD: frozenset[RelationName] = frozenset({"left_of", "above", "in_front_of"})
_IMPLIED: Mapping[RelationName, tuple[RelationName, ...]] = {"near": ("overlaps", "inside"), "overlaps": ("inside",)}
"""weaker relation → those that say it, too, whichever of the two is in the other"""


@dataclass(frozen=True, slots=True)
class _Doing:
    """Events that are told in one line."""

    subject: int | None
    actions: tuple[str, ...]
    object: int | None
    span: Span
    score: float
    count: int = 1
    mutual: bool = False
    """the object does the same to the subject"""
    measured: bool = True
    """False: somebody says so"""

    @property
    def tracks(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(t for t in (self.subject, self.object) if t is not None))


def event_records(twin: Twin, facts: TwinFacts, still: frozenset[int]) -> list[Record]:
    """In order of time. Events of tracks that the twin does not have are left out.

    Args:
        still: tracks whose own line says that they stand.
    """
    told = [event for event in twin.events if event.score >= TOLD and _is_known(event, facts)]
    directed: dict[int | None, list[Span]] = {}
    for event in told:
        if event.action in _DIRECTIONS and _is_measured(event):
            directed.setdefault(event.subject, []).append(event.span)
    turned = {track: merge_spans(spans) for track, spans in directed.items()}
    measured: dict[tuple[int | None, str, int | None], list[Span]] = {}
    for event in told:
        if _is_measured(event):
            measured.setdefault((event.subject, event.action, event.object), []).append(event.span)
    told = [event for event in told if not _is_said(event, still, turned) and not _is_retold(event, measured)]
    doings = _mutual(_merged(_collapsed(told)))
    return [_event_record(k, doing, facts) for k, doing in enumerate(doings, 1)]


def _is_known(event: Event, facts: TwinFacts) -> bool:
    return all(t is None or facts.presence.get(t) for t in (event.subject, event.object))


def _is_measured(event: Event) -> bool:
    return event.source == GEOMETRY


def _is_retold(event: Event, measured: Mapping[tuple[int | None, str, int | None], Sequence[Span]]) -> bool:
    """Whether somebody says what was measured at that time."""
    spans = measured.get((event.subject, event.action, event.object), ())
    return not _is_measured(event) and any(span.overlaps(event.span) for span in spans)


def _is_said(event: Event, still: frozenset[int], turned: Mapping[int | None, tuple[Span, ...]]) -> bool:
    """By the track's own line, or by events that say more."""
    if event.object is not None:  # it is done to something
        return False
    if event.action == "stays_still":
        return event.subject in still or event.score < YES  # the other side of a doubted motion
    if event.action != "moves":
        return False
    parts = (span.intersection(event.span) for span in turned.get(event.subject, ()))
    return math.fsum(part.duration for part in parts if part) >= max(COVERED * event.span.duration, 1e-9)


def _collapsed(events: Iterable[Event]) -> list[_Doing]:
    """What is done often becomes one."""
    alike: dict[tuple[int | None, str, int | None, bool], list[Event]] = {}
    for event in events:
        alike.setdefault((event.subject, event.action, event.object, _is_measured(event)), []).append(event)
    found: list[_Doing] = []
    for (subject, action, object_, measured), group in alike.items():
        doing = _Doing(subject, (action,), object_, group[0].span, group[0].score, measured=measured)
        if len(group) <= REPEATS:
            found += [replace(doing, span=event.span, score=event.score) for event in group]
            continue
        hull = Span(start=min(e.span.start for e in group), end=max(e.span.end for e in group))
        found.append(replace(doing, span=hull, score=max(e.score for e in group), count=len(group)))
    return found


def _merged(doings: Iterable[_Doing]) -> list[_Doing]:
    """What one does at one time becomes one; in order of time."""
    together: dict[tuple[int | None, int | None, str, int, bool], _Doing] = {}
    ordered = sorted(doings, key=_order)
    for doing in ordered:
        key = (doing.subject, doing.object, times(doing.span), doing.count, doing.measured)
        other = together.get(key)
        if other is None:
            together[key] = doing
        else:
            actions = tuple(dict.fromkeys((*other.actions, *doing.actions)))
            together[key] = replace(other, actions=actions, score=min(other.score, doing.score))
    return sorted(together.values(), key=_order)


def _mutual(doings: Iterable[_Doing]) -> list[_Doing]:
    """In order of time; of two that say the same of each other, the one with the smaller id as subject stays."""
    found: dict[tuple[object, ...], _Doing] = {}
    for doing in doings:
        both = doing.actions in MUTUAL and doing.object is not None and doing.measured
        who = frozenset(doing.tracks) if both else (doing.subject, doing.object)
        key = (who, doing.actions, times(doing.span), doing.count, doing.measured)
        other = found.get(key)
        found[key] = doing if other is None else replace(other, mutual=True, score=min(other.score, doing.score))
    return list(found.values())


def _order(doing: _Doing) -> tuple[float, float, int, int, tuple[str, ...], bool]:
    return doing.span.start, doing.span.end, doing.subject or 0, doing.object or 0, doing.actions, doing.measured


def _event_record(number: int, doing: _Doing, facts: TwinFacts) -> Record:
    weight = max(WEIGHTS.get(action, SEEN_WEIGHT) for action in doing.actions) * doing.score
    often = f"{doing.count} times" if doing.count > 1 else ""

    def says() -> str:
        who, whom = ("" if t is None else f"t{t}" for t in (doing.subject, doing.object))
        said = _sentence(doing, who, " and ".join(_verb(action, doing.measured) for action in doing.actions), whom)
        return " ".join(part for part in (times(doing.span), said, often, "?" if doing.score < SURE else "") if part)

    def tells() -> str:
        named = ["" if t is None else facts.name(t) for t in (doing.subject, doing.object)]
        plainly = " and ".join(EVENT_PHRASES.get(action, action) for action in doing.actions)
        return f"{_sentence(doing, named[0], plainly, named[1])} {often}".rstrip()

    return Record(f"e{number}", "event", weight, doing.tracks, doing.span, says, tells, doing.score)


def _sentence(doing: _Doing, who: str, verbs: str, whom: str) -> str:
    if doing.mutual:
        return f"{who} and {whom} {MUTUAL[doing.actions]}"
    return " ".join(part for part in (who, verbs, whom) if part)


def _verb(action: str, measured: bool) -> str:
    """What was measured in plain words, what somebody says as a JSON string."""
    phrase = EVENT_PHRASES.get(action)
    if phrase is None or not measured:
        return quoted(action.replace("_", " "), WORD_LETTERS)
    return phrase.replace(" to the ", " ")


def relation_records(twin: Twin, facts: TwinFacts) -> list[Record]:
    """One for each two tracks and relation, with all the times that it holds; in order of time."""
    held: dict[tuple[int, RelationName, int], list[Relation]] = {}
    for relation in twin.relations:
        if facts.presence.get(relation.subject) and facts.presence.get(relation.object):
            held.setdefault(_forward(relation), []).append(relation)
    spans = {key: merge_spans((r.span for r in group), gap=FILL) for key, group in held.items()}
    lasting = {key: math.fsum(span.duration for span in group) for key, group in spans.items()}
    told = [key for key in held if not _is_implied(key, lasting)]
    told.sort(key=lambda key: (spans[key][0].start, key[0], key[2], key[1]))
    return [_relation_record(k, key, spans[key], held[key], facts) for k, key in enumerate(told, 1)]


def _forward(relation: Relation) -> tuple[int, RelationName, int]:
    """Only one of two converse relations is told."""
    name, subject, object_ = relation.predicate, relation.subject, relation.object
    converse = CONVERSE.get(name)
    if converse is None or (name in _FORWARD if converse != name else subject < object_):
        return subject, name, object_
    return object_, converse, subject


def _is_implied(key: tuple[int, RelationName, int], lasting: Mapping[tuple[int, RelationName, int], float]) -> bool:
    subject, name, object_ = key
    stronger = [
        lasting.get((a, strong, b), 0.0)
        for strong in _IMPLIED.get(name, ())
        for a, b in ((subject, object_), (object_, subject))
    ]
    return max(stronger, default=0.0) >= max(SAME_TIME * lasting[key], 1e-9)


def _relation_record(
    number: int, key: tuple[int, RelationName, int], spans: tuple[Span, ...], held: list[Relation], facts: TwinFacts
) -> Record:
    subject, name, object_ = key
    score = max(relation.score for relation in held)
    weight = WEIGHTS[name] * score * (LASTING if _lasts(spans, facts, subject, object_) else 1.0)
    phrase, unsure = RELATION_PHRASES[name], " ?" if score < SURE else ""
    return Record(
        f"r{number}",
        "relation",
        weight,
        (subject, object_),
        spans[0] if len(spans) == 1 else spans[0].hull(spans[-1]),
        lambda: f"{times_of_all(spans)} t{subject} {phrase} t{object_}{unsure}",
        lambda: f"{facts.name(subject)} is {phrase} {facts.name(object_)}",
        score,
    )


def _lasts(spans: Sequence[Span], facts: TwinFacts, subject: int, object_: int) -> bool:
    both = (a.intersection(b) for a in facts.presence[subject] for b in facts.presence[object_])
    together = math.fsum(span.duration for span in both if span)
    return math.fsum(span.duration for span in spans) >= WHENEVER * together
