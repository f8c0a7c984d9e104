"""OWLv2 and Grounding DINO, through the door that a user's weights take, with tiny random checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from tiny_detectors import (
    rewrite_config,
    save_depth_anything,
    save_grounding_dino,
    save_mm_grounding_dino,
    save_owlv2,
)

from seewhy.errors import PerceptionError, SettingsError, WeightsError
from seewhy.models.local.devices import device_for
from seewhy.models.local.pool import POOL, ModelPool
from seewhy.models.local.weights import find
from seewhy.models.registry import SPECIALISTS, load
from seewhy.perceive.local.boxes import Found
from seewhy.perceive.local.detectors import GroundingDinoDetector, Owlv2Detector, grounding_dino, owlv2
from seewhy.perceive.local.grounding import PHRASES_PER_PASS, GroundingDinoNetwork
from seewhy.perceive.local.open_detector import Pass
from seewhy.perceive.local.owlv2 import LISTS_KEPT, TEMPLATE, Owlv2Network
from seewhy.perceive.seams import Detection
from seewhy.settings import LocalSettings, Settings
from seewhy.types.video import Frame, Image

PHRASES = ("person", "face", "dog", "box")
LOCAL = LocalSettings(device="cpu")


def _picture(height: int = 60, width: int = 80, seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(np.uint8)


def _frame(height: int = 60, width: int = 80, seed: int = 0) -> Frame:
    return Frame(0, 0, Fraction(1), 0.0, _picture(height, width, seed))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("tiny")
    return {
        "owlv2": save_owlv2(root / "owlv2"),
        "grounding": save_grounding_dino(root / "grounding"),
        "mm-grounding": save_mm_grounding_dino(root / "mm-grounding"),
    }


@pytest.fixture(scope="module")
def owl(folders: dict[str, Path]) -> Owlv2Network:
    return Owlv2Network(find(str(folders["owlv2"]), LOCAL), device_for(LOCAL))


@pytest.fixture(scope="module", params=["grounding", "mm-grounding"])
def dino(request: pytest.FixtureRequest, folders: dict[str, Path]) -> GroundingDinoNetwork:
    return GroundingDinoNetwork(find(str(folders[request.param]), LOCAL), device_for(LOCAL))


def _same(one: Found, other: Found) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


# OWLv2


def _official(owl: Owlv2Network, picture: Image, phrases: Sequence[str]) -> dict[tuple[int, int], tuple[Any, float]]:
    """What the model's own forward pass and post-processing give: (patch, phrase) → box in pixels, score."""
    import torch

    texts = [TEMPLATE.format(phrase) for phrase in phrases]
    tokens = owl._tokenizer(texts, padding="max_length", return_tensors="pt")
    pixels = owl._pictures(picture, return_tensors="pt").pixel_values
    with torch.inference_mode():
        said = owl.model(input_ids=tokens.input_ids, pixel_values=pixels, attention_mask=tokens.attention_mask)
    side = max(picture.shape[:2])
    x, y, w, h = (said.pred_boxes[0] * side).double().numpy().T
    boxes = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)
    scores = said.logits[0].sigmoid().numpy()
    return {(p, q): (boxes[p], float(scores[p, q])) for p in range(len(boxes)) for q in range(len(phrases))}


@pytest.mark.parametrize(("height", "width"), [(60, 80), (90, 50), (64, 64)])
def test_owlv2_says_what_the_models_own_code_says(owl: Owlv2Network, height: int, width: int) -> None:
    picture = _picture(height, width)
    (found,) = owl.find([Pass(picture, PHRASES)])
    official = sorted(
        (
            (score, phrase, tuple(box))
            for (_, phrase), (box, score) in _official(owl, picture, PHRASES).items()
            if score >= 0.2
        ),
        reverse=True,
    )
    assert len(found.scores) == len(official) > 10
    np.testing.assert_allclose(found.scores, [score for score, _, _ in official], atol=1e-5)
    mine = sorted(
        zip(found.phrases.tolist(), (found.boxes * [width, height, width, height]).round(2).tolist(), strict=True)
    )
    theirs = sorted((phrase, np.round(box, 2).tolist()) for _, phrase, box in official)
    for (phrase, box), (other_phrase, other_box) in zip(mine, theirs, strict=True):
        assert phrase == other_phrase
        np.testing.assert_allclose(box, other_box, atol=0.05)


