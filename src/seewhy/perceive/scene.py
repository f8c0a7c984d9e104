"""What a whole picture looks like: its colors, its light, and a guess at where it was taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.color import COLOR_NAMES, Floats, Illumination, color_shares, lch_of
from seewhy.types.twin import Attribute, AttributeKind
from seewhy.types.video import Image

SAMPLES = 4000
"""pixels of a picture that are looked at, on a grid"""

PALETTE_SHARE, MOST_COLORS = 0.15, 3
"""A color of the palette covers at least this share of the picture; so many are named."""
VIVID_CHROMA, MUTED_CHROMA = 32.0, 9.0
"""Mean chroma from which a picture is colorful, and under which it is muted."""

GRAY_CHROMA, COLOR_CHROMA = 3.0, 12.0
"""Chroma that 99 % of a picture's pixels stay under: if under the first, there is no color in it, if over the second,
there is. In between nobody can tell: of 97 clips of Reel-97, all in color, a gray street reaches the least, 5; a gray
film with noise in its color planes reaches 8."""
TONED_ALIKE, TONED_CHROMA, SEPIA_HUES = 0.97, 8.0, (60.0, 105.0)
"""How much the colors of a toned picture are one hue, as the length of their mean over their mean length, 0..1; their
mean chroma at least; and between which hues, in degrees, brown tones lie. The same pictures reach 0.97 to 0.997 and 86
to 96 degrees when toned, 0.956 as they are."""
UNLIT = 0.7
"""Share that is pitch dark from which a frame shows no colors, whatever there are."""
COLORING_SAID = {"black and white": 0.9, "color": 0.9, "sepia": 0.7}
"""scores: a brown room by lamplight may look toned"""

DARK_UNDER, BRIGHT_FROM = 30.0, 62.0
"""Median lightness of the picture, 0..100."""
LIGHT_SOFTNESS = 3.5

NIGHT_MEDIAN, NIGHT_SPREAD = 24.0, 5.0
"""Median lightness at which a picture is as likely a night's as a day's, if nothing else speaks for either."""
PITCH_DARK, GLARING = 15.0, 85.0
"""Lightness up to which there is no light, and from which there is a lamp, a sign or a sky."""
NIGHT_DARK, NIGHT_LAMPS, LAMPS_SAY = 0.25, 0.08, 3.2
"""Shares of both that a street by night has at once, and what that adds to the log-odds: by day one excludes the other
more often than not."""
GREEN, GREEN_SAYS = 0.25, 2.0
"""Share of green in the picture that takes as much from them: at night nothing that grows is green."""
TIME_SUREST = 0.9
INDOOR_DAY = 0.5
"""What the score of a day is multiplied with in a room: lamps shine there at any time."""

SETTING_WEIGHTS = (2.3, 4.2, -1.0, -1.1)
"""Log-odds of outdoor for sky, vegetation, fall of light and warm colors, see `_cues`. Fitted to 89 clips of Reel-97 by
ridge regression: leaving one out, 74 % are told right, and 94 % of those with a probability over 0.75."""
SETTING_BIAS = -0.5
SETTING_SUREST = 0.7
"""Colors alone never tell a setting surely."""


class _Picture(NamedTuple):
    """What is kept of one frame."""

    shares: Floats
    """(11,) of COLOR_NAMES"""
    median: float
    """lightness"""
    chroma: float
    """mean"""
    strongest: float
    """chroma that 1 % of the pixels reach"""
    tone: complex
    """mean chroma, as a vector in the direction of its hue"""
    dark: float
    """share that is pitch dark"""
    glaring: float
    """share that is lamps, signs or sky"""
    cues: Floats
    """(4,), see `_cues`"""


def sampled(image: Image) -> NDArray[np.uint8]:
    """(h, w, 3): about SAMPLES pixels of a picture, on a grid."""
    step = max(1, math.isqrt(image.shape[0] * image.shape[1] // SAMPLES))
    return image[step // 2 :: step, step // 2 :: step]


class SceneWatcher:
    """Sees every frame of a video once, and then says what its scene looks like."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._pictures: list[_Picture] = []

    def see(self, pixels: NDArray[np.uint8], light: Illumination) -> None:
        """Take in a sample of a frame's pixels (h, w, 3), see `sampled`."""
        lch, lit = lch_of(pixels), lch_of(pixels, light)
        lightness = lch[..., 0]
        self._pictures.append(
            _Picture(
                shares=color_shares(pixels.reshape(-1, 3)),
                median=float(np.median(lightness)),
                chroma=float(lch[..., 1].mean()),
                strongest=float(np.percentile(lch[..., 1], 99)),
                tone=complex((lch[..., 1] * np.exp(1j * np.radians(lch[..., 2]))).mean()),
                dark=float((lightness < PITCH_DARK).mean()),
                glaring=float((lightness > GLARING).mean()),
                cues=_cues(lit),
            )
        )

    def attributes(self) -> list[Attribute]:
        """Palette, coloring, brightness, time of day and setting, each best first; empty before the first frame."""
        if not self._pictures:
            return []
        seen = self._pictures
        shares = np.mean([picture.shares for picture in seen], axis=0)
        median, chroma, dark, glaring = np.median([(p.median, p.chroma, p.dark, p.glaring) for p in seen], axis=0)
        cues = np.median([picture.cues for picture in seen], axis=0)
        outdoor = outdoor_probability(cues)
        scores: tuple[tuple[AttributeKind, dict[str, float]], ...] = (
            ("palette", palette(shares, chroma)),
            ("coloring", coloring([p for p in seen if p.dark <= UNLIT])),
            ("brightness", brightness(median)),
            ("time_of_day", time_of_day(median, dark, glaring, cues[1], outdoor)),
            ("setting", setting(outdoor)),
        )
        return [
            Attribute(kind=kind, value=value, score=round(score, 3), source=self._source)
            for kind, values in scores
            for value, score in sorted(values.items(), key=lambda item: -item[1])
        ]


