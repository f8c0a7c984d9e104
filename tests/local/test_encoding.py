"""Frames through the picture encoder of a tracker, several in one pass: what is made together, and what is held."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import tiny_trackers
from test_trackers import BLUE, CPU, ON_RED, frame, red, same

from seewhy.models.local.devices import Device
from seewhy.models.local.pool import POOL
from seewhy.models.local.weights import Weights, find
from seewhy.perceive.local.edgetam import EdgeTamTracker
from seewhy.perceive.local.encoding import Ahead, Features
from seewhy.perceive.local.overlaps import mask_iou
from seewhy.perceive.local.sam2 import Sam2Tracker
from seewhy.perceive.local.streaming import StreamingSession, StreamingTracker
from seewhy.perceive.local.tracking import Prompt, Seen
from seewhy.settings import LocalSettings
from seewhy.types.video import Frame, Image

KINDS: dict[str, Any] = {"sam2": Sam2Tracker, "edgetam": EdgeTamTracker}
PLAN = {0: [ON_RED, Prompt(1, mask=red(0))], 5: [Prompt(2, box=(0.6, 0.3, 1.0, 1.0))], 8: [Prompt(1, mask=red(8))]}
FRAMES = [frame(index) for index in range(20)]


# The frames that come


class Counting:
    """Stands in for an encoder: the features of a picture are its number, and all passes are taken down."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.passes: list[list[int]] = []

    def __call__(self, images: Sequence[Image]) -> list[Any]:
        numbers = [next(n for n, one in enumerate(FRAMES) if one.image is image) for image in images]
        self.passes.append(numbers)
        return [(number,) for number in numbers]


@pytest.fixture
def encoder() -> Counting:
    return Counting(most=4)


def taken(ahead: Ahead, numbers: Sequence[int]) -> list[int]:
    return [ahead.take(FRAMES[number])[0] for number in numbers]  # type: ignore[misc]


def test_expected_frames_go_through_together(encoder: Counting) -> None:
    ahead = Ahead(encoder)  # type: ignore[arg-type]
    ahead.expect(FRAMES[:10])
    assert encoder.passes == [], "nothing before it is needed"
    held = []
    for number in range(10):
        assert taken(ahead, [number]) == [number]
        held.append(len(ahead.ready))
    assert encoder.passes == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert held == [3, 2, 1, 0, 3, 2, 1, 0, 1, 0]


def test_nobody_has_to_say_what_comes(encoder: Counting) -> None:
    assert taken(Ahead(encoder), [0, 5, 1]) == [0, 5, 1]  # type: ignore[arg-type]
    assert encoder.passes == [[0], [5], [1]]


def test_frames_may_be_passed_over(encoder: Counting) -> None:
    ahead = Ahead(encoder)  # type: ignore[arg-type]
    ahead.expect(FRAMES[:10])
    assert taken(ahead, [2, 3, 5, 9]) == [2, 3, 5, 9]
    assert encoder.passes == [[2, 3, 4, 5], [9]]


def test_a_frame_that_nobody_expected_ends_what_was_expected(encoder: Counting) -> None:
    ahead = Ahead(encoder)  # type: ignore[arg-type]
    ahead.expect(FRAMES[:10])
    assert taken(ahead, [0, 19, 1]) == [0, 19, 1]
    assert ahead.ready == []
    assert encoder.passes == [[0, 1, 2, 3], [19], [1]]


def test_a_frame_is_known_by_itself_and_not_by_its_number(encoder: Counting) -> None:
    """One of the same number may be of another video."""
    ahead = Ahead(encoder)  # type: ignore[arg-type]
    ahead.expect(FRAMES[:2])
    assert ahead.take(Frame(0, 0, FRAMES[0].time_base, 0.0, FRAMES[7].image))[0] == 7  # type: ignore[comparison-overlap]


def test_expecting_anew_keeps_what_still_comes_first(encoder: Counting) -> None:
    ahead = Ahead(encoder)  # type: ignore[arg-type]
    ahead.expect(FRAMES[:10])
    taken(ahead, [0])
    ahead.expect([*FRAMES[1:3], *FRAMES[15:]])
    assert ahead.ready == [(1,), (2,)]
    assert taken(ahead, [1, 2, 15]) == [1, 2, 15]
    ahead.expect(FRAMES[:1])
    assert ahead.ready == []
    assert encoder.passes == [[0, 1, 2, 3], [15, 16, 17, 18]]


# The networks


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Weights]]:
    folder = tmp_path_factory.mktemp("weights")
    saves = {"sam2": tiny_trackers.save_sam2}
    if importlib.util.find_spec("timm") is not None:
        saves["edgetam"] = tiny_trackers.save_edgetam
    yield {name: find(str(save(folder / name)), LocalSettings()) for name, save in saves.items()}
    POOL.release()


@pytest.fixture(params=["sam2", "edgetam"])
def kind(request: pytest.FixtureRequest, saved: dict[str, Weights]) -> str:
    name: str = request.param
    if name not in saved:
        pytest.skip("timm, which EdgeTAM's encoder comes from, is not installed")
    return name


def made(kind: str, saved: dict[str, Weights], batch: int, device: Device = CPU) -> StreamingTracker:
    tracker: StreamingTracker = KINDS[kind](saved[kind], device, batch)
    return tracker


def looked(session: StreamingSession, told: bool, count: int = 12) -> list[Mapping[int, Seen]]:
    if told:
        session.expect(FRAMES[:count])
    return [session.look(one, PLAN.get(one.index, ())) for one in FRAMES[:count]]


