"""What makes a prompt sound, and which pixels it speaks of."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seewhy.errors import PerceptionError
from seewhy.perceive.local.tracking import Prompt
from seewhy.types.masks import Mask
from seewhy.types.video import Frame


def check(prompts: Sequence[Prompt], frame: Frame, size: tuple[int, int] | None) -> None:
    """What every tracker session asks of what it is given.

    Args:
        prompts: those that come with `frame`.
        size: (height, width) of the frames before; None: `frame` is the first.

    Raises:
        PerceptionError: a frame of another size, an object prompted twice, or a prompt that points at nothing.
    """
    height, width, _ = frame.image.shape
    if size is not None and size != (height, width):
        raise PerceptionError(
            f"frame {frame.index} is {height}x{width}, those before are {size[0]}x{size[1]}; begin a new session"
        )
    for place, prompt in enumerate(prompts):
        if any(prompt.object == other.object for other in prompts[:place]):
            raise PerceptionError(f"object {prompt.object} is prompted twice in frame {frame.index}; prompt it once")
        fault = _fault(prompt, (height, width))
        if fault:
            raise PerceptionError(f"the prompt of object {prompt.object} in frame {frame.index} {fault}")


def covered(prompt: Prompt, size: tuple[int, int]) -> Mask:
    """The pixels that a sound prompt speaks of.

    >>> covered(Prompt(1, box=(0.0, 0.5, 0.5, 1.0)), (2, 4)).astype(int).tolist()
    [[0, 0, 0, 0], [1, 1, 0, 0]]
    """
    if prompt.mask is not None:
        return prompt.mask
    height, width = size
    pixels = np.zeros(size, np.bool_)
    if prompt.box is not None:
        x0, y0, x1, y1 = prompt.box
        pixels[math.floor(y0 * height) : math.ceil(y1 * height), math.floor(x0 * width) : math.ceil(x1 * width)] = True
    for x, y in prompt.points:
        pixels[min(int(y * height), height - 1), min(int(x * width), width - 1)] = True
    return pixels


def _fault(prompt: Prompt, size: tuple[int, int]) -> str:
    """What is wrong with a prompt; empty: nothing."""
    given = (prompt.box is not None) + bool(prompt.points) + (prompt.mask is not None)
    if given != 1:
        return f"has {given} of box, points and mask; give exactly one"
    if prompt.mask is not None:
        if prompt.mask.shape != size:
            return f"has a mask of shape {prompt.mask.shape}; it must have the frame's, {size}"
        return "" if prompt.mask.any() else "has an empty mask; do not prompt what is hidden"
    numbers = [*(prompt.box or ()), *(number for point in prompt.points for number in point)]
    if not all(0 <= number <= 1 for number in numbers):
        return f"has {prompt.box or prompt.points}; coordinates are fractions of the frame, 0..1"
    if prompt.box is not None and not (prompt.box[0] < prompt.box[2] and prompt.box[1] < prompt.box[3]):
        return f"has the box {prompt.box}, which holds nothing; it is x0, y0, x1, y1"
    return ""
