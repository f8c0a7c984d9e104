"""The hosted describer: a vision-language model is shown a video once, with the tracks' numbers drawn on it.

::

    twin ─▶ stretches ─▶ frames, marked ┐
                     └─▶ track table ───┴▶ one call a stretch ─▶ reading ─▶ together ─▶ findings

A short video is one stretch. What the model was not asked, or did not answer, is said in `degraded`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Protocol

from seewhy.errors import ModelError
from seewhy.models.asking import ask_all
from seewhy.models.language import LanguageModel, Request
from seewhy.models.prompt import load_prompt
from seewhy.perceive.findings import Findings
from seewhy.perceive.hosted.following import follow_box
from seewhy.perceive.hosted.perceived import as_perceived
from seewhy.perceive.hosted.reading import Reading, read_description
from seewhy.perceive.hosted.replies import DescribeReply, describe_reply
from seewhy.perceive.hosted.showing import choose_frames, shots
from seewhy.perceive.hosted.shown import PROMPT_PACKAGE, captioned, source_name, stretch_line
from seewhy.perceive.hosted.table import track_table, tracks_in
from seewhy.perceive.hosted.together import together
from seewhy.perceive.seams import Masks
from seewhy.settings import DescribeSettings
from seewhy.types.masks import Rle
from seewhy.types.time import Span, merge_spans
from seewhy.types.twin import Twin
from seewhy.types.video import Frame
from seewhy.video.clip import Clip

EVENT_SECONDS = 1.0
"""What an event adds to the length of a stretch, when not all stretches can be described."""


@dataclass(frozen=True)
class Stretch:
    """What one call is about."""

    span: Span
    tracks: tuple[int, ...]
    frames: tuple[int, ...]
    """indices of decoded frames"""


class Follower(Protocol):
    """Who segments, and follows, a thing that the model saw and nobody tracks."""

    def follow(
        self, clip: Clip, twin: Twin, frame: int, box: tuple[float, float, float, float], said: str
    ) -> Mapping[int, Rle]:
        """Where it is in the twin's frames: frame index → mask; nothing where it could not be segmented.

        Args:
            frame: index of a decoded frame, one of the twin's.
            box: around the thing there, as the model said: x0, y0, x1, y1 as fractions of the frame.
            said: what it is, in the model's words; may be empty.
        """
        ...


class EmbeddedFollower:
    """By color and motion, with nothing to download."""

    def follow(
        self,
        clip: Clip,
        twin: Twin,
        frame: int,
        box: tuple[float, float, float, float],
        said: str,  # noqa: ARG002
    ) -> Mapping[int, Rle]:
        """See `Follower.follow`."""
        return follow_box(clip, twin, frame, box)


class HostedDescriber:
    """The seam `VideoDescriber` over a vision-language model."""

    def __init__(self, model: LanguageModel, settings: DescribeSettings, follower: Follower | None = None) -> None:
        """
        Args:
            follower: of things that the model saw and nobody tracks; None: the embedded one.
        """
        self._model = model
        self._follower: Follower = follower or EmbeddedFollower()
        self._settings = settings
        self._prompt = load_prompt(PROMPT_PACKAGE, "describe")

    @cached_property
    def source(self) -> str:
        """``describe:<model>@<version>-<hash of the prompt>``."""
        return source_name("describe", self._model, f"{self._prompt.version}-{self._prompt.hash}")

    def describe(self, twin: Twin, masks: Masks, clip: Clip) -> Findings:
        """One call for each stretch, side by side.

        Raises:
            ModelError: no call was answered; the first one's error.
            VideoError: the video cannot be read any more.
        """
        began = time.perf_counter()
        bare = as_perceived(twin)
        stretches, left_out = self._stretches(bare)
        frames = clip.exact(sorted({i for one in stretches for i in one.frames}), self._settings.lines)
        requests = [self._request(bare, one, masks, frames, alone=len(stretches) == 1) for one in stretches]
        readings: list[Reading] = []
        degraded: list[str] = []
        errors: list[ModelError] = []
        for stretch, outcome in zip(stretches, ask_all(self._model, requests), strict=True):
            if isinstance(outcome, ModelError):
                errors.append(outcome)
                degraded.append(f"describe: {stretch.span} was not described: {type(outcome).__name__}: {outcome}")
                continue
            tracks, shown = stretch.tracks, stretch.frames
            readings.append(read_description(outcome.value, twin, stretch.span, self.source, tracks, shown))
        if errors and not readings:
            raise errors[0]
        if left_out:
            spans = ", ".join(map(str, merge_spans(left_out)))
            degraded.append(f"describe: {spans} not described, over the limit of {self._settings.max_calls} calls")
        found = together(readings, twin, self.source, partial(self._follower.follow, clip, twin))
        seconds = round(time.perf_counter() - began, 3)
        return replace(found, degraded=tuple(degraded), incomplete=bool(errors), seconds=seconds)

    def _stretches(self, twin: Twin) -> tuple[list[Stretch], list[Span]]:
        """What is described, in order of time: the longest and most eventful; and what is left out."""
        spans = shots(twin)

        def worth(span: Span) -> tuple[float, float]:
            events = sum(span.contains(event.span.start) for event in twin.events)
            return -(span.duration + EVENT_SECONDS * events), span.start

        chosen = sorted(sorted(spans, key=worth)[: self._settings.max_calls], key=lambda span: span.start)
        stretches = [Stretch(s, tracks_in(twin, s), choose_frames(twin, s, self._settings.frames)) for s in chosen]
        return [one for one in stretches if one.frames], [span for span in spans if span not in chosen]

    def _request(
        self, twin: Twin, stretch: Stretch, masks: Masks, frames: Mapping[int, Frame], *, alone: bool
    ) -> Request[DescribeReply]:
        table = track_table(twin, stretch.span, stretch.tracks)
        line = stretch_line(twin, stretch.span)
        shown = [frames[index] for index in stretch.frames]
        messages = self._prompt.fill(
            {"stretch": line, "tracks": table, "frames": captioned(shown, masks, stretch.tracks)}
        )
        return Request(
            purpose="describe",
            subject=twin.id if alone else f"{twin.id}, {stretch.span}",
            prompt=self._prompt.id,
            messages=messages,
            schema=describe_reply(stretch.tracks, stretch.frames),
            hints={"video": twin.id, "stretch": line, "tracks": table},
        )
