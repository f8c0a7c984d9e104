"""Which track is which entity: the joint assignment that makes most of a query hold.

Everything said of one entity has to hold of one track, and two entities are two tracks. Each condition is a
term over the entities it speaks of; the best assignment maximises the sum of the terms. The search is exact and
lazy: terms about one entity are evaluated for every track, terms about several start at their upper bound and
are evaluated only where the bound says that they could still win (an A*-like search over a dense table). A query
with so many entities that the table would not fit, or whose bounds rule nothing out, is searched with a beam instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_CELLS = 250_000
"""Largest table of assignments searched exactly: 12 tracks with 5 entities. 2 MB of float64."""
MAX_LOOKS = 4000
"""Terms evaluated in the exact search; a question whose bounds rule nothing out would look at every cell, for seconds
a video. Questions of people need tens."""
BEAM = 64
"""Partial assignments kept per entity beyond that."""
TIE = 1e-6
"""What a track's salience counts for: it decides only between equals."""

Worth = Callable[[tuple[int, ...]], float]


class Term(NamedTuple):
    """A part of the sum: what an assignment of these entities is worth."""

    entities: tuple[int, ...]
    """positions of the entities it speaks of, each once; not empty"""
    bound: float
    """no assignment is worth more"""
    worth: Worth
    """positions of their tracks, in the order of `entities` → worth; deterministic"""
    worths: NDArray[np.float64] | None = None
    """of a term about one entity, the worth of every track, where it is known already"""


def best_assignment(
    entities: int, salience: Sequence[float], terms: Sequence[Term], shared: Set[int] = frozenset()
) -> tuple[int, ...]:
    """The assignment of distinct tracks to entities with the greatest sum.

    Args:
        entities: how many entities there are.
        salience: one value in 0..1 per track; there are at least as many tracks as entities.
        terms: what the sum is made of.
        shared: entities whose track may be another entity's too.

    Returns:
        For each entity the position of its track. Equal sums: the more salient tracks, then the earlier ones.

    Raises:
        ValueError: there are fewer tracks than entities.
    """
    if len(salience) < entities:
        raise ValueError(f"{entities} entities need as many tracks, got {len(salience)}; pad with empty ones")
    if entities == 0:
        return ()
    if len(salience) ** entities > MAX_CELLS:
        return _beam(entities, salience, terms, shared)
    return _exact(entities, salience, terms, shared)


def _exact(entities: int, salience: Sequence[float], terms: Sequence[Term], shared: Set[int]) -> tuple[int, ...]:
    tracks = len(salience)
    total = _distinct(entities, tracks, frozenset(shared)).copy()
    along = [tuple(tracks if axis == entity else 1 for axis in range(entities)) for entity in range(entities)]
    ties = np.array(salience) * TIE
    for shape in along:
        total += ties.reshape(shape)
    waiting: list[tuple[Term, NDArray[np.bool_]]] = []
    for term in terms:
        if len(term.entities) == 1:
            worths = term.worths
            if worths is None:
                worths = np.array([term.worth((track,)) for track in range(tracks)])
            total += worths.reshape(along[term.entities[0]])
        else:
            total += term.bound
            waiting.append((term, np.zeros((tracks,) * len(term.entities), bool)))
    for _ in range(MAX_LOOKS):
        best = _cell(int(total.argmax()), entities, tracks)
        for term, known in waiting:
            at = tuple([best[entity] for entity in term.entities])
            if known[at]:
                continue
            known[at] = True
            where: list[slice | int] = [slice(None)] * entities
            for entity, track in zip(term.entities, at, strict=True):
                where[entity] = track
            total[tuple(where)] += term.worth(at) - term.bound
            break  # one at a time: a no may already rule this assignment out
        else:
            return best
    return _beam(entities, salience, terms, shared)


def _cell(position: int, entities: int, tracks: int) -> tuple[int, ...]:
    """The tracks of the entities at a position of the table, read row by row.

    >>> _cell(5, 2, 3)
    (1, 2)
    """
    digits = []
    for _ in range(entities):
        position, track = divmod(position, tracks)
        digits.append(track)
    return tuple(reversed(digits))


@lru_cache(maxsize=32)  # of at most MAX_CELLS each: 64 MB, were all as large as can be
def _distinct(entities: int, tracks: int, shared: frozenset[int]) -> NDArray[np.float64]:
    """Zeros, and -inf where two entities would be one track. Shape (tracks,) * entities."""
    total = np.zeros((tracks,) * entities)
    same = np.where(np.eye(tracks, dtype=bool), -np.inf, 0.0)
    for a in range(entities):
        for b in range(a + 1, entities):
            if a in shared or b in shared:
                continue
            shape = [1] * entities
            shape[a] = shape[b] = tracks
            total += same.reshape(shape)
    return total


def _beam(entities: int, salience: Sequence[float], terms: Sequence[Term], shared: Set[int]) -> tuple[int, ...]:
    """Entities in order; each partial assignment counts the terms that it settles, the rest by their bound."""
    beam: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for entity in range(entities):
        settled = [term for term in terms if max(term.entities) == entity]
        grown: list[tuple[float, tuple[int, ...]]] = []
        for value, chosen in beam:
            for track in range(len(salience)):
                taken = {chosen[e] for e in range(entity) if e not in shared}
                if entity not in shared and track in taken:
                    continue
                longer = (*chosen, track)
                gain = sum(term.worth(tuple(longer[e] for e in term.entities)) for term in settled)
                grown.append((value + gain + TIE * salience[track], longer))
        grown.sort(key=lambda partial: (-partial[0], partial[1]))
        beam = grown[:BEAM]
    return beam[0][1]
