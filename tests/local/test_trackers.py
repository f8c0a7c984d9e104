"""The contract of trackers, over the fake and the real architectures with tiny random weights; and what the latter
must share with transformers' own way of running them."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import tiny_trackers

from seewhy.errors import PerceptionError, PluginError, WeightsError
from seewhy.models.local.devices import Device
from seewhy.models.local.pool import POOL
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import Weights, find
from seewhy.perceive.local import streaming
from seewhy.perceive.local.edgetam import EdgeTamTracker
from seewhy.perceive.local.fakes import FakeTracker
from seewhy.perceive.local.forgetting import Reach
from seewhy.perceive.local.overlaps import mask_iou
from seewhy.perceive.local.sam2 import Sam2Tracker
from seewhy.perceive.local.streaming import StreamingSession, StreamingTracker
from seewhy.perceive.local.tracking import Prompt, Seen, Tracker, TrackerSession
from seewhy.settings import LocalSettings
from seewhy.types.masks import Mask
from seewhy.types.video import Frame

HEIGHT, WIDTH = 61, 97
RED, BLUE = (250, 10, 10), (10, 10, 250)
CPU = Device("cpu", "float32")
ON_RED = Prompt(7, box=(0.0, 0.1, 0.4, 0.8))


def frame(index: int, height: int = HEIGHT, width: int = WIDTH) -> Frame:
    """A red block that moves right, a blue one that moves left, on gray with a pattern."""
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([(rows * 7 + columns * 3) % 60 + 90] * 3, axis=2).astype(np.uint8)
    image[6:46, 2 + index % 20 : 36 + index % 20] = RED
    image[20:58, 66 - index % 20 : 94 - index % 20] = BLUE
    return Frame(index, index, Fraction(1, 10), index / 10, image)


def red(index: int) -> Mask:
    return np.asarray((frame(index).image == RED).all(axis=2))


@pytest.fixture(scope="module")
def sam2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sam2Tracker]:
    folder = tiny_trackers.save_sam2(tmp_path_factory.mktemp("weights") / "tiny-sam2")
    yield Sam2Tracker(find(str(folder), LocalSettings()), CPU)
    POOL.release()


@pytest.fixture(scope="module")
def edgetam(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeTamTracker]:
    if importlib.util.find_spec("timm") is None:
        pytest.skip("timm, which EdgeTAM's encoder comes from, is not installed")
    folder = tiny_trackers.save_edgetam(tmp_path_factory.mktemp("weights") / "tiny-edgetam")
    yield EdgeTamTracker(find(str(folder), LocalSettings()), CPU)
    POOL.release()


@pytest.fixture(params=["fake", "sam2", "edgetam"])
def tracker(request: pytest.FixtureRequest) -> Tracker:
    if request.param == "fake":
        return FakeTracker([RED, BLUE])
    found: Tracker = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["sam2", "edgetam"])
def network(request: pytest.FixtureRequest) -> StreamingTracker:
    found: StreamingTracker = request.getfixturevalue(request.param)
    return found


def run(session: TrackerSession, prompts: Mapping[int, Sequence[Prompt]], count: int) -> list[dict[int, Seen]]:
    return [dict(session.look(frame(index), prompts.get(index, ()))) for index in range(count)]


def same(one: Sequence[Mapping[int, Seen]], other: Sequence[Mapping[int, Seen]]) -> bool:
    return all(
        a.keys() == b.keys()
        and all(a[key].score == b[key].score and np.array_equal(a[key].mask, b[key].mask) for key in a)
        for a, b in zip(one, other, strict=True)
    )


# The contract


def test_all_kinds_of_prompts_give_masks_of_the_frame(tracker: Tracker) -> None:
    prompts = [ON_RED, Prompt(2, points=((0.8, 0.6), (0.85, 0.7))), Prompt(9, mask=red(0))]
    with tracker.session() as session:
        for index in range(3):
            seen = session.look(frame(index), prompts if index == 0 else ())
            assert set(seen) == {7, 2, 9}
            for mask, score in seen.values():
                assert mask.shape == (HEIGHT, WIDTH)
                assert mask.dtype == np.bool_
                assert 0 <= score <= 1
                assert isinstance(score, float)


def test_a_mask_that_is_given_comes_back(tracker: Tracker) -> None:
    with tracker.session() as session:
        seen = session.look(frame(0), [Prompt(1, mask=red(0)), Prompt(2, box=(0.6, 0.3, 1.0, 1.0))])
    assert mask_iou(seen[1].mask, red(0)) > 0.8
    assert seen[1].score > 0.99


def test_nothing_is_seen_before_the_first_prompt(tracker: Tracker) -> None:
    with tracker.session() as session:
        assert session.look(frame(0)) == {}
        assert session.look(frame(1)) == {}
        assert set(session.look(frame(2), [ON_RED])) == {7}


def test_objects_come_and_go_under_their_numbers(tracker: Tracker) -> None:
    with tracker.session() as session:
        shown = []
        for index in range(8):
            prompts = {0: [ON_RED], 3: [Prompt(1, box=(0.6, 0.3, 1.0, 1.0)), Prompt(30, points=((0.2, 0.4),))]}
            shown.append(set(session.look(frame(index), prompts.get(index, ()))))
            if index == 4:
                session.drop([7, 30, 555])
    assert shown == [{7}] * 3 + [{7, 1, 30}] * 2 + [{1}] * 3


def test_dropping_an_object_leaves_the_others_theirs(tracker: Tracker) -> None:
    two = {0: [ON_RED, Prompt(1, mask=(frame(0).image == BLUE).all(axis=2))]}
    with tracker.session() as session:
        both = run(session, two, 6)
    with tracker.session() as session:
        first = run(session, two, 3)
        session.drop([7])
        rest = [dict(session.look(frame(index))) for index in range(3, 6)]
    assert same(first, both[:3])
    for with_it, without in zip(both[3:], rest, strict=True):
        assert set(without) == {1}
        assert np.array_equal(with_it[1].mask, without[1].mask)
        assert with_it[1].score == pytest.approx(without[1].score, abs=1e-5)


def test_a_dropped_number_may_be_given_anew(tracker: Tracker) -> None:
    with tracker.session() as session:
        session.look(frame(0), [ON_RED])
        session.drop([7])
        assert session.look(frame(1)) == {}
        seen = session.look(frame(2), [Prompt(7, mask=red(2))])
    assert mask_iou(seen[7].mask, red(2)) > 0.8


def test_an_object_may_be_set_right(tracker: Tracker) -> None:
    with tracker.session() as session:
        for index in range(4):
            session.look(frame(index), [ON_RED] if index == 0 else ())
        seen = session.look(frame(4), [Prompt(7, mask=red(4))])
    assert mask_iou(seen[7].mask, red(4)) > 0.8


def test_a_session_is_repeatable_and_knows_nothing_of_others(tracker: Tracker) -> None:
    plan = {0: [ON_RED], 2: [Prompt(1, box=(0.6, 0.3, 1.0, 1.0))]}
    other = {0: [Prompt(7, box=(0.5, 0.2, 1.0, 1.0))]}
    with tracker.session() as session:
        alone = run(session, plan, 5)
    with tracker.session() as session, tracker.session() as beside:
        interleaved = []
        for index in range(5):
            interleaved.append(dict(session.look(frame(index), plan.get(index, ()))))
            beside.look(frame(index), other.get(index, ()))
    assert same(alone, interleaved)


@pytest.mark.parametrize(
    ("prompts", "says"),
    [
        ([Prompt(1)], "0 of box, points and mask"),
        ([Prompt(1, box=(0, 0, 1, 1), points=((0.5, 0.5),))], "2 of box, points and mask"),
        ([Prompt(1, box=(0.5, 0.1, 0.5, 0.9))], "holds nothing"),
        ([Prompt(1, box=(10, 10, 50, 50))], "fractions of the frame"),
        ([Prompt(1, points=((0.5, float("nan")),))], "fractions of the frame"),
        ([Prompt(1, mask=np.zeros((HEIGHT, WIDTH), np.bool_))], "empty mask"),
        ([Prompt(1, mask=np.ones((WIDTH, HEIGHT), np.bool_))], "must have the frame's"),
        ([ON_RED, ON_RED], "prompted twice"),
    ],
)
def test_prompts_that_point_at_nothing_are_refused(tracker: Tracker, prompts: list[Prompt], says: str) -> None:
    with tracker.session() as session, pytest.raises(PerceptionError, match=says):
        session.look(frame(0), prompts)


def test_frames_of_another_size_are_refused(tracker: Tracker) -> None:
    with tracker.session() as session:
        session.look(frame(0), [ON_RED])
        with pytest.raises(PerceptionError, match="begin a new session"):
            session.look(frame(1, height=80))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 300), (64, 64), (480, 854)])
def test_frames_may_have_any_size(tracker: Tracker, height: int, width: int) -> None:
    image = np.full((height, width, 3), RED, np.uint8)
    image.setflags(write=False)
    with tracker.session() as session:
        seen = session.look(Frame(0, 0, Fraction(1), 0.0, image), [Prompt(1, box=(0.0, 0.0, 1.0, 1.0))])
    assert seen[1].mask.shape == (height, width)


def test_the_source_names_the_weights_and_their_version(network: StreamingTracker) -> None:
    name, _, version = network.source.partition("@")
    assert name == network.weights.folder.name
    assert version == network.weights.version


# The networks


def test_memory_is_flat(network: StreamingTracker) -> None:
    """Once it is twice as old as what it looks back to (16 frames)."""
    with network.session() as session:
        held = []
        for index in range(61):
            session.look(frame(index), [ON_RED] if index == 0 else ())
            held.append(session.bytes)
    assert held[40] == held[60] == max(held)
    assert held[40] < 20 * held[0]


def test_what_is_forgotten_changes_nothing(network: StreamingTracker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a session that keeps all, as transformers does; with prompts enough to reach their limit."""
    plan = {0: [ON_RED], 2: [Prompt(1, mask=red(2))], 19: [Prompt(7, points=((0.5, 0.5),))]}
    plan |= {index: [Prompt(1, mask=red(index))] for index in (4, 6, 8, 9)}
    with network.session() as session:
        forgetful = run(session, plan, 22)
    with network.session() as session:
        monkeypatch.setattr(streaming, "forget", lambda *_: None)
        everything = run(session, plan, 22)
        kept = session.bytes
    assert same(forgetful, everything)
    monkeypatch.undo()
    monkeypatch.setattr(streaming, "limit_reach", lambda _: Reach(features=1, pointers=1, prompted=4))
    with network.session() as session:
        too_forgetful = run(session, plan, 6)
        assert session.bytes < kept
    assert not same(
        forgetful[:6], too_forgetful
    )  # else memory would make no difference here, and the above say nothing


