"""Watching the camera: how it moves from one sampled frame to the next, where the shot changes, and what moves besides.

What every segmenter owes its `Segmentation`, wherever its masks come from. The frames are looked at small, one is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seewhy.perceive.motion import FlowEstimator, Motion, color_overlap, motion_between
from seewhy.perceive.refining import reduced
from seewhy.perceive.seams import CameraStep
from seewhy.types.video import Frame, FrameTime, Image

MOTION_LINES = 240
"""Greatest height of frames for motion and for the edges of masks."""
LEAST_SECONDS = 1e-3
"""Between frames: files with one timestamp twice exist."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen from the frame before to this one."""

    time: FrameTime
    camera: CameraStep
    """homography in pixels of the frame; of the first frame the identity"""
    motion: float
    """mean residual motion (camera's taken out), in frame diagonals per second; 0 at first and after a cut"""
    image: Image
    """the frame reduced to MOTION_LINES lines, RGB"""
    flow: Motion | None
    """the step in all detail, in pixels of `image`; None for the first frame"""


class CameraWatcher:
    """Takes the frames of one video in order; all have one size."""

    def __init__(self) -> None:
        self._flow = FlowEstimator()
        self._size: tuple[int, int] | None = None
        self._before: Image | None = None
        self._times: list[FrameTime] = []
        self._camera: list[CameraStep] = []
        self._motion: list[float] = []

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the frames; (0, 0) before the first."""
        return self._size or (0, 0)

    @property
    def times(self) -> tuple[FrameTime, ...]:
        """As in `Segmentation.frames`."""
        return tuple(self._times)

    @property
    def camera(self) -> tuple[CameraStep, ...]:
        """As in `Segmentation.camera`."""
        return tuple(self._camera)

    @property
    def motion(self) -> tuple[float, ...]:
        """As in `Segmentation.motion`."""
        return tuple(self._motion)

    def take(self, frame: Frame) -> Watched:
        """The next frame."""
        height, width, _ = frame.image.shape
        self._size = self._size or (height, width)
        image = reduced(frame.image, MOTION_LINES)
        camera, motion, flow = CameraStep(np.eye(3), 1.0), 0.0, None
        if self._before is not None:
            flow = motion_between(self._flow, self._before, image, color_overlap(self._before, image))
            camera = _enlarged(flow.camera, image, self._size)
            seconds = max(frame.time.t - self._times[-1].t, LEAST_SECONDS)
            pixels = 0.0 if camera.cut else float(flow.residual_backward.mean())
            motion = pixels / float(np.hypot(*image.shape[:2])) / seconds
        self._before = image
        self._times.append(frame.time)
        self._camera.append(camera)
        self._motion.append(motion)
        return Watched(frame.time, camera, motion, image, flow)


def _enlarged(step: CameraStep, image: Image, size: tuple[int, int]) -> CameraStep:
    """A step in pixels of a reduced image, in pixels of frames of `size` (height, width)."""
    down, across = image.shape[0] / size[0], image.shape[1] / size[1]
    # Pixel centers, not corners, lie on whole numbers.
    reduce = np.array([[across, 0, across / 2 - 0.5], [0, down, down / 2 - 0.5], [0, 0, 1]])
    full = np.linalg.inv(reduce) @ step.homography @ reduce
    return CameraStep(full / full[2, 2], step.inliers, step.cut)
