"""Where code knows a word well enough to contradict a language model.

A judging model sees nothing that the twin does not say; what it has more of is language. So what code answers by
geometry stands, and what it answers by words stands where it knows both words: the one asked for and the one that
the twin says. A cat is no dog and blue is not red; whether a person is a musician, code cannot tell from the words.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence

from seewhy.reason.plan import Plan
from seewhy.twin.facts import TOLD_SCORE
from seewhy.twin.looks import known_values, value
from seewhy.twin.predicates import evaluate
from seewhy.twin.vocabulary import BROADER, GENERIC_WORDS, PERSON_WORDS, SHAPE_NOUNS, noun
from seewhy.types.hit import ConditionVerdict
from seewhy.types.query import (
    Comparator,
    Condition,
    Counted,
    Happens,
    HasAttribute,
    IsA,
    Order,
    Predicate,
    Related,
    SceneIs,
    Superlative,
)
from seewhy.types.twin import Attribute, Label, Twin

SURE = 0.6
"""A label, look or score under this is too doubtful for code to insist on."""
LOOSE = frozenset(("pet", "bird", "fish", "fruit"))
"""Nouns that may name the same animal or food as a narrower one beside them: a duck is a bird."""
OPEN_KINDS = frozenset(("palette",))
"""Attributes with a list of words that is not all there is."""
COMPARE: Mapping[Comparator, Callable[[int, int], bool]] = {
    "==": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
}


def certain(
    plan: Plan, condition: Condition, twin: Twin, bound: Mapping[str, int | None], code: ConditionVerdict
) -> bool:
    """Whether the answer that code gives to a condition under a binding overrides a language model's.

    - unknown never does, nor does anything without a predicate;
    - relations and events do, where geometry measured them and nobody's word stands behind it; orders of what does;
    - a category, a look or the scene does where code knows the words (see `sure_of`);
    - a count does where it stays what it is whichever of the tracks fit of which code is not sure; a superlative where
      code is sure, of every track, whether it fits the description;
    - that something is absent: the thing that is there after all does; that nothing fits does where code is sure, of
      every track, that it does not fit.
    """
    predicate = condition.predicate
    if predicate is None or code.answer == "unknown":
        return False
    group = plan.group_of[condition.id]
    if group is not None:
        # A witness against an absence fits every word by code's own reading of them.
        return code.answer == "no" or not _doubtful(twin, _said_of(plan, group))
    if isinstance(predicate, Counted | Superlative):
        described = plan.described(condition).get(predicate.subject, ())
        doubtful = _doubtful(twin, [says for says in described if isinstance(says, IsA | HasAttribute)])
        return not doubtful or (isinstance(predicate, Counted) and _same_count(predicate, code, doubtful))
    if TOLD_SCORE in code.evidence.numbers:
        return False
    if isinstance(predicate, Order):
        return all(_sure_part(part, twin, bound) for part in (predicate.first, predicate.then))
    return _sure_part(predicate, twin, bound)


def _sure_part(predicate: Predicate, twin: Twin, bound: Mapping[str, int | None]) -> bool:
    return geometric(predicate) or sure_of(predicate, twin, _track(predicate, bound))


def _said_of(plan: Plan, group: str) -> Sequence[IsA | HasAttribute]:
    """The unary predicates on a thing that must not be there."""
    return [
        one.predicate
        for one in plan.groups[group]
        if isinstance(one.predicate, IsA | HasAttribute) and one.predicate.subject == group
    ]


def geometric(predicate: Predicate) -> bool:
    """Whether it is answered from where things are and when, not from words."""
    if isinstance(predicate, Order):
        return all(isinstance(part, Happens | Related) for part in (predicate.first, predicate.then))
    return isinstance(predicate, Happens | Related)


def _track(predicate: Predicate, bound: Mapping[str, int | None]) -> int | None:
    return bound.get(predicate.subject) if isinstance(predicate, IsA | HasAttribute) else None


def _doubtful(twin: Twin, descriptions: Sequence[IsA | HasAttribute]) -> list[bool]:
    """For each track of which code says whether it fits by words that it does not know: whether it says that it does.
    Tracks that may or may not fit are not among them: they were counted as such."""
    found: list[bool] = []
    for track in twin.track_by_id:
        said = [
            (evaluate(says, twin, {says.subject: track}).answer, sure_of(says, twin, track)) for says in descriptions
        ]
        if ("no", True) not in said and any(answer != "unknown" and not sure for answer, sure in said):
            found.append(all(answer != "no" for answer, _ in said))
    return found


def _same_count(predicate: Counted, code: ConditionVerdict, doubtful: Sequence[bool]) -> bool:
    """Whether a count's answer stays the same when doubtful tracks fit that did not, or do not fit that did."""
    numbers = code.evidence.numbers
    if not {"at_least", "at_most"} <= set(numbers):
        return False
    least = int(numbers["at_least"]) - sum(doubtful)
    most = int(numbers["at_most"]) + len(doubtful) - sum(doubtful)
    holds = {COMPARE[predicate.comparator](number, predicate.number) for number in range(max(least, 0), most + 1)}
    return len(holds) == 1


