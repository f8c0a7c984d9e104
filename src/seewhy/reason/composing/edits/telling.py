"""Claims in plain sentences, and the trace of an edit: what is different then, what stays, what goes, what comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from seewhy.plain import plain
from seewhy.reason.composing.edits.wishes import Claim, Wishes
from seewhy.reason.english.wording import Look, look_of, restate
from seewhy.twin.sentences import describe_track
from seewhy.twin.vocabulary import EVENT_PARTICIPLES, EVENT_PHRASES, with_article
from seewhy.types.query import Counted, Happens, HasAttribute, Order, Predicate, SceneIs
from seewhy.types.trace import MOST_ASSERTIONS, Alteration, Facet, Trace
from seewhy.types.twin import AttributeKind, Component, Twin

FACETS: Mapping[AttributeKind, Facet] = {"camera_motion": "camera", "shot_scale": "camera", "pace": "tempo"}
"""of what is said of the picture; the others are of the scene"""
MOST_KEPT, MOST_GONE = 6, 4
"""things told of each"""
MOST_OF_TARGET = 600
"""characters of the description of the target"""
TOLD = 4
"""sentences of the target, besides that of the whole picture"""


def say(claim: Claim, looks: Mapping[str, Look]) -> str:
    """One plain sentence: "the striped round object is blue", "not: a dog is there"."""
    predicate = claim.predicate
    text = restate(predicate, looks)
    if isinstance(predicate, HasAttribute):
        _, _, is_so = text.partition(" is ")
        rest = _without(looks[predicate.subject], predicate.attribute)
        text = f"the {rest.named if rest.category else rest.phrase} is {is_so}"
    return f"not: {text}" if claim.negated else text


def _without(look: Look, kind: AttributeKind) -> Look:
    """What else is said of its looks."""
    return Look(
        category=look.category,
        noun=look.noun,
        size="" if kind == "size" else look.size,
        colors=() if kind == "color" else look.colors,
        texture="" if kind == "texture" else look.texture,
        shape="" if kind == "shape" else look.shape,
    )


def tell(
    wishes: Wishes,
    asked: Sequence[Claim],
    staying: Sequence[Claim],
    target: Twin,
    sentences: Sequence[Component],
    looks: Mapping[str, Look],
) -> Trace:
    """The trace of what was asked for and follows.

    Args:
        asked: claims of the edit and of what follows from it.
        staying: claims of what is kept.
        target: the imagined target twin.
        sentences: its sentences, the most affected first.
        looks: how entities are named.
    """
    said: dict[Facet, list[str]] = {facet: [] for facet in ("states", "actions", "scene", "camera", "tempo")}
    absent = {thing.id: thing.phrase for thing in wishes.things.values() if thing.absent}  # told in `remove`
    for claim in asked:
        subject = getattr(claim.predicate, "subject", None)
        of_a_sort = subject is not None and subject not in wishes.things  # told with how many there are
        if subject not in absent and not (of_a_sort and not isinstance(claim.predicate, Counted)):
            said[_facet(claim.predicate)].append(say(claim, looks))
    came = [thing.phrase for thing in wishes.things.values() if thing.track is None and not thing.absent]
    gone = [wishes.cast.phrase(track) for track in wishes.gone]
    return Trace(
        **{facet: _few(lines, MOST_ASSERTIONS) for facet, lines in said.items()},
        keep=_few([*wishes.kept, *_kept(staying, looks)], MOST_KEPT),
        remove=_few(absent.values() or gone, MOST_GONE),
        add=_few(came, MOST_GONE),
        alter=_altered(wishes, target),
        target=_target(sentences, [*absent.values()]),
    )


def _facet(predicate: Predicate) -> Facet:
    if isinstance(predicate, SceneIs):
        return FACETS.get(predicate.attribute, "scene")
    return "actions" if isinstance(predicate, Happens | Order) else "states"


def _kept(staying: Sequence[Claim], looks: Mapping[str, Look]) -> list[str]:
    """Things with what they do, then the picture: "a gray square object, staying still"."""
    by_entity: dict[str, list[Predicate]] = {}
    picture: list[str] = []
    for claim in staying:
        subject = getattr(claim.predicate, "subject", None)
        if subject is None:
            picture.append(say(claim, looks))
        else:
            by_entity.setdefault(subject, []).append(claim.predicate)
    lines: list[str] = []
    for entity, predicates in by_entity.items():
        alone = [p.event for p in predicates if isinstance(p, Happens) and p.object is None]
        does = [EVENT_PARTICIPLES.get(event, EVENT_PHRASES[event]) for event in alone]
        look = look_of(predicates, entity)
        lines.append(", ".join([with_article(look.named if look.category else look.phrase), *does]))
    return [*lines, *picture]


def _altered(wishes: Wishes, target: Twin) -> tuple[Alteration, ...]:
    """Things that are described in other words afterwards."""
    pairs: list[Alteration] = []
    for thing in wishes.things.values():
        if thing.track is None or thing.track not in target.track_by_id:
            continue
        before = describe_track(wishes.cast.track(thing.track))
        after = describe_track(target.track_by_id[thing.track])
        if before != after:
            pairs.append(Alteration(what=before, into=after))
    return tuple(pairs)[:MOST_ASSERTIONS]


def _target(sentences: Sequence[Component], absent: Sequence[str]) -> str:
    whole = [sentence.text for sentence in sentences if sentence.kind == "scene"][:1]
    others = [sentence.text for sentence in sentences if sentence.kind in {"object", "event"}]
    without = [f"without {phrase}" for phrase in absent][:MOST_GONE]
    return plain(". ".join([*whole, *dict.fromkeys(others[:TOLD]), *without]), MOST_OF_TARGET)


def _few(lines: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))[:most]
