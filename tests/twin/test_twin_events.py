"""Events of one track: the truth is known by the formula of its path."""

from __future__ import annotations

import pytest
from twinmaker import Maker, during, line, stand

from seewhy.twin.derive import GEOMETRY, derive
from seewhy.twin.predicates import evaluate
from seewhy.types.query import Happens
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, Event, Twin

JITTER = 0.004
"""standard deviation of each box side, fractions of the frame: what a decent segmenter does"""


def actions(twin: Twin, track: int = 1) -> dict[str, Span]:
    """Events of a track alone, with the span of the surest of each."""
    own = [e for e in twin.events if e.subject == track and e.object is None]
    return {e.action: e.span for e in sorted(own, key=lambda e: e.score)}


@pytest.mark.parametrize("jitter", [0.0, JITTER])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (line(0.2, 0.5, 0.8, 0.5, 0.8, 3.0), "moves_right"),
        (line(0.8, 0.5, 0.2, 0.5, 0.8, 3.0), "moves_left"),
        (line(0.5, 0.2, 0.5, 0.8, 0.8, 3.0), "moves_down"),
        (line(0.5, 0.8, 0.5, 0.2, 0.8, 3.0), "moves_up"),
    ],
)
def test_direction_of_motion(path, expected, jitter):
    maker = Maker(jitter=jitter)
    maker.add(path)
    found = actions(derive(maker.twin()))
    directions = {a for a in found if a.startswith("moves_")}
    assert directions == {expected}
    assert found[expected].start == pytest.approx(0.8, abs=0.35)
    assert found[expected].end == pytest.approx(3.0, abs=0.35)
    assert "stays_still" in found  # before and after
    assert {"starts", "stops"} <= set(found)


def test_a_diagonal_is_both_directions():
    maker = Maker(jitter=JITTER)
    maker.add(line(0.2, 0.2, 0.7, 0.8, 0, 4))
    assert {"moves_right", "moves_down"} <= set(actions(derive(maker.twin())))


@pytest.mark.parametrize("seed", range(8))
def test_what_stands_only_stands_still_despite_jitter(seed):
    maker = Maker(jitter=0.006, seed=seed)
    maker.add(stand(0.5, 0.5), 0.2)
    assert set(actions(derive(maker.twin()))) == {"stays_still"}


def test_slow_motion_is_motion():
    maker = Maker(duration=8, jitter=0.002)
    maker.add(line(0.3, 0.5, 0.5, 0.5, 0, 8))  # 0.02 diagonals per second, under the speed threshold
    found = actions(derive(maker.twin()))
    assert {"moves", "moves_right"} <= set(found)
    assert "stays_still" not in found


@pytest.mark.parametrize("jitter", [0.0, JITTER])
def test_enters_and_leaves_at_the_border(jitter):
    maker = Maker(duration=6, jitter=jitter)
    maker.add(line(-0.2, 0.5, 1.2, 0.5, 0.5, 5.5))
    found = actions(derive(maker.twin()))
    assert {"enters", "leaves", "moves_right"} <= set(found)
    assert not {"appears", "disappears", "moves_left", "stays_still"} & set(found)
    assert found["enters"].start == pytest.approx(1.1, abs=0.35)
    assert found["leaves"].end == pytest.approx(4.9, abs=0.35)


def test_appears_and_disappears_within_the_frame():
    maker = Maker(duration=6)
    maker.add(during(stand(0.5, 0.5), 2, 4))
    found = actions(derive(maker.twin()))
    assert {"appears", "disappears"} <= set(found)
    assert not {"enters", "leaves"} & set(found)
    assert found["appears"].start == pytest.approx(2, abs=0.2)
    assert found["disappears"].end == pytest.approx(4, abs=0.2)


def test_what_is_there_from_start_to_end_neither_comes_nor_goes():
    maker = Maker()
    maker.add(stand(0.02, 0.5), 0.2)  # cut off by the border all the time
    assert set(actions(derive(maker.twin()))) == {"stays_still"}


