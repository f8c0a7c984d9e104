"""The lazy search against trying everything."""

from __future__ import annotations

import itertools
import random
from collections.abc import Set

import pytest

from seewhy.reason import binding
from seewhy.reason.binding import Term, best_assignment


def random_terms(entities: int, tracks: int, seed: int) -> list[Term]:
    rng = random.Random(seed)
    scopes = [(e,) for e in range(entities)]
    scopes += [pair for pair in itertools.permutations(range(entities), 2) if rng.random() < 0.5]
    scopes += [three for three in itertools.permutations(range(entities), 3) if rng.random() < 0.1]
    terms = []
    for scope in scopes:
        table = {at: rng.uniform(-0.5, 1.0) for at in itertools.product(range(tracks), repeat=len(scope))}
        terms.append(Term(scope, 1.0, table.__getitem__))
    return terms


def value(terms: list[Term], chosen: tuple[int, ...]) -> float:
    return sum(term.worth(tuple(chosen[e] for e in term.entities)) for term in terms)


def by_trying_everything(entities: int, tracks: int, terms: list[Term], shared: Set[int] = frozenset()) -> float:
    def allowed(chosen: tuple[int, ...]) -> bool:
        own = [track for e, track in enumerate(chosen) if e not in shared]
        return len(set(own)) == len(own)

    every = itertools.product(range(tracks), repeat=entities)
    return max(value(terms, chosen) for chosen in every if allowed(chosen))


@pytest.mark.parametrize("entities", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_the_best_assignment_is_found(entities: int, seed: int) -> None:
    tracks = 6
    terms = random_terms(entities, tracks, seed)
    chosen = best_assignment(entities, [0.5] * tracks, terms)
    assert len(set(chosen)) == entities
    assert value(terms, chosen) == pytest.approx(by_trying_everything(entities, tracks, terms), abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_shared_entities_may_have_the_track_of_another(seed: int) -> None:
    terms = random_terms(3, 4, seed)
    chosen = best_assignment(3, [0.5] * 4, terms, frozenset({1}))
    assert chosen[0] != chosen[2]
    assert value(terms, chosen) == pytest.approx(by_trying_everything(3, 4, terms, frozenset({1})), abs=1e-4)


def test_only_what_could_win_is_evaluated() -> None:
    asked: list[tuple[int, ...]] = []

    def pair(at: tuple[int, ...]) -> float:
        asked.append(at)
        return 0.9

    looks = [1.0, 0.9, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    unary = [Term((e,), 1.0, lambda at: looks[at[0]]) for e in (0, 1)]
    best_assignment(2, [0.5] * 8, [*unary, Term((0, 1), 1.0, pair)])
    assert len(asked) <= 3  # of 56 pairs


def test_equals_are_decided_by_salience_then_by_order() -> None:
    assert best_assignment(1, [0.2, 0.9, 0.9], [Term((0,), 1.0, lambda _: 0.5)]) == (1,)


def test_a_beam_finds_what_unary_terms_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "MAX_CELLS", 10)
    wanted = (3, 0, 5, 1, 4)
    terms = [Term((e,), 1.0, lambda at, e=e: float(at[0] == wanted[e])) for e in range(5)]  # type: ignore[misc]
    assert best_assignment(5, [0.5] * 7, terms) == wanted


@pytest.mark.parametrize("seed", range(4))
def test_a_beam_comes_near_the_best(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    terms = random_terms(3, 6, seed)
    monkeypatch.setattr(binding, "MAX_CELLS", 10)
    chosen = best_assignment(3, [0.5] * 6, terms)
    assert len(set(chosen)) == 3
    assert value(terms, chosen) >= 0.9 * by_trying_everything(3, 6, terms)


def test_a_question_whose_bounds_rule_nothing_out_ends_with_the_beam() -> None:
    """Six terms over three of forty tracks, each worth next to nothing everywhere: 64,000 cells, none ruled out."""
    looks = 0

    def little(chosen: tuple[int, ...]) -> float:
        nonlocal looks
        looks += 1
        return -0.001 * sum(chosen)

    three = [Term(scope, 1.0, little) for scope in itertools.permutations(range(3))]
    chosen = best_assignment(3, [0.5] * 40, three)
    assert sorted(chosen) == [0, 1, 2], "what is worth most, found by the beam"
    assert looks <= binding.MAX_LOOKS + len(three) * binding.BEAM * 40 * 3


def test_too_few_tracks_are_refused() -> None:
    with pytest.raises(ValueError, match="pad"):
        best_assignment(2, [0.5], [])


def test_no_entities_need_no_tracks() -> None:
    assert best_assignment(0, [], []) == ()