def sure_of(predicate: Predicate, twin: Twin, track: int | None) -> bool:
    """Whether code's yes or no to a category, a look or the scene rests on words that it knows, said surely.

    Args:
        track: whom it is about; of the scene, None. Of anything else None makes nothing sure.
    """
    if isinstance(predicate, SceneIs):
        pace = (twin.tempo.pace,) if twin.tempo.pace else ()
        said = [a for a in (*twin.scene.attributes, *twin.camera.attributes, *pace) if a.kind == predicate.attribute]
        return _look_is_sure(predicate, said, evaluate(predicate, twin, {}).score)
    if track is None or not isinstance(predicate, IsA | HasAttribute):
        return False
    owner = twin.track_by_id[track]
    if isinstance(predicate, HasAttribute):
        score = evaluate(predicate, twin, {predicate.subject: track}).score
        return _look_is_sure(predicate, owner.values(predicate.attribute), score)
    asked = noun(predicate.category)
    named = [label for label in owner.labels if noun(label.name) not in GENERIC_WORDS]
    shape = SHAPE_NOUNS.get(asked.rpartition(" ")[2])
    if not named and shape is not None:  # what no one could name is judged by its shape
        return sure_of(HasAttribute(subject=predicate.subject, attribute="shape", value=shape[0]), twin, track)
    return asked in GENERIC_WORDS or _name_is_sure(asked, named)


def _look_is_sure(predicate: HasAttribute | SceneIs, said: Sequence[Attribute], score: float) -> bool:
    known = known_values(predicate.attribute)
    if predicate.attribute in OPEN_KINDS or value(predicate.attribute, predicate.value) not in known:
        return False
    sure = [attribute for attribute in said if attribute.score >= SURE]
    in_doubt = 1 - SURE < score < SURE
    return bool(sure) and not in_doubt and all(value(a.kind, a.value) in known for a in sure)


def _name_is_sure(asked: str, named: Sequence[Label]) -> bool:
    if not named or named[0].score < SURE:
        return False
    same = any(_names(asked, label) and label.score >= SURE for label in named)
    return same or all(differ(asked, noun(label.name)) for label in named)


def _names(asked: str, label: Label) -> bool:
    said = noun(label.name)
    broader = label.broader is not None and noun(label.broader) == asked
    return asked == said or asked in BROADER.get(said, frozenset()) or broader


def differ(asked: str, said: str) -> bool:
    """Whether two nouns, both in the twin's wording, are known to name different kinds of thing.

    >>> differ("dog", "cat"), differ("dog", "car"), differ("bird", "duck"), differ("musician", "person")
    (True, True, False, False)
    """
    kinds_asked, kinds_said = _kinds(asked), _kinds(said)
    if not kinds_asked or not kinds_said:
        return False
    if not kinds_asked & kinds_said:
        return True
    narrow = asked not in kinds_asked and said not in kinds_said
    return narrow and kinds_asked & kinds_said == {"animal"} and asked != said and not {asked, said} & LOOSE


def _kinds(word: str) -> frozenset[str]:
    """The widest classes that a noun belongs to; none where it is not known."""
    if word in PERSON_WORDS:
        return frozenset(("person",))
    wide = BROADER.get(word, frozenset())
    if wide:
        return frozenset(top for one in wide for top in (BROADER.get(one) or {one}))
    return frozenset((word,)) if word in _WIDEST else frozenset()


_WIDEST = frozenset(top for wide in BROADER.values() for top in wide if top not in BROADER)