def test_leaving_that_the_video_does_not_show_to_its_end():
    maker = Maker(duration=4)
    maker.add(line(0.5, 0.5, 1.05, 0.5, 1, 4), 0.2)
    assert "leaves" in actions(derive(maker.twin()))


def test_leaving_while_the_segmenter_loses_it_bit_by_bit():
    """The mask shrinks to a rest in the frame before it is gone, as happens to cars at the lower border."""
    maker = Maker(duration=6)

    def rest(t):
        return 0.3 * max(1 - 0.9 * max(t - 2.8, 0), 0.1)

    maker.add(during(line(0.5, 0.2, 0.5, 0.86, 0.5, 3.0), 0, 4), rest)
    found = actions(derive(maker.twin()))
    assert "leaves" in found
    assert "disappears" not in found


def test_comes_back_after_leaving():
    maker = Maker(duration=9)

    def there_and_back(t):
        return (0.6 + 0.3 * t, 0.5) if t < 3 else (1.5 - 0.3 * (t - 5), 0.5) if t > 5 else None

    maker.add(there_and_back)
    found = derive(maker.twin()).events
    leaves = next(e for e in found if e.action == "leaves")
    enters = next(e for e in found if e.action == "enters")
    assert leaves.span.end <= enters.span.start


def test_a_missed_frame_is_no_disappearance():
    maker = Maker(jitter=JITTER)
    maker.add(line(0.2, 0.5, 0.8, 0.5, 0, 4), drop=(5, 6, 11))
    found = actions(derive(maker.twin()))
    assert not {"appears", "disappears", "enters", "leaves"} & set(found)
    assert found["moves_right"].duration > 3


def test_turning_round():
    maker = Maker(duration=5, jitter=JITTER)
    maker.add(lambda t: (0.2 + 0.25 * t, 0.5) if t < 2.5 else (0.825 - 0.25 * (t - 2.5), 0.5))
    found = actions(derive(maker.twin()))
    assert {"moves_right", "moves_left", "turns"} <= set(found)
    assert found["turns"].contains(2.5)
    assert found["moves_right"].end <= found["moves_left"].start + 0.2


def test_turning_a_corner():
    maker = Maker(duration=4, jitter=JITTER)
    maker.add(lambda t: (0.2 + 0.2 * t, 0.2) if t < 2 else (0.6, 0.2 + 0.35 * (t - 2)))
    found = actions(derive(maker.twin()))
    assert found["turns"].start < 2.2
    assert found["turns"].end > 1.8


@pytest.mark.parametrize(("power", "expected"), [(2.5, "speeds_up"), (1, None)])
def test_speeding_up(power, expected):
    maker = Maker(duration=4, jitter=0.002)
    maker.add(lambda t: (0.1 + 0.8 * (t / 4) ** power, 0.5))
    found = set(actions(derive(maker.twin())))
    assert found & {"speeds_up", "slows_down"} == ({expected} if expected else set())


def test_slowing_down():
    maker = Maker(duration=4, jitter=0.002)
    maker.add(lambda t: (0.1 + 0.8 * (1 - (1 - t / 4) ** 2.5), 0.5))
    assert set(actions(derive(maker.twin()))) & {"speeds_up", "slows_down"} == {"slows_down"}


@pytest.mark.parametrize(("first", "last", "expected"), [(0.1, 0.3, "grows"), (0.3, 0.1, "shrinks"), (0.2, 0.2, None)])
def test_coming_closer_and_going_away(first, last, expected):
    maker = Maker(jitter=JITTER)
    maker.add(stand(0.5, 0.5), lambda t: first + (last - first) * t / 4)
    assert set(actions(derive(maker.twin()))) & {"grows", "shrinks"} == ({expected} if expected else set())


def test_what_the_frame_uncovers_does_not_grow():
    maker = Maker(duration=4)
    maker.add(line(-0.1, 0.5, 0.5, 0.5, 0, 4), 0.4)
    assert "grows" not in actions(derive(maker.twin()))


