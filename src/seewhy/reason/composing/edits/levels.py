"""Values that have an order: how much brighter, faster, larger, closer is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from seewhy.types.twin import AttributeKind

LEVELS: Mapping[AttributeKind, Sequence[str]] = MappingProxyType(
    {
        "size": ("small", "medium", "large"),
        "pace": ("still", "slow", "moderate", "fast"),
        "brightness": ("dark", "medium", "bright"),
        "shot_scale": ("wide", "medium", "close-up"),
    }
)
"""From the lowest to the highest, in the words of seewhy.twin.looks."""
LOWEST: Mapping[AttributeKind, int] = MappingProxyType({"pace": 1})
"""Where going down ends, if not at the lowest: what is slower still moves."""


def stepped(kind: AttributeKind, said: str, by: int) -> str:
    """The value so many levels up, or down; from a value that is unknown, the outermost. Nothing is beyond that.

    >>> stepped("brightness", "medium", 1), stepped("pace", "fast", -1), stepped("size", "large", 1)
    ('bright', 'moderate', 'large')
    >>> stepped("shot_scale", "", 1), stepped("shot_scale", "", -1)
    ('close-up', 'wide')
    >>> stepped("pace", "slow", -1), stepped("pace", "still", 1)
    ('slow', 'slow')
    """
    levels = LEVELS[kind]
    floor = min(LOWEST.get(kind, 0), levels.index(said)) if said in levels else LOWEST.get(kind, 0)
    if said not in levels:
        return levels[-1] if by > 0 else levels[floor]
    return levels[min(max(levels.index(said) + by, floor), len(levels) - 1)]