@pytest.fixture(scope="module")
def alone(saved: dict[str, Weights]) -> dict[str, list[Mapping[int, Seen]]]:
    """What each sees, one frame in a pass, without being told what comes."""
    found = {}
    for name in saved:
        with made(name, saved, 1).session() as session:
            found[name] = looked(session, told=False)
    return found


@contextmanager
def passes(session: StreamingSession) -> Iterator[list[int]]:
    """How many pictures went through the encoder each time."""
    sizes: list[int] = []
    hook = session._model.vision_encoder.register_forward_pre_hook(lambda _, args: sizes.append(len(args[0])))
    try:
        yield sizes
    finally:
        hook.remove()


def test_one_at_a_time_nothing_changes(
    kind: str, saved: dict[str, Weights], alone: dict[str, list[Mapping[int, Seen]]]
) -> None:
    """To the bit."""
    with made(kind, saved, 1).session() as session, passes(session) as sizes:
        told = looked(session, told=True)
    assert same(alone[kind], told)
    assert sizes == [1] * 12


def test_together_they_see_what_they_see_alone(
    kind: str, saved: dict[str, Weights], alone: dict[str, list[Mapping[int, Seen]]]
) -> None:
    with made(kind, saved, 8).session() as session, passes(session) as sizes:
        together = looked(session, told=True)
    assert sizes == [8, 4]
    for one, other in zip(alone[kind], together, strict=True):
        assert one.keys() == other.keys()
        for number in one:
            assert (one[number].mask != other[number].mask).mean() < 1e-3, "but for rounding"
            assert other[number].score == pytest.approx(one[number].score, abs=1e-4)
    masks = [one[7].mask for one in alone[kind]]
    assert any(not np.array_equal(mask, masks[0]) for mask in masks), "or frames would make no difference"


def test_half_precision_goes_through_together(saved: dict[str, Weights]) -> None:
    device = Device("cpu", "bfloat16")
    with made("sam2", saved, 1, device).session() as session:
        by_one = looked(session, told=False, count=4)
    with made("sam2", saved, 4, device).session() as session, passes(session) as sizes:
        together = looked(session, told=True, count=4)
    assert sizes == [4]
    assert mask_iou(by_one[0][1].mask, together[0][1].mask) > 0.95
    for one, other in zip(by_one, together, strict=True):
        assert all(other[number].score == pytest.approx(one[number].score, abs=0.05) for number in one)


def test_nothing_is_encoded_while_nothing_is_followed(saved: dict[str, Weights]) -> None:
    with made("sam2", saved, 8).session() as session, passes(session) as sizes:
        session.expect(FRAMES[:12])
        for one in FRAMES[:6]:
            assert session.look(one) == {}
        assert sizes == []
        session.look(FRAMES[6], [ON_RED])
        assert sizes == [6]


def test_what_is_held_ahead_is_bounded(saved: dict[str, Weights]) -> None:
    """However many frames are expected. Frames of one pass share where their pixels are."""

    def held(batch: int) -> list[int]:
        with made("sam2", saved, batch).session() as session:
            session.expect(FRAMES)
            return [session.look(one, [ON_RED] if one.index == 0 else ()) and session.bytes for one in FRAMES]

    with made("sam2", saved, 1).session() as session:
        (one,) = session._ahead._encoder([FRAMES[0].image])
    of_maps, of_places = (sum(level.nbytes for level in levels) for levels in one)
    alone, ahead = held(1), held(4)
    for number, (small, large) in enumerate(zip(alone, ahead, strict=True)):
        left = 3 - number % 4
        assert large - small == (left * of_maps + of_places if left else 0)


def test_a_frame_of_a_pass_does_not_keep_the_others_alive(saved: dict[str, Weights]) -> None:
    with made("sam2", saved, 4).session() as session:
        together: list[Features] = session._ahead._encoder([one.image for one in FRAMES[:4]])
    for features in together:
        for level in features.vision_feats:
            assert level.untyped_storage().nbytes() == level.nbytes
    assert together[0].vision_pos_embeds[0].untyped_storage().nbytes() == together[0].vision_pos_embeds[0].nbytes


def test_a_closed_session_expects_nothing(saved: dict[str, Weights]) -> None:
    with made("sam2", saved, 8).session() as session:
        looked(session, told=True, count=3)
    assert session.bytes == 0


def test_videos_side_by_side_share_passes(saved: dict[str, Weights]) -> None:
    """While the first frame is on its way two others come to wait; they go together."""
    tracker = made("sam2", saved, 8)
    with tracker.session() as session, ThreadPoolExecutor(3) as threads:
        batcher = session._ahead._encoder._batcher
        sizes: list[int] = []

        def wait_for_company(_: Any, args: Any) -> None:
            sizes.append(len(args[0]))
            deadline = time.monotonic() + 30
            while len(sizes) == 1 and len(batcher._waiting) < 2 and time.monotonic() < deadline:
                time.sleep(0.001)

        hook = session._model.vision_encoder.register_forward_pre_hook(wait_for_company)

        def first_look(number: int) -> Mapping[int, Seen]:
            with tracker.session() as own:
                return own.look(FRAMES[number], [Prompt(1, mask=(FRAMES[number].image == BLUE).all(axis=2))])

        found = list(threads.map(first_look, (0, 6, 12)))
        hook.remove()
    assert sizes == [1, 2]
    for number, seen in zip((0, 6, 12), found, strict=True):
        assert mask_iou(seen[1].mask, (FRAMES[number].image == BLUE).all(axis=2)) > 0.8, "each got its own"
