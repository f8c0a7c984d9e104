"""Numbers and outlines on pictures: where they are, that they can be read, that they are the same everywhere."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from seewhy.perceive.hosted.digits import bitmap
from seewhy.perceive.hosted.marks import DARK, LIGHT, PALETTE, color_of, crop, fitted, marked
from seewhy.perceive.hosted.plates import Plate, middle, place
from seewhy.types.masks import Mask, Rle, encode
from seewhy.types.video import Image


def ground(height: int = 480, width: int = 640) -> Image:
    """A picture by formula, without the colors of marks."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack((60 + (x * 3 + y) % 90, 60 + (x + y * 5) % 90, 60 + (x * y) % 90), axis=2).astype(np.uint8)


def rectangle(top: int, left: int, height: int, width: int, size: tuple[int, int] = (480, 640)) -> Mask:
    mask = np.zeros(size, np.bool_)
    mask[top : top + height, left : left + width] = True
    return mask


def disc(row: int, column: int, radius: int, size: tuple[int, int] = (480, 640)) -> Mask:
    y, x = np.ogrid[: size[0], : size[1]]
    return (y - row) ** 2 + (x - column) ** 2 <= radius**2


def rles(masks: Mapping[int, Mask]) -> dict[int, Rle]:
    return {track: encode(mask) for track, mask in masks.items()}


