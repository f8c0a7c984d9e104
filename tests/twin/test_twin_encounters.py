"""Relations and events between two tracks."""

from __future__ import annotations

import pytest
from twinmaker import Maker, during, line, stand

from seewhy.twin.derive import derive
from seewhy.types.time import Span
from seewhy.types.twin import Twin


def between(twin: Twin, a: int, b: int) -> dict[str, Span]:
    """Events of a towards b."""
    return {e.action: e.span for e in twin.events if (e.subject, e.object) == (a, b)}


def relations(twin: Twin, a: int, b: int) -> dict[str, Span]:
    found: dict[str, Span] = {}
    for r in twin.relations:
        if (r.subject, r.object) == (a, b):
            found[r.predicate] = found[r.predicate].hull(r.span) if r.predicate in found else r.span
    return found


@pytest.mark.parametrize("jitter", [0.0, 0.004])
def test_sides(jitter):
    maker = Maker(jitter=jitter)
    maker.add(stand(0.2, 0.5))
    maker.add(stand(0.7, 0.5))
    maker.add(stand(0.7, 0.1))
    twin = derive(maker.twin())
    assert set(relations(twin, 1, 2)) == {"left_of"}
    assert relations(twin, 2, 1) == {}
    assert set(relations(twin, 3, 2)) == {"above"}
    assert relations(twin, 1, 2)["left_of"] == Span(start=0, end=4)


def test_relations_end_when_the_place_changes():
    maker = Maker(jitter=0.003)
    maker.add(line(0.1, 0.5, 0.9, 0.5, 0, 4))
    maker.add(stand(0.5, 0.5), 0.06)
    twin = derive(maker.twin())
    assert relations(twin, 1, 2)["left_of"].end == pytest.approx(1.8, abs=0.35)
    assert relations(twin, 2, 1)["left_of"].start == pytest.approx(2.2, abs=0.35)


def test_no_flicker_at_the_threshold():
    """A thing that wobbles around the place where left_of begins gives few spans, not one per wobble."""
    maker = Maker(duration=8, jitter=0.006)
    maker.add(stand(0.5, 0.5), 0.05)
    maker.add(stand(0.558, 0.5), 0.05)
    spans = [r for r in derive(maker.twin()).relations if r.predicate == "left_of"]
    assert len(spans) <= 2


def test_inside_overlaps_near():
    maker = Maker()
    maker.add(stand(0.5, 0.5), 0.1)
    maker.add(stand(0.5, 0.5), 0.5)
    maker.add(stand(0.68, 0.5), 0.1)
    twin = derive(maker.twin())
    assert {"inside", "overlaps", "near"} <= set(relations(twin, 1, 2))
    assert "inside" not in relations(twin, 2, 1)
    assert set(relations(twin, 2, 3)) == {"left_of", "near"}


def test_depth_order_needs_a_margin():
    maker = Maker()
    maker.add(stand(0.3, 0.5), depth=0.2)
    maker.add(stand(0.7, 0.5), depth=0.6)
    maker.add(stand(0.5, 0.9), depth=0.65)
    twin = derive(maker.twin())
    assert "in_front_of" in relations(twin, 1, 2)
    assert "in_front_of" not in relations(twin, 2, 1)
    assert "in_front_of" not in relations(twin, 2, 3)


def test_relations_hold_while_both_are_seen():
    maker = Maker(duration=6)
    maker.add(during(stand(0.2, 0.5), 0, 4))
    maker.add(during(stand(0.7, 0.5), 2, 6))
    span = relations(derive(maker.twin()), 1, 2)["left_of"]
    assert (span.start, span.end) == (pytest.approx(2, abs=0.01), pytest.approx(4, abs=0.01))


@pytest.mark.parametrize("jitter", [0.0, 0.004])
def test_approaching_is_by_ones_own_motion(jitter):
    maker = Maker(jitter=jitter)
    maker.add(line(0.1, 0.5, 0.6, 0.5, 0.5, 3.5))
    maker.add(stand(0.8, 0.5))
    twin = derive(maker.twin())
    assert "approaches" in between(twin, 1, 2)
    assert between(twin, 2, 1) == {}


def test_moving_away():
    maker = Maker(jitter=0.004)
    maker.add(line(0.6, 0.5, 0.1, 0.5, 0.5, 3.5))
    maker.add(stand(0.8, 0.5))
    assert set(between(derive(maker.twin()), 1, 2)) == {"moves_away"}


@pytest.mark.parametrize("jitter", [0.0, 0.004])
@pytest.mark.parametrize("drop", [(), (11, 12, 13)])
def test_passing(jitter, drop):
    """Also when the thing that passes is not seen in the middle."""
    maker = Maker(jitter=jitter)
    maker.add(line(0.1, 0.5, 0.9, 0.5, 0, 4), drop=drop)
    maker.add(stand(0.5, 0.55), 0.2)
    twin = derive(maker.twin())
    assert between(twin, 1, 2)["passes"].overlaps(Span(start=1.7, end=2.3))
    assert "passes" not in between(twin, 2, 1)


