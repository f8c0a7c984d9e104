"""Perception that only decodes: real files, no understanding. Importable by name, for worker processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ingest_fakes import Seen

from seewhy.settings import Settings
from seewhy.types.twin import Twin
from seewhy.types.video import VideoFacts
from seewhy.video.source import VideoSource


def decode_only(source: VideoSource, path: Path, facts: VideoFacts, settings: Settings) -> Seen:
    frames = list(source.frames(path, facts, rate=6.0, lines=64, max_frames=20))
    height, width, _ = frames[0].image.shape
    twin = Twin(video=facts, frames=tuple(frame.time for frame in frames), mask_size=(height, width))
    return Seen(twin, {}, np.ascontiguousarray(frames[0].image))
