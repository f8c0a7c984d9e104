"""What a twin answers by itself: its frames as RT2V's tuples, and where its masks are."""

from __future__ import annotations

from fractions import Fraction

import pytest

from seewhy.types.time import Span
from seewhy.types.twin import (
    Attribute,
    Label,
    ObjectTuple,
    Observation,
    Track,
    Twin,
    mask_pointer,
    parse_mask_pointer,
)
from seewhy.types.video import FrameTime, VideoFacts, VideoId, nearest_frame

FACTS = VideoFacts(
    id=VideoId("v"), bytes=1, width=64, height=48, rotation=0, duration=2.0, start_pts=0, time_base=Fraction(1, 2),
    average_rate=Fraction(2), codec="h264", container="mp4",
)  # fmt: skip


def _said(value: str, span: Span | None = None) -> Attribute:
    return Attribute(kind="color", value=value, score=0.9, source="t@1", span=span)


def _track(number: int, x: float, depths: dict[int, float | None], *attributes: Attribute) -> Track:
    """Seen in the frames that `depths` names; frames are half a second apart."""
    return Track(
        id=number,
        labels=(Label(name=f"thing{number}", score=0.9, source="t@1"),),
        attributes=attributes,
        observations=tuple(
            Observation(
                frame=frame, t=frame / 2, x=x, y=0.5, box=(0.1, 0.1, 0.2, 0.2), area=0.01, depth=depth,
                mask=mask_pointer(frame, number),
            )
            for frame, depth in depths.items()
        ),
        score=0.9,
        source="t@1",
    )  # fmt: skip


def _twin(*tracks: Track, frames: int = 4) -> Twin:
    times = tuple(FrameTime(index=i, pts=i, t=i / 2) for i in range(frames))
    return Twin(video=FACTS, frames=times, mask_size=(48, 64), tracks=tracks)


def test_a_frame_as_tuples_nearest_object_first() -> None:
    far, near = _track(1, 0.2, {0: 1.0, 1: 1.0}), _track(2, 0.6, {0: 0.0, 1: 0.0})
    unknown = _track(3, 0.8, {1: None})
    twin = _twin(far, near, unknown)
    assert [(shown.id, shown.s) for shown in twin.frame(0.5)] == [
        (2, (0.6, 0.5, 0.0, 0.01)),
        (1, (0.2, 0.5, 1.0, 0.01)),
        (3, (0.8, 0.5, None, 0.01)),
    ]
    assert twin.frame(0.5)[0] == ObjectTuple(2, "thing2", (), "masks.json#/frames/1/2", (0.6, 0.5, 0.0, 0.01))


def test_a_time_between_samples_shows_the_nearest_one() -> None:
    twin = _twin(_track(1, 0.2, {0: 0.0}), _track(2, 0.2, {1: 0.0}))
    assert [shown.id for shown in twin.frame(0.2)] == [1]
    assert [shown.id for shown in twin.frame(0.3)] == [2]
    assert twin.frame(2.0) == ()


def test_attributes_are_those_that_hold_then() -> None:
    changing = _track(
        1, 0.2, {0: 0.0, 2: 0.0}, _said("red", Span(start=0, end=1)), _said("blue", Span(start=1, end=2)), _said("matt")
    )
    twin = _twin(changing)
    assert twin.frame(0.0)[0].attributes == ("red", "matt")
    assert twin.frame(1.0)[0].attributes == ("blue", "matt")


@pytest.mark.parametrize("t", [-0.1, 2.1, float("nan")])
def test_a_time_outside_the_video_is_refused(t: float) -> None:
    with pytest.raises(ValueError, match=r"lasts 2\.000 s"):
        _twin(_track(1, 0.2, {0: 0.0})).frame(t)


def test_a_twin_without_frames_has_nothing_to_show() -> None:
    with pytest.raises(ValueError, match="index the video again"):
        _twin(frames=0).frame(0.0)


def test_mask_pointers_lead_back() -> None:
    assert parse_mask_pointer(mask_pointer(frame=12, track=3)) == (12, 3)


def test_the_nearest_sampled_frame() -> None:
    assert [nearest_frame([3, 7, 8], frame) for frame in (0, 3, 5, 6, 8, 99)] == [3, 3, 3, 7, 8, 8]
