"""The seams of perception: what a segmenter, a detector, a depth estimator and a describer are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.findings import Findings
from seewhy.types.masks import Rle
from seewhy.types.twin import Attribute, Label, RefinementStep, StepName, Twin
from seewhy.types.video import Frame, FrameTime
from seewhy.video.clip import Clip


@dataclass(frozen=True, slots=True)
class MaskTrack:
    """One segmented object: a mask per sampled frame in which it is seen."""

    masks: Mapping[int, Rle]
    """sampled-frame position (0-based, into Segmentation.frames) → mask at frame resolution"""
    score: float
    """salience, 0..1: how surely this is an object that stands out by itself"""
    scores: Mapping[int, float] = field(default_factory=dict)
    """sampled-frame position → confidence of that mask, 0..1; missing: 1"""
    id_confidence: float = 1.0
    """how surely all masks are of one object"""
    labels: tuple[Label, ...] = ()
    """what it is, best first, where the segmenter knows; none: others are to find out"""
    aliases: tuple[str, ...] = ()
    """ids it had elsewhere: before stitching, or in an imported annotation"""
    part_of: int | None = None
    """place in `Segmentation.tracks` of the object that it is a part of"""


class Detection(NamedTuple):
    phrase: str
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 as fractions of the frame"""
    score: float


@dataclass(frozen=True, slots=True)
class CameraStep:
    """The camera's motion from one sampled frame to the next, as seen by the background."""

    homography: NDArray[np.float64]
    """(3, 3): pixel coordinates of the previous sampled frame → of this one; identity for the first"""
    inliers: float
    """fraction of background points that follow it, 0..1"""
    cut: bool = False
    """True: a shot change lies between the two frames, the homography means nothing"""


@dataclass(frozen=True, slots=True)
class Segmentation:
    """What a segmenter says of a whole video. `frames`, `camera` and `motion` run in parallel."""

    frames: tuple[FrameTime, ...]
    size: tuple[int, int]
    """(height, width) of the frames and of every mask"""
    tracks: tuple[MaskTrack, ...]
    """most salient first"""
    camera: tuple[CameraStep, ...]
    motion: tuple[float, ...]
    """mean residual motion (camera's taken out) into each frame, in frame diagonals per second"""
    notes: tuple[str, ...] = ()
    detections: Mapping[int, tuple[Detection, ...]] = field(default_factory=dict)
    """position of a sampled frame → all that was detected in it on the way, so that it need not be looked for again"""


class Segmenter(Protocol):
    """Frames → tracks with masks. Takes frames as they come and keeps a bounded number of them."""

    @property
    def source(self) -> str:
        """``<name>@<version>``, the provenance of what it says."""
        ...

    def segment(self, frames: Iterable[Frame]) -> Segmentation:
        """All frames have one size; an empty iterable gives no tracks."""
        ...


class Detector(Protocol):
    """Frame and phrases → boxes. An embedded detector knows a closed set of phrases."""

    @property
    def source(self) -> str: ...

    @property
    def vocabulary(self) -> frozenset[str] | None:
        """The phrases it can find; None: any."""
        ...

    def detect(self, frame: Frame, phrases: Sequence[str]) -> list[Detection]:
        """Boxes of the phrases it knows, best first; phrases outside its vocabulary are not searched."""
        ...


class DepthEstimator(Protocol):
    """Ordinal depth of the masks of one frame."""

    @property
    def source(self) -> str: ...

    def ranks(self, frame: Frame, masks: Sequence[Rle]) -> list[tuple[float, float]]:
        """(rank 0..1 with 0 = nearest, confidence 0..1) for each mask, in the order given."""
        ...


class Describer(Protocol):
    """Says what tracks, scene, camera and pace look like. Sees frames once, in order."""

    @property
    def source(self) -> str: ...

    def see(self, frame: Frame, masks: Mapping[int, Rle]) -> None:
        """Take in one frame and the masks (track id → mask) of the tracks it shows."""
        ...

    def track_attributes(self, track: int) -> list[Attribute]: ...

    def scene_attributes(self) -> list[Attribute]: ...


@runtime_checkable
class Wide(Protocol):
    """A specialist that several threads may ask at a time, of one video or of several, and that gains from it: it
    looks at frames in batches. One that is not wide is asked by one thread, one frame after the other."""

    @property
    def width(self) -> int:
        """Frames that are worth being asked about at a time; more do not make it faster."""
        ...


Masks = Mapping[int, Mapping[int, Rle]]
"""index of a decoded frame → track → mask: all masks of a twin"""


class VideoDescriber(Protocol):
    """Looks at a whole video that has a twin, and says what the twin lacks: names, doings, things overlooked."""

    @property
    def source(self) -> str:
        """``<name>@<version>``; another one describes a video anew."""
        ...

    def describe(self, twin: Twin, masks: Masks, clip: Clip) -> Findings:
        """
        Raises:
            ModelError: nothing was said at all. What was said in part comes back, `degraded`.
            VideoError: the video cannot be read any more.
        """
        ...


class Looker(Protocol):
    """Takes one step of refinement."""

    @property
    def source(self) -> str: ...

    @property
    def steps(self) -> tuple[StepName, ...]:
        """The steps that it takes, each once; no others are planned."""
        ...

    def cost(self, step: RefinementStep) -> int:
        """Number of calls to a model that the step makes, at most; 0: it needs none."""
        ...

    def take(self, step: RefinementStep, twin: Twin, masks: Masks, clip: Clip) -> Findings:
        """
        Raises:
            ModelError, VideoError: nothing came of it.
            PerceptionError: the step makes no sense for this twin (no such track, a span outside the video), or is none
                of `steps`.
        """
        ...
