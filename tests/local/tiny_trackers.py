"""Tiny checkpoints of real architectures with random weights, saved as a user's are: SAM 2.1, EdgeTAM and SAM 3.

Weights are drawn so that signals neither fade nor grow from layer to layer: with transformers' own small ones every
mask is the same, and what a network remembers makes no difference.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiny_detectors import clip_tokenizer

from seewhy.models.local.torches import torch_ready

SIDE = 64
"""pixels of the input of SAM 2.1 and EdgeTAM"""
SIDE3 = 56
"""of SAM 3's"""
GRID = 4
"""feature vectors of a side, for all of them"""
WIDTH = 128
"""of features: the memory's is 64 in any case, and pointers are split into that"""
FEATURES = [[4 * GRID, 4 * GRID], [2 * GRID, 2 * GRID], [GRID, GRID]]
DECODER = {"hidden_size": WIDTH, "mlp_dim": 64, "num_attention_heads": 2, "iou_head_hidden_dim": 32}


def _seeded() -> Any:
    torch = torch_ready()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return torch


def _lively(model: Any) -> Any:
    """Weights of a variance that keeps that of what they are multiplied with; what is zero at first is small."""
    torch = torch_ready()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() >= 2 and "norm" not in name:
                fan_in = weight[0].numel()
                weight.normal_(0, 1 / fan_in**0.5 if min(weight.shape[:2]) > 1 else 0.5)
            elif not weight.any() or "scale" in name:
                weight.normal_(0, 0.2)
    return model


def _seen_more_often_than_not(decoder: Any) -> None:
    """Object scores of random weights are negative as often as positive."""
    with torch_ready().no_grad():
        decoder.pred_obj_score_head.proj_out.bias += 1.0


def _memory(grid: int = GRID) -> dict[str, Any]:
    """What the three have in common."""
    return {
        "memory_attention_hidden_size": WIDTH, "memory_attention_num_layers": 1,
        "memory_attention_rope_feat_sizes": [grid, grid], "memory_encoder_hidden_size": WIDTH,
        "mask_downsampler_embed_dim": WIDTH, "memory_fuser_num_layers": 1, "memory_fuser_embed_dim": WIDTH,
        "memory_fuser_intermediate_dim": 64,
    }  # fmt: skip


def _save_processor(folder: Path) -> None:
    from transformers import Sam2ImageProcessor, Sam2VideoProcessor, Sam2VideoVideoProcessor

    size = {"height": SIDE, "width": SIDE}
    Sam2VideoProcessor(Sam2ImageProcessor(size=size), Sam2VideoVideoProcessor(size=size)).save_pretrained(folder)


def save_sam2(folder: Path) -> Path:
    """A SAM 2.1 with a Hiera of five blocks."""
    _seeded()
    import transformers

    hiera = transformers.Sam2HieraDetConfig(
        hidden_size=16, image_size=[SIDE, SIDE], blocks_per_stage=[1, 1, 2, 1], embed_dim_per_stage=[16, 32, 64, 128],
        num_attention_heads_per_stage=[1, 1, 1, 1], window_size_per_stage=[8, 4, 4, 4], global_attention_blocks=[3],
        window_positional_embedding_background_size=[4, 4],
    )  # fmt: skip
    vision = transformers.Sam2VisionConfig(
        backbone_config=hiera, backbone_channel_list=[128, 64, 32, 16], backbone_feature_sizes=FEATURES,
        fpn_hidden_size=WIDTH,
    )  # fmt: skip
    config = transformers.Sam2VideoConfig(
        vision_config=vision, prompt_encoder_config={"hidden_size": WIDTH, "image_size": SIDE},
        mask_decoder_config=DECODER, image_size=SIDE, memory_attention_feed_forward_hidden_size=64, **_memory(),
    )  # fmt: skip
    model = _lively(transformers.Sam2VideoModel(config))
    _seen_more_often_than_not(model.mask_decoder)
    model.save_pretrained(folder)
    _save_processor(folder)
    return folder


