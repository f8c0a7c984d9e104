"""Every frame of a stretch of video: masks between the sampled frames, so that geometry sees what happens fast.

At six frames a second, what touches, passes or stops within an eighth of a second does so between two looks. Here the
masks that are known at the sampled frames are carried to every decoded frame between them, from either side, along
optical flow. The nearer side counts more; where both agree, they decide together.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.findings import Findings
from seewhy.perceive.motion import Floats, FlowEstimator, warp
from seewhy.perceive.refining import reduced, refined
from seewhy.perceive.seams import Masks
from seewhy.perceive.steps import within
from seewhy.types.masks import Rle, decode, encode
from seewhy.types.time import Span, merge_spans
from seewhy.types.twin import Twin
from seewhy.types.video import Frame, FrameTime
from seewhy.video.clip import Clip

SOURCE = "fullrate@1"

LINES = 240
"""Greatest height of frames for flow and for the edges of masks."""
CHANCE = 0.5
"""of a pixel to be in the mask, from which it is"""
NEARER = 0.5
"""A thing that only one of two sampled frames shows is taken to be there in that half of the time between them which
is nearer to it: when it came or went, nobody saw."""


class Gap(NamedTuple):
    """Two sampled frames with decoded frames between them that were not sampled."""

    before: FrameTime
    after: FrameTime

    @property
    def span(self) -> Span:
        return Span(start=self.before.t, end=self.after.t)

    @property
    def frames(self) -> int:
        """Decoded frames in between."""
        return self.after.index - self.before.index - 1


def at_full_rate(
    clip: Clip, twin: Twin, masks: Masks, span: Span, tracks: Sequence[int] = (), most_frames: int = 120
) -> Findings:
    """More observations of tracks: at every decoded frame of a span, from the sample before it to the sample after.

    Args:
        masks: those of the twin.
        tracks: ids of those that are wanted; empty: all.
        most_frames: that are added, the first of the span. After the first gap between samples it ends earlier where
            more frames would change the twin's typical step, by which geometry smooths what it sees everywhere.

    Raises:
        PerceptionError: no such track, or a span outside the video.
        VideoError: the video cannot be read.
    """
    began = time.perf_counter()
    within(twin, span, tracks)
    wanted = set(tracks) or set(twin.track_by_id)
    gaps = [gap for gap in map(Gap._make, pairwise(twin.frames)) if gap.frames > 0 and gap.span.overlaps(span)]
    whole = [gap for gap in gaps if not any(gap.before.t < cut <= gap.after.t for cut in twin.tempo.cuts)]
    chosen = _chosen(whole, twin, most_frames)
    frames: list[FrameTime] = []
    found: dict[int, dict[int, Rle]] = {}
    for gap, pictures in _read(clip, chosen):
        for frame, seen in _between(gap, pictures, _known(masks, gap, wanted), twin.mask_size):
            if seen:
                frames.append(frame)
                found[frame.index] = seen
    return Findings(
        source=SOURCE,
        frames=tuple(frames),
        masks=found,
        notes=_notes(gaps, whole, chosen),
        seconds=round(time.perf_counter() - began, 3),
    )


def _chosen(gaps: Sequence[Gap], twin: Twin, most_frames: int) -> list[Gap]:
    """The gaps that are filled: as many as may be, the first of them."""
    chosen: list[Gap] = []
    for gap in gaps:
        more = [*chosen, gap]
        if sum(one.frames for one in more) > most_frames or (chosen and _step(twin, more) != twin.frame_step):
            break
        chosen = more
    return chosen


def _step(twin: Twin, filled: Iterable[Gap]) -> float:
    """The twin's typical step between frames, were the gaps filled evenly; as it is where that changes nothing."""
    frames = list(twin.frames)
    for gap in filled:
        for place in range(1, gap.frames + 1):
            t = gap.before.t + gap.span.duration * place / (gap.frames + 1)
            frames.append(FrameTime(index=gap.before.index + place, pts=0, t=t))
    frames.sort(key=lambda frame: frame.index)
    step = Twin(video=twin.video, frames=tuple(frames), mask_size=twin.mask_size).frame_step
    return twin.frame_step if math.isclose(step, twin.frame_step, rel_tol=0.25) else step


