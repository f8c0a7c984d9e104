"""Tiny checkpoints of real architectures with random weights, saved as a user's are: detectors and depth.

Their tokenizers are made here, too: CLIP's byte pairs and BERT's word pieces over a few words.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seewhy.models.local.torches import torch_ready

SIDE = 64
"""pixels of OWLv2's input"""

LONGEST = 96
"""pixels of the longer side of Grounding DINO's"""

CLIP_WORDS = ("photo", "of", "person", "dog", "face", "skate", "board")
"""One token each; all other words are spelled."""

WORDS = ["person", "face", "dog", "red", "box", "traffic", "light", "skate", "##board", "##er", "tea", "##pot"]
"""skateboarder is three tokens"""

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def _seeded() -> Any:
    torch = torch_ready()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return torch


def _merges(word: str) -> list[tuple[str, str]]:
    """What joins the letters of a word one after the other: p e, pe r, per s, ..."""
    letters = [*word[:-1], f"{word[-1]}</w>"]
    return [("".join(letters[:place]), letters[place]) for place in range(1, len(letters))]


def clip_tokenizer() -> Any:
    """Letters, and CLIP_WORDS; 16 tokens at most, padded with token 0, as OWLv2's."""
    torch_ready()
    from transformers import CLIPTokenizer

    characters = LETTERS + "-'!.,?"
    tokens = [*characters, *(f"{letter}</w>" for letter in characters)]
    merges = list(dict.fromkeys(merge for word in CLIP_WORDS for merge in _merges(word)))
    tokens += dict.fromkeys("".join(merge) for merge in merges)
    vocabulary = {token: place for place, token in enumerate(["!", *(t for t in tokens if t != "!")])}
    for special in ("<|startoftext|>", "<|endoftext|>"):  # the end has the greatest number: it is what is pooled
        vocabulary[special] = len(vocabulary)
    return CLIPTokenizer(vocab=vocabulary, merges=merges, pad_token="!", model_max_length=16)


def save_owlv2(folder: Path, side: int = SIDE) -> Path:
    """An OWLv2 of 16 patches."""
    torch = _seeded()
    from transformers import Owlv2Config, Owlv2ForObjectDetection, Owlv2ImageProcessor, Owlv2Processor

    tokenizer = clip_tokenizer()
    small = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = Owlv2Config(
        text_config={
            **small,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 16,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": 0,
        },
        vision_config={**small, "image_size": side, "patch_size": side // 4},
        projection_dim=32,
    )
    model = Owlv2ForObjectDetection(config)
    with torch.no_grad():  # boxes move a little from their patches, and patches like some phrases better than others
        model.box_head.dense2.weight.normal_(0, 0.05)
        model.class_head.dense0.weight.normal_(0, 0.5)
        model.class_head.logit_shift.weight.zero_()
        model.class_head.logit_scale.weight.zero_()
        model.class_head.logit_scale.bias.fill_(1.5)
    model.save_pretrained(folder)
    Owlv2Processor(Owlv2ImageProcessor(size={"height": side, "width": side}), tokenizer).save_pretrained(folder)
    return folder


def bert_tokenizer() -> Any:
    """Letters and WORDS; what Grounding DINO knows by number has BERT's numbers: [CLS], [SEP], full stop, question
    mark."""
    torch_ready()
    from transformers import BertTokenizer

    numbered = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103, ".": 1012, "?": 1029}
    words = [*WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS), "-"]
    taken, free = set(numbered.values()), iter(range(1, 1100))
    for word in words:
        numbered[word] = next(number for number in free if number not in taken)
    gaps = (number for number in range(1100) if number not in set(numbered.values()))
    numbered.update({f"[unused{number}]": number for number in list(gaps)})
    return BertTokenizer(vocab=numbered, model_max_length=512)


def _save_grounding(folder: Path, architecture: str, longest: int) -> Path:
    torch = _seeded()
    import transformers

    tokenizer = bert_tokenizer()
    backbone = transformers.SwinConfig(
        image_size=64, window_size=4, embed_dim=16, depths=[1, 1, 1, 1], num_heads=[2, 2, 2, 2],
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    text = transformers.BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=37,
        max_position_embeddings=256,
    )  # fmt: skip
    config = getattr(transformers, f"{architecture}Config")(
        backbone_config=backbone, text_config=text, num_queries=12, max_text_len=256, d_model=64,
        encoder_layers=1, decoder_layers=2, encoder_ffn_dim=37, decoder_ffn_dim=37, encoder_attention_heads=4,
        decoder_attention_heads=4, num_feature_levels=4, encoder_n_points=2, decoder_n_points=2,
    )  # fmt: skip
    model = getattr(transformers, f"{architecture}ForObjectDetection")(config)
    with torch.no_grad():  # so that phrases are found, and some better than others
        model.model.text_projection.weight.normal_(0, 0.5)
        for head in model.class_embed if architecture == "MMGroundingDino" else ():
            head.bias.zero_()
    model.save_pretrained(folder)
    pictures = transformers.GroundingDinoImageProcessor(
        size={"shortest_edge": 2 * longest // 3, "longest_edge": longest}
    )
    transformers.GroundingDinoProcessor(pictures, tokenizer).save_pretrained(folder)
    return folder


def save_grounding_dino(folder: Path, longest: int = LONGEST) -> Path:
    """A Grounding DINO of 12 queries."""
    return _save_grounding(folder, "GroundingDino", longest)


def save_mm_grounding_dino(folder: Path, longest: int = LONGEST) -> Path:
    """An MM-Grounding-DINO of 12 queries."""
    return _save_grounding(folder, "MMGroundingDino", longest)


def save_depth_anything(folder: Path, metric: bool = False) -> Path:
    """A Depth Anything V2 of two layers, 14 pixels a patch."""
    _seeded()
    import transformers

    backbone = transformers.Dinov2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, image_size=28, patch_size=14,
        out_features=["stage1", "stage2"], reshape_hidden_states=False,
    )  # fmt: skip
    config = transformers.DepthAnythingConfig(
        backbone_config=backbone, patch_size=14, reassemble_hidden_size=32, reassemble_factors=[1, 0.5],
        neck_hidden_sizes=[16, 16], fusion_hidden_size=16, head_hidden_size=8, head_in_index=-1,
        depth_estimation_type="metric" if metric else "relative", max_depth=20 if metric else 1,
    )  # fmt: skip
    transformers.DepthAnythingForDepthEstimation(config).save_pretrained(folder)
    transformers.DPTImageProcessor(
        size={"height": 70, "width": 70}, keep_aspect_ratio=True, ensure_multiple_of=14, do_pad=False
    ).save_pretrained(folder)
    return folder


def rewrite_config(folder: Path, **changes: Any) -> None:
    """Change a saved configuration."""
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
