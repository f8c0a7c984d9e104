"""From a model's reply to a verdict: each question with a reply, the conditions it becomes, and two twins."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from decompose_replies import decompose, reply, says
from notation import lines
from worlds import candidate, go, rest, said, thing, world

from seewhy.reason.judge import RulesJudge
from seewhy.types.time import Span
from seewhy.types.twin import Track, Twin

TAU = 0.5


def ball(number: int, x: float = 0.3, y: float = 0.5, color: str = "red", side: float = 0.14) -> Track:
    return thing(number, rest(x, y), color=color, shape="round", side=side)


def box(number: int, x: float = 0.7, y: float = 0.5, color: str = "blue", side: float = 0.14) -> Track:
    return thing(number, rest(x, y), color=color, shape="square", side=side)


RIGHT = thing(1, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round")
LEFT = thing(1, go(0.9, 0.6, 0.1, 0.6), color="red", shape="round")
GOES_ON = thing(1, go(0.1, 0.6, 0.9, 0.6, 0.0, 4.0), color="red", shape="round")
STOPPING = thing(1, go(0.1, 0.6, 0.6, 0.6, 0.0, 1.8), color="red", shape="round")
RED_BALL = (says("is_a e1 ball"), says("color e1 red"))
RED_FIRST = world("early", thing(1, go(-0.1, 0.3, 0.5, 0.3, 0.3, 1.3), color="red"),
                  thing(2, go(1.1, 0.7, 0.5, 0.7, 2.3, 3.3), color="blue"))  # fmt: skip
BLUE_FIRST = world("late", thing(1, go(-0.1, 0.3, 0.5, 0.3, 2.3, 3.3), color="red"),
                   thing(2, go(1.1, 0.7, 0.5, 0.7, 0.3, 1.3), color="blue"))  # fmt: skip
SQUARES = [thing(n, rest(0.2 * n, 0.5), color="green", shape="square", side=0.1) for n in range(1, 4)]
DOG, CAT = (thing(n, rest(0.3 * n, 0.5), label=label) for n, label in ((1, "dog"), (2, "cat")))
CHASE = (thing(1, go(0.05, 0.5, 0.65, 0.5), label="dog"), thing(2, go(0.3, 0.5, 0.9, 0.5), label="cat"))


def repainted(first: str, second: str) -> Track:
    looks = (said("color", first, span=Span(start=0, end=1.8)), said("color", second, span=Span(start=2.2, end=4)))
    return ball(1).model_copy(update={"attributes": looks})


def three_cars(fastest_leaves: bool) -> Twin:
    one = thing(1, go(0.5, 0.2, 1.2, 0.2, 0.3, 2.0), label="car")
    other = thing(2, go(0.3, 0.5, 0.6, 0.5), label="car")
    turns_back = thing(1, go(0.2, 0.2, 0.9, 0.2, 0.3, 2.0), label="car")
    return world("cars", one if fastest_leaves else turns_back, other, thing(3, rest(0.5, 0.8), label="car"))


class Case(NamedTuple):
    question: str
    reply: str
    lines: list[str]
    fits: Twin
    does_not: Twin


CASES = [
    Case(
        "a red ball",
        reply(*RED_BALL, e1="a red ball"),
        ["e1 is ball", "e1 red"],
        world("y", ball(1)),
        world("n", ball(1, color="blue")),
    ),
    Case(
        "A crimson ball moves to the right.",
        reply(says("is_a e1 The Balls"), says("color e1 Crimson"), says("moves_right e1"), e1="a crimson ball"),
        ["e1 is ball", "e1 red", "e1 moves_right"],
        world("y", RIGHT),
        world("n", LEFT),
    ),
    Case(
        "a small striped square",
        reply(says("shape e1 square"), says("texture e1 stripes"), says("size e1 little"), e1="a small striped square"),
        ["e1 square", "e1 striped", "e1 small"],
        world("y", thing(1, rest(0.5, 0.5), shape="square", texture="striped", size="small")),
        world("n", thing(1, rest(0.5, 0.5), shape="square", texture="dotted", size="small")),
    ),
    Case(
        "a dog, seen",
        reply(says("is_a e1 animal"), e1="a dog"),
        ["e1 is animal"],
        world("y", DOG),
        world("n", thing(1, rest(0.5, 0.5), label="car")),
    ),
    Case(
        "a red ball left of a blue box",
        reply(*RED_BALL, says("is_a e2 box"), says("left_of e1 e2"), e1="a red ball", e2="a blue box"),
        ["e1 is ball", "e1 red", "e2 is box", "e1 left_of e2"],
        world("y", ball(1), box(2)),
        world("n", ball(1, x=0.8), box(2, x=0.2)),
    ),
    Case(
        "one red ball above another",
        reply(*RED_BALL, says("is_a e2 ball"), says("above e1 e2"), e1="one red ball", e2="another"),
        ["e1 is ball", "e1 red", "e2 is ball", "e1 above e2"],
        world("y", ball(1, y=0.2), ball(2, y=0.8)),
        world("n", ball(1, y=0.2)),
    ),
    Case(
        "the ball in front of the box",
        reply(says("is_a e1 ball"), says("is_a e2 box"), says("in_front_of e1 e2"), e1="the ball", e2="the box"),
        ["e1 is ball", "e2 is box", "e1 in_front_of e2"],
        world("y", thing(1, rest(0.4, 0.5), shape="round", depth=0.0),
              thing(2, rest(0.5, 0.5), shape="square", depth=1.0)),
        world("n", thing(1, rest(0.4, 0.5), shape="round", depth=1.0),
              thing(2, rest(0.5, 0.5), shape="square", depth=0.0)),
    ),
    Case(
        "a red ball and no blue box",
        reply(*RED_BALL, says("is_a e2 box", no=True), says("color e2 blue", no=True), e1="a red ball", e2="no box"),
        ["e1 is ball", "e1 red", "not e2 is box", "not e2 blue"],
        world("y", ball(1), ball(2, color="blue"), box(3, color="green")),
        world("n", ball(1), box(2)),
    ),
    Case(
        "a red ball that never stops",
        reply(*RED_BALL, says("stops e1", no=True), e1="a red ball"),
        ["e1 is ball", "e1 red", "not e1 stops"],
        world("y", GOES_ON),
        world("n", STOPPING),
    ),
    Case(
        "no dog chases a cat",
        reply(says("is_a e1 dog", no=True), says("is_a e2 cat", no=True), says("follows e1 e2", no=True),
              e1="no dog", e2="a cat"),
        ["not e1 is dog", "not e2 is cat", "not e1 follows e2", "~ no dog chases a cat"],
        world("y", DOG, CAT),
        world("n", *CHASE),
    ),
    Case(
        "first something red comes in, then something blue",
        reply(says("color e1 red"), says("color e2 blue"), says("enters e1"), says("enters e2"), says("before c3 c4"),
              e1="something red", e2="something blue"),
        ["e1 red", "e2 blue", "e1 enters", "e2 enters", "e1 enters < e2 enters"],
        RED_FIRST,
        BLUE_FIRST,
    ),
    Case(
        "the red one does not come in before the blue one",
        reply(says("color e1 red"), says("color e2 blue"), says("enters e1"), says("enters e2"),
              says("before c3 c4", no=True), e1="the red one", e2="the blue one"),
        ["e1 red", "e2 blue", "e1 enters", "e2 enters", "not e1 enters < e2 enters"],
        BLUE_FIRST,
        RED_FIRST,
    ),
    Case(
        "three green squares",
        reply(says("is_a e1 square"), says("color e1 green"), says("exactly e1 3"), e1="three green squares"),
        ["e1 is square", "e1 green", "e1 == 3"],
        world("y", *SQUARES),
        world("n", *SQUARES[:2]),
    ),
    Case(
        "at least two squares",
        reply(says("is_a e1 square"), says("at_least e1 2"), e1="two squares"),
        ["e1 is square", "e1 >= 2"],
        world("y", *SQUARES),
        world("n", SQUARES[0]),
    ),
    Case(
        "squares, but not three or more",
        reply(says("is_a e1 square"), says("at_least e1 3", "three squares are there", no=True), e1="squares"),
        ["e1 is square", "e1 <= 2"],
        world("y", *SQUARES[:2]),
        world("n", *SQUARES),
    ),
    Case(
        "a red ball and zero green squares",
        reply(*RED_BALL, says("is_a e2 square"), says("color e2 green"), says("exactly e2 0"), e1="a red ball",
              e2="zero green squares"),
        ["e1 is ball", "e1 red", "not e2 is square", "not e2 green"],
        world("y", ball(4), box(5, color="blue")),
        world("n", ball(4, y=0.2), *SQUARES),
    ),
    Case(
        "the largest thing is a red ball",
        reply(says("largest e1"), *RED_BALL, e1="the largest thing"),
        ["e1 the largest", "e1 is ball", "e1 red"],
        world("y", ball(1, side=0.3), box(2)),
        world("n", ball(1, side=0.3, color="blue"), box(2, color="red")),
    ),
    Case(
        "the largest ball is red",
        reply(says("is_a e1 ball"), says("largest e1"), says("color e1 red"), e1="the largest ball"),
        ["e1 is ball", "e1 the largest", "e1 red"],
        world("y", ball(1, side=0.2), ball(2, x=0.1, color="blue", side=0.1), box(3, side=0.35)),
        world("n", ball(1, side=0.1), ball(2, x=0.1, color="blue", side=0.2)),
    ),
    Case(
        "the fastest of three cars leaves",
        reply(says("is_a e1 car"), says("exactly e1 3"), says("is_a e2 car"), says("fastest e2"), says("leaves e2"),
              e1="three cars", e2="the fastest"),
        ["e1 is car", "e1 == 3", "e2 is car", "e2 the fastest", "e2 leaves"],
        three_cars(fastest_leaves=True),
        three_cars(fastest_leaves=False),
    ),
    Case(
        "a red ball at night",
        reply(*RED_BALL, says("time_of_day nighttime"), e1="a red ball"),
        ["e1 is ball", "e1 red", "scene night"],
        world("y", ball(1), light="night"),
        world("n", ball(1)),
    ),
    Case(
        "not at night, the camera pans left",
        reply(says("time_of_day night", no=True), says("camera_motion pan left")),
        ["not scene night", "scene pan left"],
        world("y", camera="pan left"),
        world("n", camera="pan right"),
    ),
    Case(
        "a ball turns from red to blue",
        reply(says("is_a e1 ball"), says("color e1 red @start"), says("color e1 blue @end"), says("before c2 c3"),
              e1="a ball"),
        ["e1 is ball", "e1 red @start", "e1 blue @end", "e1 red @start < e1 blue @end"],
        world("y", repainted("red", "blue")),
        world("n", repainted("blue", "red")),
    ),
    Case(
        "a red ball that lies still all the time",
        reply(*RED_BALL, says("stays_still e1 @throughout"), e1="a red ball"),
        ["e1 is ball", "e1 red", "e1 stays_still @throughout"],
        world("y", ball(1)),
        world("n", RIGHT),
    ),
    Case(
        "a dog chases a cat",
        reply(says("is_a e1 dog"), says("is_a e2 kitten"), says("follows e1 e2"), e1="a dog", e2="a cat"),
        ["e1 is dog", "e2 is kitten", "e1 follows e2"],
        world("y", *CHASE),
        world("n", DOG, CAT),
    ),
    Case(
        "something red moves toward the blue box",
        reply(says("color e1 red"), says("is_a e2 box"), says("approaches e1 e2"), e1="something red", e2="the box"),
        ["e1 red", "e2 is box", "e1 approaches e2"],
        world("y", thing(1, go(0.1, 0.5, 0.6, 0.5), color="red"), box(2, x=0.85)),
        world("n", thing(1, go(0.6, 0.5, 0.1, 0.5), color="red"), box(2, x=0.85)),
    ),
    Case(
        "the last to appear is blue",
        reply(says("last e1"), says("color e1 blue"), e1="the last to appear"),
        ["e1 the last", "e1 blue"],
        RED_FIRST,
        BLUE_FIRST,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.question)
def test_a_reply_tells_the_twin_that_fits_from_the_one_that_does_not(case: Case) -> None:
    query = decompose(case.question, case.reply)
    assert lines(query, free=True) == case.lines
    assert not query.not_understood
    assert not query.degraded
    fits, does_not = RulesJudge(tau=TAU).judge(query, [candidate(case.fits), candidate(case.does_not)])
    assert fits.relevance >= TAU > does_not.relevance


SOAKED = reply(
    says("is_a e1 person"),
    says("none", "water is about to hit the person", kind="event", weight=2,
         imagined=("the person jumps into the water", "a wave breaks over the person")),
    says("none", "there is water close by", kind="scene", imagined=("a beach in daylight",)),
    e1="the one who is going to be soaked",
)  # fmt: skip


def test_what_is_only_inferred_is_matched_by_similarity() -> None:
    query = decompose("the one who is going to be soaked", SOAKED)
    assert lines(query, free=True) == [
        "e1 is person",
        "~ water is about to hit the person",
        "~ there is water close by",
    ]
    assert [condition.kind for condition in query.conditions] == ["object", "event", "scene"]
    assert query.conditions[1].imagined == ("the person jumps into the water", "a wave breaks over the person")
    assert not query.not_understood
    twin = world("w", thing(1, rest(0.5, 0.5), label="person"))
    alike = {"c2": (0.8, "the person jumps into the pool"), "c3": (0.7, "a beach at dusk")}
    unlike = {"c2": (0.1, "the person reads"), "c3": (0.2, "a library")}
    wet, dry = RulesJudge(tau=TAU).judge(query, [candidate(twin, alike), candidate(twin, unlike)])
    assert wet.relevance >= TAU > dry.relevance
    assert wet.objects == (1,)


def test_a_guess_that_misses_does_not_rule_a_video_out() -> None:
    """Free conditions are never firm: what is checked decides, and the best guess of several is enough."""
    query = decompose("the one who is going to be soaked", SOAKED)
    person, car = (world(label, thing(1, rest(0.5, 0.5), label=label)) for label in ("person", "car"))
    some = {"c2": (0.62, "a wave rolls over the swimmer"), "c3": (0.3, "an outdoor scene")}
    swimmer, vehicle = RulesJudge(tau=TAU).judge(query, [candidate(person, some), candidate(car, some)])
    assert swimmer.relevance >= TAU > vehicle.relevance
