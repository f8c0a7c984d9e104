"""The embedded describer on drawn clips whose truth is known, with the masks that a segmenter could give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
import pytest

from seewhy.bench.synthetic.objects import RATE, SyntheticClip, SyntheticObject
from seewhy.bench.synthetic.paint import paint
from seewhy.perceive.describe import MOST_LOOKS, EmbeddedDescriber
from seewhy.types.masks import Mask, encode
from seewhy.types.twin import Attribute, AttributeKind
from seewhy.types.video import Frame

Thing = SyntheticObject
KINDS: tuple[AttributeKind, ...] = ("color", "shape", "texture", "size")

CLIP = SyntheticClip(
    "describe_day",
    (
        Thing("red", "round", ((0.0, 0.15, 0.3), (1.0, 0.3, 0.3)), "striped", 0.17, spin=30),
        Thing("white", "square", ((0.0, 0.5, 0.25),), "checkered", 0.16, tilt=15),
        Thing("pink", "star-shaped", ((0.0, 0.8, 0.25),), "plain", 0.17),
        Thing("black", "triangular", ((0.0, 0.2, 0.75),), "plain", 0.17),
        Thing("green", "hexagonal", ((0.0, 0.52, 0.7),), "dotted", 0.25),
        Thing("blue", "cross-shaped", ((0.0, 0.85, 0.75), (1.0, 0.8, 0.7)), "plain", 0.095),
    ),
    "asphalt",
    duration=1.0,
)  # fmt: skip
NIGHT = SyntheticClip(
    "describe_night",
    (
        Thing("white", "square", ((0.0, 0.45, 0.6),), "plain", 0.16),
        Thing("pink", "triangular", ((0.0, 0.8, 0.3), (1.0, 0.5, 0.3)), "plain", 0.16),
    ),
    "grass", duration=1.0, light="night",
)  # fmt: skip
LAMP = SyntheticClip(
    "describe_lamp",
    (
        Thing("red", "round", ((0.0, 0.3, 0.5),), "plain", 0.18, repaint=(1.2, 1.5, "green")),
        Thing("blue", "square", ((0.0, 0.7, 0.5),), "checkered", 0.16),
    ),
    "bricks", duration=3.0,
)  # fmt: skip


@lru_cache(maxsize=8)
def _film(clip: SyntheticClip) -> tuple[tuple[Frame, dict[int, Mask]], ...]:
    """Every fourth frame with its true masks."""
    drawn = ((index, painted) for index, painted in enumerate(paint(clip)) if index % 4 == 0)
    return tuple(
        (Frame(index, index, Fraction(1, RATE), float(index / RATE), painted.image), painted.masks)
        for index, painted in drawn
    )


def _same(mask: Mask) -> Mask:
    return mask


def _eroded(mask: Mask) -> Mask:
    return np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _dilated(mask: Mask) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)


def _with_holes(mask: Mask) -> Mask:
    holed = mask.astype(np.uint8)
    rows, columns = np.nonzero(mask)
    for share in (0.3, 0.6):
        place = int(share * len(rows))
        cv2.circle(holed, (int(columns[place]), int(rows[place])), 3, 0, -1)
    return np.asarray(holed > 0)


def _shown(clip: SyntheticClip, change: Callable[[Mask], Mask] = _same) -> EmbeddedDescriber:
    describer = EmbeddedDescriber()
    for frame, masks in _film(clip):
        describer.see(frame, {number: encode(change(mask)) for number, mask in masks.items()})
    return describer


def _first(said: list[Attribute], kind: AttributeKind) -> Attribute:
    return next(attribute for attribute in said if attribute.kind == kind)


@pytest.mark.parametrize("change", [_same, _eroded, _dilated, _with_holes])
def test_says_how_things_look(change: Callable[[Mask], Mask]) -> None:
    describer = _shown(CLIP, change)
    wrong = []
    for number, thing in enumerate(CLIP.objects, start=1):
        said = describer.track_attributes(number)
        for kind in KINDS:
            best = _first(said, kind)
            if best.value != thing.attributes[kind] or best.score < 0.5:
                wrong.append((thing.name, best))
    assert not wrong


def test_the_second_color_of_a_pattern_comes_second() -> None:
    image = np.full((120, 160, 3), 120, np.uint8)
    mask = np.zeros((120, 160), bool)
    mask[20:100, 30:130] = True
    image[mask] = (200, 30, 30)
    for left in range(30, 130, 20):
        image[20:100, left : left + 8] = (245, 245, 245)
    describer = EmbeddedDescriber()
    describer.see(Frame(0, 0, Fraction(1, 24), 0.0, image), {1: encode(mask)})
    said = describer.track_attributes(1)
    assert [attribute.value for attribute in said if attribute.kind == "color"][:2] == ["red", "white"]
    assert all(attribute.score >= 0.5 for attribute in said if attribute.value in ("red", "white"))
    assert _first(said, "texture").value == "striped"


def test_colors_at_night() -> None:
    describer = _shown(NIGHT)
    for number, thing in enumerate(NIGHT.objects, start=1):
        best = _first(describer.track_attributes(number), "color")
        assert (best.value, best.score < 0.9) == (thing.color, True)
    scene = {attribute.kind: attribute.value for attribute in reversed(describer.scene_attributes())}
    assert scene["time_of_day"] == "night"


def test_a_change_of_color_has_two_spans() -> None:
    describer = _shown(LAMP)
    surest = {a.value: a for a in describer.track_attributes(1) if a.kind == "color" and a.score >= 0.5}
    assert list(surest) == ["red", "green"]
    red, green = surest["red"].span, surest["green"].span
    assert red is not None
    assert green is not None
    assert (red.start, red.end) == (0.0, green.start)
    assert red.end == pytest.approx(1.35, abs=0.4)
    assert green.end == pytest.approx(3.0, abs=0.1)
    assert _first(describer.track_attributes(2), "color").span is None


def test_what_the_frame_cuts_off_has_no_shape() -> None:
    frame, _ = _film(CLIP)[0]
    mask = np.zeros(frame.image.shape[:2], bool)
    cv2.circle(canvas := mask.astype(np.uint8), (0, 120), 40, 1, -1)
    describer = EmbeddedDescriber()
    describer.see(frame, {1: encode(canvas > 0)})
    kinds = {attribute.kind for attribute in describer.track_attributes(1)}
    assert kinds == {"color", "size", "texture"}


def _endless(count: int) -> Iterator[Frame]:
    frame, _ = _film(CLIP)[0]
    for index in range(count):
        yield Frame(index, index, Fraction(1, 24), index / 24, frame.image)


def test_looks_at_a_track_a_bounded_number_of_times_spread_over_its_life() -> None:
    frame_masks = {1: encode(_film(CLIP)[0][1][5])}
    describer = EmbeddedDescriber()
    for frame in _endless(150):
        describer.see(frame, frame_masks)
    looks = describer._tracks[1].looks
    assert MOST_LOOKS // 2 <= len(looks) <= MOST_LOOKS
    steps = {round(b.t - a.t, 6) for a, b in pairwise(looks)}
    assert len(steps) == 1


def test_a_track_never_shown_and_one_that_is_empty_have_no_attributes() -> None:
    describer = EmbeddedDescriber()
    frame, _ = _film(CLIP)[0]
    describer.see(frame, {1: encode(np.zeros(frame.image.shape[:2], bool))})
    assert describer.track_attributes(1) == []
    assert describer.track_attributes(2) == []


def test_pictures_are_left_as_they_are() -> None:
    frame, masks = _film(CLIP)[0]
    before = frame.image.copy()
    EmbeddedDescriber().see(frame, {number: encode(mask) for number, mask in masks.items()})
    np.testing.assert_array_equal(frame.image, before)