def save_edgetam(folder: Path) -> Path:
    """An EdgeTAM with timm's smallest RepViT, its memories pressed into 4 + 4 vectors. Needs timm."""
    _seeded()
    import transformers

    backbone = transformers.TimmWrapperConfig(
        architecture="repvit_m1",
        model_args={
            "in_chans": 3, "features_only": True, "out_indices": [0, 1, 2, 3],
            "embed_dim": [16, 32, 48, 64], "depth": [1, 1, 1, 1],
        },
    )  # fmt: skip
    vision = transformers.EdgeTamVisionConfig(
        backbone_config=backbone, backbone_channel_list=[64, 48, 32, 16], backbone_feature_sizes=FEATURES,
        fpn_hidden_size=WIDTH,
    )  # fmt: skip
    config = transformers.EdgeTamVideoConfig(
        vision_config=vision, prompt_encoder_config={"hidden_size": WIDTH, "image_size": SIDE},
        mask_decoder_config=DECODER, image_size=SIDE, memory_attention_mlp_hidden_size=64,
        memory_attention_rope_k_sizes=[2, 2], perceiver_resampler_num_latents=4, perceiver_resampler_num_latents_2d=4,
        perceiver_resampler_num_layers=1, **_memory(),
    )  # fmt: skip
    model = _lively(transformers.EdgeTamVideoModel(config))
    _seen_more_often_than_not(model.mask_decoder)
    model.save_pretrained(folder)
    _save_processor(folder)
    return folder


def save_sam3(folder: Path) -> Path:
    """A SAM 3 that has six candidates for each phrase."""
    _seeded()
    import transformers

    tokenizer = clip_tokenizer()
    small = {"hidden_size": WIDTH, "intermediate_size": 64, "num_attention_heads": 2}
    vit = transformers.Sam3ViTConfig(
        hidden_size=32, intermediate_size=64, num_attention_heads=2, num_hidden_layers=2, image_size=SIDE3,
        patch_size=SIDE3 // GRID, window_size=2, global_attn_indexes=[1], pretrain_image_size=SIDE3 // 2,
    )  # fmt: skip
    vision = transformers.Sam3VisionConfig(backbone_config=vit, fpn_hidden_size=WIDTH, backbone_feature_sizes=FEATURES)
    detector = transformers.Sam3Config(
        vision_config=vision,
        text_config={
            **small, "vocab_size": len(tokenizer), "projection_dim": WIDTH, "num_hidden_layers": 1,
            "max_position_embeddings": 32, "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id,
        },
        geometry_encoder_config={**small, "num_layers": 1},
        detr_encoder_config={**small, "num_layers": 1},
        detr_decoder_config={**small, "num_layers": 1, "num_queries": 6},
        mask_decoder_config={"hidden_size": WIDTH, "num_attention_heads": 2},
    )  # fmt: skip
    tracker = transformers.Sam3TrackerVideoConfig(
        vision_config=vision, mask_decoder_config=DECODER, image_size=SIDE3,  # type: ignore[call-arg]
        prompt_encoder_config={"hidden_size": WIDTH, "image_size": SIDE3, "patch_size": SIDE3 // GRID},
        memory_attention_feed_forward_hidden_size=64, **_memory(),
    )  # fmt: skip
    config = transformers.Sam3VideoConfig(
        detector_config=detector, tracker_config=tracker, low_res_mask_size=4 * GRID, fill_hole_area=2,
        score_threshold_detection=0.3, new_det_thresh=0.5, det_nms_thresh=0.5,
        hotstart_delay=6, hotstart_unmatch_thresh=3, hotstart_dup_thresh=3,
    )  # fmt: skip
    model = _lively(transformers.Sam3VideoModel(config)).eval()
    _seen_more_often_than_not(model.tracker_model.mask_decoder)
    _discerning(model.detector_model, tokenizer)
    model.save_pretrained(folder)
    size = {"height": SIDE3, "width": SIDE3}
    transformers.Sam3VideoProcessor(
        transformers.Sam3ImageProcessor(size=size), transformers.Sam2VideoVideoProcessor(size=size), tokenizer
    ).save_pretrained(folder)
    return folder


def _discerning(detector: Any, tokenizer: Any) -> None:
    """Make SAM 3's detector sure of some candidates, and their masks differ: with random weights all are much alike."""
    torch = torch_ready()
    decoder, masks = detector.detr_decoder, detector.mask_decoder
    outputs: dict[str, Any] = {}

    def note(name: str) -> Any:
        return lambda _, __, output: outputs.__setitem__(name, output)

    with torch.no_grad():
        decoder.query_embed.weight.normal_(0, 3)
        decoder.presence_head.layer3.bias += 5
        detector.dot_product_scoring.query_proj.weight *= 3
        said = tokenizer("dog", return_tensors="pt", padding="max_length", max_length=32)
        hooks = [masks.instance_projection.register_forward_hook(note("pixels"))]
        hooks.append(masks.mask_embedder.register_forward_hook(note("candidates")))
        detector(pixel_values=torch.randn(1, 3, SIDE3, SIDE3), **said)
        for hook in hooks:
            hook.remove()
        masks.instance_projection.bias -= outputs["pixels"].mean(dim=(0, 2, 3))
        masks.mask_embedder.layers[-1].bias -= outputs["candidates"].mean(dim=(0, 1))
