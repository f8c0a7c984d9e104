"""Which stretches and frames of a video are shown: on twins whose changes are known by construction."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.perceive.hosted.change import MOST_AT_ONCE, lengths
from seewhy.perceive.hosted.showing import FRAMES_A_CALL, SECONDS_A_CALL, SHORTEST_SHOT, choose_frames, shots
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, Event, Label, Observation, Scene, Tempo, Track, Twin
from seewhy.types.video import FrameTime, VideoFacts, VideoId

RATE = 24
STEP = 4
"""six samples a second"""

Where = Callable[[float], tuple[float, float, float] | None]
"""t → x, y, area; None: not seen"""


def twin(
    duration: float,
    tracks: tuple[Where, ...] = (),
    events: tuple[tuple[float, float], ...] = (),
    cuts: tuple[float, ...] = (),
    step: int = STEP,
    night: Span | None = None,
) -> Twin:
    frames = tuple(FrameTime(index=i, pts=i * 512, t=i / RATE) for i in range(0, max(1, round(duration * RATE)), step))
    facts = VideoFacts(
        id=VideoId("0" * 32), bytes=1, width=640, height=360, rotation=0, duration=duration, start_pts=0,
        time_base=Fraction(1, RATE * 512), average_rate=Fraction(RATE), codec="h264", container="mp4",
    )  # fmt: skip
    made = []
    for number, where in enumerate(tracks, start=1):
        seen = [(frame, at) for frame in frames if (at := where(frame.t)) is not None]
        observations = tuple(
            Observation(frame=frame.index, t=frame.t, x=at[0], y=at[1], box=(0, 0, 1, 1), area=at[2])
            for frame, at in seen
        )
        label = Label(name="object", score=1, source="test@1")
        made.append(Track(id=number, labels=(label,), observations=observations, score=1, source="test@1"))
    happenings = tuple(
        Event(subject=None, action="moves", span=Span(start=a, end=b), score=1, source="test@1") for a, b in events
    )
    dark = Attribute(kind="brightness", value="dark", score=1, source="test@1", span=night)
    return Twin(
        video=facts, frames=frames, mask_size=(360, 640), tracks=tuple(made), events=happenings,
        scene=Scene(attributes=(dark,) if night else ()), tempo=Tempo(cuts=cuts),
    )  # fmt: skip


def there(start: float, end: float, area: float = 0.1) -> Where:
    return lambda t: (0.5, 0.5, area) if start <= t < end else None


def chosen_times(made: Twin, n: int, span: Span | None = None) -> list[float]:
    return [index / RATE for index in choose_frames(made, span or made.span, n)]


# Frames


def test_where_nothing_changes_frames_lie_evenly_from_the_first_to_the_last() -> None:
    assert chosen_times(twin(10 + 1 / 6), 6) == pytest.approx([0, 2, 4, 6, 8, 10])
    found = chosen_times(twin(10), 8)
    gaps = [b - a for a, b in itertools.pairwise(found)]
    assert (found[0], found[-1]) == pytest.approx((0, 59 / 6))
    assert max(gaps) - min(gaps) <= 1 / 6 + 1e-9


def test_one_frame_is_that_which_shows_most() -> None:
    assert chosen_times(twin(10), 1) == pytest.approx([5], abs=0.2)
    (time,) = chosen_times(twin(10, (there(0, 9), there(7, 10))), 1)
    assert 7 <= time < 9


def test_fewer_frames_than_asked_for_are_all_shown() -> None:
    made = twin(0.6)
    assert choose_frames(made, made.span, 8) == tuple(frame.index for frame in made.frames)
    assert choose_frames(twin(1 / 24), Span(start=0, end=1 / 24), 8) == (0,)
    assert choose_frames(made, Span(start=0.2, end=0.3), 8) == ()


def test_only_frames_of_the_span() -> None:
    span = Span(start=2.0, end=5.0)
    found = chosen_times(twin(10), 6, span)
    assert found[0] == pytest.approx(2.0)
    assert all(span.contains(time) for time in found)
    assert len(found) == 6


def test_no_budget_is_an_error() -> None:
    with pytest.raises(ValueError, match="n = 0"):
        choose_frames(twin(1), Span(start=0, end=1), 0)


def test_what_is_there_for_a_moment_is_seen() -> None:
    made = twin(20, (there(0, 20), there(7.0, 7.2), there(12.1, 12.4)))
    for n in (3, 4, 8):
        found = chosen_times(made, n)
        assert any(7.0 <= time < 7.2 for time in found)
        assert any(12.1 <= time < 12.4 for time in found)


def test_a_track_is_shown_where_it_is_well_seen() -> None:
    def comes_in(t: float) -> tuple[float, float, float] | None:
        return (0.5, 0.5, min(0.2, 0.02 * (t - 4) + 0.001)) if t >= 4 else None

    found = chosen_times(twin(10.0, (comes_in,)), 2)
    assert any(time >= 9 for time in found)
    half_hidden = twin(10.0, (lambda t: (0.5, 0.5, 0.2 if 5 <= t < 5.5 else 0.05),))
    assert any(5 <= time < 5.5 for time in chosen_times(half_hidden, 3))


def test_first_and_last_state_are_seen_unless_tracks_need_the_budget() -> None:
    made = twin(10, (there(2, 3), there(4, 5), there(6, 7)))
    four = chosen_times(made, 4)
    assert four[0] == 0
    five = chosen_times(made, 5)
    assert (five[0], five[-1]) == pytest.approx((0, 59 / 6))
    three = chosen_times(made, 3)
    assert [int(time) for time in three] == [2, 4, 6]
    assert {int(time) for time in chosen_times(made, 2)} <= {2, 4, 6}


@pytest.mark.parametrize("at", [2.5, 6.0, 8.5])
def test_both_sides_of_a_border_are_seen(at: float) -> None:
    """A thing comes, an event begins, it grows dark: there is a frame soon before and one soon after."""
    for made in (
        twin(10, (there(at, 10), there(0, 10))),
        twin(10, events=((at, 10.0),) * 2),
        twin(10, night=Span(start=at, end=10)),
    ):
        plain = 10 / 7
        found = chosen_times(made, 8)
        before = max(time for time in found if time < at)
        after = min(time for time in found if time >= at)
        assert after - before < 0.8 * plain
        assert max(b - a for a, b in itertools.pairwise(found)) < 2 * plain


def test_frames_gather_where_things_happen() -> None:
    def runs(t: float) -> tuple[float, float, float]:
        return 0.1 + 0.8 * min(max((t - 4) / 2, 0), 1), 0.5, 0.1

    found = chosen_times(twin(12, (runs, runs)), 8)
    assert sum(4 <= time <= 6 for time in found) >= 3
    assert (found[0], found[-1]) == pytest.approx((0, 12 - 1 / 6))


def test_a_burst_of_changes_does_not_take_all_frames() -> None:
    """However much happens at once, at least half of the way is time."""
    made = twin(20, tuple(there(10, 20) for _ in range(12)), events=((10.0, 20.0),) * 20)
    found = chosen_times(made, 8)
    gaps = [b - a for a, b in itertools.pairwise(found)]
    assert max(gaps) <= 2 * 20 / 7
    same = [b - a for a, b in itertools.pairwise(found) if not a < 10 <= b]
    assert min(same) >= 20 / 7 / 4


def test_no_step_is_longer_than_a_gap_between_frames() -> None:
    made = twin(20, tuple(there(10, 20) for _ in range(12)))
    for n in (2, 8, 30):
        steps = lengths(made, made.frames, n)
        assert len(steps) == len(made.frames) - 1
        assert max(steps) <= 1 / len(steps) + MOST_AT_ONCE * 2 / (n - 1) + 1e-9


spans = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda s: (s[0] / 6, (s[0] + s[1]) / 6))


@settings(max_examples=80, deadline=None)
@given(tracks=st.lists(spans, max_size=6), events=st.lists(spans, max_size=6), n=st.integers(1, 12))
def test_always(tracks: list[tuple[float, float]], events: list[tuple[float, float]], n: int) -> None:
    made = twin(8, tuple(there(*span) for span in tracks), tuple(events))
    found = choose_frames(made, made.span, n)
    assert found == choose_frames(made, made.span, n)
    assert len(found) == n
    assert list(found) == sorted(set(found))
    assert set(found) <= {frame.index for frame in made.frames}
    seen = {track.id for track in made.tracks for index in found if index in track.by_frame}
    visible = {track.id for track in made.tracks if track.observations}
    if n >= len(visible):
        assert seen == visible
        if n >= len(visible) + 2:
            assert (found[0], found[-1]) == (made.frames[0].index, made.frames[-1].index)
    else:
        assert len(seen) >= n


# Stretches


def covers(stretches: tuple[Span, ...], duration: float) -> bool:
    borders_meet = all(a.end == b.start for a, b in itertools.pairwise(stretches))
    return borders_meet and stretches[0].start == 0 and stretches[-1].end == duration


def test_one_shot_is_one_stretch() -> None:
    assert shots(twin(9.5)) == (Span(start=0, end=9.5),)
    assert shots(twin(1 / 24)) == (Span(start=0, end=1 / 24),)


def test_cuts_part_stretches_unless_a_shot_is_tiny() -> None:
    assert shots(twin(12, cuts=(4.0, 7.0))) == (Span(start=0, end=4), Span(start=4, end=7), Span(start=7, end=12))
    assert shots(twin(12, cuts=(4.0, 4.5))) == (Span(start=0, end=4), Span(start=4, end=12))
    assert shots(twin(12, cuts=(0.5, 11.0))) == (Span(start=0, end=12),)
    assert shots(twin(3, cuts=(0.5, 1.0, 1.5, 2.0, 2.5))) == (Span(start=0, end=3),)


def test_a_fast_montage_is_shown_a_few_shots_at_a_time() -> None:
    stretches = shots(twin(20, cuts=tuple(i / 2 for i in range(1, 40))))
    assert covers(stretches, 20)
    assert all(stretch.duration >= SHORTEST_SHOT for stretch in stretches)
    assert len(stretches) == 10


def test_a_long_shot_goes_in_equal_parts() -> None:
    stretches = shots(twin(100))
    assert covers(stretches, 100)
    assert [stretch.duration for stretch in stretches] == pytest.approx([20] * 5)
    stretches = shots(twin(100, cuts=(50.0,)))
    assert covers(stretches, 100)
    assert max(stretch.duration for stretch in stretches) <= SECONDS_A_CALL


def test_thin_sampling_makes_longer_stretches() -> None:
    made = twin(2000, step=RATE * 10)
    for stretch in shots(made):
        assert FRAMES_A_CALL - 1 <= len(choose_frames(made, stretch, 8)) <= 8


@settings(max_examples=60, deadline=None)
@given(duration=st.integers(1, 2000), cuts=st.lists(st.integers(1, 1999), max_size=30, unique=True))
def test_stretches_are_the_whole_video(duration: int, cuts: list[int]) -> None:
    """In units of a quarter of a second."""
    made = twin(duration / 4, cuts=tuple(sorted(cut / 4 for cut in cuts if cut < duration)))
    stretches = shots(made)
    assert covers(stretches, duration / 4)
    assert all(stretch.duration >= min(SHORTEST_SHOT, duration / 4) for stretch in stretches)
    assert all(stretch.duration <= SECONDS_A_CALL + 1e-9 for stretch in stretches)
    assert all(choose_frames(made, stretch, 1) for stretch in stretches)
