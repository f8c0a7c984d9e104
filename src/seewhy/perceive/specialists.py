"""Which specialists look at a video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seewhy.models.registry import SPECIALISTS, load
from seewhy.perceive.seams import DepthEstimator, Describer, Detector, Segmenter
from seewhy.settings import Settings


@dataclass(frozen=True)
class Specialists:
    """One of each seam of perception."""

    segmenter: Segmenter
    detector: Detector
    depth: DepthEstimator
    describer: Callable[[], Describer]
    """makes a new one for each video, since a describer remembers what it has seen"""


def specialists_for(settings: Settings) -> Specialists:
    """The specialists of the profile in `settings`.

    Raises:
        PluginError: one of them is not registered or does not load.
    """
    profile = settings.profile
    return Specialists(
        segmenter=load(SPECIALISTS, f"{profile}.segmenter")(settings.perceive),
        detector=load(SPECIALISTS, f"{profile}.detector")(),
        depth=load(SPECIALISTS, f"{profile}.depth")(),
        describer=load(SPECIALISTS, f"{profile}.describer"),
    )
