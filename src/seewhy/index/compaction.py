"""Which segments to merge when a new one is written."""

from __future__ import annotations

from collections.abc import Sequence

MERGE_AT = 4
"""As many segments of one size class are merged, and a class is as many times the one below: n equal
additions make at most (MERGE_AT - 1) log4(n) segments, and each is copied at most log4(n) times."""

WASTE = 0.5
"""A segment is rewritten when more than this share of it is dead: it then never takes more than twice the
time and room of what lives in it."""


def to_merge(live: Sequence[int], full: Sequence[int], fresh: int) -> list[int]:
    """Positions, ascending, of the segments to merge with the fresh content.

    Args:
        live: size of what lives in each segment, in rows or the like.
        full: size of each segment with its dead.
        fresh: size of what is to be written anyway; may be 0.

    >>> to_merge([10, 11, 12], [10, 11, 12], fresh=10)
    [0, 1, 2]
    >>> to_merge([1000, 10, 12], [1000, 10, 12], fresh=10)
    []
    >>> to_merge([1000, 4], [1000, 10], fresh=0)
    [1]
    """
    chosen = {position for position, size in enumerate(full) if live[position] < (1 - WASTE) * size}
    size = fresh + sum(live[position] for position in chosen)
    while size:
        peers = {
            position
            for position, other in enumerate(live)
            if position not in chosen and _size_class(other) <= _size_class(size)
        }
        if len(peers) + 1 < MERGE_AT:
            break
        chosen |= peers
        size += sum(live[position] for position in peers)
    return sorted(chosen)


def _size_class(size: int) -> int:
    """How often the size can be divided by `MERGE_AT` before nothing is left."""
    return (size.bit_length() + 1) // 2
