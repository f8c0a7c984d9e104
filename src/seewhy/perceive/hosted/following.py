"""A thing that nobody tracks, followed through a video from its box in one frame.

It is cut out of its box, then carried from sampled frame to sampled frame, forwards and backwards, until it is lost.
Frames are looked at small. One reading of the video is enough: frames before the box are held, at most HELD of them,
those after it are looked at as they come.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from seewhy.errors import PerceptionError
from seewhy.perceive.hosted.cutout import Colors, PixelBox, View, box_of, chances, cut_from_box, pieces, surroundings
from seewhy.perceive.hosted.locating import expected
from seewhy.perceive.motion import Floats, FlowEstimator, Motion, color_overlap, motion_between
from seewhy.perceive.refining import reduced, refined
from seewhy.types.masks import Mask, Rle, encode
from seewhy.types.twin import Twin
from seewhy.types.video import Image
from seewhy.video.clip import Clip

SOURCE = "embedded.following@1"

LINES = 160
"""Greatest height of frames that are looked at: at 240 lines masks fit no better, and take twice as long."""
HELD = 600
"""Frames held before the one with the box: all that are sampled by default; 80 MB. Farther back it is not followed."""
MARGIN = 0.03
"""Of the box's sides: boxes are often a little tight."""
LEAST_PIXELS = 12
"""Smaller things are not seen well enough to be told from noise."""
LEAST_FILLED = 0.15
"""Of the box, by what it is of."""
LEAST_CONTRAST = 0.2
"""Between the colors of a thing and its surroundings; less is a box with nothing in it."""
STIRRED = 1.0
"""pixels from one sampled frame to the next, against the background: what moves so is there whatever its colors"""
MEMORY = 0.9
"""Share of a thing's colors that is kept from frame to frame."""
LEAST_LIKE = 0.35
"""What the colors of a thing have in common with those at first; less is another thing."""
JUMP = 2.2
"""Its area grows or shrinks by no more than this factor from one sampled frame to the next."""
PLACE_BLUR = 1.5
"""pixels: how wrong the expected place may be"""


def follow_box(clip: Clip, twin: Twin, frame_index: int, box: tuple[float, float, float, float]) -> dict[int, Rle]:
    """Where the thing in a box is, in as many of the twin's frames as it can be followed through.

    Args:
        frame_index: of a decoded frame, one of the twin's.
        box: around the thing there: x0, y0, x1, y1 as fractions of the frame; what lies outside is cut off.

    Returns:
        frame index → mask of the size of the twin's masks, frames ascending; nothing where the box has no area, or
        nothing in it stands out.

    Raises:
        PerceptionError: the frame is none of the twin's, or the video does not show it any more.
        VideoError: the video cannot be read.
    """
    if all(frame.index != frame_index for frame in twin.frames):
        raise PerceptionError(f"frame {frame_index} of {twin.id} was not sampled; take one of the twin's frames")
    frames = (_Small(frame.index, reduced(frame.image, LINES)) for frame in clip.sampled())
    before: deque[_Small] = deque(maxlen=HELD)
    for first in frames:
        if first.number == frame_index:
            break
        before.append(first)
    else:
        raise PerceptionError(f"the video of {twin.id} does not give frame {frame_index} any more; index it again")
    pixels = _in_pixels(box, first.image)
    if pixels is None:
        return {}
    following = next(frames, None)
    flow = FlowEstimator()
    neighbors = [near for near in (before[-1] if before else None, following) if near is not None]
    steps = [_step(flow, first, near) for near in neighbors]
    view = View.of(first.image, [step.residual_forward for step in steps if not step.camera.cut])
    thing = _thing(view, cut_from_box(view, pixels), pixels)
    if thing is None:
        return {}
    found = [(first, thing.mask)]
    found += _carried(flow, thing, first, reversed(before))
    found += _carried(flow, thing, first, itertools.chain([following] if following else [], frames))
    times = {frame.index for frame in twin.frames}
    full = {
        small.number: refined([mask], small.image, twin.mask_size)[0] for small, mask in found if small.number in times
    }
    return {index: encode(full[index]) for index in sorted(full) if full[index].any()}


