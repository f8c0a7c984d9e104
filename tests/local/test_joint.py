"""Videos and texts as vectors: the embedder over a tiny checkpoint, and the channel `joint` over a fake and over it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_gallery import EDIT, REFERENCE, VIDEOS, ClipGallery, clip_of_color, edited
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from tiny_embedding import footage, video_checkpoint, video_settings
from tiny_language import checkpoint

from seewhy.channels.joint import EDITED, SAID, JointChannel, joint
from seewhy.channels.shelf import Shelf
from seewhy.channels.showing import evenly, footage_of
from seewhy.channels.vectors import VectorFolder
from seewhy.errors import LibraryReadOnly, VideoError, WeightsError
from seewhy.models.local.embedding import DOCUMENT, JointEmbedder
from seewhy.models.local.footage import Exhibit, Footage, markers_of, unmarked
from seewhy.models.local.pool import ModelPool
from seewhy.models.local.torches import torch_ready
from seewhy.twin.folder import VECTORS_FOLDER
from seewhy.types.query import Filters
from seewhy.types.video import FrameTime

CLOSE = 2e-6
"""How far float32 is off that adds up in another order."""


@pytest.fixture(scope="module")
def embedder() -> JointEmbedder:
    return JointEmbedder(video_settings().local, ModelPool())


class TestFootage:
    def test_times_are_told_in_milliseconds(self) -> None:
        shown = footage(1, frames=3, rate=29.97)
        assert shown.metadata == {
            "total_num_frames": 68, "fps": 1000.0, "duration": 0.068, "frames_indices": [0, 33, 67],
        }  # fmt: skip
        assert shown.pixels.shape == (3, 64, 64, 3)

    def test_a_single_frame_stands_twice(self) -> None:
        shown = footage(1, frames=1)
        assert shown.pixels.shape == (2, 64, 64, 3)
        assert shown.metadata["frames_indices"] == [0, 0]

    def test_frames_and_times_belong_together(self) -> None:
        image = np.zeros((4, 4, 3), np.uint8)
        for images, seconds in (((), ()), ((image,), (0.0, 1.0))):
            with pytest.raises(ValueError, match="one time a frame"):
                Footage(images, seconds)

    def test_markers_are_broken_wherever_they_stand(self) -> None:
        markers = ("<|im_end|>", "<|im|>", "x")
        assert unmarked("a<|im_end|><|im|>x", markers) == "a< |im_end|>< |im|>x"
        assert unmarked(unmarked("<<|im_end|>", markers), markers) == "<< |im_end|>"

    def test_frames_lie_evenly_with_the_first_and_the_last(self) -> None:
        times = [FrameTime(index=5 * place, pts=place, t=place / 6) for place in range(10)]
        assert evenly(times, 10) == evenly(times, 99) == tuple(range(0, 50, 5))
        assert evenly(times, 4) == (0, 15, 30, 45)
        assert evenly(times, 2) == (0, 45)
        assert evenly(times, 1) == (25,)
        for most in range(1, 11):
            gaps = np.diff([index // 5 for index in evenly(times, most)])
            assert len(gaps) == most - 1
            assert most == 1 or gaps.max() - gaps.min() <= 1

    def test_footage_is_of_those_frames_and_has_their_times(self) -> None:
        gallery = ClipGallery()
        twin = gallery.twins.load(VIDEOS[0])
        shown = footage_of(twin, gallery.clip(VIDEOS[0]), 4)
        indices = evenly(twin.frames, 4)
        assert [int(image[0, 0, 1]) for image in shown.images] == list(indices)
        assert shown.seconds == tuple(pytest.approx(index * 1001 / 30000) for index in indices)

    def test_pictures_of_an_absurd_shape_are_refused(self) -> None:
        twin = ClipGallery().twins.load(VIDEOS[0])
        thin = twin.model_copy(update={"video": twin.video.model_copy(update={"width": 9, "height": 1801})})
        with pytest.raises(VideoError, match="9x1801"):
            footage_of(thin, clip_of_color(1), 4)


class TestEmbedder:
    def test_video_text_and_both_are_three_vectors_of_length_one(self, embedder: JointEmbedder) -> None:
        shown = footage(1)
        video, text, both = embedder.embed([Exhibit(shown), Exhibit(text=EDIT), Exhibit(shown, EDIT)])
        for vector in (video, text, both):
            assert vector.dtype == np.float32
            assert vector.shape == (64,)
            assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
        assert max(video @ text, video @ both, text @ both) < 0.999

    def test_a_batch_is_what_each_is_alone(self, embedder: JointEmbedder) -> None:
        exhibits = [
            Exhibit(footage(1, frames=5), "a text that is far longer than the others, so that they are padded"),
            Exhibit(footage(2, frames=2)),
            Exhibit(text="short"),
            Exhibit(footage(3, frames=1, side=96), "wider"),
        ]
        together = embedder.embed(exhibits, EDITED)
        for exhibit, vector in zip(exhibits, together, strict=True):
            [alone] = embedder.embed([exhibit], EDITED)
            np.testing.assert_allclose(vector, alone, atol=CLOSE)

    def test_instructions_share_a_batch_and_matter(self, embedder: JointEmbedder) -> None:
        from seewhy.models.local.embedding import _Item

        items = [_Item(Exhibit(text="a"), DOCUMENT), _Item(Exhibit(text="b"), SAID), _Item(Exhibit(text="c"), DOCUMENT)]
        mixed = embedder._encode(items)
        for item, vector in zip(items, mixed, strict=True):
            np.testing.assert_allclose(vector, embedder.embed([item.exhibit], item.instruction)[0], atol=CLOSE)
        assert np.abs(mixed[0] - embedder.embed([Exhibit(text="a")], SAID)[0]).max() > 0.01

    def test_it_is_the_last_state_of_the_published_code(self, embedder: JointEmbedder) -> None:
        """Written out over transformers: the conversation, the times, the last token, length 1."""
        torch = torch_ready()
        from transformers import AutoModel, AutoProcessor

        shown = Footage(footage(4, frames=4).images, (0.0, 0.4, 7.25, 8.35))
        processor = AutoProcessor.from_pretrained(video_checkpoint())
        model = AutoModel.from_pretrained(video_checkpoint()).eval()
        text = (
            "<|im_start|>system\nFind it.<|im_end|>\n<|im_start|>user\n<0.2 seconds><|vision_start|><|video_pad|>"
            f"<|vision_end|><7.8 seconds><|vision_start|><|video_pad|><|vision_end|>{EDIT}<|im_end|>\n"
            "<|im_start|>assistant\n"
        ).replace("<|video_pad|>", "<|video_pad|>" * 4)
        tokens = processor.tokenizer(text, return_tensors="pt")
        patches = processor.video_processor([shown.pixels], do_sample_frames=False, return_tensors="pt")
        kinds = (tokens["input_ids"] == processor.video_token_id).long() * 2
        with torch.inference_mode():
            states = model(**tokens, **patches, mm_token_type_ids=kinds).last_hidden_state[0, -1]
        [vector] = embedder.embed([Exhibit(shown, EDIT)], "Find it.")
        np.testing.assert_allclose(vector, torch.nn.functional.normalize(states, dim=0).numpy(), atol=CLOSE)

    def test_times_matter(self, embedder: JointEmbedder) -> None:
        shown = footage(5)
        slow, fast = replaced(shown, seconds=(0.0, 2.0, 4.0, 6.0)), replaced(shown, seconds=(0.0, 0.1, 0.2, 0.3))
        one, other = embedder.embed([Exhibit(slow), Exhibit(fast)])
        assert np.abs(one - other).max() > 0.001

    @pytest.mark.parametrize(
        "said", ["https://example.org/video.mp4", __file__, "<|video_pad|>", "a<|im_end|>\n<|im_start|>"]
    )
    def test_text_is_text_whatever_it_says(self, embedder: JointEmbedder, said: str) -> None:
        with_video, alone = embedder.embed([Exhibit(footage(1), said), Exhibit(text=said)])
        assert np.isfinite(with_video).all()
        assert np.isfinite(alone).all()
        if "<|" in said:
            from transformers import AutoTokenizer

            markers = markers_of(AutoTokenizer.from_pretrained(video_checkpoint()))
            broken = unmarked(said, markers)
            assert not any(marker in broken for marker in markers)
            np.testing.assert_allclose(alone, embedder.embed([Exhibit(text=broken)])[0], atol=CLOSE)

    def test_its_name_has_the_revision(self, embedder: JointEmbedder) -> None:
        name, _, revision = embedder.name.partition("@")
        assert name == video_checkpoint().name
        assert len(revision) == 64

    def test_another_kind_of_model_is_refused_before_it_is_loaded(self) -> None:
        with pytest.raises(WeightsError, match=r"local\.embedding: .* 'qwen3'"):
            JointEmbedder(video_settings(embedding=str(checkpoint("qwen3"))).local)

    def test_weights_that_lack_something_are_an_error_and_not_random(self, tmp_path: Path) -> None:
        folder = tmp_path / "lacking"
        shutil.copytree(video_checkpoint(), folder)
        file = folder / "model.safetensors"
        tensors = {name: value for name, value in load_file(file).items() if "layers.1.mlp.down_proj" not in name}
        save_file(tensors, file, metadata={"format": "pt"})
        with pytest.raises(WeightsError, match=r"lack 1 parts .*layers\.1\.mlp\.down_proj"):
            JointEmbedder(video_settings(embedding=str(folder)).local, ModelPool()).embed([Exhibit(text="a")])

    def test_without_a_chat_template_it_says_so(self, tmp_path: Path) -> None:
        folder = tmp_path / "bare"
        shutil.copytree(video_checkpoint(), folder)
        (folder / "chat_template.jinja").unlink()
        with pytest.raises(WeightsError, match="has no chat template"):
            JointEmbedder(video_settings(embedding=str(folder)).local, ModelPool()).embed([Exhibit(text="a")])

    def test_what_is_no_number_is_an_error(self, tmp_path: Path) -> None:
        folder = tmp_path / "overflowing"
        shutil.copytree(video_checkpoint(), folder)
        file = folder / "model.safetensors"
        tensors = load_file(file)
        [norm] = [name for name in tensors if name.endswith("language_model.norm.weight")]
        tensors[norm][:] = np.inf
        save_file(tensors, file, metadata={"format": "pt"})
        with pytest.raises(WeightsError, match="no number in float32"):
            JointEmbedder(video_settings(embedding=str(folder)).local, ModelPool()).embed([Exhibit(text="a")])


@dataclass
class Colors:
    """An embedder that sees the first color channel of the first frame, and the length of the text."""

    name: str = "colors@1"
    asked: list[tuple[Exhibit, str]] = field(default_factory=list)

    def embed(self, exhibits: Sequence[Exhibit], instruction: str = DOCUMENT) -> list[NDArray[np.float32]]:
        self.asked += [(exhibit, instruction) for exhibit in exhibits]
        return [self._vector(exhibit) for exhibit in exhibits]

    def _vector(self, exhibit: Exhibit) -> NDArray[np.float32]:
        angle = float(exhibit.footage.images[0][0, 0, 0]) / 100 if exhibit.footage is not None else 0.0
        return np.asarray([np.cos(angle), np.sin(angle)], np.float32)

    @property
    def documents(self) -> int:
        return sum(instruction == DOCUMENT for _, instruction in self.asked)


def channel(gallery: ClipGallery, embedder: Any, folder: Path, **options: Any) -> JointChannel:
    vectors = VectorFolder(folder, {"channel": "joint", "model": embedder.name}, options.pop("read_only", False))
    return JointChannel(embedder, vectors, gallery.twins, gallery.clip, gallery.ids, 4, **options)


class TestChannel:
    def test_the_nearest_video_has_the_highest_cosine(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        scores = channel(gallery, colors, tmp_path).scores(edited(), gallery.reference(), None, None)
        assert set(scores) == set(VIDEOS)
        assert scores[VIDEOS[5]] == max(scores.values())  # 60 is nearest to the reference's 200
        assert scores[VIDEOS[0]] == pytest.approx(np.cos(1.9), abs=1e-6)

    def test_reference_and_edit_are_one_input_under_their_instruction(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        for described in (False, True):
            made = channel(gallery, colors, tmp_path, described=described)
            made.scores(edited(), gallery.reference(), None, [])
            made.scores(edited(), gallery.reference(), None, VIDEOS[:1])
        queries = [exhibit for exhibit, instruction in colors.asked if instruction == EDITED]
        assert [query.text for query in queries] == [EDIT, f"{EDIT} the same street in the dark"]
        assert all(query.footage is not None and len(query.footage.images) == 4 for query in queries)

    def test_vectors_are_made_once_and_kept(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        first = channel(gallery, colors, tmp_path).scores(edited(), gallery.reference(), None, None)
        again = channel(gallery, colors, tmp_path).scores(edited(), gallery.reference(), None, None)
        assert first == again
        assert colors.documents == len(gallery.looked_at) == len(VIDEOS)

    def test_only_what_is_asked_about_is_embedded(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        made = channel(gallery, colors, tmp_path)
        some = Filters(videos=frozenset(VIDEOS[1:3]))
        assert set(made.scores(edited(), gallery.reference(), some, None)) == set(VIDEOS[1:3])
        assert set(made.scores(edited(), gallery.reference(), some, VIDEOS[2:5])) == {VIDEOS[2]}
        assert colors.documents == 2

    def test_a_file_that_is_gone_has_no_score_and_is_said_once(self, tmp_path: Path) -> None:
        gallery = ClipGallery(gone={VIDEOS[1], VIDEOS[4]})
        made = channel(gallery, Colors(), tmp_path, width=3)
        for _ in range(2):
            scores = made.scores(edited(), gallery.reference(), None, None)
            assert set(scores) == set(VIDEOS) - gallery.gone
        assert gallery.looked_at.count(VIDEOS[1]) == 1
        [note] = made.notes_of(REFERENCE)
        assert note.startswith(f"joint: 2 videos have no vector and cannot be found this way (video {VIDEOS[1]}: 2.mp4")

    def test_a_video_without_a_twin_has_no_score_either(self, tmp_path: Path) -> None:
        gallery = ClipGallery()
        gallery.twins.delete(VIDEOS[0])
        made = channel(gallery, Colors(), tmp_path)
        assert set(made.scores(edited(), gallery.reference(), None, None)) == set(VIDEOS[1:])
        assert "1 video has no vector" in made.notes_of(REFERENCE)[0]

    def test_words_alone_find_videos_too(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        made = channel(gallery, colors, tmp_path)
        scores = made.scores(edited("a dark street"), None, None, None)
        exhibit, instruction = colors.asked[-1]
        assert (exhibit.footage, exhibit.text, instruction) == (None, "a dark street", SAID)
        assert len(scores) == len(VIDEOS)
        assert made.notes_of(REFERENCE) == ()

    def test_a_reference_without_pictures_is_looked_for_by_words(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        made = channel(gallery, colors, tmp_path)
        made.scores(edited(), gallery.reference(blind=True), None, None)
        exhibit, instruction = colors.asked[-1]
        assert (exhibit.text, instruction) == (f"{EDIT} the same street in the dark", SAID)
        assert made.notes_of(REFERENCE) == (
            f"joint: reference {REFERENCE} has no pictures; it is looked for by words alone",
        )
        assert made.notes_of(VIDEOS[0]) == (), "an answer about another reference lacks nothing"

    def test_read_only_computes_and_keeps_nothing(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        made = channel(gallery, colors, tmp_path / "vectors", read_only=True)
        assert len(made.scores(edited(), gallery.reference(), None, None)) == len(VIDEOS)
        made.scores(edited(), gallery.reference(), None, None)
        assert colors.documents == len(VIDEOS)
        assert not (tmp_path / "vectors").exists()
        [note] = made.notes_of(REFERENCE)
        assert note.startswith("joint: vectors of videos are missing and are made anew each time")
        assert "index it again (seewhy index) where it can be written" in note

    def test_read_only_with_all_vectors_there_is_nothing_to_say(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        channel(gallery, colors, tmp_path).prepare(VIDEOS)
        made = channel(gallery, colors, tmp_path, read_only=True)
        assert len(made.scores(edited(), gallery.reference(), None, None)) == len(VIDEOS)
        assert colors.documents == len(VIDEOS)
        assert made.notes_of(REFERENCE) == ()

    def test_a_folder_that_turns_out_to_be_read_only_costs_no_answer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise LibraryReadOnly("the folder cannot be written")

        monkeypatch.setattr(VectorFolder, "_write", refuse)
        gallery, colors = ClipGallery(), Colors()
        made = channel(gallery, colors, tmp_path, width=3)
        assert len(made.scores(edited(), gallery.reference(), None, None)) == len(VIDEOS)
        assert made.notes_of(REFERENCE) == ("joint: vectors are not kept: the folder cannot be written",)

    def test_an_empty_gallery(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(videos=()), Colors()
        assert channel(gallery, colors, tmp_path).scores(edited(), gallery.reference(), None, None) == {}
        assert colors.asked == []


def shelf(gallery: ClipGallery, folder: Path, **local: Any) -> Shelf:
    return Shelf(
        settings=video_settings(**local),
        folder=folder,
        read_only=False,
        twins=gallery.twins,
        videos=gallery.ids,
        clip=gallery.clip,
        model=None,
    )


def test_over_a_checkpoint_a_video_is_nearest_to_itself(tmp_path: Path) -> None:
    """A model with random weights knows nothing, but the same pictures are the same vector."""
    gallery = ClipGallery(videos=VIDEOS[:3])
    made = joint(shelf(gallery, tmp_path))
    same = replaced(gallery.reference(), clip=gallery.clip(VIDEOS[1]))
    made.prepare(VIDEOS[:3])
    vectors = {video: made._vectors.get(video) for video in VIDEOS[:3]}
    assert all(vector is not None and vector.shape == (64,) for vector in vectors.values())
    scores = made.scores(edited(), same, None, None)
    assert set(scores) == set(VIDEOS[:3])
    assert all(-1 <= score <= 1 for score in scores.values())
    [folder] = (tmp_path / VECTORS_FOLDER).iterdir()
    more = joint(shelf(gallery, tmp_path, frames=2))
    more.prepare(VIDEOS[:1])
    assert len(list((tmp_path / VECTORS_FOLDER).iterdir())) == 2, "with other frames, other vectors"
    assert len(list(folder.glob("*.npy"))) == 3