def test_changing_color():
    spans = Span(start=0, end=2), Span(start=2, end=4)
    red, blue, orange = (
        lambda span, value=value: Attribute(kind="color", value=value, score=0.8, source="t@1", span=span)
        for value in ("red", "blue", "orange")
    )
    maker = Maker()
    maker.add(stand(0.3, 0.5), attributes=[red(spans[0]), blue(spans[1])])
    maker.add(stand(0.7, 0.5), attributes=[red(spans[0]), orange(spans[1])])
    twin = derive(maker.twin())
    assert actions(twin)["changes_color"].contains(2.0)
    assert "changes_color" not in actions(twin, 2)  # red and orange: the light may have changed


def test_a_thing_that_the_camera_follows_moves_with_it():
    maker = Maker()
    maker.says("camera_motion", "pan left")
    maker.add(stand(0.5, 0.5))
    found = actions(derive(maker.twin()))
    assert "moves_left" in found
    assert "stays_still" not in found


def test_motion_that_a_pan_could_explain_is_doubted():
    still, panned = Maker(), Maker()
    panned.says("camera_motion", "pan right")
    for maker in (still, panned):
        maker.add(line(0.7, 0.5, 0.3, 0.5, 0, 4))
    twins = [derive(maker.twin()) for maker in (still, panned)]
    moves, stands = (Happens(subject="a", event=e) for e in ("moves_left", "stays_still"))
    assert [evaluate(moves, twin, {"a": 1}).answer for twin in twins] == ["yes", "unknown"]
    assert [evaluate(stands, twin, {"a": 1}).answer for twin in twins] == ["no", "unknown"]


def test_what_drifts_together_in_a_pan_follows_nothing():
    maker = Maker()
    maker.says("camera_motion", "pan right")
    maker.add(line(0.9, 0.5, 0.5, 0.5, 0, 4))
    maker.add(line(0.6, 0.5, 0.2, 0.5, 0, 4))
    assert all(e.score < 0.5 for e in derive(maker.twin()).events if e.action in ("follows", "moves", "moves_left"))


def test_what_a_faint_track_does_is_less_sure():
    scores = []
    for salience in (0.9, 0.5, 0.1):
        maker = Maker()
        maker.add(line(0.2, 0.5, 0.8, 0.5, 0, 4), score=salience)
        scores.append(next(e.score for e in derive(maker.twin()).events if e.action == "moves_right"))
    assert scores[0] == scores[1] > scores[2]


def test_a_cut_is_no_event():
    maker = Maker(duration=4, cuts=(2.0,))
    maker.add(during(stand(0.3, 0.5), 0, 2))
    maker.add(during(stand(0.7, 0.5), 2, 4))
    twin = derive(maker.twin())
    assert set(actions(twin, 1)) | set(actions(twin, 2)) == {"stays_still"}


@pytest.mark.parametrize("duration", [0.03, 0.2, 0.4, 0.7])
def test_clips_of_less_than_a_second(duration):
    maker = Maker(duration=duration)
    maker.add(lambda t: (0.2 + 0.6 * t, 0.5))
    twin = derive(maker.twin())
    found = set(actions(twin))
    assert ("moves_right" in found) == (duration >= 0.4)
    assert not found & {"moves_left", "enters", "leaves", "turns"}


def test_derive_twice_is_derive_once_and_others_facts_stay():
    maker = Maker(jitter=JITTER)
    maker.add(line(0.1, 0.5, 0.9, 0.5, 0, 4))
    maker.add(stand(0.5, 0.5), 0.3)
    maker.events.append(Event(subject=1, action="jumps", span=Span(start=1, end=2), score=0.7, source="someone.else@2"))
    once = derive(maker.twin())
    twice = derive(once)
    assert once.events == twice.events
    assert once.relations == twice.relations
    assert [s.source for s in twice.specialists] == [GEOMETRY]
    assert [e.action for e in twice.events if e.source == "someone.else@2"] == ["jumps"]


def test_a_twin_without_tracks_has_no_events():
    assert derive(Maker().twin()).events == ()