class _Small(NamedTuple):
    """A sampled frame at the size at which it is looked at."""

    number: int
    """of the decoded frame"""
    image: Image


class _Thing(NamedTuple):
    """What is followed, in the frame where it was seen last."""

    mask: Mask
    soft: Floats
    """(H, W): the chance of each pixel to belong to it"""
    colors: Colors
    first: Colors
    """those at first"""


def _in_pixels(box: tuple[float, float, float, float], image: Image) -> PixelBox | None:
    """A box with a margin, in pixels; None where it has no area."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = (min(max(side, 0.0), 1.0) for side in box)
    if not (x1 > x0 and y1 > y0):  # also what is no number
        return None
    across, down = MARGIN * (x1 - x0), MARGIN * (y1 - y0)
    left, top = max(0, math.floor((x0 - across) * width)), max(0, math.floor((y0 - down) * height))
    return left, top, min(width, math.ceil((x1 + across) * width)), min(height, math.ceil((y1 + down) * height))


def _step(flow: FlowEstimator, before: _Small, after: _Small) -> Motion:
    return motion_between(flow, before.image, after.image, color_overlap(before.image, after.image))


def _thing(view: View, mask: Mask, box: PixelBox) -> _Thing | None:
    """What was cut out of a box; None where that is nothing."""
    left, top, right, bottom = box
    filled = np.count_nonzero(mask)
    if filled < LEAST_PIXELS or filled < LEAST_FILLED * (right - left) * (bottom - top):
        return None
    soft = mask.astype(np.float32)
    colors = Colors.of(view, soft, surroundings(box, mask.shape))
    stirred = any(_stands_out(motion, mask) for motion in view.stir)
    return _Thing(mask, soft, colors, colors) if colors.contrast >= LEAST_CONTRAST or stirred else None


def _carried(
    flow: FlowEstimator, thing: _Thing, start: _Small, frames: Iterable[_Small]
) -> Iterator[tuple[_Small, Mask]]:
    """The thing in one frame after the other, until it is lost."""
    ahead = iter(frames)
    before, now = start, next(ahead, None)
    step = _step(flow, before, now) if now is not None else None
    while now is not None and step is not None and not step.camera.cut:
        after = next(ahead, None)
        next_step = _step(flow, now, after) if after is not None else None
        stir = [step.residual_backward]
        if next_step is not None and not next_step.camera.cut:
            stir.append(next_step.residual_forward)
        place = expected(flow, before.image, now.image, step.backward, thing.mask, thing.soft)
        seen = _seen(thing, View.of(now.image, stir), place)
        if seen is None:
            return
        yield now, seen.mask
        thing, before, now, step = seen, now, after, next_step


def _seen(thing: _Thing, view: View, place: Floats) -> _Thing | None:
    """The thing where it is expected; None where it is not there any more."""
    if np.count_nonzero(place > 0.5) < LEAST_PIXELS:
        return None
    window = surroundings(box_of(place > 0.5), place.shape)
    blurred = np.asarray(cv2.GaussianBlur(place, (0, 0), PLACE_BLUR), np.float32)
    chance = chances(view, blurred, thing.colors, window)
    mask = pieces(chance > 0.5)
    pixels, before = np.count_nonzero(mask), np.count_nonzero(thing.mask)
    if pixels < LEAST_PIXELS or not 1 / JUMP < pixels / before < JUMP:
        return None
    seen = Colors.of(view, mask.astype(np.float32), window)
    if seen.overlap(thing.first) < LEAST_LIKE:
        return None
    return _Thing(mask, np.asarray((chance + mask) / 2, np.float32), thing.colors.mixed(seen, 1 - MEMORY), thing.first)


def _stands_out(motion: Floats, mask: Mask) -> bool:
    """Whether what is in the mask moves against the background."""
    return bool(np.median(motion[mask]) > STIRRED)
