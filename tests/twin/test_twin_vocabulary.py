"""Every word of the twin's vocabulary can be derived from observations, and asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from twinmaker import Maker, during, line, stand

from seewhy.twin.derive import derive
from seewhy.twin.predicates import evaluate
from seewhy.types.query import Happens, Measure, Related, Superlative
from seewhy.types.time import Span
from seewhy.types.twin import EVENT_NAMES, RELATION_NAMES, Attribute, Twin


def _bend(t: float) -> tuple[float, float]:
    return (0.2 + 0.3 * t / 2, 0.2) if t < 2 else (0.5, 0.2 + 0.5 * (t - 2) / 2)


def _alone(place: Callable[[float], tuple[float, float] | None], **looks: object) -> Twin:
    maker = Maker(jitter=0.002)
    maker.add(place, **looks)  # type: ignore[arg-type]
    return derive(maker.twin())


def _two(
    a: Callable[[float], tuple[float, float] | None],
    b: Callable[[float], tuple[float, float] | None],
    sizes: tuple[float, float] = (0.12, 0.12),
    depths: tuple[float | None, float | None] = (None, None),
) -> Twin:
    maker = Maker(jitter=0.002)
    maker.add(a, sizes[0], depth=depths[0])
    maker.add(b, sizes[1], depth=depths[1])
    return derive(maker.twin())


RED_THEN_BLUE = [
    Attribute(kind="color", value=value, score=0.9, source="t@1", span=Span(start=start, end=start + 2))
    for value, start in (("red", 0), ("blue", 2))
]
EVENTS: dict[str, Twin] = {
    "enters": _alone(line(-0.2, 0.5, 0.6, 0.5, 0, 3)),
    "leaves": _alone(line(0.4, 0.5, 1.2, 0.5, 0, 3)),
    "appears": _alone(during(stand(0.5, 0.5), 1.5, 4)),
    "disappears": _alone(during(stand(0.5, 0.5), 0, 2.5)),
    "moves": _alone(_bend),
    "stays_still": _alone(stand(0.5, 0.5)),
    "moves_left": _alone(line(0.8, 0.5, 0.2, 0.5, 0, 4)),
    "moves_right": _alone(line(0.2, 0.5, 0.8, 0.5, 0, 4)),
    "moves_up": _alone(line(0.5, 0.8, 0.5, 0.2, 0, 4)),
    "moves_down": _alone(line(0.5, 0.2, 0.5, 0.8, 0, 4)),
    "starts": _alone(line(0.2, 0.5, 0.8, 0.5, 2, 4)),
    "stops": _alone(line(0.2, 0.5, 0.8, 0.5, 0, 2)),
    "turns": _alone(_bend),
    "speeds_up": _alone(lambda t: (0.15 + 0.7 * (t / 4) ** 3, 0.5)),
    "slows_down": _alone(lambda t: (0.85 - 0.7 * (1 - t / 4) ** 3, 0.5)),
    "grows": _alone(stand(0.5, 0.5), size=lambda t: 0.1 + 0.1 * t),
    "shrinks": _alone(stand(0.5, 0.5), size=lambda t: 0.5 - 0.1 * t),
    "changes_color": _alone(stand(0.5, 0.5), attributes=RED_THEN_BLUE),
    "approaches": _two(line(0.1, 0.5, 0.7, 0.5, 0, 4), stand(0.9, 0.5)),
    "moves_away": _two(line(0.7, 0.5, 0.1, 0.5, 0, 4), stand(0.9, 0.5)),
    "passes": _two(line(0.1, 0.5, 0.9, 0.5, 0, 4), stand(0.5, 0.7)),
    "follows": _two(line(0.05, 0.5, 0.65, 0.5, 0, 4), line(0.3, 0.5, 0.9, 0.5, 0, 4)),
    "hidden_by": _two(lambda t: None if 1.5 < t < 2.5 else (0.1 + 0.8 * t / 4, 0.5), stand(0.5, 0.5), (0.12, 0.4)),
}
PLACES: dict[str, Twin] = {
    "left_of": _two(stand(0.2, 0.5), stand(0.8, 0.5)),
    "right_of": _two(stand(0.8, 0.5), stand(0.2, 0.5)),
    "above": _two(stand(0.5, 0.2), stand(0.5, 0.8)),
    "below": _two(stand(0.5, 0.8), stand(0.5, 0.2)),
    "inside": _two(stand(0.5, 0.5), stand(0.5, 0.5), (0.1, 0.5)),
    "overlaps": _two(stand(0.45, 0.5), stand(0.55, 0.5), (0.3, 0.3)),
    "near": _two(stand(0.45, 0.5), stand(0.55, 0.5), (0.15, 0.15)),
    "in_front_of": _two(stand(0.45, 0.5), stand(0.55, 0.5), (0.3, 0.3), (0.0, 1.0)),
    "behind": _two(stand(0.45, 0.5), stand(0.55, 0.5), (0.3, 0.3), (1.0, 0.0)),
}


def test_the_tables_are_whole() -> None:
    assert set(EVENTS) == set(EVENT_NAMES)
    assert set(PLACES) == set(RELATION_NAMES)


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_is_derived_and_answered(event: str) -> None:
    twin = EVENTS[event]
    other = "b" if len(twin.tracks) == 2 else None
    assert any(found.action == event and found.subject == 1 for found in twin.events)
    asked = Happens(subject="a", event=event, object=other)  # type: ignore[arg-type]
    assert evaluate(asked, twin, {"a": 1, "b": 2}).answer == "yes"


@pytest.mark.parametrize("relation", PLACES)
def test_every_relation_is_answered_and_not_the_other_way_round(relation: str) -> None:
    asked = Related(subject="a", relation=relation, object="b")  # type: ignore[arg-type]
    assert evaluate(asked, PLACES[relation], {"a": 1, "b": 2}).answer == "yes"
    reverse = "yes" if relation in {"overlaps", "near"} else "no"
    assert evaluate(asked, PLACES[relation], {"a": 2, "b": 1}).answer == reverse


@pytest.fixture(scope="module")
def contest() -> Twin:
    """1 is most of one half of the measures, 2 of the other half; 3 is between them in everything."""
    maker = Maker(jitter=0.002)
    maker.add(during(line(0.1, 0.1, 0.35, 0.1, 0, 4), 0.0, 4), 0.3, depth=0.0)
    maker.add(during(stand(0.9, 0.9), 1.5, 3), 0.08, depth=1.0)
    maker.add(during(line(0.45, 0.5, 0.57, 0.5, 0, 4), 0.5, 3), 0.18, depth=0.5)
    return derive(maker.twin())


MOST = {
    "largest": 1, "smallest": 2, "leftmost": 1, "rightmost": 2, "highest": 1, "lowest": 2, "nearest": 1,
    "farthest": 2, "fastest": 1, "slowest": 2, "first": 1, "last": 2, "longest": 1,
}  # fmt: skip


@pytest.mark.parametrize("measure", get_args(Measure))
def test_every_superlative_has_one_winner(contest: Twin, measure: str) -> None:
    asked = Superlative(subject="x", measure=measure)  # type: ignore[arg-type]
    answers = {track: evaluate(asked, contest, {"x": track}).answer for track in (1, 2, 3)}
    assert answers == {track: "yes" if track == MOST[measure] else "no" for track in (1, 2, 3)}
