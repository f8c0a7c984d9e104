"""Edits of synthetic clips: a reference, what is to be different, and the one clip that results.

Clips of a family differ in one detail, so that an edit of that detail leads from one to another. What the target is,
the claims say; that no clip but the target satisfies them, the reference left out, is checked by code (`resolve_edit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seewhy.bench.synthetic.check import SyntheticQuery, resolve
from seewhy.bench.synthetic.objects import SyntheticClip
from seewhy.bench.synthetic.queries import Question


class Edit(NamedTuple):
    """An edit before its answer is worked out."""

    id: str
    text: str
    kind: str
    reference: str
    """name of the clip that it starts from"""
    video: str
    """name of the right clip"""
    notation: str
    """what the target shows; see `claims.parse`"""


class SyntheticEdit(NamedTuple):
    """An edit with its one right answer."""

    id: str
    text: str
    kind: str
    reference: str
    query: SyntheticQuery
    """the right clip, and what of it is spoken of; its near misses leave the reference out"""


_BALL = "a: round"
_GATE = "a: blue square; b: green triangular"
_PATH = "a: purple dotted round"
_COUNT = "a: green square"
_DISC = "a: pink square; b: orange round"
_CONE = "a: purple triangular"
_BLOCK = "a: black square; b: yellow cross-shaped"
_STARS = "a: blue star-shaped; b: red star-shaped"
_MEET = "a: yellow square; b: gray triangular"
_VISIT = "a: brown round"
_PLACE = "a: white star-shaped; b: blue square"
_SIZE = "a: red hexagonal; b: blue hexagonal; c: yellow hexagonal"
_RACE = "a: green cross-shaped; b: orange cross-shaped"
_LATE = "a: pink star-shaped; b: black round"
_VIEW = "a: orange triangular"
_LIGHT = "a: pink triangular"

_TABLE: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    ("direction", (
        ("ball_right", "let it roll the other way", "ball_left", "a: red round striped; a moves_left"),
        ("ball_left", "in the opposite direction", "ball_right", "a: red round striped; a moves_right"),
        ("star_up", "it falls instead of rising", "star_down", "a: yellow star-shaped; a moves_down"),
        ("star_down", "turn it around", "star_up", "a: yellow star-shaped; a moves_up"),
        ("path_right_up", "it comes back to the left instead of moving up", "path_back",
         f"{_PATH}; a moves_right < a moves_left"),
    )),
    ("color", (
        ("ball_right", "make it blue", "ball_blue", "a: blue round striped; a moves_right"),
        ("ball_blue", "a red one instead of the blue one", "ball_right", "a: red round striped; a moves_right"),
        ("sun_red", "the square should be blue", "sun_blue", "a: yellow round; b: blue square"),
        ("sun_blue", "change the color of the square to red", "sun_red", "a: yellow round; b: red square"),
        ("lamp_to_red", "it turns from red to green instead", "lamp_to_green",
         "a: round; a changes_color; a: red at start; a: green at end"),
    )),
    ("texture", (
        ("ball_right", "without stripes", "ball_plain", "a: red round plain; a moves_right"),
        ("ball_plain", "with stripes", "ball_right", "a: red round striped; a moves_right"),
    )),
    ("object", (
        ("sun_red", "replace the square by a star", "sun_star", "a: yellow round; b: red star-shaped"),
        ("sun_star", "a square instead of the star", "sun_red", "a: yellow round; b: red square"),
        ("count_three", "circles instead of squares", "count_circles", "a: green round; a = 3"),
        ("count_circles", "with squares instead of the circles", "count_three", "a: green square; a = 3"),
    )),
    ("count", (
        ("count_two", "one more square", "count_three", f"{_COUNT}; a = 3"),
        ("count_four", "one fewer", "count_three", f"{_COUNT}; a = 3"),
        ("count_two", "twice as many", "count_four", f"{_COUNT}; a = 4"),
        ("count_three", "only two of them", "count_two", f"{_COUNT}; a = 2"),
    )),
    ("temporal order", (
        ("gate_stop_first", "in the reverse order", "gate_enter_first", f"{_GATE}; b enters < a stops"),
        ("gate_enter_first", "first the square stops, then the triangle enters", "gate_stop_first",
         f"{_GATE}; a stops < b enters"),
        ("path_right_up", "the order reversed", "path_up_right", f"{_PATH}; a moves_up < a moves_right"),
        ("path_up_right", "first to the right and then up", "path_right_up", f"{_PATH}; a moves_right < a moves_up"),
        ("late_black", "the pink star comes in after the black circle", "late_pink", f"{_LATE}; b enters < a enters"),
    )),
    ("negation", (
        ("gate_stop_first", "the square does not stop", "gate_no_stop", f"{_GATE}; b enters; not a stops"),
        ("cone_grows", "it neither grows nor shrinks", "cone_same", f"{_CONE}; not a grows; not a shrinks"),
    )),
    ("event", (
        ("visit_enter", "it leaves instead of entering", "visit_leave", f"{_VISIT}; a leaves"),
        ("visit_leave", "it comes in at the end instead", "visit_late", f"{_VISIT}; a enters at end"),
        ("gate_no_stop", "let the square stop before the triangle enters", "gate_stop_first",
         f"{_GATE}; a stops < b enters"),
    )),
    ("change", (
        ("cone_grows", "it shrinks instead of growing", "cone_shrinks", f"{_CONE}; a shrinks"),
        ("cone_shrinks", "the other way round", "cone_grows", f"{_CONE}; a grows"),
    )),
    ("speed", (
        ("block_faster", "it slows down instead of speeding up", "block_slower", f"{_BLOCK}; a slows_down"),
        ("block_steady", "let it speed up", "block_faster", f"{_BLOCK}; a speeds_up"),
    )),
    ("encounter", (
        ("chase_blue", "the roles are swapped", "chase_red", f"{_STARS}; b follows a"),
        ("chase_red", "now the blue star follows the red one", "chase_blue", f"{_STARS}; a follows b"),
        ("chase_red", "the red star stays still and the blue one passes it", "chase_pass",
         f"{_STARS}; a passes b; b stays_still"),
        ("meet_toward", "the square moves away from the triangle instead", "meet_away", f"{_MEET}; a moves_away b"),
        ("meet_away", "it goes the other way", "meet_toward", f"{_MEET}; a approaches b"),
    )),
    ("place", (
        ("disc_behind", "in front of the disc instead of behind it", "disc_front", f"{_DISC}; a in_front_of b"),
        ("disc_above", "let it pass behind the orange circle", "disc_behind", f"{_DISC}; a behind b"),
        ("place_above", "below the square instead", "place_below", f"{_PLACE}; a below b"),
        ("place_left", "they swap places", "place_right", f"{_PLACE}; a right_of b"),
        ("place_right", "put the star above the square", "place_above", f"{_PLACE}; a above b"),
    )),
    ("superlative", (
        ("size_red", "the blue hexagon is the largest instead", "size_blue", f"{_SIZE}; b is largest"),
        ("race_green", "the orange one is the fastest instead", "race_orange", f"{_RACE}; b is fastest"),
    )),
    ("camera", (
        ("view_pan_right", "the camera pans the other way", "view_pan_left", f"{_VIEW}; scene camera_motion pan left"),
        ("view_pan_left", "it zooms in instead of panning", "view_zoom", f"{_VIEW}; scene camera_motion zoom in"),
        ("view_zoom", "filmed by a shaky hand", "view_shake", f"{_VIEW}; scene camera_motion handheld"),
    )),
    ("light", (
        ("light_day", "at night", "light_night", f"{_LIGHT}; scene time_of_day night"),
        ("light_night", "turn the lights on, in full daylight", "light_day",
         f"{_LIGHT}; a moves_left; scene time_of_day day"),
    )),
)  # fmt: skip

BENCHMARK: tuple[Edit, ...] = tuple(
    Edit(f"E{number:02}", text, kind, reference, video, notation)
    for number, (kind, (reference, text, video, notation)) in enumerate(
        ((kind, row) for kind, rows in _TABLE for row in rows), start=1
    )
)
"""One right answer each among all benchmark clips but the reference."""


def resolve_edit(edit: Edit, clips: Sequence[SyntheticClip]) -> SyntheticEdit:
    """The edit with its answer among the clips, the reference left out.

    Raises:
        ValueError: the reference is no clip, or the clips that satisfy the claims are not exactly the one named.
    """
    if all(clip.name != edit.reference for clip in clips):
        raise ValueError(f"edit {edit.id} {edit.text!r}: its reference {edit.reference!r} is none of the clips")
    others = [clip for clip in clips if clip.name != edit.reference]
    query = resolve(Question(edit.id, edit.text, edit.kind, edit.video, edit.notation), others)
    return SyntheticEdit(edit.id, edit.text, edit.kind, edit.reference, query)
