"""How frames, stretches and sources are written in a request and in what comes of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seewhy.models.language import LanguageModel, Message, Part, Picture, Request, Text
from seewhy.perceive.hosted.marks import marked
from seewhy.perceive.hosted.replies import TextReply
from seewhy.perceive.hosted.wording import quoted
from seewhy.perceive.seams import Masks
from seewhy.types.time import Span
from seewhy.types.twin import Twin
from seewhy.types.video import Frame

PROMPT_PACKAGE = "seewhy.perceive"


def source_name(door: str, model: LanguageModel, version: str) -> str:
    """``<door>:<the model that is shown pictures>@<version>``."""
    picture = Picture(np.zeros((1, 1, 3), np.uint8))
    any_request = Request("describe", "", "", (Message("user", (picture,)),), TextReply)
    return f"{door}:{model.name_for(any_request)}@{version}"


def stretch_line(twin: Twin, span: Span) -> str:
    """Which part of the video a request is about, in seconds."""
    return quoted({"from": round(span.start, 2), "to": round(span.end, 2), "video_ends": round(twin.video.duration, 2)})


def caption(frame: Frame) -> str:
    """
    >>> from fractions import Fraction
    >>> caption(Frame(12, 24, Fraction(1, 12), 2.0, np.zeros((1, 1, 3), np.uint8)))
    'frame 12, t = 2.0 s'
    """
    return f"frame {frame.index}, t = {frame.t:.1f} s"


def captioned(
    frames: Sequence[Frame], masks: Masks, tracks: Sequence[int], highlight: Sequence[int] = ()
) -> tuple[Part, ...]:
    """Each frame, its caption before it, with the numbers of these tracks drawn on it."""
    parts: list[Part] = []
    for frame in frames:
        shown = {track: mask for track, mask in sorted(masks.get(frame.index, {}).items()) if track in tracks}
        parts += [Text(caption(frame)), Picture(marked(frame.image, shown, highlight))]
    return tuple(parts)
