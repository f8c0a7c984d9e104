"""SAM 3 with tiny random weights against transformers' own way of running it; and the segmenter around it, over a fake
whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import tiny_trackers
from truths import wall

from seewhy.errors import PerceptionError, WeightsError
from seewhy.models.local.devices import Device
from seewhy.models.local.pool import POOL
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import find
from seewhy.perceive.local import sam3 as sam3_module
from seewhy.perceive.local.components import Components
from seewhy.perceive.local.phrased import PhrasedSegmenter, sam3
from seewhy.perceive.local.phrasing import Look, Named, PhraseSession, PhraseTracker
from seewhy.perceive.local.sam3 import Sam3Tracker
from seewhy.settings import LocalSettings, PerceiveSettings, Settings
from seewhy.types.masks import decode
from seewhy.types.video import Frame, Image

HEIGHT, WIDTH = 61, 97
RED, BLUE = (250, 10, 10), (10, 10, 250)
PHRASES = ("dog", "person", "red box")
CPU = Device("cpu", "float32")


def frame(index: int, image: Image | None = None) -> Frame:
    """A red block that moves right, a blue one that moves left, on gray with a pattern."""
    if image is None:
        rows, columns = np.mgrid[:HEIGHT, :WIDTH]
        image = np.stack([(rows * 7 + columns * 3) % 60 + 90] * 3, axis=2).astype(np.uint8)
        image[6:26, 2 + index % 40 : 22 + index % 40] = RED
        image[36:58, 66 - index % 40 : 90 - index % 40] = BLUE
    return Frame(index, index, Fraction(1, 10), index / 10, image)


# The network


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sam3Tracker]:
    folder = tiny_trackers.save_sam3(tmp_path_factory.mktemp("weights") / "tiny-sam3")
    yield Sam3Tracker(find(str(folder), LocalSettings()), CPU, PHRASES)
    POOL.release()


def noise(index: int) -> Frame:
    """Pictures in which the random network sees things come and go."""
    image = np.random.default_rng(3).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    image[20:40, 5 + 3 * index : 20 + 3 * index] = RED
    return frame(index, image)


def test_it_sees_what_transformers_does(network: Sam3Tracker) -> None:
    """Through a whole video at once, with all phrases in each frame, and nothing forgotten."""
    torch = torch_ready()
    count = 18
    with network.session() as session:
        mine = [session.look(noise(index), search=True) for index in range(count)]
        model, processor = session._model, session._processor
        pixels = [session._pixels(noise(index).image) for index in range(count)]
    theirs = processor.init_video_session()
    processor.add_text_prompt(theirs, [*PHRASES])
    for index in range(count):
        theirs.add_new_frame(pixels[index], index)
    compared, gone = 0, 0
    for index, look in enumerate(mine):
        with torch.inference_mode():
            output = model(theirs, frame_idx=index)
            theirs.hotstart_removed_obj_ids.update(output.removed_obj_ids)
            shown = processor.postprocess_outputs(theirs, output, original_sizes=[[HEIGHT, WIDTH]])
        theirs.obj_ids = [*theirs._obj_id_to_idx]
        for number in look.gone:  # the session removes them itself, see `_removing_later`
            theirs.remove_object(number)
        masks = dict(zip(shown["object_ids"].tolist(), shown["masks"].numpy(), strict=True))
        masks = {number: mask for number, mask in masks.items() if mask.any()}
        assert masks.keys() == look.named.keys(), index
        for number, mask in masks.items():
            assert np.array_equal(mask, look.named[number].mask), (index, number)
            compared += 1
        gone += len(look.gone)
    assert compared > 20  # else the network sees nothing, and nothing is tested
    assert gone > 0
    assert {one.phrase for look in mine for one in look.named.values()} == set(PHRASES)


def test_between_searches_only_the_phrases_in_view_are_looked_for(
    network: Sam3Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with network.session() as session:
        asked: list[tuple[str, ...]] = []
        detect = session._model.run_detection

        def spied(inference_session: Any, vision_embeds: Any) -> Any:
            asked.append(tuple(inference_session.prompts.values()))
            return detect(inference_session=inference_session, vision_embeds=vision_embeds)

        monkeypatch.setattr(session._model, "run_detection", spied)
        assert session.look(noise(7), search=False) == Look({})
        assert asked == []  # nobody is in view
        look = session.look(noise(7), search=True)
        assert asked.pop() == PHRASES
        in_view = {one.phrase for one in look.named.values()}
        assert set() < in_view < set(PHRASES)
        session.look(noise(7), search=False)
        assert set(asked.pop()) == in_view


def test_its_memory_is_flat(network: Sam3Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sam3_module, "LOST_LOOKS", 99)
    with network.session() as session:
        session.look(noise(8), search=True)
        monkeypatch.setattr(session._model, "new_det_thresh", 2.0)  # nobody is new from here on
        monkeypatch.setattr(session._model, "hotstart_unmatch_thresh", 99)  # and nobody goes
        held = []
        for _ in range(36):
            session.look(noise(8), search=False)
            held.append(session.bytes)
        assert session._session.obj_ids
    assert held[-1] - held[17] < 3_000  # what is confirmed, every 16 frames, leaves a pointer
    assert held[17] < 20 * held[0]


def test_who_is_not_seen_for_long_is_followed_no_more(network: Sam3Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sam3_module, "LOST_LOOKS", 3)
    with network.session() as session:
        first = session.look(noise(8), search=True)
        monkeypatch.setattr(session._model, "new_det_thresh", 2.0)
        monkeypatch.setattr(session._model, "hotstart_unmatch_thresh", 99)
        unseen = session._model.tracker_model.mask_decoder.pred_obj_score_head.register_forward_hook(
            lambda _, __, score: score - 100
        )
        for _ in range(2):
            assert session.look(noise(9), search=False).named == {}
        assert set(session._session.obj_ids) == set(first.named)
        assert session.look(noise(9), search=False) == Look({})  # they were none: nothing of before is taken back
        assert session._session.obj_ids == []
        assert session.look(noise(9), search=False) == Look({})
        unseen.remove()


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_it_computes_in_half_precision(network: Sam3Tracker, dtype: str) -> None:
    with network.session() as session:
        full = session.look(noise(9), search=True)
    with Sam3Tracker(network.weights, Device("cpu", dtype), PHRASES).session() as session:
        half = session.look(noise(9), search=True)
        session.look(noise(10), search=False)
    assert [one.phrase for one in half.named.values()] == [one.phrase for one in full.named.values()]
    for number, one in full.named.items():
        assert half.named[number].found == pytest.approx(one.found, abs=0.05)
        assert np.mean(half.named[number].mask != one.mask) < 0.02


def test_a_frame_of_another_size_is_refused(network: Sam3Tracker) -> None:
    with network.session() as session:
        session.look(noise(0), search=False)
        with pytest.raises(PerceptionError, match="begin a new session"):
            session.look(frame(1, np.zeros((9, 9, 3), np.uint8)), search=False)


def test_the_segmenter_runs_on_it(network: Sam3Tracker, tmp_path: Any) -> None:
    words = tmp_path / "words.txt"
    words.write_text("\n".join(PHRASES))
    settings = Settings(
        perceive=PerceiveSettings(vocabulary=str(words), max_tracks=3),
        local=LocalSettings(sam3=str(network.weights.folder), device="cpu", chunk=8, redetect=4),
    )
    found = sam3(settings).segment(noise(index) for index in range(14))
    assert found.size == (HEIGHT, WIDTH)
    assert len(found.frames) == len(found.camera) == len(found.motion) == 14
    assert 0 < len(found.tracks) <= 3
    for track in found.tracks:
        assert track.labels[0].name in PHRASES
        assert track.labels[0].source == network.source
        assert track.masks.keys() == track.scores.keys()
        assert all(decode(mask).shape == (HEIGHT, WIDTH) for mask in track.masks.values())


def test_missing_weights_say_which_command_gets_them(tmp_path: Any) -> None:
    settings = Settings(local=LocalSettings(sam3="facebook/sam3", device="cpu", cache=str(tmp_path)))
    with pytest.raises(WeightsError, match="seewhy models pull facebook/sam3"):
        sam3(settings)


# What stands in for compiled code


def test_nms_keeps_the_best_of_those_that_overlap() -> None:
    torch = torch_ready()
    ious = torch.tensor([[1.0, 0.6, 0.0, 0.2], [0.6, 1.0, 0.6, 0.0], [0.0, 0.6, 1.0, 0.5], [0.2, 0.0, 0.5, 1.0]])
    scores = torch.tensor([0.9, 0.8, 0.3, 0.95])
    assert Components().generic_nms(ious, scores, 0.5, use_iou_matrix=True).tolist() == [3, 0, 2]
    assert Components().generic_nms(ious, scores, 0.1, use_iou_matrix=True).tolist() == [3, 1]


def test_components_are_counted_with_their_corners() -> None:
    torch = torch_ready()
    rows = [[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 1]]
    labels, counts = Components().cc_2d(torch.tensor([[rows], [[[0] * 4] * 3]], dtype=torch.uint8), get_counts=True)
    assert counts[0, 0].tolist() == [[2, 0, 0, 3], [0, 2, 0, 3], [0, 0, 0, 3]]
    assert len(set(labels[0, 0].flatten().tolist())) == 3
    assert not counts[1].any()


def test_transformers_uses_them(network: Sam3Tracker) -> None:
    """Small holes are filled and specks go; without, transformers leaves both in and says so."""
    from transformers.models.sam3_video.modeling_sam3_video import fill_holes_in_mask_scores

    with network.session():
        pass
    torch = torch_ready()
    logits = torch.full((1, 1, 9, 9), -5.0)
    logits[..., 1:6, 1:6] = 5.0
    logits[..., 3, 3] = -5.0
    logits[..., 8, 8] = 5.0
    cleaned = fill_holes_in_mask_scores(logits, max_area=2)[0, 0] > 0
    expected = torch.zeros(9, 9, dtype=torch.bool)
    expected[1:6, 1:6] = True
    assert torch.equal(cleaned, expected)


# The segmenter


@dataclass
class FakeSession:
    """Each color answers to a phrase; it is found in searches, and followed from there."""

    tracker: FakePhrases
    delay: int
    searches: list[int] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def look(self, frame: Frame, *, search: bool) -> Look:
        self.frames.append(frame.index)
        if search:
            self.searches.append(frame.index)
        named: dict[int, Named] = {}
        for phrase, color in self.tracker.colors.items():
            mask = np.asarray((frame.image == color).all(axis=2))
            if not mask.any():
                continue
            if phrase not in self.numbers and search:
                self.numbers[phrase] = 10 + len(self.numbers)
            if phrase in self.numbers:
                named[self.numbers[phrase]] = Named(phrase, mask, 0.9, 0.8)
        gone = [phrase for phrase in self.tracker.gone.get(frame.index, ()) if phrase in self.numbers]
        numbers = frozenset(self.numbers.pop(phrase) for phrase in gone)
        return Look({number: one for number, one in named.items() if number not in numbers}, numbers)


@dataclass
class FakePhrases:
    """A `PhraseTracker`, scripted."""

    colors: Mapping[str, tuple[int, int, int]]
    gone: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """frame → phrases whose objects turn out to be none; they may be found once more"""
    delay: int = 4
    source: str = "fake.phrases@1"
    sessions: list[FakeSession] = field(default_factory=list)

    @contextmanager
    def session(self) -> Iterator[PhraseSession]:
        self.sessions.append(FakeSession(self, self.delay))
        yield self.sessions[-1]


def segmenter(tracker: PhraseTracker, chunk: int = 96, redetect: int = 6) -> PhrasedSegmenter:
    return PhrasedSegmenter(tracker, Settings(local=LocalSettings(chunk=chunk, redetect=redetect)))


TWO = {"red block": RED, "blue block": BLUE}


@pytest.mark.parametrize("delay", [0, 1, 4, 50])
@pytest.mark.parametrize("chunk", [8, 96])
def test_each_thing_is_one_track_through_all_sessions(delay: int, chunk: int) -> None:
    tracker = FakePhrases(TWO, delay=delay)
    found = segmenter(tracker, chunk).segment(frame(index) for index in range(20))
    assert {track.labels[0].name for track in found.tracks} == set(TWO)
    assert len(found.tracks) == 2
    for track in found.tracks:
        assert list(track.masks) == list(range(20))
        assert track.id_confidence == 1
        assert track.labels[0].score == pytest.approx(0.8)
        assert set(track.scores.values()) == {0.9}
        for position, mask in track.masks.items():
            truth = (frame(position).image == TWO[track.labels[0].name]).all(axis=2)
            assert np.array_equal(decode(mask), truth)
    # a session begins with the last frame of the one before
    assert [session.frames[0] for session in tracker.sessions] == ([0, 7, 14] if chunk == 8 else [0])


def test_all_phrases_are_looked_for_every_few_frames() -> None:
    tracker = FakePhrases(TWO)
    segmenter(tracker, chunk=8, redetect=6).segment(frame(index) for index in range(20))
    assert [session.searches for session in tracker.sessions] == [[0, 6], [7, 13], [14]]


def test_what_turns_out_to_be_nothing_leaves_no_track() -> None:
    tracker = FakePhrases(TWO, gone={3: ["blue block"]}, delay=4)
    found = segmenter(tracker, redetect=50).segment(frame(index) for index in range(9))
    assert [track.labels[0].name for track in found.tracks] == ["red block"]


def test_who_is_back_after_probation_failed_is_another_object() -> None:
    tracker = FakePhrases(TWO, gone={3: ["blue block"]}, delay=4)
    found = segmenter(tracker, redetect=6).segment(frame(index) for index in range(12))
    blue = next(track for track in found.tracks if track.labels[0].name == "blue block")
    assert list(blue.masks) == list(range(6, 12))


def test_a_cut_begins_a_session_without_the_last_frame() -> None:
    def picture(index: int) -> Frame:
        image = wall(7, HEIGHT, WIDTH) if index < 8 else wall(99, HEIGHT, WIDTH) // 3
        image[6:26, 2 + index : 22 + index] = RED
        return frame(index, image)

    tracker = FakePhrases(TWO)
    found = segmenter(tracker).segment(picture(index) for index in range(16))
    assert [position for position, step in enumerate(found.camera) if step.cut] == [8]
    assert [session.frames for session in tracker.sessions] == [[*range(8)], [*range(8, 16)]]
    assert sorted(position for track in found.tracks for position in track.masks) == [*range(16)]


def test_two_names_of_one_thing_are_one_track() -> None:
    found = segmenter(FakePhrases({"red block": RED, "box": RED})).segment(frame(index) for index in range(6))
    assert len(found.tracks) == 1
    assert {label.name for label in found.tracks[0].labels} == {"red block", "box"}


def test_labels_have_the_wider_classes_of_the_vocabulary(tmp_path: Any) -> None:
    words = tmp_path / "words.txt"
    words.write_text("brick: toy\nred block\n")
    settings = Settings(perceive=PerceiveSettings(vocabulary=str(words)))
    tracker = FakePhrases({"red block": RED, "brick": RED})
    found = PhrasedSegmenter(tracker, settings).segment(frame(index) for index in range(6))
    assert {label.name: label.broader for label in found.tracks[0].labels} == {"red block": None, "brick": "toy"}


def test_what_is_too_small_is_not_tracked() -> None:
    def picture(index: int) -> Frame:
        image = frame(index).image.copy()
        image[0, 0] = (1, 255, 1)
        return frame(index, image)

    settings = Settings(perceive=PerceiveSettings(min_area=0.01))
    tracker = FakePhrases({"speck": (1, 255, 1), "red block": RED})
    found = PhrasedSegmenter(tracker, settings).segment(picture(index) for index in range(5))
    assert [track.labels[0].name for track in found.tracks] == ["red block"]


def test_no_frames_give_no_tracks() -> None:
    tracker = FakePhrases(TWO)
    found = segmenter(tracker).segment([])
    assert found.tracks == ()
    assert found.frames == ()
    assert tracker.sessions == []