def test_dropping_gives_memory_back(network: StreamingTracker) -> None:
    with network.session() as session:
        run(session, {0: [ON_RED, Prompt(1, box=(0.6, 0.3, 1.0, 1.0)), Prompt(2, mask=red(0))]}, 8)
        three = session.bytes
        session.drop([1, 2])
        for index in range(8, 8 + 7):
            session.look(frame(index))
        assert session.bytes <= 0.4 * three  # features are batched: those of one go when all of their frame go
        session.drop([7])
        assert session.bytes == 0


def test_what_reaches_the_network_is_exact(network: StreamingTracker, monkeypatch: pytest.MonkeyPatch) -> None:
    box, points = (0.1, 0.25, 0.7, 1.0), ((0.125, 0.5), (0.9, 0.0625))
    with network.session() as session:
        encoder = session._model.prompt_encoder
        given: list[dict[str, Any]] = []
        monkeypatch.setattr(encoder, "forward", _spy(given, encoder.forward))
        session.look(frame(0), [Prompt(1, box=box), Prompt(2, points=points)])
    places = [call["input_points"][0, 0].tolist() for call in given]
    labels = [call["input_labels"][0, 0].tolist() for call in given]
    side = tiny_trackers.SIDE
    assert places[0] == [pytest.approx([x * side, y * side], rel=1e-6) for x, y in (box[:2], box[2:])]
    assert places[1] == [pytest.approx([x * side, y * side], rel=1e-6) for x, y in points]
    assert labels == [[2, 3], [1, 1]]  # corners of a box, and points on an object, in SAM's code


