"""Settings of how videos are seen: read, perceived, embedded, indexed, and by which models on this machine."""

from __future__ import annotations

from typing import Literal

from seewhy.settings.section import Section, setting


class VideoSettings(Section):
    """How videos are read."""

    rate: float = setting(6.0, "frames/s", "frames sampled per second of video", gt=0, le=60)
    lines: int = setting(480, "pixels", "greatest height of a frame in perception", ge=64, le=2160)
    max_frames: int = setting(600, "frames", "most frames sampled from one video; longer ones are sampled thinly", ge=1)
    max_pixels: int = setting(8192 * 8192, "pixels", "a stored picture with more is refused", ge=1024)


class PerceiveSettings(Section):
    """How frames become a twin."""

    max_tracks: int = setting(12, "tracks", "most tracks kept per shot, most salient first", ge=1)
    min_area: float = setting(0.0008, "of the frame", "smaller regions are not tracked", gt=0, lt=1)
    seed: int = setting(0, "", "of everything random in perception", ge=0)
    segmenter: str = setting("", "", "an entry point of the group seewhy.specialists; empty: the profile's")
    detector: str = setting("", "", "likewise")
    depth: str = setting("", "", "likewise")
    describer: str = setting("", "", "likewise: what tracks and scene look like, measured from pixels")
    vocabulary: str = setting("", "", "file of phrases to detect, one a line; empty: the one that is shipped")


class LocalSettings(Section):
    """Models on this machine. A model is an id of the hub (owner/name, or owner/name@revision) or a folder."""

    device: str = setting("auto", "", "cuda, cuda:1, mps or cpu; auto: the best there is")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = setting(
        "auto", "", "of weights; auto: bfloat16 on cuda, float16 on mps, float32 on cpu"
    )
    cache: str = setting("", "", "folder of downloaded models; empty: the hub's own (HF_HOME)")
    batch: int = setting(8, "frames", "in one pass through a model, at most", ge=1, le=256)
    videos: int = setting(2, "videos", "that are perceived side by side, so that no specialist waits", ge=1, le=64)
    redetect: int = setting(12, "frames", "sampled, from one search for new objects to the next", ge=1)
    chunk: int = setting(
        96, "frames", "after which tracking starts anew from its masks, so that memory stays flat", ge=8
    )
    max_new_tokens: int = setting(2048, "tokens", "of one reply of the local language model, at most", ge=16)
    memory: float = setting(0.0, "GB", "of the device for models, at most; 0: what is free", ge=0)
    sam2: str = setting("facebook/sam2.1-hiera-large", "", "segments and tracks what it is pointed at")
    sam3: str = setting("facebook/sam3", "", "segments and tracks what phrases say")
    edgetam: str = setting("yonigozlan/EdgeTAM-hf", "", "as sam2, smaller and faster")
    owlv2: str = setting("google/owlv2-large-patch14-ensemble", "", "finds phrases")
    grounding_dino: str = setting("openmmlab-community/mm_grounding_dino_large_all", "", "finds phrases")
    depth_anything: str = setting("depth-anything/Depth-Anything-V2-Small-hf", "", "says what is nearer")
    language: str = setting(
        "Qwen/Qwen3-VL-8B-Instruct",
        "",
        "decomposes, judges, plans; empty: no language model, unless there is an endpoint",
    )
    vision: str = setting("", "", "is shown pictures; empty: `local.language`")
    actions: str = setting("facebook/vjepa2-vitl-fpc16-256-ssv2", "", "names what an object does over a span")
    embedding: str = setting("Qwen/Qwen3-VL-Embedding-2B", "", "videos and texts as vectors, for the channel joint")
    reranker: str = setting("Qwen/Qwen3-VL-Reranker-2B", "", "compares two videos, for the channel rerank")
    frames: int = setting(16, "frames", "of a video that embedding and reranker are shown, evenly spaced", ge=1, le=128)


class EncoderSettings(Section):
    """Which text encoder turns sentences into vectors."""

    name: str = setting("all-MiniLM-L6-v2", "", "an entry point of the group seewhy.encoders")
    threads: int = setting(2, "threads", "it computes with", ge=1)


class IndexSettings(Section):
    """How components are searched, and how many processes build twins."""

    name: str = setting("exact", "", "an entry point of the group seewhy.indexes")
    workers: int = setting(0, "processes", "that perceive videos in parallel; 0: one per core", ge=0)
