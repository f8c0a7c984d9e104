"""EdgeTAM: SAM 2 made small, its memory of a frame pressed into 512 vectors (arXiv 2501.07256)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any

from seewhy.errors import PluginError
from seewhy.models.local.loading import load_model, load_processor
from seewhy.models.local.torches import INSTALL, torch_ready
from seewhy.perceive.local.streaming import Network, StreamingTracker

ARCHITECTURES = frozenset({"edgetam_video"})


class EdgeTamTracker(StreamingTracker):
    """`Tracker` over `EdgeTamVideoModel`, whose picture encoder (RepViT) is one of timm's."""

    def load(self) -> Network:
        torch_ready()
        if importlib.util.find_spec("timm") is None:
            raise PluginError(f"timm, which EdgeTAM's picture encoder comes from, is not installed; {INSTALL}")
        from transformers import EdgeTamVideoModel, Sam2VideoProcessor

        model = load_model(EdgeTamVideoModel, self.weights, self.device, ARCHITECTURES)
        model._use_mask_as_output = partial(_with_all_axes, model._use_mask_as_output)
        return Network(model, load_processor(Sam2VideoProcessor, self.weights))


def _with_all_axes(method: Callable[..., Any], *args: Any) -> Any:
    """What EdgeTAM makes of a mask that is given, with its score in three axes, as all others have.

    In transformers 5.23 it has two, and an object that is prompted with a mask cannot be followed beside others.
    """
    output = method(*args)
    output.object_score_logits = output.object_score_logits.reshape(-1, 1, 1)
    return output
