"""Models of the published architectures with random weights, at their real size or tiny, without a download.

Writes for each what loading reads besides weights: configuration, processor, and a small tokenizer that spells. While
`random_weights` lasts, loading makes each model from its configuration, on its device and in its precision. Sizes are
those of the models that the settings name by default; each says where they are published.
"""

from __future__ import annotations

import math
import statistics
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from seewhy.models.local.devices import Device
from seewhy.models.local.torches import torch_ready

Size = Literal["real", "tiny"]

TINY_SIDE = 64
"""pixels of a tiny model's input"""

QWEN_MARKERS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip
QWEN_TEMPLATE = """\
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
"""Qwen's turns."""


def sam2(size: Size) -> tuple[Any, Any]:
    """Configuration and processor of facebook/sam2.1-hiera-large (arXiv 2408.00714, table 12; its YAML file)."""
    from transformers import (
        Sam2HieraDetConfig,
        Sam2ImageProcessor,
        Sam2VideoConfig,
        Sam2VideoProcessor,
        Sam2VideoVideoProcessor,
        Sam2VisionConfig,
    )

    newer = {"enable_temporal_pos_encoding_for_object_pointers": True, "enable_occlusion_spatial_embedding": True}
    if size == "real":
        side = 1024
        hiera = Sam2HieraDetConfig(
            hidden_size=144, embed_dim_per_stage=[144, 288, 576, 1152], num_attention_heads_per_stage=[2, 4, 8, 16],
            blocks_per_stage=[2, 6, 36, 4], global_attention_blocks=[23, 33, 43],
            window_size_per_stage=[8, 4, 16, 8], window_positional_embedding_background_size=[7, 7],
        )  # fmt: skip
        vision = Sam2VisionConfig(backbone_config=hiera, backbone_channel_list=[1152, 576, 288, 144])
        config = Sam2VideoConfig(vision_config=vision, **newer)
    else:
        side = TINY_SIDE
        hiera = Sam2HieraDetConfig(
            hidden_size=16, image_size=[side, side], blocks_per_stage=[1, 1, 2, 1], global_attention_blocks=[3],
            embed_dim_per_stage=[16, 32, 64, 128], num_attention_heads_per_stage=[1, 1, 1, 1],
            window_size_per_stage=[8, 4, 4, 4], window_positional_embedding_background_size=[4, 4],
        )  # fmt: skip
        vision = Sam2VisionConfig(
            backbone_config=hiera, backbone_channel_list=[128, 64, 32, 16], fpn_hidden_size=128,
            backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]],
        )  # fmt: skip
        config = Sam2VideoConfig(vision_config=vision, **newer, **_tiny_tracker())
    sides = {"height": side, "width": side}
    return config, Sam2VideoProcessor(Sam2ImageProcessor(size=sides), Sam2VideoVideoProcessor(size=sides))


def edgetam(size: Size) -> tuple[Any, Any]:
    """yonigozlan/EdgeTAM-hf (arXiv 2501.07256): timm's RepViT-M1 as picture encoder. Needs timm.

    The encoder is named here: without it transformers 5.23 makes one of SAM 2's, or a ResNet.
    """
    from transformers import (
        EdgeTamVideoConfig,
        EdgeTamVisionConfig,
        Sam2ImageProcessor,
        Sam2VideoProcessor,
        Sam2VideoVideoProcessor,
        TimmWrapperConfig,
    )

    levels = {"in_chans": 3, "features_only": True, "out_indices": [0, 1, 2, 3]}
    if size == "real":
        side = 1024
        repvit = TimmWrapperConfig(architecture="repvit_m1", model_args=levels)
        config = EdgeTamVideoConfig(vision_config=EdgeTamVisionConfig(backbone_config=repvit))
    else:
        side = TINY_SIDE
        small = {"embed_dim": [16, 32, 48, 64], "depth": [1, 1, 1, 1]}
        repvit = TimmWrapperConfig(architecture="repvit_m1", model_args=levels | small)
        vision = EdgeTamVisionConfig(
            backbone_config=repvit, backbone_channel_list=[64, 48, 32, 16], fpn_hidden_size=128,
            backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]],
        )  # fmt: skip
        parts = _tiny_tracker()
        parts["memory_attention_mlp_hidden_size"] = parts.pop("memory_attention_feed_forward_hidden_size")
        config = EdgeTamVideoConfig(
            vision_config=vision, memory_attention_rope_k_sizes=[2, 2], perceiver_resampler_num_latents=4,
            perceiver_resampler_num_latents_2d=4, perceiver_resampler_num_layers=1, **parts,
        )  # fmt: skip
    sides = {"height": side, "width": side}
    return config, Sam2VideoProcessor(Sam2ImageProcessor(size=sides), Sam2VideoVideoProcessor(size=sides))


