"""Several ways to candidates, joined: what is high in one of them is looked at, whatever the others say.

Scores of different channels have nothing in common but their order, so that ranks are joined, not scores (reciprocal
rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009). First-stage recall bounds everything that comes after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Protocol, runtime_checkable

from seewhy.engine import Ahead, Engine
from seewhy.models.recalling import RecallingEncoder
from seewhy.reason.seams import Reference
from seewhy.types.hit import Candidate
from seewhy.types.query import Filters, Query

RRF = 60
"""How little first counts more than second."""
COMPONENTS = "twin"
"""The channel of the twins' components."""
DECIMALS = 5
"""Of a score that decide; the last bits depend on the processor."""


class Search(Protocol):
    """The videos whose components match best, best first, each with its matches."""

    def __call__(self, most: int, within: Filters | None) -> list[Candidate]: ...


def reciprocal(tables: Mapping[str, Mapping[str, float]], decimals: int = DECIMALS) -> dict[str, float]:
    """Video → joined score: the mean over channels of RRF / (RRF + places before it), 1 for who is first in all.

    Of equal scores each has the last of their places: a channel that tells nothing apart favors nobody over those that
    it does not know. A channel that does not know a video gives it nothing.

    Args:
        tables: channel → video → score, higher is better.
        decimals: of a score that decide.

    >>> reciprocal({"a": {"x": 0.9, "y": 0.1}, "b": {"y": 3.0}})
    {'x': 0.5, 'y': 0.9918032786885246}
    >>> reciprocal({"a": {"x": 0.5, "y": 0.5}}) == {"x": 60 / 61, "y": 60 / 61}
    True
    """
    shares: dict[str, float] = {video: 0.0 for table in tables.values() for video in table}
    for table in tables.values():
        rounded = {video: round(score, decimals) for video, score in table.items()}
        before = {score: place for place, score in enumerate(sorted(rounded.values(), reverse=True))}
        for video, score in rounded.items():
            shares[video] += RRF / (RRF + before[score]) / len(tables)
    return shares


def joined(
    search: Search, query: Query, engine: Engine, k: int, filters: Filters | None, reference: Reference | None
) -> list[Candidate]:
    """The k best videos of all channels together, best first; the reranker looks at the best of them.

    Every candidate has its matches, whichever channel found it; and the components score what another channel has
    among its k best, so that they say of no candidate less than they know.

    Args:
        search: by components.
        reference: None: the query is a question.
    """
    admitted = _admitted(query, engine, filters)
    among = None if filters is None else sorted(admitted)
    tables: dict[str, Mapping[str, float]] = {
        channel.name: _within(channel.scores(query, reference, filters, among), admitted) for channel in engine.channels
    }
    wanted = {video for table in tables.values() for video in _best(reciprocal({"": table}), k)}
    found = (
        [candidate for candidate in search(k, filters) if candidate.video in admitted] if engine.by_components else []
    )
    wanted -= {candidate.video for candidate in found}
    if wanted:
        found += search(len(wanted), Filters(videos=frozenset(wanted)))
    known = {candidate.video: candidate for candidate in found if candidate.matches}
    if engine.by_components:
        tables = {COMPONENTS: {video: candidate.score for video, candidate in known.items()}, **tables}
    best = _best(_shares(tables) or {candidate.video: 0.0 for candidate in found}, k)
    if engine.rerank is not None:
        tables[engine.rerank.name] = _within(engine.rerank.scores(query, reference, filters, best), best)
    shares = dict.fromkeys(best, 0.0) | _shares(tables)
    return [
        Candidate(
            video=video,
            score=round(shares[video], DECIMALS),
            matches=known[video].matches if video in known else (),
            channels={name: table[video] for name, table in tables.items() if video in table},
            aligned=known[video].score if video in known else None,
        )
        for video in _best({video: shares[video] for video in best}, k)
    ]


@runtime_checkable
class Noting(Protocol):
    """A channel that says what it could not do."""

    def notes_of(self, reference: str | None) -> tuple[str, ...]:
        """What it could not do for an answer about this reference, and why; each once."""
        ...


def notes_of(engine: Engine, reference: str | None) -> tuple[str, ...]:
    """What the channels could not do for an answer about a reference, and why, where they say so."""
    channels = [*engine.channels, *([engine.rerank] if engine.rerank is not None else [])]
    noting = [channel for channel in channels if isinstance(channel, Noting)]
    return tuple(dict.fromkeys(note for channel in noting for note in channel.notes_of(reference)))


def ahead(
    engine: Engine,
    asked: Sequence[tuple[Query, Reference | None]],
    told: Callable[[str], None],
    caught: type[Exception],
) -> None:
    """Have the encoder, and channels, work for several queries together that are asked next; see `Ahead`.

    Args:
        told: hears that it begins, where any channel does.
        caught: errors that end nothing here. What goes wrong for all goes wrong again for each, and is its error then.
    """
    if not engine.align or len(asked) < 2:
        return
    if isinstance(engine.encoder, RecallingEncoder):
        with suppress(caught):
            engine.encoder.ahead(s for query, _ in asked for condition in query.searched for s in condition.sentences)
    channels = [channel for channel in engine.channels if isinstance(channel, Ahead)]
    if not channels:
        return
    told("ahead")
    for channel in channels:
        with suppress(caught):
            channel.ahead(asked)


def _admitted(query: Query, engine: Engine, filters: Filters | None) -> frozenset[str]:
    """The videos that may be found. A channel may know others, which have been removed since; they take no places."""
    return engine.admitted(filters) - frozenset(query.exclude)


def _within(scores: Mapping[str, float], videos: Collection[str]) -> dict[str, float]:
    """The scores of those videos; what is no number is none."""
    return {video: score for video, score in scores.items() if video in videos and math.isfinite(score)}


def _shares(tables: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Of the channels that have anything to say."""
    return reciprocal({name: table for name, table in tables.items() if table})


def _best(shares: Mapping[str, float], k: int) -> list[str]:
    return sorted(shares, key=lambda video: (-round(shares[video], 9), video))[:k]
