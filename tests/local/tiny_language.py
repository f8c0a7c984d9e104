"""Tiny checkpoints of real language models with random weights, saved as a user's are.

What they write means nothing, but they end it: their weights incline to what closes texts, lists and objects. The
tokenizer is Qwen's kind, byte pairs with its markers; the chat template has the same markers around the same roles.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from seewhy.models.local.torches import torch_ready
from seewhy.settings import Settings

MARKERS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
    "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip
WORDS = ("user", "system", "assistant", "frame", "the", '":', '":"', '","', "im", "end")
"""One token each, as are the pieces that they are made of from the left."""
VOCABULARY = 320
"""Rows of the embeddings; there are fewer tokens, as in Qwen's own."""
WIDTH = 64
SPREAD = 0.2
"""Standard deviation of the weights; of the embeddings 1, so that what is computed depends on what is read."""
CONSTANT = 4.0
"""What the first dimension of all text is, so that the last layer has a bias."""
INCLINATION = {'"': 1.3, "]": 1.7, "}": 1.3, ",": 0.6} | dict.fromkeys("{[\\0123456789.eE+-", -1.0)
"""Letter → bias of its token, in units of the constant: what closes comes sooner than what goes on."""

TEXT_TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% if enable_thinking is defined and not enable_thinking %}<think>

</think>

{% endif %}{% endif -%}
"""
PICTURE_TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content -%}
{% if part.type == "image" %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part.text }}{% endif -%}
{% endfor %}{% endif %}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% endif -%}
"""


def make_tokenizer(template: str = TEXT_TEMPLATE, words: tuple[str, ...] = WORDS) -> Any:
    """Bytes, some pairs of them, and Qwen's markers."""
    torch_ready()
    from tokenizers import AddedToken, pre_tokenizers
    from transformers import Qwen2Tokenizer

    vocabulary = {letter: number for number, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    merges = []
    for word in words:
        for end in range(1, len(word)):
            if word[: end + 1] not in vocabulary:
                vocabulary[word[: end + 1]] = len(vocabulary)
                merges.append((word[:end], word[end]))
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=merges, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    tokenizer.add_tokens([AddedToken(marker, special=True, normalized=False) for marker in MARKERS])
    tokenizer.add_tokens([AddedToken(marker, special=False, normalized=False) for marker in ("<think>", "</think>")])
    tokenizer.chat_template = template
    return tokenizer


def save_qwen3(folder: Path, template: str = TEXT_TEMPLATE) -> Path:
    """A Qwen3 of two layers: text only."""
    torch = _seeded()
    from transformers import Qwen3Config, Qwen3ForCausalLM

    tokenizer = make_tokenizer(template)
    model = Qwen3ForCausalLM(Qwen3Config(**_text(tokenizer), tie_word_embeddings=False)).eval()
    _incline(torch, model, model.model, tokenizer)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_qwen3_vl(folder: Path, seed: int = 2) -> Path:
    """A Qwen3-VL of two layers; 16 to 64 pixels a side are one to four tokens."""
    torch = _seeded(seed)
    from transformers import (
        Qwen2VLImageProcessor,
        Qwen3VLConfig,
        Qwen3VLForConditionalGeneration,
        Qwen3VLProcessor,
        Qwen3VLVideoProcessor,
    )

    tokenizer = make_tokenizer(PICTURE_TEMPLATE)
    vision = {
        "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "patch_size": 16,
        "out_hidden_size": WIDTH, "num_position_embeddings": 16, "deepstack_visual_indexes": [0, 1],
        "initializer_range": 0.2,
    }  # fmt: skip
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [6, 5, 5], "mrope_interleaved": True}
    text = _text(tokenizer) | {"rope_parameters": rope}
    config = Qwen3VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=False, **places(tokenizer))
    model = Qwen3VLForConditionalGeneration(config).eval()
    _incline(torch, model, model.model.language_model, tokenizer)
    model.save_pretrained(folder)
    size = {"shortest_edge": 32 * 32, "longest_edge": 64 * 64}
    Qwen3VLProcessor(
        image_processor=Qwen2VLImageProcessor(patch_size=16, size=size),
        tokenizer=tokenizer,
        video_processor=Qwen3VLVideoProcessor(patch_size=16),
        chat_template=PICTURE_TEMPLATE,
    ).save_pretrained(folder)
    return folder


