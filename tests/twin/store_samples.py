"""One small twin with its masks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from seewhy.twin.store import TwinFiles
from seewhy.types.masks import Rle, encode
from seewhy.types.twin import Label, Observation, Track, Twin, mask_pointer
from seewhy.types.video import FrameTime, VideoFacts, VideoId

SIZE = (4, 6)


def sample_facts(video: str) -> VideoFacts:
    return VideoFacts(
        id=VideoId(video), bytes=9, width=6, height=4, rotation=0, duration=1.0, start_pts=0,
        time_base=Fraction(1, 2), average_rate=Fraction(2), codec="x", container="y",
    )  # fmt: skip


def sample_twin(video: str = "v1", name: str = "dog") -> tuple[Twin, dict[int, dict[int, Rle]]]:
    """A twin of one track in two frames, and its masks."""
    mask = np.zeros(SIZE, bool)
    mask[1, 2] = True
    seen = tuple(
        Observation(frame=f, t=f / 2, x=0.4, y=0.4, box=(0.3, 0.3, 0.5, 0.5), area=1 / 24, mask=mask_pointer(f, 1))
        for f in (0, 1)
    )
    label = Label(name=name, score=0.5, source="s@1")
    track = Track(id=1, labels=(label,), observations=seen, score=0.5, source="s@1")
    frames = tuple(FrameTime(index=f, pts=f, t=f / 2) for f in (0, 1))
    twin = Twin(video=sample_facts(video), frames=frames, mask_size=SIZE, tracks=(track,))
    return twin, {0: {1: encode(mask)}, 1: {1: encode(mask)}}


def sample_files(video: str = "v1", name: str = "dog") -> TwinFiles:
    twin, masks = sample_twin(video, name)
    return TwinFiles.of(twin, masks, np.zeros((4, 6, 3), np.uint8))
