"""Which candidates are compared with which: a tournament whose number of games is bounded and known before.

Up to `ALL_PAIRS` candidates, everyone meets everyone. Beyond, a Swiss tournament of `ROUNDS` rounds: in each, those
with equally many wins meet, so that at most 2 K games are played and the top is sorted out best. Everything is
decided by wins, then by what the candidates were worth before, then by their number, so that it is the same whenever
the games end the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

ALL_PAIRS = 5
ROUNDS = 4

Game = tuple[int, int]
"""Positions of two candidates; who is shown first comes first."""


class Tournament:
    """Games between candidates, and what came of them.

    >>> tournament = Tournament([0.9, 0.5, 0.7])
    >>> tournament.next_round()
    [(0, 1), (2, 0), (1, 2)]
    >>> tournament.played((0, 1), 1.0); tournament.played((2, 0), 0.5); tournament.played((1, 2), 0.0)
    >>> tournament.next_round(), tournament.shares()
    ([], [0.75, 0.0, 0.75])
    """

    def __init__(self, worth: Sequence[float]) -> None:
        self.worth = tuple(worth)
        self._points = [0.0] * len(worth)
        self._games = [0] * len(worth)
        self._met: set[frozenset[int]] = set()
        self._round = 0

    def next_round(self) -> list[Game]:
        """Games that can be played side by side; none when all is played."""
        number = len(self.worth)
        if number <= ALL_PAIRS:
            games = [_seated(pair) for pair in combinations(range(number), 2)] if self._round == 0 else []
        else:
            games = self._neighbors() if self._round < ROUNDS else []
        self._round += 1
        self._met |= {frozenset(game) for game in games}
        return games

    def played(self, game: Game, points: float) -> None:
        """The first of a game got so many points of one: 1 won, 0.5 a draw, 0 lost."""
        for position, got in zip(game, (points, 1 - points), strict=True):
            self._points[position] += got
            self._games[position] += 1

    def shares(self) -> list[float | None]:
        """Points a game, 0..1, of each candidate; None: it played none."""
        return [points / games if games else None for points, games in zip(self._points, self._games, strict=True)]

    def _neighbors(self) -> list[Game]:
        """Each with the next in the standings whom it has not met. Of an odd number, one sits out: the last in the
        standings of those who have played most."""
        shares = [share if share is not None else 0.5 for share in self.shares()]
        standings = sorted(range(len(self.worth)), key=lambda i: (-shares[i], -self.worth[i], i))
        if len(standings) % 2:
            most = max(self._games)
            standings.remove([i for i in standings if self._games[i] == most][-1])
        games: list[Game] = []
        while standings:
            one = standings.pop(0)
            other = next((o for o in standings if frozenset((one, o)) not in self._met), None)
            if other is not None:
                standings.remove(other)
                games.append(_seated((one, other)))
        return games


def _seated(pair: tuple[int, int]) -> Game:
    """Who is shown first: models prefer a place, so everyone has each in about half of its games."""
    low, high = sorted(pair)
    return (low, high) if (low + high) % 2 else (high, low)
