"""Tiny video classifiers of the real architectures with random weights, saved as a user's are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seewhy.models.local.torches import torch_ready

LABELS = (
    "Pushing [something] from left to right",
    "Holding [something]",
    "[Something] falling like a rock",
    "Turning the camera left while filming [something]",
    "Putting [something] next to [something]",
)
"""Templates of Something-Something v2."""
FRAMES, SIDE = 4, 32
"""of what the tiny models take"""


def save_vjepa2(folder: Path, labels: Sequence[str] = LABELS) -> Path:
    """V-JEPA 2 with a head: `model.safetensors`, `config.json` and the processor's file."""
    torch = torch_ready()
    from transformers import VJEPA2Config, VJEPA2ForVideoClassification, VJEPA2VideoProcessor

    torch.manual_seed(0)
    config = VJEPA2Config(
        patch_size=16, crop_size=SIDE, frames_per_clip=FRAMES, hidden_size=32, num_attention_heads=2,
        num_hidden_layers=2, mlp_ratio=2.0, num_pooler_layers=1, pred_hidden_size=24, pred_num_attention_heads=2,
        pred_num_hidden_layers=1, id2label=dict(enumerate(labels)), label2id={name: n for n, name in enumerate(labels)},
    )  # fmt: skip
    VJEPA2ForVideoClassification(config).save_pretrained(folder)
    VJEPA2VideoProcessor(crop_size=SIDE).save_pretrained(folder)
    return folder


def save_videomae(folder: Path, labels: Sequence[str] = LABELS) -> Path:
    """VideoMAE with a head, likewise."""
    torch = torch_ready()
    from transformers import VideoMAEConfig, VideoMAEForVideoClassification, VideoMAEVideoProcessor

    torch.manual_seed(0)
    config = VideoMAEConfig(
        image_size=SIDE, patch_size=16, num_frames=FRAMES, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, id2label=dict(enumerate(labels)), label2id={name: n for n, name in enumerate(labels)},
    )  # fmt: skip
    VideoMAEForVideoClassification(config).save_pretrained(folder)
    processor = VideoMAEVideoProcessor(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    processor.save_pretrained(folder)
    return folder
