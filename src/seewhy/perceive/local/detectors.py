"""Detectors of any phrase, as the plug-in door hands them out: their weights are found, and loaded when first used."""

from __future__ import annotations

from seewhy.models.local.devices import device_for
from seewhy.models.local.weights import find
from seewhy.perceive.local.grounding import GroundingDinoDetector
from seewhy.perceive.local.owlv2 import Owlv2Detector
from seewhy.settings import Settings

__all__ = ["GroundingDinoDetector", "Owlv2Detector", "grounding_dino", "owlv2"]


def owlv2(settings: Settings) -> Owlv2Detector:
    """With the weights that `local.owlv2` names.

    Raises:
        WeightsError: they are not here; which command gets them.
        SettingsError: there is no such device.
    """
    local = settings.local
    return Owlv2Detector(find(local.owlv2, local), device_for(local), local.batch)


def grounding_dino(settings: Settings) -> GroundingDinoDetector:
    """With the weights that `local.grounding_dino` names.

    Raises:
        WeightsError: they are not here; which command gets them.
        SettingsError: there is no such device.
    """
    local = settings.local
    return GroundingDinoDetector(find(local.grounding_dino, local), device_for(local), local.batch)
