"""A video and what is asked about it → what a model reads: every frame that is given, with its true time.

A conversation is read in two parts. Its head is the system's message and the video, its tail the words about the video
and the place where the model's turn begins. All that is asked about one video has the same head, which is by far the
longer part, so that the model needs to compute it once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seewhy.errors import WeightsError
from seewhy.models.language import Message, Text
from seewhy.models.local.chat import CLOSE, NO_THOUGHTS, OPEN, Chat
from seewhy.models.local.footage import READS_VIDEOS, VIDEO, WRAPPED_VIDEO, Footage
from seewhy.models.local.loading import load_processor
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import Weights

GRID = "video_grid_thw"
"""The input that says how many patches a video has: (1, 3), pairs of frames, rows and columns."""

_HOLDER = re.compile(f"{OPEN}(\\d+){CLOSE}")


@dataclass(frozen=True, eq=False, slots=True)
class Video:
    """Frames as a model takes them."""

    text: str
    """what stands in the prompt in the video's place: seconds, and a marker for each patch group"""
    token: int
    """the marker's"""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """tensors by name: the patches, and `GRID`"""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation that the model's turn follows."""

    head: tuple[int, ...]
    """up to the end of the video"""
    tail: tuple[int, ...]


class VideoChat(Chat):
    """A model's tokenizer, chat template and preparation of videos. Threads may share it."""

    def __init__(self, weights: Weights) -> None:
        """
        Raises:
            WeightsError: they are of a model that watches no videos, or lack what prepares its input.
        """
        if weights.architecture not in READS_VIDEOS:
            raise WeightsError(
                f"{weights.name} is a model of type {weights.architecture!r}; videos with their times are read by "
                f"{' or '.join(sorted(READS_VIDEOS))}, such as Qwen/Qwen3-VL-8B-Instruct: set local.vision to one"
            )
        super().__init__(weights)
        from transformers import AutoProcessor

        self._processor = load_processor(AutoProcessor, weights)
        self._video_token = int(self._wrapper.convert_tokens_to_ids(VIDEO))
        self.special = frozenset(int(token) for token in self._wrapper.added_tokens_decoder)
        """the markers: tokens that nobody says"""
        self.size = len(self._wrapper)
        """tokens; beyond them a model's embeddings are padding"""

    def watch(self, footage: Footage) -> Video:
        """All of these frames, with their times."""
        torch_ready()
        from transformers.video_utils import VideoMetadata

        videos = self._processor.video_processor
        options = {"cap_pixels_per_frame": True} if hasattr(videos, "cap_pixels_per_frame") else {}  # else it warns
        made = videos(
            videos=[footage.pixels],
            video_metadata=[VideoMetadata(**footage.metadata)],
            do_sample_frames=False,  # these are the frames: left to itself it takes some, and invents their times
            return_metadata=True,
            return_tensors="pt",
            **options,
        )
        inputs = {name: made[name] for name in videos.model_input_names}
        return Video(self._processor.replace_video_token(made, 0), self._video_token, inputs)

    def talk(self, messages: Sequence[Message], video: Video) -> Talk:
        """What is said about a video, which comes first in the user's message.

        Args:
            messages: the system's and the user's, of text; what strangers wrote in it opens and ends no turn.

        Raises:
            WeightsError: the model's template has no place for a video, or for all of the text.
        """
        texts = ["".join(part.text for part in message.parts if isinstance(part, Text)) for message in messages]
        turns: list[dict[str, Any]] = []
        for number, message in enumerate(messages):
            held = {"type": "text", "text": f"{OPEN}{number}{CLOSE}"}
            turns.append(
                {"role": message.role, "content": [{"type": "video"}, held] if message.role == "user" else held["text"]}
            )
        before, mark, after = self._rendered(turns).partition(WRAPPED_VIDEO)
        if not mark or sorted(map(int, _HOLDER.findall(before + after))) != list(range(len(texts))):
            raise WeightsError(f"the chat template of {self._name} has no place for a video with words about it")
        if "<think>" in after and "</think>" not in after:
            after = after.rstrip("\n") + NO_THOUGHTS
        return Talk(self._encoded(before + video.text, texts), self._encoded(after, texts))

    def pieces(self, tokens: Sequence[int]) -> list[str]:
        """The text of each token by itself; what is no whole letter is replaced by U+FFFD."""
        return [str(self._marked.decode([token], skip_special_tokens=False)) for token in tokens]

    def _encoded(self, rendered: str, texts: Sequence[str]) -> tuple[int, ...]:
        """The template's own words with its markers, what it holds without."""
        tokens: list[int] = []
        for place, piece in enumerate(_HOLDER.split(rendered)):
            tokenizer = self._plain if place % 2 else self._marked
            text = texts[int(piece)] if place % 2 else piece
            whole = text.encode("utf-8", "replace").decode()
            tokens += tokenizer.encode(whole, add_special_tokens=False).ids
        return tuple(tokens)
