"""Tiny checkpoints of Qwen3-VL with random weights, saved as Qwen3-VL-Embedding and Qwen3-VL-Reranker are."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from tiny_language import WORDS, make_tokenizer, places, save_qwen3_vl

from seewhy.models.local.footage import Footage
from seewhy.models.local.torches import torch_ready
from seewhy.settings import Settings

TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content -%}
{% if part.type == "video" %}<|vision_start|><|video_pad|><|vision_end|>{% else %}{{ part.text }}{% endif -%}
{% endfor %}{% endif %}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% endif -%}
"""
"""The checkpoints' own, as far as videos and texts go."""
SIDE = 64
"""Pixels of a frame: two by two tokens for two frames."""


def save_qwen3_vl_video(folder: Path, seed: int = 5, words: tuple[str, ...] = (*WORDS, "yes", "no")) -> Path:
    """A Qwen3-VL of two layers that takes videos in the size that they have."""
    torch_ready()
    from transformers import Qwen2VLImageProcessor, Qwen3VLProcessor, Qwen3VLVideoProcessor

    save_qwen3_vl(folder, seed)
    tokenizer = make_tokenizer(TEMPLATE, words)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8")) | places(tokenizer)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    Qwen3VLProcessor(
        image_processor=Qwen2VLImageProcessor(patch_size=16, size={"shortest_edge": 1024, "longest_edge": SIDE * SIDE}),
        tokenizer=tokenizer,
        video_processor=Qwen3VLVideoProcessor(
            patch_size=16, size={"shortest_edge": 1024, "longest_edge": 64 * SIDE * SIDE}
        ),
        chat_template=TEMPLATE,
    ).save_pretrained(folder)
    return folder


@cache
def video_checkpoint() -> Path:
    """The folder of the tiny checkpoint, made at its first use. Gone after the tests."""
    folder = Path(tempfile.mkdtemp(prefix="seewhy-tiny-video-"))
    atexit.register(shutil.rmtree, folder)
    return save_qwen3_vl_video(folder)


def video_settings(**local: object) -> Settings:
    """Settings with the tiny checkpoint as embedding and as reranker."""
    folder = str(video_checkpoint())
    values = {"device": "cpu", "batch": 32, "frames": 4, "embedding": folder, "reranker": folder, **local}
    return Settings.model_validate({"local": values})


def footage(seed: int, frames: int = 4, rate: float = 2.0, side: int = SIDE) -> Footage:
    """Random frames, at even times from 0."""
    pixels = np.random.default_rng(seed).integers(0, 256, (frames, side, side, 3), dtype=np.uint8)
    return Footage(tuple(pixels), tuple(index / rate for index in range(frames)))
