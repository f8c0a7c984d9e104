"""SAM 2.1: segments what it is pointed at, and follows it (arXiv 2408.00714), as in RT2V."""

from __future__ import annotations

from seewhy.models.local.loading import load_model, load_processor
from seewhy.models.local.torches import torch_ready
from seewhy.perceive.local.streaming import Network, StreamingTracker

ARCHITECTURES = frozenset({"sam2_video"})
"""What the configurations of facebook/sam2.1-hiera-{tiny,small,base-plus,large} say."""


class Sam2Tracker(StreamingTracker):
    """`Tracker` over `Sam2VideoModel`."""

    def load(self) -> Network:
        torch_ready()
        from transformers import Sam2VideoModel, Sam2VideoProcessor

        model = load_model(Sam2VideoModel, self.weights, self.device, ARCHITECTURES)
        return Network(model, load_processor(Sam2VideoProcessor, self.weights))