def test_owlv2_reads_a_list_of_phrases_once(owl: Owlv2Network, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    original = owl.model.owlv2.get_text_features
    monkeypatch.setattr(
        owl.model.owlv2, "get_text_features", lambda **given: read.append(len(given["input_ids"])) or original(**given)
    )
    owl._embedded.cache_clear()
    phrases = tuple(f"thing {n}" for n in range(300))
    for seed in range(3):
        owl.find([Pass(_picture(seed=seed), phrases)])
    assert read == [256, 44]
    for number in range(LISTS_KEPT + 3):
        owl.find([Pass(_picture(), (f"box {number}",))])
    assert owl._embedded.cache_info().currsize == LISTS_KEPT


def test_owlv2_gives_each_frame_of_a_batch_its_own(owl: Owlv2Network) -> None:
    passes = [
        Pass(_picture(60, 80, 1), PHRASES),
        Pass(_picture(80, 50, 2), ("dog",)),
        Pass(_picture(60, 80, 3), PHRASES),
    ]
    for together, one in zip(owl.find(passes), passes, strict=True):
        (alone,) = owl.find([one])
        _same(together, alone)


def test_owlv2_refuses_a_phrase_that_would_be_cut_off(owl: Owlv2Network) -> None:
    assert owl.passes(["dog", "person of a dog"]) == [range(2)]
    with pytest.raises(PerceptionError, match=r"at most 16 tokens, 'xylophone players' has 20; say it in fewer words"):
        owl.passes(["dog", "xylophone players"])


# Grounding DINO


def test_phrases_stand_where_the_tokenizer_puts_them(dino: GroundingDinoNetwork) -> None:
    """As in the text that the papers' code writes; with words of several tokens, and words that phrases share."""
    phrases = ["red box", "box", "skateboarder", "red traffic light", "T-shirt", "teapot"]
    ids, spans = dino.text(phrases)
    official = dino._tokenizer(" . ".join(phrases).lower() + " .")
    assert ids == official["input_ids"]
    words = [dino._tokenizer.convert_ids_to_tokens(ids[span.start : span.stop]) for span in spans]
    assert words[:4] == [["red", "box"], ["box"], ["skate", "##board", "##er"], ["red", "traffic", "light"]]
    assert words[5] == ["tea", "##pot"]
    assert all(dino._tokenizer.convert_ids_to_tokens(ids[span.stop]) == "." for span in spans)


def test_a_full_stop_in_a_phrase_does_not_end_it(dino: GroundingDinoNetwork) -> None:
    ids, spans = dino.text(["red. box?", "dog"])
    assert ids == dino.text(["red box", "dog"])[0]
    assert len(spans) == 2


def test_many_phrases_take_several_passes(dino: GroundingDinoNetwork) -> None:
    short = ["dog"] * (2 * PHRASES_PER_PASS + 1)
    assert [len(group) for group in dino.passes(short)] == [PHRASES_PER_PASS, PHRASES_PER_PASS, 1]
    spelled = ["abcdefghijklmnopqrst"] * 25  # 21 tokens each with the full stop: 12 fit into 254
    groups = dino.passes(spelled)
    assert [len(group) for group in groups] == [12, 12, 1]
    assert [place for group in groups for place in group] == list(range(25))
    assert all(len(dino.text([spelled[place] for place in group])[0]) <= 256 for group in groups)


def test_a_phrase_that_no_text_holds_is_refused(dino: GroundingDinoNetwork) -> None:
    with pytest.raises(PerceptionError, match=r"at most 253 tokens, 'aaaa.*' has 254; say it in fewer words"):
        dino.passes(["dog", "a" * 90 + " " + "b" * 90 + " " + "c" * 74])


def test_grounding_says_what_the_models_own_code_says(dino: GroundingDinoNetwork) -> None:
    """Scores and boxes of the forward pass as transformers makes it, with a tokenizer's text and its own mask."""
    import torch

    picture = _picture(72, 96)
    (found,) = dino.find([Pass(picture, ("dog", "red box"))])
    taken = dino._pictures(picture, return_tensors="pt")
    text = dino._tokenizer("dog . red box .", return_tensors="pt")
    encoder = dino.model.model.backbone.conv_encoder
    prepared, encoder.forward = encoder.forward, type(encoder).forward.__get__(encoder)
    try:
        with torch.inference_mode():
            said = dino.model(
                pixel_values=taken.pixel_values,
                pixel_mask=taken.pixel_mask,
                input_ids=text.input_ids,
                attention_mask=text.attention_mask,
            )
    finally:
        encoder.forward = prepared
    tokens = said.logits[0].sigmoid().double().numpy()
    scores = np.stack([tokens[:, 1], (tokens[:, 3] + tokens[:, 4]) / 2], axis=1)
    queries, phrases = np.nonzero(scores >= 0.3)
    assert len(queries) > 5
    np.testing.assert_allclose(found.scores, np.sort(scores[queries, phrases])[::-1], atol=1e-5)
    x, y, w, h = said.pred_boxes[0].double().numpy()[queries].T
    theirs = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)
    order = np.argsort(-scores[queries, phrases], kind="stable")
    np.testing.assert_allclose(found.boxes, theirs[order], atol=1e-5)
    assert found.phrases.tolist() == phrases[order].tolist()


