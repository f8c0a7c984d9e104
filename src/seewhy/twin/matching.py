"""What a track is and looks like: IsA, HasAttribute. And the scene's attributes: SceneIs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seewhy.twin.facts import NO, PRIOR, YES, Fact, TwinFacts, answer_of, at_that_time, make_truth
from seewhy.twin.looks import alike, known_values, value
from seewhy.twin.vocabulary import (
    BROADER,
    GENERIC_WORDS,
    PERSON_WORDS,
    PLAIN_PERSON_WORDS,
    SHAPE_NOUNS,
    noun,
    with_article,
)
from seewhy.types.hit import Truth
from seewhy.types.query import HasAttribute, IsA, SceneIs
from seewhy.types.time import Span
from seewhy.types.twin import GENERIC_CATEGORY, Attribute, AttributeKind, Label

SORT_OF_PERSON = 0.75
"""how far a person fits "a man", "a rider", ...: a label that says only "person" leaves that open"""
WIDER = 0.4
"""how far an animal fits "a dog": the label is true of dogs, and of others"""
HEAD_NOUN = 0.8
"""how far a car fits "a race car": the noun is right, what stands before it is not known"""
ELSEWHEN = 0.15
"""the score of a look that it has, but not then"""
TRUSTED = 0.5
"""a label or attribute with a lower score says too little to contradict"""


def is_a(facts: TwinFacts, predicate: IsA, track: int) -> Truth:
    """Is the track what the word says?"""
    key = ("is_a", predicate.category, track)
    truth = facts.truths.get(key)
    if truth is None:
        truth = facts.truths.put(key, _is_a(facts, predicate.category, track))
    return truth


def _is_a(facts: TwinFacts, category: str, number: int) -> Truth:
    track, name = facts.tracks[number], facts.name(number)
    asked = noun(category)
    span = facts.in_view(number)
    if asked in GENERIC_WORDS:
        return make_truth("yes", 1.0, f"{name} is a thing, as everything tracked is", (number,), span)
    named = [label for label in track.labels if noun(label.name) not in GENERIC_WORDS]
    score, label = max(((_matches(asked, label), label) for label in named), key=lambda m: m[0], default=(0.0, None))
    if label is not None and score > 0:
        text = f"{label.source} says that {name} is {with_article(label.name)} ({label.score:.2f})"
        return make_truth(answer_of(score), score, text, (number,), span, {"label_score": label.score, "score": score})
    if named and named[0].score >= TRUSTED:
        other = named[0]
        text = f"{name} is {with_article(other.name)} ({other.score:.2f}, {other.source}), not {with_article(category)}"
        return make_truth("no", 0.3 * (1 - other.score), text, (number,), span, {"label_score": other.score})
    shape = SHAPE_NOUNS.get(asked.rpartition(" ")[2])
    if shape is not None and track.values("shape"):
        return _by_shape(facts, number, category, *shape)
    may = with_article(category)
    text = f"no specialist could name {name}; it is only known as {GENERIC_CATEGORY!r}, so it may be {may}"
    return make_truth("unknown", PRIOR, text, (number,), span)


def _matches(asked: str, label: Label) -> float:
    """How far a label makes its track what is asked for, 0..1; both are the twin's nouns."""
    said = noun(label.name)
    wider = BROADER.get(said, frozenset())
    if asked == said or asked in wider or (label.broader is not None and asked == noun(label.broader)):
        return label.score
    if asked in PERSON_WORDS and (said in PERSON_WORDS or (label.broader and noun(label.broader) == "person")):
        return label.score * (1.0 if asked in PLAIN_PERSON_WORDS else SORT_OF_PERSON)
    if said in BROADER.get(asked, frozenset()):
        return label.score * WIDER
    head = asked.rpartition(" ")[2]
    if head != asked:
        return HEAD_NOUN * _matches(head, label)
    return label.score if asked in said.split() else 0.0