def _spy(calls: list[dict[str, Any]], method: Any) -> Any:
    def called(*args: Any, **kwargs: Any) -> Any:
        calls.append(kwargs)
        return method(*args, **kwargs)

    return called


def test_a_score_is_visibility_times_predicted_iou(network: StreamingTracker) -> None:
    with network.session() as session:
        decoded: list[Any] = []
        hook = session._model.mask_decoder.register_forward_hook(lambda _, __, output: decoded.append(output))
        first, second = run(session, {0: [ON_RED, Prompt(2, points=((0.8, 0.6),))]}, 2)
        hook.remove()
    for (number, seen), output in zip([*first.items(), *second.items()], decoded, strict=True):
        _, ious, _, visible = output
        assert number in (7, 2)
        assert seen.score == pytest.approx(float(visible.sigmoid()) * float(ious.max().clamp(0, 1)), rel=1e-5)


def test_transformers_own_way_through_a_video_gives_the_same(network: StreamingTracker) -> None:
    """All frames at once, prompts through the processor, propagated: `propagate_in_video_iterator`."""
    torch = torch_ready()
    count, box = 18, (0.05, 0.1, 0.4, 0.8)
    with network.session() as session:
        mine = run(session, {0: [Prompt(7, box=box), Prompt(1, mask=red(0))]}, count)
        model, processor = session._model, session._processor
        theirs = processor.init_video_session(video=[frame(index).image for index in range(count)])
        absolute = [box[0] * WIDTH, box[1] * HEIGHT, box[2] * WIDTH, box[3] * HEIGHT]
        processor.add_inputs_to_inference_session(theirs, 0, [7], input_boxes=[[absolute]])
        processor.add_inputs_to_inference_session(theirs, 0, [1], input_masks=[red(0)])
        theirs.obj_with_new_inputs = [7, 1]
        with torch.inference_mode():
            for index, output in enumerate(model.propagate_in_video_iterator(theirs, start_frame_idx=0)):
                masks = processor.post_process_masks([output.pred_masks], original_sizes=[[HEIGHT, WIDTH]])[0]
                for number, mask in zip(output.object_ids, masks[:, 0].numpy(), strict=True):
                    assert np.array_equal(mask, mine[index][number].mask), (index, number)
    assert index == count - 1


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_it_computes_in_half_precision(network: StreamingTracker, dtype: str) -> None:
    plan = {0: [ON_RED, Prompt(1, mask=red(0))], 2: [Prompt(2, points=((0.8, 0.6),))]}
    with network.session() as session:
        full = run(session, plan, 4)
    with type(network)(network.weights, Device("cpu", dtype)).session() as session:
        half = run(session, plan, 4)
    for one, other in zip(full, half, strict=True):
        assert one.keys() == other.keys()
        for number in one:
            assert other[number].score == pytest.approx(one[number].score, abs=0.1)
    assert mask_iou(full[0][1].mask, half[0][1].mask) > 0.95


