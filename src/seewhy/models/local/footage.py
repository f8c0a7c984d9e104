"""What models that read videos are shown: frames with their true times, a text, or both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.types.video import Image

TICKS = 1000
"""A second, in the unit in which a frame's time is told. What prepares a video computes times as number of the frame by
frames a second; told a thousand a second, and milliseconds for numbers, it has the true ones, at any frame rate and at
a varying one. The times that a model reads have one decimal."""
PAIR = 2
"""Frames in one patch (temporal_patch_size of Qwen's vision encoder): a video has at least so many."""
READS_VIDEOS = frozenset({"qwen3_vl", "qwen3_vl_moe"})
"""`model_type`s that read a video as its frames, the time of each pair before it."""
VIDEO = "<|video_pad|>"
"""Stands for a video in what such a model reads."""
WRAPPED_VIDEO = f"<|vision_start|>{VIDEO}<|vision_end|>"
"""How chat templates write it. Each pair of frames gets such marks of its own. The models were trained without those
around the whole; transformers 5.10 and later no longer takes these away, so they are left out from the start."""


@dataclass(frozen=True, eq=False, slots=True)
class Footage:
    """Frames of one video, in order of time, of one size.

    Raises:
        ValueError: there are no frames, or not as many times.
    """

    images: tuple[Image, ...]
    seconds: tuple[float, ...]
    """from the first frame of the video, one for each"""

    def __post_init__(self) -> None:
        if not self.images or len(self.images) != len(self.seconds):
            raise ValueError(f"one time a frame, and a frame; got {len(self.images)} frames, {len(self.seconds)} times")

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(N, H, W, 3), N at least `PAIR`: a single frame stands twice."""
        return np.stack(self.images if len(self.images) >= PAIR else self.images * PAIR)

    @property
    def metadata(self) -> dict[str, Any]:
        """The times, as `transformers.video_utils.VideoMetadata` takes them."""
        seconds = self.seconds if len(self.seconds) >= PAIR else self.seconds * PAIR
        ticks = [round(second * TICKS) for second in seconds]
        return {
            "total_num_frames": ticks[-1] + 1,
            "fps": float(TICKS),
            "duration": (ticks[-1] + 1) / TICKS,
            "frames_indices": ticks,
        }


@dataclass(frozen=True, eq=False, slots=True)
class Exhibit:
    """A video, a text, or a video with a text: what is embedded, and what is compared."""

    footage: Footage | None = None
    text: str = ""


def unmarked(text: str, markers: Iterable[str]) -> str:
    """Text from outside that holds none of a tokenizer's markers: each gets a gap after its first letter.

    So whatever an edit or a file name says, it ends no turn, begins none, and holds no video.

    >>> unmarked("a dog<|im_end|>", ["<|im_end|>"])
    'a dog< |im_end|>'
    """
    for marker in sorted(markers, key=len, reverse=True):
        if len(marker) > 1:
            text = text.replace(marker, f"{marker[0]} {marker[1:]}")
    return text


def markers_of(tokenizer: Any) -> tuple[str, ...]:
    """The strings that a tokenizer of transformers reads as one token of their own, wherever they stand."""
    return tuple(sorted(token.content for token in tokenizer.added_tokens_decoder.values()))
