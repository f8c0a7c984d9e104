"""The color of a thing over time: one or more colors for as long as it is seen, or one color after another."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seewhy.perceive.color import COLOR_NAMES, Floats
from seewhy.types.time import Span
from seewhy.types.twin import Attribute

SATURATION = 0.35
"""Share of a thing's surface that makes the score of a color 0.63; what covers a quarter of it is one of its colors."""
SUREST, SUREST_IN_THE_DARK = 0.95, 0.75
LEAST_SHARE, MOST_COLORS = 0.1, 3
"""A color that covers less is not said; shading and background that a mask caught give small shares of others."""
CHANGED = 0.5
"""of the surface has to go by another name for a color to have changed, ..."""
LEFT = 0.2
"""... and no more than this may still, or already, go by the other one."""
LEAST_LOOKS = 2
"""that a color lasts; one look may be at a moment of glare"""
NEIGHBORS = frozenset(
    frozenset(pair.split())
    for pair in (
        "black gray", "gray white", "red orange", "orange yellow", "orange brown", "red brown", "red pink",
        "pink purple", "purple blue", "black brown", "yellow green", "pink white", "brown gray", "brown yellow",
    )
)  # fmt: skip
"""Names that one color may go by when the light changes: between them, nothing has changed color."""


class ColorLook(NamedTuple):
    """The colors of a thing at one time."""

    t: float
    shares: Floats
    """(11,) of COLOR_NAMES"""
    weight: float = 1.0
    """how much this look counts: more where the light is good"""
    darkness: float = 0.0
    """of the picture, 0..1, see `Illumination`"""


def color_attributes(looks: Sequence[ColorLook], start: float, end: float, source: str) -> list[Attribute]:
    """The colors of a thing, best first; with spans, in order of time, where it changes color.

    Args:
        looks: in order of time; at least one.
        start: seconds, when it is first seen.
        end: seconds, when it is last seen.
        source: who says so.
    """
    runs = _runs(looks)
    if len(runs) == 1:
        return [_color(name, score, source, None) for name, score in _scores(looks)]
    times = [start, *((a[-1].t + b[0].t) / 2 for a, b in itertools.pairwise(runs)), end]
    said = []
    for run, (since, until) in zip(runs, itertools.pairwise(times), strict=True):
        span = Span(start=since, end=max(until, since))
        said += [_color(name, score, source, span) for name, score in _scores(run)]
    return said


def _color(name: str, score: float, source: str, span: Span | None) -> Attribute:
    return Attribute(kind="color", value=name, score=score, source=source, span=span)


def _mean(looks: Sequence[ColorLook]) -> Floats:
    weights = np.array([look.weight for look in looks]) + 1e-6
    mean: Floats = np.average([look.shares for look in looks], axis=0, weights=weights).astype(np.float32)
    return mean


def _scores(looks: Sequence[ColorLook]) -> list[tuple[str, float]]:
    shares = _mean(looks)
    darkness = float(np.mean([look.darkness for look in looks]))
    surest = SUREST + darkness * (SUREST_IN_THE_DARK - SUREST)
    order = np.argsort(-shares, kind="stable")[:MOST_COLORS]
    kept = [index for index in order if shares[index] >= LEAST_SHARE] or list(order[:1])
    return [(COLOR_NAMES[i], round(surest * (1 - math.exp(-float(shares[i]) / SATURATION)), 3)) for i in kept]


def _runs(looks: Sequence[ColorLook]) -> list[Sequence[ColorLook]]:
    """Looks by color: more than one run only where the color surely changes, and stays changed for a while."""
    names = [int(look.shares.argmax()) for look in looks]
    groups = [list(group) for _, group in itertools.groupby(range(len(looks)), key=lambda i: names[i])]
    lasting = [group for group in groups if len(group) >= LEAST_LOOKS]
    runs: list[list[int]] = []
    for group in lasting:
        if runs and not _changes(_mean([looks[i] for i in runs[-1]]), _mean([looks[i] for i in group])):
            runs[-1] += group
        else:
            runs.append(group)
    if len(runs) < 2 or max(look.darkness for look in looks) > 0.5:
        return [looks]
    return [[looks[i] for i in run] for run in runs]


def _changes(before: Floats, after: Floats) -> bool:
    first, then = int(before.argmax()), int(after.argmax())
    if first == then or frozenset((COLOR_NAMES[first], COLOR_NAMES[then])) in NEIGHBORS:
        return False
    return bool(min(before[first], after[then]) >= CHANGED and max(before[then], after[first]) <= LEFT)
