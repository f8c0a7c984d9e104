"""Questions and what the grammar makes of them. The tables are the documentation of what it understands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from notation import line, lines

from seewhy.bench.synthetic.queries import BENCHMARK, DEMO, Question
from seewhy.reason.rules import RulesDecomposer
from seewhy.types.query import Condition, IsA, Measure, Order
from seewhy.types.twin import EVENT_NAMES, RELATION_NAMES

# fmt: off
TABLE: tuple[tuple[str, str], ...] = (
    ("a red ball moves from left to right",
     "e1 is ball; e1 red; e1 moves_right"),
    ("a red ball left of a blue square",
     "e1 is ball; e1 red; e2 blue; e2 square; e1 left_of e2"),
    ("the large striped square passes behind the green circle",
     "e1 large; e1 striped; e1 square; e2 green; e2 round; e1 hidden_by e2"),
    ("first the red ball stops, then the blue square starts moving",
     "e1 is ball; e1 red; e1 stops; e2 blue; e2 square; e2 starts; e1 stops < e2 starts"),
    ("a ball that never stops",
     "e1 is ball; not e1 stops"),
    ("a scene without a red object",
     "not e1 red"),
    ("no blue square enters",
     "not e1 blue; not e1 square; not e1 enters"),
    ("two red balls and a green triangle",
     "e1 is ball; e1 red; e1 == 2; e2 green; e2 triangular"),
    ("the ball follows the square",
     "e1 is ball; e2 square; e1 follows e2"),
    ("the square is followed by the ball",
     "e1 square; e2 is ball; e2 follows e1"),
    ("a red ball moves left and a blue square moves right",
     "e1 is ball; e1 red; e1 moves_left; e2 blue; e2 square; e2 moves_right"),
    ("a ball that is not red",
     "e1 is ball; not e1 red"),
    ("after the ball stops, the square moves up",
     "e1 is ball; e1 stops; e2 square; e2 moves_up; e1 stops < e2 moves_up"),
    ("the ball stops before the square enters",
     "e1 is ball; e1 stops; e2 square; e2 enters; e1 stops < e2 enters"),
    ("three balls, one of them moves left",
     "e1 is ball; e1 == 3; e1 moves_left"),
    ("two balls; one moves left, the other moves right",
     "e1 is ball; e1 == 2; e1 moves_left; e2 is ball; e2 moves_right"),
    ("a person left the room",
     "e1 is person; e1 leaves"),
    ("a person turned left",
     "e1 is person; e1 moves_left; e1 turns"),
    ("a small object rolls slowly to the left of the square",
     "e1 small; e1 moves; e2 square; e1 left_of e2"),
    ("the largest object moves toward the camera",
     "e1 the largest; e1 grows"),
    ("a red ball is hidden by a blue box at the end",
     "e1 is ball; e1 red; e2 is box; e2 blue; e1 hidden_by e2 @end"),
    ("two people pass each other",
     "e1 is person; e1 == 2; e2 is person; e1 passes e2"),
    ("a red one and a white one pass each other",
     "e1 red; e2 white; e1 passes e2"),
    ("at the beginning a ball is still, then it moves up",
     "e1 is ball; e1 stays_still @start; e1 moves_up; e1 stays_still @start < e1 moves_up"),
    ("nobody moves",
     "not e1 is person; not e1 moves"),
    ("a ball without stripes",
     "e1 is ball; not e1 striped"),
    ("a red ball without stopping moves to the right",
     "e1 is ball; e1 red; not e1 stops; e1 moves_right"),
    ("find a video where the camera pans left and a dog runs",
     "scene pan left; e1 is dog; e1 moves"),
    ("an orange rolls to the right",
     "e1 is orange; e1 moves_right"),
    ("the last one to appear is red",
     "e1 the last; e1 red"),
    ("a square that changes color from red to blue",
     "e1 square; e1 changes_color; e1 red @start; e1 blue @end"),
    ("a ball with a square on its left",
     "e1 is ball; e2 square; e2 left_of e1"),
    ("moves to the right",
     "e1 moves_right"),
    ("the ball enters from the left and leaves at the top",
     "e1 is ball; e1 enters; e1 moves_right; e1 leaves; e1 moves_up"),
    ("the ball on the left is red",
     "e1 is ball; e1 red"),
    ("the right answer",
     ""),
    ("a person turned right after the car left",
     "e1 is person; e1 turns; e2 is car; e2 leaves; e2 leaves < e1 turns"),
    ("the second ball moves up",
     "e1 is ball; e1 moves_up"),
    ("no sound at all",
     ""),
    ("an orange on a table",
     "e1 is orange; e2 is table"),
    ("a man with an orange hat walks back",
     "e1 is man; e2 is hat; e2 orange; e1 moves"),
    ("a dog runs after the ball",
     "e1 is dog; e2 is ball; e1 follows e2"),
    ("a cat chases a dog",
     "e1 is cat; e2 is dog; e1 follows e2"),
    ("a cat is chased by a dog",
     "e1 is cat; e2 is dog; e2 follows e1"),
    ("the car drives away from the camera",
     "e1 is car; e1 shrinks"),
    ("the car drives toward us",
     "e1 is car; e1 grows"),
    ("two cars; the red one overtakes the blue one",
     "e1 is car; e1 == 2; e2 is car; e2 red; e3 is car; e3 blue; e2 passes e3"),
    ("at least three people stand still",
     "e1 is person; e1 >= 3; e1 stays_still"),
    ("more than two birds fly to the left",
     "e1 is bird; e1 >= 3; e1 moves_left"),
    ("fewer than three objects",
     "e1 <= 2"),
    ("exactly one red square and no circles",
     "e1 red; e1 square; e1 == 1; not e2 round"),
    ("the largest red square moves left",
     "e1 red; e1 square; e1 the largest; e1 moves_left"),
    ("the smallest ball is green",
     "e1 is ball; e1 the smallest; e1 green"),
    ("the ball nearest to the camera is blue",
     "e1 is ball; e1 the nearest; e1 blue"),
    ("a red ball and a blue ball move to the right",
     "e1 is ball; e1 red; e2 is ball; e2 blue; e1 moves_right; e2 moves_right"),
    ("both balls stop at the end",
     "e1 is ball; e1 == 2; e1 stops @end"),
    ("a ball that is inside a box",
     "e1 is ball; e2 is box; e1 inside e2"),
    ("a person in red walks past a person dressed in black",
     "e1 is person; e1 red; e2 is person; e1 passes e2; e2 black"),
    ("a woman wearing a white shirt enters from the right",
     "e1 is woman; e1 white; e1 enters; e1 moves_left"),
    ("the ball does not move until the square arrives",
     "e1 is ball; not e1 moves; e2 square; e2 enters"),
    ("after passing the square, the ball stops",
     "e2 square; e3 passes e2; e3 is ball; e3 stops; e3 passes e2 < e3 stops"),
    ("before leaving, the circle turns red",
     "e2 leaves; e2 round; e2 changes_color; e2 red @end; e2 changes_color < e2 leaves"),
    ("the circle gets smaller and smaller",
     "e1 round; e1 shrinks"),
    ("the square speeds up, then slows down and finally stops",
     "e1 square; e1 speeds_up; e1 slows_down; e1 stops; e1 speeds_up < e1 slows_down; e1 slows_down < e1 stops"),
    ("a red ball that starts moving, then disappears behind the blue box",
     "e1 is ball; e1 red; e1 starts; e2 is box; e2 blue; e1 hidden_by e2; e1 starts < e1 hidden_by e2"),
    ("the ball comes out from behind the box",
     "e1 is ball; e2 is box; e1 behind e2"),
    ("a close-up of a face",
     "scene close-up; e1 is face"),
    ("a wide shot of a beach at sunset",
     "scene wide; scene dusk"),
    ("the camera follows a dog",
     "e1 is dog"),
    ("the camera does not move while a car passes",
     "scene static; e1 is car; e1 moves"),
    ("a static camera shows a busy street at night",
     "scene static; scene night"),
    ("a fast-paced scene indoors",
     "scene fast; scene indoor"),
    ("it's dark and nobody is there",
     "scene dark; not e1 is person"),
    ("a green triangle between two circles",
     "e1 green; e1 triangular; e2 round; e2 == 2"),
    ("a striped ball, not a dotted one",
     "e1 is ball; e1 striped; not e2 dotted"),
    ("the only thing that moves is a red ball",
     "e1 moves; e1 is ball; e1 red"),
    ("a ball bounces off the wall",
     "e1 is ball; e1 turns"),
    ("three balls in a row",
     "e1 is ball; e1 == 3"),
    ("everything stands still",
     ""),
    ("a big dog and a small dog",
     "e1 is dog; e1 large; e2 is dog; e2 small"),
    ("the dog jumps over the fence",
     "e1 is dog"),
    ("a car parked next to a tree",
     "e1 is car; e1 stays_still; e2 is tree; e1 near e2"),
    ("a ball to the left of the square moves right",
     "e1 is ball; e2 square; e1 left_of e2; e1 moves_right"),
    ("the person on the right waves",
     "e1 is person"),
    ("a bird takes off",
     "e1 is bird"),
    ("a video without people",
     "not e1 is person"),
    ("an animal but not a dog",
     "e1 is animal; not e2 is dog"),
    ("a circle that never touches the square",
     "e1 round; e2 square; not e1 overlaps e2"),
    ("the blue square is to the right of the red circle at the beginning and to the left of it at the end",
     "e1 blue; e1 square; e2 red; e2 round; e1 right_of e2 @start; e1 left_of e2 @end"),
    ("first it moves left, then right",
     "e1 moves_left; e1 moves_right; e1 moves_left < e1 moves_right"),
    ("a plane flies from the top left to the bottom right",
     "e1 is plane; e1 moves_right; e1 moves_down"),
    ("a car turns left at the crossing",
     "e1 is car; e1 moves_left; e1 turns"),
    ("the light turns green",
     ""),
    ("the train leaves the station",
     "e1 is train"),
    ("all balls are red",
     "e1 is ball; e1 red"),
    ("neither a ball nor a square",
     "not e1 is ball; not e2 square"),
    ("a rolling stone",
     "e1 moves"),
    ("a person who isn't moving",
     "e1 is person; not e1 moves"),
    ("two red balls, one moving left and the other moving right",
     "e1 is ball; e1 red; e1 == 2; e1 moves_left; e2 is ball; e2 red; e2 moves_right"),
    ("a person appears, then disappears",
     "e1 is person; e1 appears; e1 disappears; e1 appears < e1 disappears"),
    ("a ball that approaches a square",
     "e1 is ball; e2 square; e1 approaches e2"),
    ("a person moves away from the car",
     "e1 is person; e2 is car; e1 moves_away e2"),
    ("a ball above a square, and a cup below a box",
     "e1 is ball; e2 square; e1 above e2; e3 is cup; e4 is box; e3 below e4"),
    ("a cup in front of a box",
     "e1 is cup; e2 is box; e1 in_front_of e2"),
    ("the leftmost ball is red and the rightmost ball is blue",
     "e1 is ball; e1 the leftmost; e1 red; e2 is ball; e2 the rightmost; e2 blue"),
    ("the topmost circle",
     "e1 round; e1 the highest"),
    ("the lowest ball",
     "e1 is ball; e1 the lowest"),
    ("the person farthest from the camera",
     "e1 is person; e1 the farthest"),
    ("the fastest car is red and the slowest car is blue",
     "e1 is car; e1 the fastest; e1 red; e2 is car; e2 the slowest; e2 blue"),
    ("the first thing to appear is red",
     "e1 the first; e1 red"),
    ("the object that is visible longest",
     "e1 the longest"),
)
# fmt: on

REEL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "queries.jsonl"


@pytest.mark.parametrize(("question", "expected"), TABLE)
def test_the_grammar_reads(question: str, expected: str) -> None:
    assert "; ".join(lines(RulesDecomposer().decompose(question))) == expected


def test_every_event_relation_and_measure_can_be_asked_for() -> None:
    said = {word for _, expected in TABLE for word in expected.replace(";", " ").split()}
    assert said >= {*EVENT_NAMES, *RELATION_NAMES, *get_args(Measure)}


@pytest.mark.parametrize("question", [*BENCHMARK, *DEMO], ids=lambda question: question.text)
def test_every_claim_of_a_synthetic_question_is_found(question: Question) -> None:
    """The benchmark wrote down what each question means; the same claims are found, up to names of entities."""
    query = RulesDecomposer().decompose(question.text)
    found = {line(condition) for condition in query.conditions}
    assert not query.not_understood
    claims = [
        Condition(id="c", kind="free", text="x", predicate=c.predicate, negated=c.negated) for c in question.claims
    ]
    wanted = {line(claim) for claim in claims if not isinstance(claim.predicate, IsA)}
    names = {entity.id for entity in query.entities}
    assert any(_same(wanted, found, renaming) for renaming in _renamings(wanted, sorted(names))), (wanted, found)


def _renamings(wanted: set[str], names: list[str]) -> list[dict[str, str]]:
    used = sorted({word for claim in wanted for word in claim.split() if word in {"a", "b"}})
    if len(used) == 1:
        return [{used[0]: name} for name in names]
    return [{"a": x, "b": y} for x in names for y in names if x != y]


_EQUIVALENT = {
    # what a question may be read as, besides the claim that the benchmark makes of it
    "e1 behind e2": "e1 hidden_by e2",  # "passes behind"
}


def _same(wanted: set[str], found: set[str], renaming: dict[str, str]) -> bool:
    for claim in wanted:
        renamed = " ".join(renaming.get(word, word) for word in claim.split())
        ball = renamed.endswith(" round") and f"{renamed.split()[0]} is ball" in found
        of_color = renamed.removesuffix(" @start") in found  # "a green circle turns red": green at the start
        if not (renamed in found or ball or of_color or _EQUIVALENT.get(renamed) in found):
            return False
    return True


def _reel() -> list[dict[str, str]]:
    if not REEL.exists():
        pytest.skip(f"Reel-97 is not at {REEL}")
    return [json.loads(row) for row in REEL.read_text(encoding="utf-8").splitlines()]


def test_every_real_question_becomes_a_query() -> None:
    decomposer = RulesDecomposer()
    for row in _reel():
        query = decomposer.decompose(row.get("query") or row["edit"])
        assert query.conditions
        # what no predicate speaks for is searched for by similarity, and said
        assert any(condition.predicate is None for condition in query.conditions) or not query.not_understood


REAL: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a pale golden pet wearing walking straps although no human is in sight", ("e1 yellow", "not e2 is human")),
    ("at least six of the same streamlined kind overtaking one another", ("e1 >= 6", "e1 passes e2")),
    ("empty ground seen from above gets exactly one visitor", ("e1 is visitor", "e1 == 1")),
    ("two customers become three", ("e1 == 2 @start", "e1 == 3 @end")),
    ("the last one to arrive is round, must be peeled, and is known for vitamin C", ("e1 the last", "e1 round")),
    ("a dark reddish grazer on a clean lawn, with no mud and no bell", ("e1 red", "not: mud")),
    ("someone slips out at the left and leaves nothing but bare floor behind", ("e1 leaves", "e1 moves_left")),
    ("a small silver vehicle that only shows us its side and back and gets smaller and smaller",
     ("e1 is vehicle", "e1 small", "e1 gray", "e1 shrinks")),
    ("a night stroll over wet ground that doubles every glowing sign", ("scene night",)),
    ("an outdoor show where the spectators are not standing and bundles of straw serve as decoration",
     ("scene outdoor", "not e1 stays_still")),
    ("seen from above, a white one and a red one pass each other in opposite directions",
     ("e1 white", "e2 red", "e1 passes e2")),
    ("a small runner that can be seen well at first and is almost completely hidden by posts and branches at the end",
     ("e1 is runner", "e1 small", "e1 hidden_by @end")),
)  # fmt: skip


@pytest.mark.parametrize(("question", "expected"), REAL)
def test_what_a_careful_reader_sees_in_real_questions(question: str, expected: tuple[str, ...]) -> None:
    found = lines(RulesDecomposer().decompose(question), free=True)
    for claim in expected:
        assert any(claim in said.removeprefix("~ ") for said in found), (claim, found)


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("a person left the room", "moves_left"),  # left: past of leave
        ("the right answer", "right"),
        ("a ball goes right at the end of the second lap", "moves_left"),
        ("no sound is heard", "e1"),
        ("a tireless worker that needs no lunch break moves rows of pieces", "moves"),  # moves something else
        ("something soft turns into something stiff", "turns"),
        ("driven by nothing but a breaking swell", "passes"),
        ("people leaving a foamy trail", "leaves"),
        ("a big furry animal sits like a person", "is person"),
        ("a toy for children", "is child"),
        ("he cheers up", "moves_up"),
        ("a man turns his face to us", "turns"),
        ("a ball that stays in view", "stays_still"),
        ("a bird stays in the picture to the end", "stays_still"),
    ],
)
def test_no_absurd_readings(question: str, absent: str) -> None:
    assert not [said for said in lines(RulesDecomposer().decompose(question)) if absent in said]


def test_orders_join_what_happens() -> None:
    query = RulesDecomposer().decompose("first the red ball stops, then the blue square enters")
    orders = [c.predicate for c in query.conditions if isinstance(c.predicate, Order)]
    assert len(orders) == 1
    assert orders[0].first.kind == orders[0].then.kind == "happens"
