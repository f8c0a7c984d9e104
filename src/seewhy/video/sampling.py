"""Which frames are taken, and how large: the arithmetic that every video source shares."""

from __future__ import annotations

import math
from fractions import Fraction


class Ticks:
    """Takes the first frame at or after each tick k / rate, none twice, and always the first frame.

    Times are exact fractions of seconds. A container with a coarse clock (Matroska counts
    milliseconds) rounds the time of a frame; one that lies at most half a unit of the clock before a
    tick is on time.

    >>> ticks = Ticks(rate=Fraction(2), clock=Fraction(1, 1000))
    >>> [t for t in ("0", "0.2", "0.4995", "0.6", "0.999", "1.7", "1.8") if ticks.take(Fraction(t))]
    ['0', '0.4995', '1.7']
    """

    def __init__(self, rate: Fraction, clock: Fraction, limit: int | None = None) -> None:
        """
        Args:
            rate: ticks per second.
            clock: seconds in one unit of the container's clock.
            limit: most frames taken, should the video prove longer than was thought.
        """
        self._rate = rate
        self._slack = clock / 2
        self._next = Fraction(0)
        self._left = limit

    def take(self, t: Fraction) -> bool:
        """Whether the frame at `t` seconds is taken. Call it once per frame, in order of time."""
        if t + self._slack < self._next or self._left == 0:
            return False
        if self._left is not None:
            self._left -= 1
        self._next = Fraction(math.floor((t + self._slack) * self._rate) + 1) / self._rate
        return True


def sampling_rate(rate: float, duration: float, max_frames: int | None) -> Fraction:
    """Frames per second to sample: `rate`, or what spreads `max_frames` evenly over a longer video.

    Raises:
        ValueError: `rate` or `max_frames` is not positive.

    >>> sampling_rate(6, 10.0, None), sampling_rate(6, 200.0, 600)
    (Fraction(6, 1), Fraction(3, 1))
    """
    if not (rate > 0 and math.isfinite(rate)):
        raise ValueError(f"rate is a positive number of frames per second, got {rate}")
    if max_frames is not None and max_frames < 1:
        raise ValueError(f"max_frames is at least 1, or None for no limit, got {max_frames}")
    wanted = Fraction(str(rate))  # 0.1 is meant as 1/10, not as the float next to it
    if max_frames is None or duration <= 0:
        return wanted
    return min(wanted, max_frames / Fraction(duration))


def fitted_size(width: int, height: int, lines: int | None) -> tuple[int, int]:
    """(width, height) scaled down, never up, to at most `lines` rows; the aspect ratio is kept.

    Raises:
        ValueError: `lines` is not positive.

    >>> fitted_size(1920, 1080, 480), fitted_size(101, 67, 480), fitted_size(5000, 100, 1)
    ((853, 480), (101, 67), (50, 1))
    """
    if lines is not None and lines < 1:
        raise ValueError(f"lines is at least 1, or None for the stored height, got {lines}")
    if lines is None or height <= lines:
        return width, height
    return max(1, round(width * lines / height)), lines
