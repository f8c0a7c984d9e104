"""The questions about the synthetic clips, each with its meaning in claims.

The wording is for people and for seewhy. The claims make "exactly one right answer" something that code
checks (`check.py`): over all clips, exactly one satisfies them.
"""

from __future__ import annotations

from typing import NamedTuple

from seewhy.bench.synthetic.claims import Claim, parse


class Question(NamedTuple):
    """A question before its answer is worked out."""

    id: str
    text: str
    kind: str
    """what it takes to answer: ``direction``, ``temporal order``, ``negation``, ..."""
    video: str | None
    """name of the right clip; None: nothing matches"""
    notation: str
    """its meaning; see `claims.parse`"""

    @property
    def claims(self) -> tuple[Claim, ...]:
        return parse(self.notation)


_GATE = "a: blue square; b: green triangular"
_DISC = "a: pink square; b: orange round"
_STARS = "a: blue star-shaped; b: red star-shaped"
_MEET = "a: yellow square; b: gray triangular"
_PLACE = "a: white star-shaped; b: blue square"
_LATE = "a: pink star-shaped; b: black round"

_TABLE: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    ("direction", (
        ("a red striped ball rolls from left to right", "ball_right", "a: red round striped; a moves_right"),
        ("a red ball with stripes moving to the left", "ball_left", "a: red round striped; a moves_left"),
        ("a yellow star moves upwards", "star_up", "a: yellow star-shaped; a moves_up"),
        ("a yellow star falls down", "star_down", "a: yellow star-shaped; a moves_down"),
        ("a red striped circle going right while a checkered gray square stays still", "ball_right",
         "a: red round striped; a moves_right; b: gray checkered square; b stays_still"),
    )),
    ("attribute", (
        ("a blue striped circle travels from left to right", "ball_blue", "a: blue round striped; a moves_right"),
        ("a plain red circle moves to the right", "ball_plain", "a: red round plain; a moves_right"),
        ("a yellow circle together with a red square", "sun_red", "a: yellow round; b: red square"),
    )),
    ("temporal order", (
        ("the blue square stops before the green triangle enters", "gate_stop_first", f"{_GATE}; a stops < b enters"),
        ("the green triangle enters before the blue square stops", "gate_enter_first", f"{_GATE}; b enters < a stops"),
        ("first a green triangle comes into view, then the blue square comes to a stop", "gate_enter_first",
         f"{_GATE}; b enters < a stops"),
        ("a green triangle enters after the blue square has stopped", "gate_stop_first",
         f"{_GATE}; a stops < b enters"),
        ("a purple dotted circle first moves right, then up", "path_right_up",
         "a: purple dotted round; a moves_right < a moves_up"),
        ("the purple circle moves up first and then to the right", "path_up_right",
         "a: purple round; a moves_up < a moves_right"),
        ("a purple circle goes to the right and then turns back to the left", "path_back",
         "a: purple round; a moves_right < a moves_left"),
        ("a brown circle enters and then stops", "visit_enter", "a: brown round; a enters < a stops"),
        ("at the end a brown circle enters", "visit_late", "a: brown round; a enters at end"),
        ("a brown circle leaves at the end while an orange square stays still", "visit_leave",
         "a: brown round; a leaves at end; b: orange square; b stays_still"),
        ("a pink star enters before a black circle", "late_black", f"{_LATE}; a enters < b enters"),
    )),
    ("count", (
        ("two green squares", "count_two", "a: green square; a = 2"),
        ("three green squares", "count_three", "a: green square; a = 3"),
        ("exactly four green squares", "count_four", "a: green square; a = 4"),
        ("three green circles", "count_circles", "a: green round; a = 3"),
    )),
    ("occlusion", (
        ("something passes behind the large orange circle", "disc_behind", "b: orange round large; a behind b"),
        ("a pink square passes in front of the orange circle", "disc_front", f"{_DISC}; a in_front_of b"),
        ("a pink square is hidden by an orange circle", "disc_behind", f"{_DISC}; a hidden_by b"),
    )),
    ("change", (
        ("a purple triangle grows larger", "cone_grows", "a: purple triangular; a grows"),
        ("a purple triangle shrinks", "cone_shrinks", "a: purple triangular; a shrinks"),
        ("a green circle turns red", "lamp_to_red", "a: round; a changes_color; a: green at start; a: red at end"),
        ("a circle that changes color from red to green", "lamp_to_green",
         "a: round; a changes_color; a: red at start; a: green at end"),
    )),
    ("speed", (
        ("a black square speeds up", "block_faster", "a: black square; a speeds_up"),
        ("a black square slows down", "block_slower", "a: black square; a slows_down"),
    )),
    ("encounter", (
        ("a blue star follows a red star", "chase_blue", f"{_STARS}; a follows b"),
        ("a red star is chasing a blue star", "chase_red", f"{_STARS}; b follows a"),
        ("the blue star passes a red star that stays still", "chase_pass", f"{_STARS}; a passes b; b stays_still"),
        ("a yellow square approaches a gray triangle", "meet_toward", f"{_MEET}; a approaches b"),
        ("a checkered yellow square moves away from a gray triangle", "meet_away",
         f"{_MEET}; a: checkered; a moves_away b"),
        ("a brown circle leaves the picture", "visit_leave", "a: brown round; a leaves"),
    )),
    ("spatial relation", (
        ("a small pink square moves along above a large orange circle", "disc_above",
         f"{_DISC}; a: small; b: large; a above b"),
        ("a white star above a blue square", "place_above", f"{_PLACE}; a above b"),
        ("a white star below a blue square", "place_below", f"{_PLACE}; a below b"),
        ("a white star to the left of a blue square", "place_left", f"{_PLACE}; a left_of b"),
        ("a blue square with a white star to its right", "place_right", f"{_PLACE}; a right_of b"),
    )),
    ("superlative", (
        ("the largest object is a red hexagon", "size_red", "a: red hexagonal; a is largest"),
        ("the biggest thing is a blue hexagon", "size_blue", "a: blue hexagonal; a is largest"),
        ("the smallest object is a red hexagon", "size_yellow", "a: red hexagonal; a is smallest"),
        ("the fastest object is a green cross", "race_green", "a: green cross-shaped; a is fastest"),
        ("the fastest one is an orange cross", "race_orange", "a: orange cross-shaped; a is fastest"),
        ("the last object to appear is a pink star", "late_pink", "a: pink star-shaped; a is last"),
        ("a black circle is the last to appear", "late_black", "a: black round; a is last"),
    )),
    ("negation", (
        ("a blue square that never stops while a green triangle enters", "gate_no_stop",
         f"{_GATE}; b enters; not a stops"),
        ("a purple triangle that neither grows nor shrinks", "cone_same",
         "a: purple triangular; not a grows; not a shrinks"),
        ("a black square moves without speeding up or slowing down", "block_steady",
         "a: black square; a moves; not a speeds_up; not a slows_down"),
        ("a yellow circle with no red object in the video", "sun_blue", "a: yellow round; not b: red"),
        ("a yellow circle without any square", "sun_star", "a: yellow round; not b: square"),
    )),
    ("camera", (
        ("the camera pans to the right across an orange triangle", "view_pan_right",
         "a: orange triangular; scene camera_motion pan right"),
        ("the camera pans left over an orange triangle", "view_pan_left",
         "a: orange triangular; scene camera_motion pan left"),
        ("the camera zooms in on an orange triangle", "view_zoom",
         "a: orange triangular; scene camera_motion zoom in"),
        ("a shaky handheld shot of an orange triangle", "view_shake",
         "a: orange triangular; scene camera_motion handheld"),
    )),
    ("light", (
        ("a pink triangle at night", "light_night", "a: pink triangular; scene time_of_day night"),
        ("a pink triangle moves left in daylight", "light_day",
         "a: pink triangular; a moves_left; scene time_of_day day"),
    )),
)  # fmt: skip

BENCHMARK: tuple[Question, ...] = tuple(
    Question(f"S{number:02}", text, kind, video, notation)
    for number, (kind, (text, video, notation)) in enumerate(
        ((kind, row) for kind, rows in _TABLE for row in rows), start=1
    )
)
"""One right answer each among all benchmark clips."""

DEMO: tuple[Question, ...] = (
    Question("D1", "a red striped ball rolls from left to right", "attribute and motion", "ball_right",
             "a: red round striped; a moves_right"),
    Question("D2", "the blue square stops before the green triangle enters", "temporal order", "gate_stop_first",
             f"{_GATE}; a stops < b enters"),
    Question("D3", "a yellow circle with no red object in the video", "negation", "sun_blue",
             "a: yellow round; not b: red"),
    Question("D4", "a white star follows a purple square", "nothing matches", None,
             "a: white star-shaped; b: purple square; a follows b"),
)  # fmt: skip
"""What the demo asks about its clips."""