def test_passes_over_one_picture_share_its_features(
    dino: GroundingDinoNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    original = dino._features._compute
    monkeypatch.setattr(
        dino._features, "_compute", lambda pixels, mask: seen.append(len(pixels)) or original(pixels, mask)
    )
    one, other = _picture(seed=1), _picture(seed=2)
    passes = [Pass(picture, (phrase,)) for picture in (one, other) for phrase in PHRASES]
    together = [*dino.find(passes[:3]), *dino.find(passes[3:6]), *dino.find(passes[6:])]
    assert seen == [1, 1], "each picture once, though its passes are spread over two batches"
    for found, a_pass in zip(together, passes, strict=True):
        (alone,) = dino.find([Pass(a_pass.picture.copy(), a_pass.phrases)])
        _same(found, alone)


def test_texts_and_pictures_of_different_sizes_in_one_batch(dino: GroundingDinoNetwork) -> None:
    passes = [
        Pass(_picture(60, 80, 1), ("dog",)),
        Pass(_picture(90, 50, 2), ("red traffic light", "skateboarder")),
        Pass(_picture(60, 80, 3), ("face", "person", "teapot")),
    ]
    for together, one in zip(dino.find(passes), passes, strict=True):
        (alone,) = dino.find([one])
        _same(together, alone)


def test_another_tokenizer_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    from shutil import copytree

    folder = copytree(folders["grounding"], tmp_path / "other")
    file = folder / "tokenizer.json"
    text = file.read_text()
    assert '".": 1012' in text
    file.write_text(text.replace('".": 1012', '".": 999999').replace('"[unused999]": 999', '"[unused1012]": 1012'))
    with pytest.raises(WeightsError, match="is not the one that the model was made with"):
        GroundingDinoNetwork(find(str(folder), LOCAL), device_for(LOCAL))


# Both, as detectors


def _detector(kind: str, folders: dict[str, Path], **local: object) -> Owlv2Detector | GroundingDinoDetector:
    key, make = ("owlv2", owlv2) if kind == "owlv2" else ("grounding_dino", grounding_dino)
    return make(Settings.model_validate({"local": {"device": "cpu", key: str(folders[kind]), **local}}))


KINDS = ["owlv2", "grounding", "mm-grounding"]


@pytest.mark.parametrize("kind", KINDS)
def test_they_come_through_the_plug_in_door(kind: str, folders: dict[str, Path]) -> None:
    name = "local.owlv2" if kind == "owlv2" else "local.grounding-dino"
    key = name.removeprefix("local.").replace("-", "_")
    made = load(SPECIALISTS, name)(Settings.model_validate({"local": {key: str(folders[kind]), "device": "cpu"}}))
    assert made.vocabulary is None
    assert made.width == 8
    assert made.source == f"{kind}@{find(str(folders[kind]), LOCAL).version}"


@pytest.mark.parametrize("kind", KINDS)
def test_two_detectors_share_one_model(kind: str, folders: dict[str, Path]) -> None:
    POOL.release()
    first, second = _detector(kind, folders), _detector(kind, folders)
    assert POOL.loaded == ()
    assert first.detect(_frame(), PHRASES) == second.detect(_frame(), PHRASES)
    assert len(POOL.loaded) == 1
    assert POOL.release() == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_half_precision_says_nearly_the_same(kind: str, dtype: str, folders: dict[str, Path]) -> None:
    exact = _detector(kind, folders).detect(_frame(), PHRASES)
    found = _detector(kind, folders, dtype=dtype).detect(_frame(), PHRASES)
    _close(exact, found, 0.0 if dtype == "float32" else 0.05)


def _close(exact: Sequence[Detection], found: Sequence[Detection], tolerance: float) -> None:
    """Most of the better half are found again."""
    better = exact[: max(1, len(exact) // 2)]
    again = [
        any(
            one.phrase == other.phrase
            and abs(one.score - other.score) <= tolerance
            and np.abs(np.subtract(one.box, other.box)).max() <= tolerance
            for other in found
        )
        for one in better
    ]
    assert np.mean(again) >= (1.0 if tolerance == 0 else 0.8)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_that_ask_together_get_what_they_would_get_alone(kind: str, folders: dict[str, Path]) -> None:
    detector = _detector(kind, folders, batch=3)
    frames = [_frame(60, 80, seed) for seed in range(4)]
    alone = [detector.detect(frame, PHRASES) for frame in frames]
    together: dict[int, list[Detection]] = {}

    def ask(number: int) -> None:
        together[number] = detector.detect(frames[number], PHRASES)

    threads = [Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, said in enumerate(alone):
        assert [d.phrase for d in together[number]] == [d.phrase for d in said]
        np.testing.assert_allclose([d.score for d in together[number]], [d.score for d in said], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_frame_is_shown_in_tiles_too(
    kind: str, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small thing in a corner of a frame three times the network's input: what a tile finds has its place there."""
    side = 64 if kind == "owlv2" else 96
    detector = _detector(kind, folders)
    shown: list[tuple[int, ...]] = []
    network = Owlv2Network if kind == "owlv2" else GroundingDinoNetwork

    def find_bright(self: object, batch: list[Pass]) -> list[Found]:
        found = []
        for one in batch:
            shown.append(one.picture.shape[:2])
            rows, columns = np.nonzero(one.picture.max(axis=2))
            height, width, _ = one.picture.shape
            if max(height, width) > side or not rows.size:  # too coarse to see it, or it is not there
                found.append(Found(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64)))
                continue
            box = columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height
            found.append(Found(np.array([box]), np.array([0.9]), np.zeros(1, np.int64)))
        return found

    monkeypatch.setattr(network, "find", find_bright)
    POOL.release()
    image = np.zeros((side, 3 * side, 3), np.uint8)
    image[20:30, 3 * side - 30 : 3 * side - 20] = 255
    (found,) = detector.detect(Frame(0, 0, Fraction(1), 0.0, image), ["dog"])
    POOL.release()
    assert found.score == 0.9
    expected = ((3 * side - 30) / (3 * side), 20 / side, (3 * side - 20) / (3 * side), 30 / side)
    assert found.box == pytest.approx(expected)
    assert shown[0] == (side, 3 * side)
    assert set(shown[1:]) == {(side, side)}


@pytest.mark.parametrize("kind", KINDS)
def test_out_of_memory_halves_the_batch(kind: str, folders: dict[str, Path]) -> None:
    import torch

    network = Owlv2Network if kind == "owlv2" else GroundingDinoNetwork
    sizes: list[int] = []

    def load_small(weights: Any, device: Any) -> Any:
        made = network(weights, device)
        original = made.find

        def find_few(batch: list[Pass]) -> list[Found]:
            sizes.append(len(batch))
            if len(batch) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return original(batch)

        made.find = find_few  # type: ignore[method-assign]
        return made

    detector = _detector(kind, folders)
    detector._load, detector._pool = load_small, ModelPool()  # type: ignore[assignment]
    side = 64 if kind == "owlv2" else 96
    large = _frame(side, 3 * side)
    assert detector.detect(large, PHRASES)
    assert max(sizes) > 2
    assert sizes[-1] <= 2


# What is wrong


def test_blank_phrases_are_not_searched(folders: dict[str, Path]) -> None:
    detector = _detector("owlv2", folders)
    assert detector.detect(_frame(), ["", "  "]) == []


@pytest.mark.parametrize("make", [owlv2, grounding_dino])
def test_weights_that_are_not_here_say_how_to_get_them(make: Any, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="seewhy models pull"):
        make(Settings.model_validate({"local": {"cache": str(tmp_path), "device": "cpu"}}))


@pytest.mark.parametrize("kind", ["owlv2", "grounding"])
def test_weights_of_another_kind_are_refused(kind: str, tmp_path: Path) -> None:
    folder = save_depth_anything(tmp_path / "depth")
    detector = _detector(kind, {kind: folder})
    with pytest.raises(WeightsError, match="is a model of type 'depth_anything'"):
        detector.detect(_frame(), PHRASES)


def test_an_unknown_architecture_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    from shutil import copytree

    folder = copytree(folders["mm-grounding"], tmp_path / "new")
    rewrite_config(folder, model_type="grounding-dino-9")
    with pytest.raises(WeightsError, match="'grounding-dino-9'; grounding-dino or mm-grounding-dino is needed"):
        _detector("grounding", {"grounding": folder}).detect(_frame(), PHRASES)


def test_a_device_that_is_not_there_is_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(SettingsError, match=r"local\.device = 'cuda:7'"):
        owlv2(Settings.model_validate({"local": {"owlv2": str(folders["owlv2"]), "device": "cuda:7"}}))


def test_the_device_is_part_of_what_is_shared(folders: dict[str, Path]) -> None:
    weights = find(str(folders["owlv2"]), LOCAL)
    device = device_for(LOCAL)
    keys = {Owlv2Detector(weights, one, 8)._key for one in (device, replace(device, dtype_name="bfloat16"))}
    assert len(keys) == 2