def test_passing_far_off_is_none():
    maker = Maker()
    maker.add(line(0.1, 0.1, 0.9, 0.1, 0, 4))
    maker.add(stand(0.5, 0.9))
    assert "passes" not in between(derive(maker.twin()), 1, 2)


def test_two_that_pass_each_other():
    maker = Maker(jitter=0.003)
    maker.add(line(0.1, 0.45, 0.9, 0.45, 0, 4))
    maker.add(line(0.9, 0.55, 0.1, 0.55, 0, 4))
    twin = derive(maker.twin())
    assert "passes" in between(twin, 1, 2)
    assert "passes" in between(twin, 2, 1)


def test_following():
    maker = Maker(jitter=0.003)
    maker.add(line(0.05, 0.5, 0.65, 0.5, 0, 4))
    maker.add(line(0.3, 0.5, 0.9, 0.5, 0, 4))
    twin = derive(maker.twin())
    assert between(twin, 1, 2)["follows"].duration > 3
    assert "follows" not in between(twin, 2, 1)


def test_going_side_by_side_is_not_following():
    maker = Maker(jitter=0.003)
    maker.add(line(0.1, 0.3, 0.9, 0.3, 0, 4))
    maker.add(line(0.1, 0.7, 0.9, 0.7, 0, 4))
    twin = derive(maker.twin())
    assert "follows" not in between(twin, 1, 2) | between(twin, 2, 1)


@pytest.mark.parametrize("depths", [(0.7, 0.2), (None, None)])
def test_hidden_while_passing_behind(depths):
    maker = Maker(duration=6, jitter=0.002)
    maker.add(lambda t: None if 2.3 < t < 3.7 else (0.1 + 0.8 * t / 6, 0.5), 0.12, depth=depths[0])
    maker.add(stand(0.5, 0.5), 0.4, depth=depths[1])
    twin = derive(maker.twin())
    hidden = between(twin, 1, 2)["hidden_by"]
    assert hidden.contains(3.0)
    assert hidden.start == pytest.approx(2.2, abs=0.4)
    assert hidden.end == pytest.approx(3.8, abs=0.4)
    assert "hidden_by" not in between(twin, 2, 1)


def test_what_is_behind_hides_nothing():
    maker = Maker(duration=6)
    maker.add(lambda t: None if 2.3 < t < 3.7 else (0.1 + 0.8 * t / 6, 0.5), 0.12, depth=0.1)
    maker.add(stand(0.5, 0.5), 0.4, depth=0.8)
    assert "hidden_by" not in between(derive(maker.twin()), 1, 2)


def test_partly_hidden():
    maker = Maker(duration=4, jitter=0.002)
    maker.add(stand(0.5, 0.5), 0.3, visible=lambda t: 0.4 if 1.5 < t < 2.5 else 1.0)
    maker.add(line(0.1, 0.5, 0.9, 0.5, 0, 4), 0.3)
    assert between(derive(maker.twin()), 1, 2)["hidden_by"].contains(2.0)


def test_vanishing_behind_for_good():
    maker = Maker(duration=5, jitter=0.002)
    maker.add(lambda t: (0.1 + 0.15 * t, 0.5) if t < 2.4 else None, 0.1)
    maker.add(stand(0.55, 0.5), 0.4)
    twin = derive(maker.twin())
    assert between(twin, 1, 2)["hidden_by"].end == pytest.approx(5, abs=0.2)


def test_vanishing_beside_it_is_not_being_hidden():
    maker = Maker(duration=5)
    maker.add(lambda t: (0.5 - 0.15 * t, 0.5) if t < 2.0 else None, 0.1)
    maker.add(stand(0.7, 0.5), 0.3)
    assert "hidden_by" not in between(derive(maker.twin()), 1, 2)


def test_one_missed_frame_in_front_of_a_thing_is_not_surely_hiding():
    maker = Maker(duration=4, jitter=0.002)
    maker.add(line(0.1, 0.5, 0.9, 0.5, 0, 4), drop=(12,))
    maker.add(stand(0.5, 0.5), 0.4)
    scores = [e.score for e in derive(maker.twin()).events if e.action == "hidden_by"]
    assert all(score < 0.5 for score in scores)


def test_in_front_by_what_is_not_covered():
    """No depth is known, but the one that lies over the other without losing any of its area is in front."""
    maker = Maker(duration=4, jitter=0.002)
    maker.add(line(0.1, 0.5, 0.9, 0.5, 0, 4), 0.12)
    maker.add(stand(0.5, 0.5), 0.5)
    twin = derive(maker.twin())
    assert relations(twin, 1, 2)["in_front_of"].contains(2.0)
    assert "in_front_of" not in relations(twin, 2, 1)