def _by_shape(facts: TwinFacts, number: int, category: str, shape: str, weight: float) -> Truth:
    track, name = facts.tracks[number], facts.name(number)
    best = max(track.values("shape"), key=lambda a: (alike("shape", shape, a.value) * a.score, a.score))
    likeness = alike("shape", shape, best.value)
    span = facts.in_view(number)
    numbers = {"shape_score": best.score, "likeness": likeness}
    if likeness == 0 and best.score < TRUSTED:
        text = f"the shape of {name} is uncertain, so it may be {with_article(category)}"
        return make_truth("unknown", PRIOR, text, (number,), span, numbers)
    score = weight * likeness * (0.5 + 0.5 * best.score)
    verb = "is" if likeness == 1 else "is rather" if likeness else "is not that but"
    told = f"{verb} {best.value} in shape ({best.score:.2f})"
    text = f"{name} {told}, which is what {with_article(category)} is judged by here"
    return make_truth(answer_of(score), score, text, (number,), span, numbers)


def has_attribute(facts: TwinFacts, predicate: HasAttribute, track: int) -> Truth:
    """Does the track look so, at that time?"""
    key = ("has", predicate.attribute, predicate.value, predicate.when, track)
    truth = facts.truths.get(key)
    if truth is None:
        said = facts.tracks[track].values(predicate.attribute)
        found = _has(facts, predicate, said, facts.name(track), (track,), facts.presence[track])
        truth = facts.truths.put(key, found)
    return truth


def scene_is(facts: TwinFacts, predicate: SceneIs) -> Truth:
    """Is the whole picture so, at that time?"""
    key = ("scene", predicate.attribute, predicate.value, predicate.when)
    truth = facts.truths.get(key)
    if truth is None:
        said = facts.scene.get(predicate.attribute, ())
        whole = (Span(start=0.0, end=facts.end),)
        truth = facts.truths.put(key, _has(facts, predicate, said, "the picture", (), whole))
    return truth


def _has(
    facts: TwinFacts,
    predicate: HasAttribute | SceneIs,
    said: Sequence[Attribute],
    name: str,
    tracks: tuple[int, ...],
    present: tuple[Span, ...],
) -> Truth:
    kind, wanted, when = predicate.attribute, predicate.value, predicate.when
    what = kind.replace("_", " ")
    if not said:
        return make_truth("unknown", PRIOR, f"no specialist said what the {what} of {name} is", tracks)
    holding = attribute_facts(said, predicate, present)
    known = ", ".join(dict.fromkeys(f"{a.value} ({a.score:.2f})" for a in said[:4]))
    best, share = facts.pick(holding, when, present) if holding else (None, 0.0)
    if best is None:
        if holding:
            text = f"the {what} of {name} is {wanted}, but not {at_that_time(when)}"
            return make_truth("no", ELSEWHEN, text, tracks, holding[0].span, {"share": share})
        surest = max((a.score for a in said if _excludes(kind, a.value)), default=0.0)
        score = PRIOR * (1 - surest)
        if surest < TRUSTED:
            return make_truth(
                "unknown", PRIOR, f"the {what} of {name} is {known}; whether {wanted}, too, is not known", tracks
            )
        return make_truth("no", score, f"the {what} of {name} is {known}, not {wanted}", tracks, None)
    relation = "is" if best.said == wanted or best.score >= YES else "may be"
    text = f"the {what} of {name} {relation} {best.said}; asked for {wanted}; said: {known}"
    return make_truth(answer_of(best.score), best.score, text, tracks, best.span, {"score": best.score})


def _excludes(kind: AttributeKind, said: str) -> bool:
    """Whether a value speaks against others of its kind: those of a closed list do. Who sits may also smile, and a
    fluffy thing may be striped."""
    if kind == "palette":
        return True
    return value(kind, said) in known_values(kind)


def attribute_facts(
    said: Iterable[Attribute], predicate: HasAttribute | SceneIs, present: tuple[Span, ...]
) -> list[Fact]:
    """When the attribute holds, with the score of the value said times its likeness to the one asked for."""
    found: list[Fact] = []
    for attribute in said:
        score = attribute.score * alike(predicate.attribute, predicate.value, attribute.value)
        if score > NO / 2:
            spans = (attribute.span,) if attribute.span else present
            found += [Fact(span, score, attribute.source, attribute.value) for span in spans]
    return found
