"""Which specialists look at a video."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from seewhy.models.registry import SPECIALISTS, load
from seewhy.perceive.seams import DepthEstimator, Describer, Detector, Segmenter
from seewhy.settings import Settings

PROFILES: Mapping[str, Mapping[str, str]] = {
    "embedded": {
        "segmenter": "embedded.segmenter",
        "detector": "embedded.detector",
        "depth": "embedded.depth",
        "describer": "embedded.describer",
    },
    "local": {
        "segmenter": "local.sam2",
        "detector": "local.owlv2",
        "depth": "local.depth-anything",
        "describer": "embedded.describer",  # color, shape and light are measured, not guessed
    },
}
"""Profile → seam → the entry point that fills it, where the settings name no other."""


@dataclass(frozen=True)
class Specialists:
    """One of each seam of perception."""

    segmenter: Segmenter
    detector: Detector
    depth: DepthEstimator
    describer: Callable[[], Describer]
    """makes a new one for each video, since a describer remembers what it has seen"""


def chosen(settings: Settings) -> dict[str, str]:
    """Seam → entry point, as the profile and the settings that overrule it say."""
    overrides = settings.perceive
    return {seam: getattr(overrides, seam) or name for seam, name in PROFILES[settings.profile].items()}


def needs_models(settings: Settings) -> bool:
    """Whether models on this machine are in use: then videos are best perceived side by side in one process, which
    has each model once, and not in processes of their own."""
    return settings.profile == "local" or any(name.startswith("local.") for name in chosen(settings).values())


def specialists_for(settings: Settings) -> Specialists:
    """The specialists of the profile in `settings`, each made by its entry point from the settings.

    Raises:
        PluginError: one of them is not registered or does not load, or its weights are not here.
    """
    make = {seam: load(SPECIALISTS, name) for seam, name in chosen(settings).items()}
    return Specialists(
        segmenter=make["segmenter"](settings),
        detector=make["detector"](settings),
        depth=make["depth"](settings),
        describer=partial(make["describer"], settings),
    )