def find(picture: Image, number: int, dot: int, highlighted: bool = False) -> tuple[int, int] | None:
    """(row, column) of a number's digits, read off the picture pixel by pixel; None: they cannot be read."""
    digits = bitmap(number, dot)
    ink, paper, edge = (DARK, color_of(number), LIGHT) if highlighted else (LIGHT, DARK, color_of(number))
    wanted = np.where(np.pad(digits, dot)[..., np.newaxis], np.array(ink), np.array(paper)).astype(np.uint8)
    border = max(1, dot // 2)
    wanted = np.stack([np.pad(wanted[..., i], border, constant_values=edge[i]) for i in range(3)], axis=2)
    height, width, _ = wanted.shape
    view = np.lib.stride_tricks.sliding_window_view(picture, (height, width, 3))[:, :, 0]
    corners = (view[:, :, 0, 0] == edge).all(axis=2) & (view[:, :, border, border] == paper).all(axis=2)
    for row, column in np.argwhere(corners):
        if np.array_equal(view[row, column], wanted):
            return int(row) + border + dot, int(column) + border + dot
    return None


SCENE = {
    1: rectangle(40, 60, 300, 200),
    2: disc(200, 420, 80),
    3: disc(300, 600, 6),
    4: rectangle(0, 0, 9, 12),
    12: rectangle(150, 100, 60, 60),
}


def test_every_number_can_be_read() -> None:
    picture = marked(ground(), rles(SCENE))
    for track in SCENE:
        assert find(picture, track, 2) is not None
    assert find(picture, 7, 2) is None


def test_digits_are_readable_at_every_size_of_picture() -> None:
    for lines, dot in ((480, 2), (270, 2), (720, 3), (1080, 4), (100, 1)):
        mask = rectangle(0, 0, lines, lines, (lines, lines * 4 // 3))
        assert find(marked(ground(*mask.shape), rles({5: mask})), 5, dot) is not None
        assert dot * 7 >= (12 if lines >= 270 else 7)


def test_a_number_stands_inside_a_large_object_and_beside_a_small_one() -> None:
    picture = marked(ground(), rles(SCENE))
    for track, inside in ((1, True), (2, True), (12, True), (3, False), (4, False)):
        at = find(picture, track, 2)
        assert at is not None
        assert bool(SCENE[track][at[0] + 7, at[1] + 5]) == inside
        if not inside:
            assert np.array_equal(picture[SCENE[track]], ground()[SCENE[track]])


def test_a_number_avoids_what_is_in_front_of_its_object() -> None:
    large, front = rectangle(40, 40, 400, 400), rectangle(190, 190, 100, 100)
    at = find(marked(ground(), rles({1: large, 2: front})), 1, 2)
    assert at is not None
    assert not front[at[0] : at[0] + 14, at[1] : at[1] + 10].any()


def test_outlines_leave_the_object_as_it_is() -> None:
    mask = rectangle(100, 100, 100, 100)
    picture = marked(ground(), rles({3: mask}))
    line = rectangle(98, 98, 104, 104) & ~mask
    rim = rectangle(97, 97, 106, 106) & ~rectangle(98, 98, 104, 104)
    assert (picture[line] == color_of(3)).all()
    assert (picture[rim] == DARK).all()
    changed = (picture != ground()).any(axis=2)
    assert np.count_nonzero(changed & mask) <= 22 * 22  # the plate
    assert not (changed & ~rectangle(97, 97, 106, 106)).any()


def test_highlighted_tracks_have_wide_outlines_and_plates_of_their_color() -> None:
    masks = {1: rectangle(50, 50, 100, 100), 2: rectangle(250, 250, 100, 100)}
    picture = marked(ground(), rles(masks), highlight={2})
    assert find(picture, 1, 2) is not None
    assert find(picture, 2, 2, highlighted=True) is not None
    assert (picture[rectangle(246, 246, 108, 108) & ~masks[2]] == color_of(2)).all()
    assert np.array_equal(picture[:200], marked(ground(), rles(masks))[:200])


def test_the_picture_given_is_not_changed_and_nothing_is_drawn_for_nothing() -> None:
    picture = ground()
    marked(picture, rles(SCENE))
    assert np.array_equal(picture, ground())
    assert np.array_equal(marked(picture, {}), picture)
    assert np.array_equal(marked(picture, {3: encode(np.zeros((480, 640), np.bool_))}), picture)


def test_masks_of_other_sizes() -> None:
    small = disc(120, 160, 50, (240, 320))
    full = small.repeat(2, axis=0).repeat(2, axis=1)
    assert np.array_equal(marked(ground(), rles({1: small})), marked(ground(), rles({1: full})))
    assert np.array_equal(fitted(full, (240, 320)), small)


def test_order_of_masks_does_not_matter() -> None:
    backwards = dict(reversed(rles(SCENE).items()))
    assert np.array_equal(marked(ground(), rles(SCENE), {3, 1}), marked(ground(), backwards, [1, 3]))


def test_digits_differ_from_each_other_and_from_numbers_they_are_part_of() -> None:
    for a, b in itertools.combinations(range(10), 2):
        assert np.count_nonzero(bitmap(a, 1) != bitmap(b, 1)) >= 3
    assert bitmap(107, 3).shape == (21, 3 * 17)
    for wrong in ((-1, 1), (1, 0)):
        with pytest.raises(ValueError, match="number from 0"):
            bitmap(*wrong)


def test_colors_are_bright_and_apart() -> None:
    for color in PALETTE:
        assert (299 * color[0] + 587 * color[1] + 114 * color[2]) // 1000 >= 110
    for a, b in itertools.combinations(PALETTE, 2):
        assert sum(abs(x - y) for x, y in zip(a, b, strict=True)) >= 60
    assert color_of(1) == color_of(13) == PALETTE[0]


def brute_middle(mask: Mask) -> int:
    """The greatest number of king's steps from a pixel of the mask to one outside of it."""
    padded = np.pad(mask, 1)
    outside = np.argwhere(~padded)
    return max(int(np.abs(outside - at).max(axis=1).min()) for at in np.argwhere(padded))


@settings(max_examples=60, deadline=None)
@given(bits=st.integers(1, 2**48 - 1), seed=st.integers(0, 9))
def test_the_middle_is_farthest_from_the_border(bits: int, seed: int) -> None:
    mask: NDArray[np.bool_] = (
        np.array([[bits >> (8 * row + column) & 1 for column in range(8)] for row in range(6)]) > 0
    )
    mask = mask.repeat(1 + seed % 3, axis=0)
    row, column = middle(mask)
    assert mask[row, column]
    outside = np.argwhere(~np.pad(mask, 1)) - (row + 1, column + 1)
    assert int(np.abs(outside).max(axis=1).min()) == brute_middle(mask)


shapes = st.tuples(st.integers(0, 90), st.integers(0, 130), st.integers(1, 60), st.integers(1, 60))


@settings(max_examples=80, deadline=None)
@given(
    rectangles=st.lists(shapes, min_size=1, max_size=10), tracks=st.permutations(list(range(1, 200, 20))),
    size=st.sampled_from([(96, 136), (240, 320), (480, 270)]),
)  # fmt: skip
def test_plates_lie_in_the_picture_and_apart(
    rectangles: list[tuple[int, int, int, int]], tracks: list[int], size: tuple[int, int]
) -> None:
    masks = {
        track: rectangle(*(value * size[0] // 96 for value in where), size)
        for track, where in zip(tracks, rectangles, strict=False)
    }
    sizes = {track: (13, 5 + 6 * len(str(track))) for track in masks}
    placed = place(masks, sizes, gap=3)
    assert set(placed) == {track for track, mask in masks.items() if mask.any()}
    for track, plate in placed.items():
        assert (plate.bottom - plate.top, plate.right - plate.left) == sizes[track]
        assert plate.top >= 0
        assert plate.left >= 0
        assert plate.bottom <= size[0]
        assert plate.right <= size[1]
    for a, b in itertools.combinations(placed.values(), 2):
        assert a.overlap(b) == 0
    dot = 1 if min(size) < 120 else 2
    picture = marked(ground(*size), rles(masks))
    assert np.array_equal(picture, marked(ground(*size), rles(masks)))
    if dot == 1:
        assert all(find(picture, track, dot) is not None for track in placed)


def test_more_plates_than_there_is_room_for() -> None:
    """They are all drawn, each in the picture."""
    masks = {track: disc(20, 20, 3, (40, 40)) for track in range(1, 30)}
    placed = place(masks, dict.fromkeys(masks, (14, 14)), gap=2)
    assert len(placed) == 29
    assert all(p.left >= 0 and p.right <= 40 and p.top >= 0 and p.bottom <= 40 for p in placed.values())


def test_a_picture_smaller_than_a_plate() -> None:
    picture = marked(ground(6, 5), rles({1: np.ones((6, 5), np.bool_)}))
    assert picture.shape == (6, 5, 3)
    assert place({1: np.ones((6, 5), np.bool_)}, {1: (9, 9)}, gap=1) == {1: Plate(0, 0, 9, 9)}


GOLDEN = "2f791ff0d09410b5505641a84a402f90e56c67f646d714083a085c29808ff740"


def test_golden() -> None:
    picture = marked(ground(), rles(SCENE), highlight=(2,))
    assert hashlib.sha256(picture.tobytes()).hexdigest() == GOLDEN


# Crops


def test_a_crop_is_the_box_and_a_margin() -> None:
    picture = ground(100, 200)
    assert np.array_equal(crop(picture, (0.25, 0.5, 0.5, 0.75), margin=0, least=0), picture[50:75, 50:100])
    assert np.array_equal(crop(picture, (0.25, 0.5, 0.5, 0.75), margin=0.25, least=0), picture[43:82, 37:113])
    assert np.array_equal(crop(picture, (0.0, 0.0, 1.0, 1.0), margin=0.5, least=0), picture)
    assert np.array_equal(crop(picture, (-0.5, 0.9, 0.1, 1.5), margin=0, least=0), picture[90:, :20])


def test_a_crop_has_a_least_size_where_the_picture_has_it() -> None:
    picture = ground(100, 200)
    assert np.array_equal(crop(picture, (0.5, 0.5, 0.51, 0.51), margin=0, least=21), picture[40:61, 91:112])
    assert np.array_equal(crop(picture, (0.0, 0.98, 0.01, 1.0), margin=0, least=30), picture[70:, :30])
    assert crop(picture, (0.5, 0.5, 0.51, 0.51), margin=0, least=150).shape == (100, 150, 3)
    assert crop(picture, (0.5, 0.5, 0.5001, 0.5001), margin=0, least=0).shape == (1, 1, 3)


@settings(max_examples=100, deadline=None)
@given(
    corners=st.tuples(*[st.floats(0, 1)] * 4), margin=st.floats(0, 2), least=st.integers(0, 300),
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
)  # fmt: skip
def test_a_crop_holds_its_box(
    corners: tuple[float, float, float, float], margin: float, least: int, size: tuple[int, int]
) -> None:
    (x0, x1), (y0, y1) = sorted(corners[:2]), sorted(corners[2:])
    picture = np.arange(size[0] * size[1] * 3, dtype=np.uint32).reshape(*size, 3)
    if not (x0 < x1 and y0 < y1 and x0 < 1 and y0 < 1):
        return
    part = crop(picture, (x0, y0, x1, y1), margin, least)
    assert part.flags.c_contiguous
    assert all(min(least, whole) <= got <= whole for got, whole in zip(part.shape, size, strict=False))
    first, last = int(part[0, 0, 0]) // 3, int(part[-1, -1, 0]) // 3
    assert first // size[1] <= y0 * size[0]
    assert first % size[1] <= x0 * size[1]
    assert last // size[1] + 1 >= y1 * size[0] - 1e-9
    assert last % size[1] + 1 >= x1 * size[1] - 1e-9


@pytest.mark.parametrize(
    ("box", "margin", "least"),
    [((0.5, 0, 0.5, 1), 0, 0), ((0.6, 0, 0.5, 1), 0, 0), ((1.0, 0, 1.2, 1), 0, 0), ((0, -1, 1, 0), 0, 0),
     ((0, 0, float("nan"), 1), 0, 0), ((0, 0, 1, 1), -0.1, 0), ((0, 0, 1, 1), 0, -1)],
)  # fmt: skip
def test_crops_of_nothing_are_refused(box: tuple[float, float, float, float], margin: float, least: int) -> None:
    with pytest.raises(ValueError, match=r"box is|not negative"):
        crop(ground(20, 20), box, margin, least)
