"""What has to hold of any twin: mirrored, reversed in time, or only looked at from the other side."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twinmaker import Maker

from seewhy.twin.derive import derive
from seewhy.twin.predicates import evaluate
from seewhy.twin.vocabulary import CONVERSE
from seewhy.types.query import Happens, Related
from seewhy.types.twin import EVENT_NAMES, RELATION_NAMES, Camera, Observation, Track, Twin

FEW = settings(max_examples=40, deadline=None, derandomize=True)
MIRROR = {"moves_left": "moves_right", "moves_right": "moves_left"}
REVERSE = {
    "enters": "leaves", "appears": "disappears", "starts": "stops", "speeds_up": "slows_down", "grows": "shrinks",
    "moves_left": "moves_right", "moves_up": "moves_down", "approaches": "moves_away",
}  # fmt: skip
REVERSE |= {b: a for a, b in REVERSE.items()}
SEEDS = st.integers(0, 10_000)


def random_twin(seed: int, *, tracks: int = 4, smooth: bool = True) -> Twin:
    """Things on random broken lines, some cut off by the frame or absent for a while."""
    rng = np.random.default_rng(seed)
    maker = Maker(duration=5, jitter=0.0 if smooth else 0.004, seed=seed)
    for _ in range(tracks):
        knots = rng.uniform(-0.2, 1.2, (4, 2))
        times = np.array([0, 1.5, 3.5, 5.0])
        start, end = sorted(rng.uniform(-1, 6, 2))

        def place(t, knots=knots, times=times, start=start, end=end):
            if not start <= t <= max(end, start + 1):
                return None
            return float(np.interp(t, times, knots[:, 0])), float(np.interp(t, times, knots[:, 1]))

        first, last = rng.uniform(0.05, 0.35, 2)
        depth = float(rng.uniform()) if rng.uniform() < 0.7 else None
        maker.add(place, lambda t, first=first, last=last: first + (last - first) * t / 5, depth=depth)
    twin = maker.twin()
    return twin.model_copy(update={"tracks": tuple(t for t in twin.tracks if t.observations)})


def changed(twin: Twin, change) -> Twin:
    """The twin with every observation changed and sorted again."""
    tracks = []
    for track in twin.tracks:
        seen = tuple(sorted((change(o) for o in track.observations), key=lambda o: o.frame))
        tracks.append(Track.model_validate(track.model_dump() | {"observations": seen}))
    return Twin.model_validate(
        twin.model_dump() | {"tracks": tuple(tracks), "camera": Camera(), "relations": (), "events": ()}
    )


def mirrored(twin: Twin) -> Twin:
    def change(o: Observation) -> Observation:
        x0, y0, x1, y1 = o.box
        return o.model_copy(update={"x": 1 - o.x, "box": (1 - x1, y0, 1 - x0, y1)})

    return changed(twin, change)


def reversed_in_time(twin: Twin) -> Twin:
    frames = twin.frames
    back = {a.index: b for a, b in zip(frames, reversed(frames), strict=True)}
    return changed(twin, lambda o: o.model_copy(update={"frame": back[o.frame].index, "t": back[o.frame].t}))


def events(twin: Twin) -> Counter[tuple[int | None, str, int | None, float, float]]:
    return Counter(
        (e.subject, e.action, e.object, round(e.span.start, 6), round(e.span.end, 6)) for e in derive(twin).events
    )


@FEW
@given(SEEDS)
def test_a_mirror_swaps_left_and_right_and_nothing_else(seed):
    twin = random_twin(seed, smooth=False)
    plain, swapped = events(twin), events(mirrored(twin))
    assert swapped == Counter({(s, MIRROR.get(a, a), o, b, e): n for (s, a, o, b, e), n in plain.items()})
    here, there = (
        Counter((r.subject, r.predicate, r.object) for r in derive(t).relations) for t in (twin, mirrored(twin))
    )
    assert there == Counter({(o, r, s) if r == "left_of" else (s, r, o): n for (s, r, o), n in here.items()})


@FEW
@given(SEEDS)
def test_time_turned_round_swaps_coming_and_going(seed):
    """Only what a single track does with the frame: everything else depends on where noise stands in a window."""
    twin = random_twin(seed)
    names = ("enters", "leaves", "appears", "disappears")
    plain = {(e.subject, e.action) for e in derive(twin).events if e.action in names}
    back = {(e.subject, REVERSE[e.action]) for e in derive(reversed_in_time(twin)).events if e.action in names}
    assert plain == back


@FEW
@given(SEEDS, st.sampled_from([("grows", "shrinks"), ("moves_left", "moves_right"), ("moves_up", "moves_down")]))
def test_time_turned_round_turns_motion_round(seed, pair):
    twin = random_twin(seed)
    plain = {(e.subject, e.action) for e in derive(twin).events if e.action in pair}
    back = {(e.subject, REVERSE[e.action]) for e in derive(reversed_in_time(twin)).events if e.action in pair}
    assert plain == back


@FEW
@given(SEEDS)
def test_relations_are_antisymmetric_and_converse(seed):
    twin = derive(random_twin(seed, smooth=False))
    ids = sorted(twin.track_by_id)
    for a in ids:
        for b in ids:
            if a == b:
                continue
            for name, converse in CONVERSE.items():
                forth = evaluate(Related(subject="a", relation=name, object="b"), twin, {"a": a, "b": b})
                back = evaluate(Related(subject="b", relation=converse, object="a"), twin, {"a": a, "b": b})
                assert (forth.answer, forth.evidence.span) == (back.answer, back.evidence.span)
                if name not in ("near", "overlaps"):
                    whole = {"a": a, "b": b}
                    always = Related(subject="a", relation=name, object="b", when="throughout")
                    opposite = Related(subject="b", relation=name, object="a", when="throughout")
                    both = evaluate(always, twin, whole).answer, evaluate(opposite, twin, whole).answer
                    assert both != ("yes", "yes")


@FEW
@given(SEEDS)
def test_implied_events_and_spans_within_the_video(seed):
    twin = derive(random_twin(seed, smooth=False))
    for event in twin.events:
        assert event.action in EVENT_NAMES
        assert 0 <= event.span.start <= event.span.end <= twin.video.duration + twin.frame_step
        assert 0 <= event.score <= 1
    for relation in twin.relations:
        assert relation.predicate in RELATION_NAMES
        assert relation.subject != relation.object
        assert relation.span.duration > 0
    for track in twin.tracks:
        implies = (("moves_left", "moves"), ("enters", "appears"), ("leaves", "disappears"), ("turns", "moves"))
        for narrow, wide in implies:
            told = evaluate(Happens(subject="a", event=narrow), twin, {"a": track.id})
            if told.answer == "yes":
                assert evaluate(Happens(subject="a", event=wide), twin, {"a": track.id}).answer == "yes"


@FEW
@given(SEEDS)
def test_deriving_depends_on_the_observations_alone(seed):
    twin = random_twin(seed, smooth=False)
    shuffled = twin.model_copy(update={"tracks": twin.tracks[::-1]})
    assert derive(twin).events == derive(shuffled).events
    assert derive(twin).relations == derive(derive(twin)).relations == derive(shuffled).relations