def _notes(gaps: Sequence[Gap], whole: Sequence[Gap], chosen: Sequence[Gap]) -> tuple[str, ...]:
    if not gaps:
        return ("every frame of the stretch was sampled",)
    notes = []
    if len(whole) < len(gaps):
        notes.append(f"left out where the picture is cut: {_times(set(gaps) - set(whole))}")
    if len(chosen) < len(whole):
        notes.append(f"left out since there would be too many frames: {_times(set(whole) - set(chosen))}")
    return tuple(notes)


def _times(gaps: Iterable[Gap]) -> str:
    return ", ".join(str(span) for span in merge_spans(gap.span for gap in gaps))


def _read(clip: Clip, gaps: Sequence[Gap]) -> Iterator[tuple[Gap, list[Frame]]]:
    """Each gap with its frames, the two sampled ones included; gaps of which the video gives other frames are left
    out. Holds the frames of one gap."""
    if not gaps:
        return
    first, last = gaps[0].before, gaps[-1].after
    span = Span(start=first.t, end=math.nextafter(last.t, math.inf))
    waiting = iter(gaps)
    gap = next(waiting, None)
    held: list[Frame] = []
    for frame in clip.every(span, last.index - first.index + 1):
        while gap is not None and frame.index > gap.after.index:
            gap, held = next(waiting, None), []
        if gap is None:
            return
        if frame.index >= gap.before.index:
            held.append(frame)
        if frame.index == gap.after.index:
            if len(held) == gap.frames + 2:
                yield gap, held
            gap, held = next(waiting, None), [frame]


def _known(masks: Masks, gap: Gap, tracks: set[int]) -> dict[int, tuple[Rle | None, Rle | None]]:
    """Track → its masks at the two ends of a gap; tracks without any are left out."""
    before, after = masks.get(gap.before.index, {}), masks.get(gap.after.index, {})
    return {track: (before.get(track), after.get(track)) for track in sorted(tracks & (before.keys() | after.keys()))}


def _between(
    gap: Gap, frames: Sequence[Frame], known: Mapping[int, tuple[Rle | None, Rle | None]], size: tuple[int, int]
) -> Iterator[tuple[FrameTime, dict[int, Rle]]]:
    """Masks in the frames between the two ends of a gap. frames: all of them, ends included."""
    images = [reduced(frame.image, LINES) for frame in frames]
    grays = [np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8) for image in images]
    flow = FlowEstimator()
    back = _carrying(flow, grays)
    on = _carrying(flow, grays[::-1])[::-1]
    ends = {track: tuple(_soft(mask, grays[0].shape) for mask in two) for track, two in known.items()}
    for place, frame in enumerate(frames[1:-1], start=1):
        share = (frame.t - gap.before.t) / (gap.after.t - gap.before.t)
        seen: dict[int, Rle] = {}
        for track, (before, after) in ends.items():
            chance = _blended(before, after, back[place], on[place], share)
            if chance is None or not (chance > CHANCE).any():
                continue
            full = refined([chance > CHANCE], images[place], size)[0]
            if full.any():
                seen[track] = encode(full)
        yield frame.time, seen


def _carrying(flow: FlowEstimator, grays: Sequence[NDArray[np.uint8]]) -> list[Floats]:
    """For each picture, (H, W, 2): where what it shows was in the first one, step by step."""
    height, width = grays[0].shape
    whole = [np.zeros((height, width, 2), np.float32)]
    for before, now in pairwise(grays):
        step = flow.between(now, before)
        whole.append(step + warp(whole[-1], step))
    return whole


def _soft(mask: Rle | None, shape: tuple[int, ...]) -> Floats | None:
    if mask is None:
        return None
    height, width = shape
    return np.asarray(cv2.resize(decode(mask).astype(np.float32), (width, height), interpolation=cv2.INTER_AREA))


def _blended(before: Floats | None, after: Floats | None, back: Floats, on: Floats, share: float) -> Floats | None:
    """The chance of each pixel, by the masks at both ends. share: of the way from the one to the other, 0..1."""
    if before is not None and after is not None:
        return np.asarray((1 - share) * warp(before, back) + share * warp(after, on), np.float32)
    if before is not None and share < NEARER:
        return warp(before, back)
    if after is not None and share >= NEARER:
        return warp(after, on)
    return None