def palette(shares: Floats, chroma: float) -> dict[str, float]:
    """The colors that cover most of the picture, and whether it is colorful or muted.

    Args:
        shares: (11,) of COLOR_NAMES.
        chroma: mean over the picture.
    """
    order = np.argsort(-shares, kind="stable")[:MOST_COLORS]
    named = {COLOR_NAMES[i]: min(0.95, float(shares[i]) / 0.4) for i in order if shares[i] >= PALETTE_SHARE}
    if chroma > VIVID_CHROMA:
        named["colorful"] = 0.7
    elif chroma < MUTED_CHROMA:
        named["muted"] = 0.7
    return named


def coloring(lit: Sequence[_Picture]) -> dict[str, float]:
    """Whether the video is in color, in black and white, or toned; {} where that cannot be told.

    One red coat, and it is in color: the most colorful frame decides against black and white.
    """
    strongest = max((picture.strongest for picture in lit), default=GRAY_CHROMA)
    chroma = math.fsum(picture.chroma for picture in lit)
    tone = sum(picture.tone for picture in lit)
    hue = math.degrees(math.atan2(tone.imag, tone.real)) % 360
    toned = chroma >= TONED_CHROMA * len(lit) > 0 and abs(tone) >= TONED_ALIKE * chroma
    if strongest < GRAY_CHROMA:
        said = "black and white"
    elif toned and SEPIA_HUES[0] <= hue <= SEPIA_HUES[1]:
        said = "sepia"
    elif toned or strongest < COLOR_CHROMA:
        return {}
    else:
        said = "color"
    return {said: COLORING_SAID[said]}


def brightness(median: float) -> dict[str, float]:
    """dark, medium or bright, from the median lightness 0..100: the best, and its neighbor where the two are close."""
    dark = _logistic((DARK_UNDER - median) / LIGHT_SOFTNESS)
    bright = _logistic((median - BRIGHT_FROM) / LIGHT_SOFTNESS)
    scores = {"dark": dark, "bright": bright, "medium": 1 - dark - bright}
    return {value: 0.95 * score for value, score in scores.items() if score > 0.2}


def time_of_day(median: float, dark: float, glaring: float, green: float, outdoor: float) -> dict[str, float]:
    """day or night.

    Args:
        median: lightness, 0..100.
        dark: share of the picture that is pitch dark.
        glaring: share of it that is lamps, signs or sky.
        green: share of it that is green.
        outdoor: how likely it was taken outdoors, 0..1.
    """
    street = min(dark / NIGHT_DARK, glaring / NIGHT_LAMPS, 1.0) ** 2
    greenery = min(green / GREEN, 1.0)
    odds = (NIGHT_MEDIAN - median) / NIGHT_SPREAD + LAMPS_SAY * street - GREEN_SAYS * greenery
    night = _logistic(odds)
    sure = TIME_SUREST * abs(2 * night - 1)
    return {"night": sure} if night > 0.5 else {"day": sure * (INDOOR_DAY + (1 - INDOOR_DAY) * outdoor)}


def outdoor_probability(cues: Floats) -> float:
    """0..1, from the median of each cue over the video, see `_cues`."""
    return _logistic(float(cues @ np.array(SETTING_WEIGHTS)) + SETTING_BIAS)


def setting(outdoor: float) -> dict[str, float]:
    """outdoor or indoor, never surely."""
    return {"outdoor" if outdoor >= 0.5 else "indoor": SETTING_SUREST * max(outdoor, 1 - outdoor)}


def _cues(lch: Floats) -> Floats:
    """(4,): blue sky in the upper third, vegetation, how much lighter it is above than below, and warm colors."""
    lightness, chroma, hue = lch[..., 0], lch[..., 1], lch[..., 2]
    third = max(1, len(lch) // 3)
    top, bottom = lightness[:third], lightness[-third:]
    sky = (hue > 215) & (hue < 300) & (chroma > 7) & (lightness > 45)
    vegetation = (hue > 95) & (hue < 165) & (chroma > 12)
    warm = (hue > 20) & (hue < 85) & (chroma > 12)
    fall = (top.mean() - bottom.mean()) / 100
    return np.array([sky[:third].mean(), vegetation.mean(), fall, warm.mean()], np.float32)


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(min(max(-odds, -30.0), 30.0)))
