"""A contact sheet: frames around a hit's best moment with masks drawn, and below them the reasons."""

from __future__ import annotations

import math
from pathlib import PurePath

import cv2
import numpy as np

from seewhy.render.draw import DARK, LIGHT
from seewhy.render.lettering import Color, wrap, write
from seewhy.render.stills import Footage, Still, spread, stills
from seewhy.types.hit import Answer, Hit
from seewhy.types.video import Image

COLUMNS, ROWS = 3, 2
WIDTH = 1440
"""pixels of the whole sheet: readable on a laptop, small enough for a chat"""
GAP, PAD, TEXT, LEAD = 8, 20, 13, 26
"""pixels: between frames, around text, height of capitals, from line to line"""
MUTED: Color = (150, 158, 172)
IN_MOMENT: Color = (60, 225, 110)
ANSWER_COLORS: dict[Answer, Color] = {"yes": (60, 225, 110), "no": (255, 95, 95), "unknown": (255, 190, 0)}


def contact_sheet(hit: Hit, footage: Footage) -> Image:
    """At most six frames of a hit in a grid, a green bar under those in a moment, then the verdict per condition.

    Returns:
        RGB, (H, 1440, 3).

    Raises:
        VideoError: the file cannot be read.
    """
    shown = stills(hit, footage, spread(hit, footage.twin, COLUMNS * ROWS), lines=480)
    parts = [_heading(hit, footage), *_grid(shown), _reasons(hit)]
    return np.concatenate(parts, axis=0)


def _heading(hit: Hit, footage: Footage) -> Image:
    name = PurePath(footage.video_path).name
    moments = ", ".join(str(moment.span) for moment in hit.moments) or "no moment in particular"
    strip = _blank(2 * LEAD + 2 * PAD)
    write(strip, f"{hit.rank}.  {name}", PAD, PAD, TEXT + 4, LIGHT, bold=True)
    matched = "" if hit.matched else "   under the threshold: no match"
    write(strip, f"relevance {hit.score:.2f}{matched}   moments {moments}", PAD, PAD + LEAD + 6, TEXT, MUTED)
    return strip


def _grid(shown: list[Still]) -> list[Image]:
    if not shown:
        return []
    cell = (WIDTH - GAP * (COLUMNS + 1)) // COLUMNS
    ratio = shown[0].image.shape[0] / shown[0].image.shape[1]
    height = min(round(cell * ratio), cell)  # upright pictures are not shown larger than wide ones
    rows = []
    for row in range(math.ceil(len(shown) / COLUMNS)):
        strip = _blank(height + LEAD + GAP)
        for column, still in enumerate(shown[row * COLUMNS : (row + 1) * COLUMNS]):
            left = GAP + column * (cell + GAP)
            scale = min(cell / still.image.shape[1], height / still.image.shape[0])
            width, tall = (max(1, round(side * scale)) for side in (still.image.shape[1], still.image.shape[0]))
            picture = cv2.resize(still.image, (width, tall), interpolation=cv2.INTER_AREA)
            x = left + (cell - width) // 2
            strip[:tall, x : x + width] = picture
            color = IN_MOMENT if still.in_moment else MUTED
            if still.in_moment:
                strip[height : height + 3, left : left + cell] = color
            write(strip, f"{still.time.t:.2f} s", left, height + 9, TEXT - 1, color)
        rows.append(strip)
    return rows


def _reasons(hit: Hit) -> Image:
    lines: list[tuple[str, str, Color]] = []
    for verdict in hit.verdict.conditions:
        text = wrap(verdict.evidence.text, TEXT, WIDTH - 2 * PAD - 110)
        lines += [
            (verdict.answer if n == 0 else "", line, ANSWER_COLORS[verdict.answer]) for n, line in enumerate(text)
        ]
    for note in hit.degraded:
        lines += [("degraded" if n == 0 else "", line, MUTED) for n, line in enumerate(wrap(note, TEXT, WIDTH - 200))]
    strip = _blank(LEAD * len(lines) + 2 * PAD)
    for n, (mark, line, color) in enumerate(lines):
        top = PAD + n * LEAD
        write(strip, mark, PAD, top, TEXT, color, bold=True)
        write(strip, line, PAD + 110, top, TEXT, LIGHT)
    return strip


def _blank(height: int) -> Image:
    strip = np.empty((height, WIDTH, 3), np.uint8)
    strip[:] = DARK
    return strip
