"""The embedded specialists as the plug-in door hands them out: each is made from the settings."""

from __future__ import annotations

from seewhy.perceive.depth import OrdinalDepth
from seewhy.perceive.describe import EmbeddedDescriber
from seewhy.perceive.detect import OpenCvDetector
from seewhy.perceive.segmenter import EmbeddedSegmenter
from seewhy.settings import Settings


def segmenter(settings: Settings) -> EmbeddedSegmenter:
    return EmbeddedSegmenter(settings.perceive)


def detector(settings: Settings) -> OpenCvDetector:  # noqa: ARG001 - as every factory
    return OpenCvDetector()


def depth(settings: Settings) -> OrdinalDepth:  # noqa: ARG001 - as every factory
    return OrdinalDepth()


def describer(settings: Settings) -> EmbeddedDescriber:  # noqa: ARG001 - as every factory
    return EmbeddedDescriber()