def save_qwen2_5_vl(folder: Path, seed: int = 1) -> Path:
    """A Qwen2.5-VL of two layers."""
    torch = _seeded(seed)
    from transformers import (
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2_5_VLProcessor,
        Qwen2VLImageProcessor,
        Qwen2VLVideoProcessor,
    )

    tokenizer = make_tokenizer(PICTURE_TEMPLATE)
    vision = {
        "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "patch_size": 14, "window_size": 56,
        "out_hidden_size": WIDTH, "fullatt_block_indexes": [1], "initializer_range": 0.2,
    }  # fmt: skip
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [6, 5, 5]}
    text = _text(tokenizer) | {"rope_parameters": rope}
    text.pop("head_dim")
    config = Qwen2_5_VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=False, **places(tokenizer))
    model = Qwen2_5_VLForConditionalGeneration(config).eval()
    _incline(torch, model, model.model.language_model, tokenizer)
    model.save_pretrained(folder)
    size = {"shortest_edge": 28 * 28, "longest_edge": 56 * 56}
    Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(patch_size=14, size=size),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(patch_size=14),
        chat_template=PICTURE_TEMPLATE,
    ).save_pretrained(folder)
    return folder


def _seeded(seed: int = 0) -> Any:
    torch = torch_ready()
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    return torch


def _text(tokenizer: Any) -> dict[str, Any]:
    return {
        "vocab_size": VOCABULARY, "hidden_size": WIDTH, "intermediate_size": 96, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32, "initializer_range": SPREAD,
        "max_position_embeddings": 8192, "bos_token_id": None, "eos_token_id": tokenizer.eos_token_id,
    }  # fmt: skip


def places(tokenizer: Any) -> dict[str, int]:
    """The markers of pictures and videos, as a model's configuration has them."""
    marked = {"image": "<|image_pad|>", "video": "<|video_pad|>", "vision_start": "<|vision_start|>"}
    marked["vision_end"] = "<|vision_end|>"
    return {f"{name}_token_id": tokenizer.convert_tokens_to_ids(marker) for name, marker in marked.items()}


def _incline(torch: Any, model: Any, layers: Any, tokenizer: Any) -> None:
    """Give the last layer a bias: the first dimension becomes a constant that no layer changes."""
    inclination = torch.zeros(VOCABULARY)
    for letter, bias in INCLINATION.items():
        inclination[tokenizer.convert_tokens_to_ids(letter)] = bias
    with torch.no_grad():
        layers.embed_tokens.weight /= SPREAD
        layers.embed_tokens.weight[:, 0] = CONSTANT
        for layer in layers.layers:
            attention, mlp = layer.self_attn, layer.mlp
            for reading in (attention.q_proj, attention.k_proj, attention.v_proj, mlp.gate_proj, mlp.up_proj):
                reading.weight[:, 0] = 0.0
            attention.o_proj.weight[0] = mlp.down_proj.weight[0] = 0.0
        model.lm_head.weight[:, 0] = inclination


@cache
def checkpoint(kind: str) -> Path:
    """The folder of a tiny checkpoint, made at its first use: qwen3, qwen3_vl or qwen2_5_vl. Gone after the tests."""
    folder = Path(tempfile.mkdtemp(prefix="seewhy-tiny-"))
    atexit.register(shutil.rmtree, folder)
    saves = {"qwen3": save_qwen3, "qwen3_vl": save_qwen3_vl, "qwen2_5_vl": save_qwen2_5_vl}
    return saves[kind](folder)


def language_settings(language: str, vision: str = "", calls: dict[str, Any] | None = None, **local: Any) -> Settings:
    """Settings of the profile local with tiny models: kinds of checkpoints, or folders."""
    named = {
        name: str(checkpoint(kind)) if kind in ("qwen3", "qwen3_vl", "qwen2_5_vl") else kind
        for name, kind in (("language", language), ("vision", vision))
    }
    values = {"device": "cpu", "max_new_tokens": 400, **named, **local}
    return Settings.model_validate({"profile": "local", "local": values, "calls": calls or {}})
