"""Synthetic clips as perfect perception would see them: looks and outlines as described, occlusion included."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from worlds import said

from seewhy.bench.synthetic.objects import HEIGHT, RATE, WIDTH, SyntheticClip, SyntheticObject
from seewhy.twin.derive import derive
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, Camera, Label, Observation, Scene, Tempo, Track, Twin
from seewhy.types.video import FrameTime, VideoFacts, VideoId

STEP = 4
"""frames between sampled ones: six a second"""
ROWS, COLUMNS = HEIGHT // 3, WIDTH // 3
LEAST = 0.0008
"""of the frame; less is not seen"""


def ideal_twin(clip: SyntheticClip) -> Twin:
    """The clip's twin; its video id is the clip's name."""
    frames = tuple(FrameTime(index=i, pts=i, t=float(i / RATE)) for i in range(0, clip.frame_count, STEP))
    seen: list[list[Observation]] = [[] for _ in clip.objects]
    for frame in frames:
        covered = np.zeros((ROWS, COLUMNS), bool)
        for index in reversed(range(len(clip.objects))):  # from the front to the back
            outline = _disc(*clip.on_screen(index, frame.t))
            visible = outline & ~covered
            covered |= outline
            if visible.mean() >= LEAST:
                depth = (len(clip.objects) - 1 - index) / max(len(clip.objects) - 1, 1)
                seen[index].append(_observation(visible, frame, depth))
    facts = VideoFacts(
        id=VideoId(clip.name),
        bytes=1,
        width=WIDTH,
        height=HEIGHT,
        rotation=0,
        duration=clip.duration,
        start_pts=0,
        time_base=Fraction(1, RATE),
        average_rate=RATE,
        codec="h264",
        container="mp4",
    )
    return derive(
        Twin(
            video=facts,
            frames=frames,
            mask_size=(HEIGHT, WIDTH),
            tracks=tuple(
                _track(index + 1, thing, observations, clip.duration)
                for index, (thing, observations) in enumerate(zip(clip.objects, seen, strict=True))
                if observations
            ),
            scene=Scene(attributes=(said("time_of_day", clip.light),)),
            camera=Camera(attributes=(said("camera_motion", clip.camera.motion),)),
            tempo=Tempo(),
        )
    )


def _disc(x: float, y: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[0:ROWS, 0:COLUMNS]
    across = ((columns + 0.5) / COLUMNS - x) * WIDTH / HEIGHT
    return np.hypot(across, (rows + 0.5) / ROWS - y) <= radius


def _observation(visible: NDArray[np.bool_], frame: FrameTime, depth: float) -> Observation:
    rows, columns = np.nonzero(visible)
    xs, ys = (columns + 0.5) / COLUMNS, (rows + 0.5) / ROWS
    return Observation(
        frame=frame.index,
        t=frame.t,
        x=float(xs.mean()),
        y=float(ys.mean()),
        box=(float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())),
        area=float(visible.mean()),
        depth=depth,
    )


def _track(number: int, thing: SyntheticObject, observations: list[Observation], duration: float) -> Track:
    looks: list[Attribute] = [
        said("shape", thing.shape), said("texture", thing.texture), said("size", thing.size),
    ]  # fmt: skip
    if thing.repaint is None:
        looks.append(said("color", thing.color))
    else:
        start, end, second = thing.repaint
        looks.append(said("color", thing.color, span=Span(start=0.0, end=start)))
        looks.append(said("color", second, span=Span(start=end, end=duration)))
    return Track(
        id=number,
        labels=(Label(name="object", score=0.5, source="test@1"),),
        attributes=tuple(looks),
        observations=tuple(observations),
        score=0.8,
        source="test@1",
    )
