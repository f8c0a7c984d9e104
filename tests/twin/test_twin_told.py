"""What others tell of a thing that geometry has measured: kept apart, in answers, records and sentences."""

from __future__ import annotations

import pytest
from twinmaker import Maker, line, stand

from seewhy.twin.derive import derive
from seewhy.twin.digest import digest
from seewhy.twin.facts import TOLD_SCORE
from seewhy.twin.predicates import evaluate
from seewhy.twin.sentences import components
from seewhy.types.hit import Truth
from seewhy.types.query import Happens, HasAttribute, Order, Related
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, Event, EventName, Twin

AB = {"a": 1, "b": 2}


def told(action: str, subject: int | None = 1, object_: int | None = None, start: float = 1, end: float = 2) -> Event:
    span = Span(start=start, end=end)
    return Event(subject=subject, action=action, object=object_, span=span, score=0.9, source="describe:m@1")


def twin_of(*events: Event, goes_right: bool = False) -> Twin:
    """A thing that stands or goes to the right, and another that stands."""
    maker = Maker()
    maker.add(line(0.1, 0.5, 0.6, 0.5, 0, 4) if goes_right else stand(0.2, 0.5))
    maker.add(stand(0.8, 0.2))
    maker.events += events
    return derive(maker.twin())


def happens(twin: Twin, event: EventName, other: str | None = None) -> Truth:
    return evaluate(Happens(subject="a", event=event, object=other), twin, AB)


@pytest.mark.parametrize("action", ["stops", "halts at the door", "stopping"])
def test_what_is_told_against_geometry_is_a_doubt_and_no_more(action: str) -> None:
    truth = happens(twin_of(told(action), goes_right=True), "stops")
    assert truth.answer == "unknown"
    assert truth.evidence.text.startswith("describe:m@1 tells that")
    assert happens(twin_of(goes_right=True), "stops").answer == "no"


@pytest.mark.parametrize("action", ["moves_left", "moves to the left", "runs left"])
def test_directions_are_geometrys_alone(action: str) -> None:
    assert happens(twin_of(told(action), goes_right=True), "moves_left").answer == "no"


def test_what_is_measured_needs_nobody_to_tell_it() -> None:
    alone, both = (happens(twin_of(*more, goes_right=True), "moves_right") for more in ((), (told("moves_right"),)))
    assert alone == both
    assert alone.answer == "yes"
    assert TOLD_SCORE not in alone.evidence.numbers


def test_what_geometry_cannot_see_is_told() -> None:
    maker = Maker()
    maker.add(lambda t: (0.5, 0.5) if t < 0.3 else None)
    maker.add(stand(0.8, 0.5))
    maker.events += [told("running to the right"), told("chases", object_=2), told("rains", None)]
    twin = derive(maker.twin())
    for event, other in (("moves_right", None), ("follows", "b"), ("follows", None)):
        truth = happens(twin, event, other)  # type: ignore[arg-type]  # names of events
        assert truth.answer == "yes", event
        assert truth.evidence.numbers[TOLD_SCORE] == 0.9


def test_an_order_of_what_is_told_is_told() -> None:
    maker = Maker()
    maker.add(lambda t: (0.5, 0.5) if t < 0.3 else None)
    maker.events += [told("turns", start=1, end=1.5), told("stops", start=2, end=2.5)]
    turns, stops = Happens(subject="a", event="turns"), Happens(subject="a", event="stops")
    twin = derive(maker.twin())
    right = evaluate(Order(first=turns, then=stops), twin, AB)
    assert (right.answer, right.evidence.numbers[TOLD_SCORE]) == ("yes", 0.9)
    wrong = evaluate(Order(first=stops, then=turns), twin, AB)
    assert (wrong.answer, wrong.evidence.numbers[TOLD_SCORE]) == ("no", 0.9)


@pytest.mark.parametrize(
    ("action", "event"),
    [
        ("stops", "stops"),
        ("turns", "turns"),
        ("drops", "moves_down"),
        ("enters", "appears"),
        ("sits on", "stays_still"),
    ],
)
def test_what_is_done_to_something_is_no_motion_of_the_doer(action: str, event: EventName) -> None:
    maker = Maker()
    maker.add(lambda t: (0.5, 0.5) if t < 0.3 else None)
    maker.add(stand(0.8, 0.5))
    maker.events.append(told(action, object_=2))
    assert TOLD_SCORE not in happens(derive(maker.twin()), event).evidence.numbers


def test_being_hidden_as_told_says_no_more_of_depth_than_a_word() -> None:
    truth = evaluate(Related(subject="a", relation="behind", object="b"), twin_of(told("hides behind", 1, 2)), AB)
    assert truth.evidence.numbers[TOLD_SCORE] == pytest.approx(0.81)


def test_records_quote_what_was_told_and_say_nothing_twice() -> None:
    text = digest(twin_of(told("moves_right"), told("moves_left"), told("enters", object_=2), goes_right=True)).text
    assert 't1 "moves left"' in text
    assert '"enters" t2' in text
    assert text.count("moves right") == 1
    assert '"moves right"' not in text


def test_sentences_say_the_motions_that_were_measured() -> None:
    said = [one.text for one in components(twin_of(told("moves_left", start=0, end=9), told("waves"), goes_right=True))]
    assert any("moving to the right" in text for text in said)
    assert not any("left" in text.split() and "move" in text for text in said)
    assert any("waves" in text for text in said)


@pytest.mark.parametrize(("kind", "said", "asked"), [("state", "sitting", "wet"), ("texture", "fluffy", "striped")])
def test_a_word_of_an_open_list_contradicts_nothing(kind: str, said: str, asked: str) -> None:
    twin = twin_of()
    like = Attribute(kind=kind, value=said, score=0.9, source="describe:m@1")  # type: ignore[arg-type]
    track = twin.tracks[0].model_copy(update={"attributes": (like,)})
    seen = twin.model_copy(update={"tracks": (track, twin.tracks[1])})
    asking = HasAttribute(subject="a", attribute=kind, value=asked)  # type: ignore[arg-type]
    assert evaluate(asking, seen, AB).answer == "unknown"


def test_states_have_their_time() -> None:
    spans = (Span(start=0, end=2), Span(start=3, end=4))
    states = [
        Attribute(kind="state", value=word, score=0.9, source="describe:m@1", span=span)
        for word, span in zip(("closed", "open"), spans, strict=True)
    ]
    twin = twin_of()
    track = twin.tracks[0].model_copy(update={"attributes": tuple(states)})
    seen = twin.model_copy(update={"tracks": (track, twin.tracks[1])})
    answers = {
        when: evaluate(HasAttribute(subject="a", attribute="state", value="open", when=when), seen, AB).answer  # type: ignore[arg-type]
        for when in ("any", "start", "end", "throughout")
    }
    assert answers == {"any": "yes", "start": "no", "end": "yes", "throughout": "no"}