def test_threads_share_the_network_and_nothing_else(sam2: Sam2Tracker) -> None:
    plans = [{0: [ON_RED]}, {0: [Prompt(7, box=(0.5, 0.2, 1.0, 1.0)), Prompt(2, points=((0.5, 0.5),))]}]

    def alone(plan: Mapping[int, Sequence[Prompt]]) -> list[dict[int, Seen]]:
        with sam2.session() as session:
            return run(session, plan, 5)

    expected = [alone(plan) for plan in plans]
    loaded = POOL.loaded
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(alone, plans))
    assert all(itertools.starmap(same, zip(found, expected, strict=True)))
    assert POOL.loaded == loaded


def test_a_closed_session_holds_nothing(sam2: Sam2Tracker) -> None:
    with sam2.session() as session:
        session.look(frame(0), [ON_RED])
        assert isinstance(session, StreamingSession)
        assert session.bytes > 0
    assert session.bytes == 0


def test_weights_of_another_kind_are_refused(sam2: Sam2Tracker) -> None:
    POOL.release()
    wrong = Weights("some/detector", sam2.weights.folder, sam2.weights.revision, "owlv2")
    with pytest.raises(WeightsError, match=r"sam2_video is\s+needed"), Sam2Tracker(wrong, CPU).session():
        pass


def test_without_timm_edgetam_says_so(sam2: Sam2Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "timm" else find_spec(name))
    with pytest.raises(PluginError, match="timm"), EdgeTamTracker(sam2.weights, CPU).session():
        pass