def sam3(size: Size) -> tuple[Any, Any]:
    """facebook/sam3 (arXiv 2511.16719): the defaults of its configuration, but for the scores from which on it sees
    something: its own are not reached by chance."""
    import transformers

    eager = {"score_threshold_detection": 0.01, "new_det_thresh": 0.02}
    tokenizer = clip_tokenizer(32)
    words = {
        "bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }  # fmt: skip
    if size == "real":
        side, config = 1008, transformers.Sam3VideoConfig(**eager)
        for name, value in words.items():
            setattr(config.detector_config.text_config, name, value)
    else:
        side, grid = 56, 4
        part = {"hidden_size": 128, "intermediate_size": 64, "num_attention_heads": 2}
        vit = transformers.Sam3ViTConfig(
            hidden_size=32, intermediate_size=64, num_attention_heads=2, num_hidden_layers=2, image_size=side,
            patch_size=side // grid, window_size=2, global_attn_indexes=[1], pretrain_image_size=side // 2,
        )  # fmt: skip
        sizes = [[4 * grid, 4 * grid], [2 * grid, 2 * grid], [grid, grid]]
        vision = transformers.Sam3VisionConfig(backbone_config=vit, fpn_hidden_size=128, backbone_feature_sizes=sizes)
        text = part | words | {"vocab_size": len(tokenizer), "projection_dim": 128, "num_hidden_layers": 1}
        detector = transformers.Sam3Config(
            vision_config=vision, text_config=text | {"max_position_embeddings": 32},
            geometry_encoder_config=part | {"num_layers": 1}, detr_encoder_config=part | {"num_layers": 1},
            detr_decoder_config=part | {"num_layers": 1, "num_queries": 6},
            mask_decoder_config={"hidden_size": 128, "num_attention_heads": 2},
        )  # fmt: skip
        tracker = transformers.Sam3TrackerVideoConfig(vision_config=vision, **_tiny_tracker(side, side // grid))
        config = transformers.Sam3VideoConfig(
            detector_config=detector, tracker_config=tracker, low_res_mask_size=4 * grid, fill_hole_area=2, **eager
        )
    sides = {"height": side, "width": side}
    pictures, videos = transformers.Sam3ImageProcessor(size=sides), transformers.Sam2VideoVideoProcessor(size=sides)
    return config, transformers.Sam3VideoProcessor(pictures, videos, tokenizer)


def _tiny_tracker(side: int = TINY_SIDE, patch: int = 16) -> dict[str, Any]:
    """What trackers of the SAM family have besides their eyes. The memory is 64 wide in any case."""
    return {
        "prompt_encoder_config": {"hidden_size": 128, "image_size": side, "patch_size": patch},
        "mask_decoder_config": {
            "hidden_size": 128, "mlp_dim": 64, "num_attention_heads": 2, "iou_head_hidden_dim": 32
        },
        "image_size": side, "memory_attention_hidden_size": 128, "memory_attention_num_layers": 1,
        "memory_attention_feed_forward_hidden_size": 64, "memory_attention_rope_feat_sizes": [4, 4],
        "memory_encoder_hidden_size": 128, "mask_downsampler_embed_dim": 128, "memory_fuser_num_layers": 1,
        "memory_fuser_embed_dim": 128, "memory_fuser_intermediate_dim": 64,
    }  # fmt: skip


def owlv2(size: Size) -> tuple[Any, Any]:
    """google/owlv2-large-patch14-ensemble (arXiv 2306.09683): CLIP ViT-L/14 at 1008 pixels."""
    from transformers import Owlv2Config, Owlv2ImageProcessor, Owlv2Processor

    tokenizer = clip_tokenizer(16)
    words = {
        "max_position_embeddings": 16, "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id, "pad_token_id": 0,
    }  # fmt: skip
    if size == "real":
        side = 1008
        config = Owlv2Config(
            text_config={
                "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
                "vocab_size": 49408, **words,
            },
            vision_config={
                "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16,
                "image_size": side, "patch_size": 14,
            },
            projection_dim=768,
        )  # fmt: skip
    else:
        side = TINY_SIDE
        small = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
        config = Owlv2Config(
            text_config={**small, "vocab_size": len(tokenizer), **words},
            vision_config={**small, "image_size": side, "patch_size": 16},
            projection_dim=32,
        )
    return config, Owlv2Processor(Owlv2ImageProcessor(size={"height": side, "width": side}), tokenizer)


def grounding_dino(size: Size) -> tuple[Any, Any]:
    """openmmlab-community/mm_grounding_dino_large_all (arXiv 2401.02361): Swin-L, BERT base, five levels."""
    from transformers import (
        BertConfig,
        GroundingDinoImageProcessor,
        GroundingDinoProcessor,
        MMGroundingDinoConfig,
        SwinConfig,
    )

    tokenizer = bert_tokenizer()
    if size == "real":
        swin = SwinConfig(
            image_size=384, window_size=12, embed_dim=192, depths=[2, 2, 18, 2], num_heads=[6, 12, 24, 48],
            out_features=["stage1", "stage2", "stage3", "stage4"],
        )  # fmt: skip
        config = MMGroundingDinoConfig(backbone_config=swin, text_config=BertConfig(), num_feature_levels=5)
        shown = {"shortest_edge": 800, "longest_edge": 1333}
    else:
        swin = SwinConfig(
            image_size=64, window_size=4, embed_dim=16, depths=[1, 1, 1, 1], num_heads=[2, 2, 2, 2],
            out_features=["stage2", "stage3", "stage4"],
        )  # fmt: skip
        bert = BertConfig(
            vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=37
        )
        config = MMGroundingDinoConfig(
            backbone_config=swin, text_config=bert, num_queries=12, d_model=32, encoder_layers=1, decoder_layers=2,
            encoder_ffn_dim=37, decoder_ffn_dim=37, encoder_attention_heads=4, decoder_attention_heads=4,
            encoder_n_points=2, decoder_n_points=2,
        )  # fmt: skip
        shown = {"shortest_edge": 64, "longest_edge": 96}
    return config, GroundingDinoProcessor(GroundingDinoImageProcessor(size=shown), tokenizer)


def depth_anything(size: Size) -> tuple[Any, Any]:
    """depth-anything/Depth-Anything-V2-Small-hf (arXiv 2406.09414): DINOv2-S at 518 pixels."""
    from transformers import DepthAnythingConfig, Dinov2Config, DPTImageProcessor

    if size == "real":
        side = 518
        backbone = Dinov2Config(
            hidden_size=384, num_hidden_layers=12, num_attention_heads=6, image_size=518, patch_size=14,
            out_features=["stage3", "stage6", "stage9", "stage12"], reshape_hidden_states=False,
        )  # fmt: skip
        config = DepthAnythingConfig(
            backbone_config=backbone, reassemble_hidden_size=384, neck_hidden_sizes=[48, 96, 192, 384],
            fusion_hidden_size=64, head_hidden_size=32,
        )  # fmt: skip
    else:
        side = 70
        backbone = Dinov2Config(
            hidden_size=32, num_hidden_layers=2, num_attention_heads=4, image_size=28, patch_size=14,
            out_features=["stage1", "stage2"], reshape_hidden_states=False,
        )  # fmt: skip
        config = DepthAnythingConfig(
            backbone_config=backbone, reassemble_hidden_size=32, reassemble_factors=[1, 0.5],
            neck_hidden_sizes=[16, 16], fusion_hidden_size=16, head_hidden_size=8, head_in_index=-1,
        )  # fmt: skip
    sides = {"height": side, "width": side}
    return config, DPTImageProcessor(size=sides, keep_aspect_ratio=True, ensure_multiple_of=14, do_pad=False)


def actions(size: Size) -> tuple[Any, Any]:
    """facebook/vjepa2-vitl-fpc16-256-ssv2 (arXiv 2506.09985): ViT-L, 16 frames of 256 pixels, 174 classes."""
    from transformers import VJEPA2Config, VJEPA2VideoProcessor

    if size == "real":
        side, labels = 256, 174
        config = VJEPA2Config(crop_size=side, frames_per_clip=16, id2label=_actions(labels))
    else:
        side, labels = 32, 3
        config = VJEPA2Config(
            crop_size=side, frames_per_clip=4, hidden_size=32, num_attention_heads=2, num_hidden_layers=2,
            mlp_ratio=2.0, num_pooler_layers=1, pred_hidden_size=24, pred_num_attention_heads=2,
            pred_num_hidden_layers=1, id2label=_actions(labels),
        )  # fmt: skip
    return config, VJEPA2VideoProcessor(crop_size=side)


def _actions(number: int) -> dict[int, str]:
    letters = string.ascii_lowercase
    return {place: f"Pushing {letters[place // 26]}{letters[place % 26]}" for place in range(number)}


def language(size: Size) -> tuple[Any, Any]:
    """Qwen/Qwen3-VL-8B-Instruct (arXiv 2511.21631; its config.json)."""
    from transformers import Qwen2VLImageProcessor, Qwen3VLConfig, Qwen3VLProcessor, Qwen3VLVideoProcessor

    tokenizer = qwen_tokenizer()
    marked = {"image": "<|image_pad|>", "video": "<|video_pad|>", "vision_start": "<|vision_start|>"}
    marked["vision_end"] = "<|vision_end|>"
    places = {f"{name}_token_id": tokenizer.convert_tokens_to_ids(marker) for name, marker in marked.items()}
    if size == "real":
        rope = {"rope_type": "default", "rope_theta": 5e6, "mrope_section": [24, 20, 20], "mrope_interleaved": True}
        text = {
            "vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36,
            "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 262144,
        }  # fmt: skip
        vision = {
            "depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16, "patch_size": 16,
            "out_hidden_size": 4096, "num_position_embeddings": 2304, "deepstack_visual_indexes": [8, 16, 24],
        }  # fmt: skip
        edges = {"shortest_edge": 65536, "longest_edge": 16777216}
    else:
        rope = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [6, 5, 5], "mrope_interleaved": True}
        text = {
            "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
            "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32, "max_position_embeddings": 8192,
        }  # fmt: skip
        vision = {
            "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "patch_size": 16,
            "out_hidden_size": 64, "num_position_embeddings": 16, "deepstack_visual_indexes": [0, 1],
        }  # fmt: skip
        edges = {"shortest_edge": 32 * 32, "longest_edge": 64 * 64}
    config = Qwen3VLConfig(
        text_config=text | {"rope_parameters": rope}, vision_config=vision, tie_word_embeddings=False, **places
    )
    return config, Qwen3VLProcessor(
        image_processor=Qwen2VLImageProcessor(patch_size=16, size=edges), tokenizer=tokenizer,
        video_processor=Qwen3VLVideoProcessor(patch_size=16), chat_template=QWEN_TEMPLATE,
    )  # fmt: skip


MODELS: dict[str, Callable[[Size], tuple[Any, Any]]] = {
    "sam2": sam2, "edgetam": edgetam, "sam3": sam3, "owlv2": owlv2, "grounding_dino": grounding_dino,
    "depth_anything": depth_anything, "language": language, "actions": actions,
}  # fmt: skip
"""The setting of the section `local` that names it → what makes its configuration and processor."""


def write_model(name: str, size: Size, folder: Path) -> Path:
    """A folder that looks like that of a model, but holds no weights.

    Raises:
        ImportError: it needs a library that is not installed, or does not come in this size.
    """
    torch_ready()
    from safetensors.numpy import save_file

    config, processor = MODELS[name](size)
    config.save_pretrained(folder)
    processor.save_pretrained(folder)
    save_file({}, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@contextmanager
def random_weights(device: Device) -> Iterator[list[Any]]:
    """While it lasts, models that are loaded have random weights; yields those that were made.

    Raises:
        ArithmeticError: in the block, when a model gives NaN (infinite logits mask what is not to be chosen).
    """
    torch = torch_ready()
    from transformers import PreTrainedModel

    made: list[Any] = []

    def from_pretrained(kind: Any, folder: Path, *, dtype: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
        torch.manual_seed(0)
        with torch.device(device.name):
            model = kind._from_config(kind.config_class.from_pretrained(folder), dtype=dtype)
        _enliven(model)
        model.register_forward_hook(_check_numbers)
        made.append(model)
        return model, {"missing_keys": []}

    real = PreTrainedModel.__dict__["from_pretrained"]
    PreTrainedModel.from_pretrained = classmethod(from_pretrained)
    try:
        yield made
    finally:
        PreTrainedModel.from_pretrained = real


def _enliven(model: Any) -> None:
    """Weights that keep the variance of what they are multiplied with, and trackers that see what they follow: with
    the usual small ones every picture looks the same, nothing is found, and nothing takes any time."""
    with torch_ready().no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() >= 2 and "norm" not in name and min(weight.shape[:2]) > 1:
                weight.normal_(0, weight[0].numel() ** -0.5)
        for module in model.modules():
            if hasattr(module, "pred_obj_score_head"):
                module.pred_obj_score_head.proj_out.bias += 2.0
            if type(module).__name__ == "Owlv2ClassPredictionHead":
                _some_boxes(module, model.num_patches_height * model.num_patches_width)


def _some_boxes(head: Any, patches: int, boxes: float = 2.0) -> None:
    """Let about so many patches score more for a phrase than a detection needs: random vectors of D numbers have
    cosines of standard deviation 1 / sqrt(D)."""
    scale, least = 20.0, math.log(0.2 / 0.8)
    cosine = statistics.NormalDist(0, head.dense0.out_features**-0.5).inv_cdf(1 - boxes / patches)
    for layer, bias in ((head.logit_scale, scale - 1), (head.logit_shift, least / scale - cosine)):
        layer.weight.zero_()
        layer.bias.fill_(bias)


def _check_numbers(module: Any, _: Any, output: Any) -> None:
    torch = torch_ready()
    for name, value in dict(output).items():
        if isinstance(value, torch.Tensor) and value.is_floating_point() and bool(torch.isnan(value).any()):
            raise ArithmeticError(f"{type(module).__name__} gave NaN in {name}")


def clip_tokenizer(longest: int) -> Any:
    """CLIP's kind: letters, and letters that end a word."""
    from transformers import CLIPTokenizer

    letters = string.ascii_lowercase + string.digits + "-'.,?"
    tokens = ["!", *letters, *(f"{letter}</w>" for letter in ("!", *letters)), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: place for place, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], pad_token="!", model_max_length=longest)


def bert_tokenizer() -> Any:
    """BERT's kind: letters. What Grounding DINO knows by number has BERT's numbers."""
    from transformers import BertTokenizer

    known = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103, ".": 1012, "?": 1029}
    letters = string.ascii_lowercase + string.digits
    free = iter(sorted(set(range(1100)) - set(known.values())))
    vocabulary = known | {token: next(free) for token in [*letters, *(f"##{letter}" for letter in letters), "-"]}
    return BertTokenizer(vocab=vocabulary | {f"[unused{place}]": place for place in free}, model_max_length=512)


def qwen_tokenizer() -> Any:
    """Qwen's kind: bytes, and its markers."""
    from tokenizers import AddedToken, pre_tokenizers
    from transformers import Qwen2Tokenizer

    vocabulary = {letter: place for place, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=[], eos_token="<|im_end|>", pad_token="<|endoftext|>")
    tokenizer.add_tokens([AddedToken(marker, special=True, normalized=False) for marker in QWEN_MARKERS])
    tokenizer.chat_template = QWEN_TEMPLATE
    return tokenizer
