"""Public fakes of perception's seams: scripted, exact, and fast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from seewhy.errors import PerceptionError
from seewhy.perceive.findings import Findings
from seewhy.perceive.seams import CameraStep, Detection, Masks, MaskTrack, Segmentation
from seewhy.types.masks import Rle, decode, encode
from seewhy.types.twin import STEP_NAMES, Attribute, RefinementStep, StepName, Twin
from seewhy.types.video import Frame, FrameTime
from seewhy.video.clip import Clip

RgbColor = tuple[int, int, int]


class FakeSegmenter:
    """Each color of a list is one track: the pixels that are within `tolerance` of it in all three channels.

    The camera stands still. The first color is the most salient track.

    >>> from fractions import Fraction
    >>> image = np.zeros((2, 4, 3), np.uint8)
    >>> image[:, 1] = (250, 0, 0)
    >>> found = FakeSegmenter([(255, 0, 0)]).segment([Frame(0, 0, Fraction(1), 0.0, image)])
    >>> decode(found.tracks[0].masks[0]).astype(int).tolist()
    [[0, 1, 0, 0], [0, 1, 0, 0]]
    """

    source = "fake.segmenter@1"

    def __init__(self, colors: Sequence[RgbColor], tolerance: int = 40) -> None:
        self.colors = tuple(colors)
        self.tolerance = tolerance

    def segment(self, frames: Iterable[Frame]) -> Segmentation:
        """See `Segmenter.segment`. A color that no pixel has gives no track."""
        times: list[FrameTime] = []
        masks: list[dict[int, Rle]] = [{} for _ in self.colors]
        size = (0, 0)
        for position, frame in enumerate(frames):
            times.append(frame.time)
            size = frame.image.shape[0], frame.image.shape[1]
            for color, seen in zip(self.colors, masks, strict=True):
                pixels = (np.abs(frame.image.astype(np.int16) - color) <= self.tolerance).all(axis=2)
                if pixels.any():
                    seen[position] = encode(pixels)
        found = [seen for seen in masks if seen]
        return Segmentation(
            frames=tuple(times),
            size=size,
            tracks=tuple(MaskTrack(masks=seen, score=1 - 0.5 * rank / len(found)) for rank, seen in enumerate(found)),
            camera=tuple(CameraStep(np.eye(3), 1.0) for _ in times),
            motion=(0.0,) * len(times),
        )


class FakeDetector:
    """Finds what it was told, frame by frame; remembers which frames it was shown."""

    source = "fake.detector@1"

    def __init__(self, script: Mapping[int, Sequence[Detection]], vocabulary: frozenset[str] | None = None) -> None:
        """
        Args:
            script: index of a decoded frame → what is in it.
            vocabulary: the phrases it knows; None: any.
        """
        self.script = dict(script)
        self.vocabulary = vocabulary
        self.looked_at: list[int] = []

    def detect(self, frame: Frame, phrases: Sequence[str]) -> list[Detection]:
        """See `Detector.detect`."""
        self.looked_at.append(frame.index)
        known = [phrase for phrase in phrases if self.vocabulary is None or phrase in self.vocabulary]
        found = [detection for detection in self.script.get(frame.index, ()) if detection.phrase in known]
        return sorted(found, key=lambda detection: -detection.score)


class FakeDepth:
    """The lower a mask reaches, the nearer it is; of two that reach as low, the first."""

    source = "fake.depth@1"

    def ranks(self, frame: Frame, masks: Sequence[Rle]) -> list[tuple[float, float]]:
        """See `DepthEstimator.ranks`."""
        if len(masks) == 1:
            return [(0.5, 0.5)]
        bottoms = [int(np.flatnonzero(decode(mask).any(axis=1)).max(initial=-1)) for mask in masks]
        order = sorted(range(len(masks)), key=lambda place: -bottoms[place])
        return [(order.index(place) / (len(masks) - 1), 0.5) for place in range(len(masks))]


class FakeDescriber:
    """Says what it was told; remembers what it was shown."""

    source = "fake.describer@1"

    def __init__(
        self, tracks: Mapping[int, Sequence[Attribute]] | None = None, scene: Sequence[Attribute] = ()
    ) -> None:
        """
        Args:
            tracks: track id → its attributes.
            scene: the scene's attributes.
        """
        self.tracks = dict(tracks or {})
        self.scene = tuple(scene)
        self.seen: dict[int, tuple[int, ...]] = {}
        """index of a decoded frame → the tracks shown in it, sorted"""

    def see(self, frame: Frame, masks: Mapping[int, Rle]) -> None:
        """See `Describer.see`."""
        self.seen[frame.index] = tuple(sorted(masks))

    def track_attributes(self, track: int) -> list[Attribute]:
        """See `Describer.track_attributes`. A track that it was not told about has none."""
        return list(self.tracks.get(track, ()))

    def scene_attributes(self) -> list[Attribute]:
        """See `Describer.scene_attributes`."""
        return list(self.scene)


class FakeVideoDescriber:
    """Finds in each video what it was told, by id."""

    source = "fake.video-describer@1"

    def __init__(self, findings: Mapping[str, Findings] | None = None) -> None:
        self.findings = dict(findings or {})

    def describe(self, twin: Twin, masks: Masks, clip: Clip) -> Findings:
        """Nothing, for a video it was told nothing of."""
        return self.findings.get(twin.id, Findings(source=self.source))


class FakeLooker:
    """Finds with each step what it was told, by the step's question; each costs one call. Remembers what it took."""

    source = "fake.looker@1"

    def __init__(
        self, findings: Mapping[str, Findings] | None = None, steps: tuple[StepName, ...] = STEP_NAMES
    ) -> None:
        self.findings = dict(findings or {})
        self.steps = steps
        self.taken: list[tuple[str, RefinementStep]] = []

    def cost(self, step: RefinementStep) -> int:
        return 1

    def take(self, step: RefinementStep, twin: Twin, masks: Masks, clip: Clip) -> Findings:
        """
        Raises:
            PerceptionError: it was told nothing of such a question, or does not take such steps.
        """
        if step.name not in self.steps:
            raise PerceptionError(f"nobody here takes the step {step.name}; take one of {', '.join(self.steps)}")
        self.taken.append((twin.id, step))
        if step.question not in self.findings:
            raise PerceptionError(f"nothing is known of {step.question!r}")
        return self.findings[step.question]
