"""One table of settings: name, default, unit, help, environment variable.

The same table drives the command line (`--set video.rate=4`), the file (`seewhy.toml` or the
`[settings]` of a library) and the docs. Precedence: command line > environment > file > default.
An unknown key is an error wherever it stands.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from seewhy.errors import SettingsError

ENVIRONMENT_PREFIX = "SEEWHY_"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _setting(default: Any, unit: str, text: str, **bounds: Any) -> Any:
    return Field(default, description=text, json_schema_extra={"unit": unit}, **bounds)


class VideoSettings(_Section):
    """How videos are read."""

    rate: float = _setting(6.0, "frames/s", "frames sampled per second of video", gt=0, le=60)
    lines: int = _setting(480, "pixels", "greatest height of a frame in perception", ge=64, le=2160)
    max_frames: int = _setting(
        600, "frames", "most frames sampled from one video; longer ones are sampled thinly", ge=1
    )
    max_pixels: int = _setting(8192 * 8192, "pixels", "a stored picture with more is refused", ge=1024)


class PerceiveSettings(_Section):
    """How frames become a twin."""

    max_tracks: int = _setting(12, "tracks", "most tracks kept per shot, most salient first", ge=1)
    min_area: float = _setting(0.0008, "of the frame", "smaller regions are not tracked", gt=0, lt=1)
    seed: int = _setting(0, "", "of everything random in perception", ge=0)
    segmenter: str = _setting("", "", "an entry point of the group seewhy.specialists; empty: the profile's")
    detector: str = _setting("", "", "likewise")
    depth: str = _setting("", "", "likewise")
    describer: str = _setting("", "", "likewise: what tracks and scene look like, measured from pixels")
    vocabulary: str = _setting("", "", "file of phrases to detect, one a line; empty: the one that is shipped")


class LocalSettings(_Section):
    """Models on this machine. A model is an id of the hub (owner/name, or owner/name@revision) or a folder."""

    device: str = _setting("auto", "", "cuda, cuda:1, mps or cpu; auto: the best there is")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = _setting(
        "auto", "", "of weights; auto: bfloat16 on cuda, float16 on mps, float32 on cpu"
    )
    cache: str = _setting("", "", "folder of downloaded models; empty: the hub's own (HF_HOME)")
    batch: int = _setting(8, "frames", "in one pass through a model, at most", ge=1, le=256)
    videos: int = _setting(2, "videos", "that are perceived side by side, so that no specialist waits", ge=1, le=64)
    redetect: int = _setting(12, "frames", "sampled, from one search for new objects to the next", ge=1)
    chunk: int = _setting(
        96, "frames", "after which tracking starts anew from its masks, so that memory stays flat", ge=8
    )
    max_new_tokens: int = _setting(2048, "tokens", "of one reply of the local language model, at most", ge=16)
    memory: float = _setting(0.0, "GB", "of the device for models, at most; 0: what is free", ge=0)
    sam2: str = _setting("facebook/sam2.1-hiera-large", "", "segments and tracks what it is pointed at")
    sam3: str = _setting("facebook/sam3", "", "segments and tracks what phrases say")
    edgetam: str = _setting("yonigozlan/EdgeTAM-hf", "", "as sam2, smaller and faster")
    owlv2: str = _setting("google/owlv2-large-patch14-ensemble", "", "finds phrases")
    grounding_dino: str = _setting("openmmlab-community/mm_grounding_dino_large_all", "", "finds phrases")
    depth_anything: str = _setting("depth-anything/Depth-Anything-V2-Small-hf", "", "says what is nearer")
    language: str = _setting(
        "Qwen/Qwen3-VL-8B-Instruct",
        "",
        "decomposes, judges, plans; empty: no language model, unless there is an endpoint",
    )
    vision: str = _setting("", "", "is shown pictures; empty: `local.language`")
    actions: str = _setting("facebook/vjepa2-vitl-fpc16-256-ssv2", "", "names what an object does over a span")
    embedding: str = _setting("Qwen/Qwen3-VL-Embedding-2B", "", "videos and texts as vectors, for the channel joint")
    reranker: str = _setting("Qwen/Qwen3-VL-Reranker-2B", "", "compares two videos, for the channel rerank")
    frames: int = _setting(
        16, "frames", "of a video that embedding and reranker are shown, evenly spaced", ge=1, le=128
    )


class EncoderSettings(_Section):
    """Which text encoder turns sentences into vectors."""

    name: str = _setting("all-MiniLM-L6-v2", "", "an entry point of the group seewhy.encoders")
    threads: int = _setting(2, "threads", "it computes with", ge=1)


class IndexSettings(_Section):
    """How components are searched, and how many processes build twins."""

    name: str = _setting("exact", "", "an entry point of the group seewhy.indexes")
    workers: int = _setting(0, "processes", "that perceive videos in parallel; 0: one per core", ge=0)


class CallSettings(_Section):
    """How the endpoint is called."""

    timeout: float = _setting(120.0, "s", "that one request may take, from seconds to hours", gt=0, le=86400)
    retries: int = _setting(4, "times", "a request is sent again when that may help (429, 5xx, no connection)", ge=0)
    concurrency: int = _setting(8, "requests", "under way at one time", ge=1, le=64)
    per_minute: float = _setting(0.0, "requests/min", "sent at most; 0: no limit", ge=0)
    temperature: float = _setting(0.0, "", "of sampling", ge=0, le=2)
    seed: int = _setting(0, "", "of sampling, where the endpoint takes one", ge=0)
    max_output_tokens: int = _setting(8192, "tokens", "of one reply, at most", ge=16)
    stream: bool = _setting(False, "", "take replies piece by piece: keeps slow endpoints' connections alive")
    price_in: float = _setting(0.0, "per 1M tokens", "of input, in any currency; 0 and 0: costs are not counted", ge=0)
    price_out: float = _setting(0.0, "per 1M tokens", "of output", ge=0)


class ReplySettings(_Section):
    """Where replies of language models are kept, to be used again."""

    mode: Literal["cache", "record", "replay", "off"] = _setting(
        "cache", "", "cache: in the library; record: in the file; replay: from the file, nothing is sent; off: nowhere"
    )
    file: str = _setting("", "", "of replies, for record and replay; empty: replies.sqlite of the library")


class DescribeSettings(_Section):
    """What the vision-language model is shown when a video enters the library. Needs an endpoint."""

    on: bool = _setting(True, "", "describe videos, where there is an endpoint")
    frames: int = _setting(8, "frames", "shown in one call, with each track's number drawn on it", ge=1, le=32)
    lines: int = _setting(480, "pixels", "greatest height of a frame that is shown", ge=64, le=1080)
    max_calls: int = _setting(12, "calls", "for one video, one per shot; shots beyond are not described", ge=1)


class JudgeSettings(_Section):
    """How the language model judges."""

    mode: Literal["listwise", "pointwise", "pairwise"] = _setting(
        "listwise", "", "all candidates in one call, one call each, or two and two compared"
    )
    candidates: int = _setting(10, "videos", "that the language model judges (K of RT2V)", ge=1, le=200)
    shortlist: Literal["coarse", "fused"] = _setting(
        "fused", "", "which they are: the best by coarse score, or by reciprocal ranks of coarse score and rules"
    )
    tokens: int = _setting(12000, "tokens", "of digests in one call, at most; what is less relevant is cut", ge=500)
    null_query: bool = _setting(False, "", "pointwise: subtract the relevance to a question about nothing")


class RefineSettings(_Section):
    """Looking again, just in time, at what a question needs and the twins lack."""

    rounds: int = _setting(1, "rounds", "of refinement for one question; 0: none", ge=0, le=5)
    steps: int = _setting(8, "steps", "that one round may take", ge=1)
    calls: int = _setting(12, "calls", "to models that refinement of one question may make", ge=0)
    seconds: float = _setting(
        60.0, "s", "of steps for one question, after which none is begun; recording, replaying: no limit", gt=0
    )


class SearchSettings(_Section):
    """How questions are answered."""

    candidates: int = _setting(100, "videos", "that the rules check, best coarse score first", ge=1)
    decompose: Literal["auto", "rules", "none"] = _setting(
        "auto", "", "auto: the language model where there is one; rules: never; none: the question stays whole"
    )
    align: bool = _setting(True, "", "choose candidates by compositional alignment; no: every video is one")
    judge: Literal["auto", "rules", "none"] = _setting(
        "auto", "", "auto: the language model where there is one; rules: never; none: by coarse score alone"
    )
    tau: float = _setting(0.5, "relevance", "hits under it rank last; if all are, nothing matched", ge=0, le=1)
    aggregation: Literal["mean", "min"] = _setting("mean", "", "how conditions combine in the coarse score")


class ComposeSettings(_Section):
    """How a reference video and an edit become a query."""

    reason: Literal["auto", "rules", "none"] = _setting(
        "auto", "", "auto: the language model where there is one; rules: never; none: the words of the edit alone"
    )
    strategy: Literal["two_stage", "single_stage", "self_consistency"] = _setting(
        "two_stage", "", "reason, then describe; both in one call; or several reasonings, joined, then describe"
    )
    samples: int = _setting(3, "samples", "of reasoning, in self_consistency", ge=2, le=16)
    temperature: float = _setting(0.7, "", "of these samples", ge=0, le=2)
    frames: int = _setting(6, "frames", "of the reference that the model is shown; 0: its twin alone", ge=0, le=32)
    judge_frames: int = _setting(
        3, "frames", "of the reference and of each candidate that the judge is shown; 0: twins alone", ge=0, le=8
    )
    channels: str = _setting(
        "twin", "", "that candidates come from, joined by reciprocal rank: any of twin, states, joint, rerank"
    )
    pooling: Literal["weighted", "mean", "max", "last"] = _setting("weighted", "", "of token states, in `states`")
    weights: Literal["paper", "released"] = _setting("paper", "", "of tokens in weighted pooling")

    @field_validator("channels")
    @classmethod
    def _are_channels(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",") if name.strip()]
        unknown = [name for name in names if name not in CHANNELS]
        if unknown or not set(names) - {"rerank"}:
            raise ValueError(f"channels are some of {', '.join(CHANNELS)}, separated by commas; rerank needs another")
        return ",".join(dict.fromkeys(names))


CHANNELS = ("twin", "states", "joint", "rerank")


class Settings(_Section):
    """Every setting of seewhy."""

    profile: Literal["embedded", "local"] = _setting(
        "embedded", "", "specialists in use; embedded: nothing to download; local: models on this machine"
    )
    library: str = _setting("seewhy-library", "", "folder of the library")
    endpoint: str = _setting("", "", "URL of an OpenAI-compatible server, up to /v1; empty: no language model")
    api_key: SecretStr = _setting(SecretStr(""), "", "of the endpoint, where it wants one; kept nowhere")
    model: str = _setting("", "", "language model at the endpoint")
    vision_model: str = _setting("", "", "model that is shown pictures; empty: `model`")
    video: VideoSettings = VideoSettings()
    perceive: PerceiveSettings = PerceiveSettings()
    local: LocalSettings = LocalSettings()
    encoder: EncoderSettings = EncoderSettings()
    index: IndexSettings = IndexSettings()
    search: SearchSettings = SearchSettings()
    calls: CallSettings = CallSettings()
    replies: ReplySettings = ReplySettings()
    describe: DescribeSettings = DescribeSettings()
    judge: JudgeSettings = JudgeSettings()
    compose: ComposeSettings = ComposeSettings()
    refine: RefineSettings = RefineSettings()

    @field_validator("endpoint")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if not value:
            return value
        url = urlsplit(value)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError("an endpoint is a URL such as http://localhost:8000/v1")
        if url.username or url.password:
            raise ValueError("an endpoint's URL carries no name and password; set SEEWHY_API_KEY")
        if url.query or url.fragment:
            raise ValueError("an endpoint's URL ends with its path (https://host/v1); set SEEWHY_API_KEY for a key")
        return value.rstrip("/")

    @property
    def has_language_model(self) -> bool:
        """Whether there is one: an endpoint, a model on this machine, or a recording that stands for either."""
        if self.speaks_locally:
            return True
        return bool(self.model) and (bool(self.endpoint) or self.replies.mode == "replay")

    @property
    def speaks_locally(self) -> bool:
        """Whether the language model is one on this machine; an endpoint that is named goes before it."""
        return self.profile == "local" and bool(self.local.language) and not self.model

    @property
    def shaping_perception(self) -> dict[str, object]:
        """The settings, by name, on which it depends what perception makes of a video."""
        names = _PERCEPTION + (_LOCAL_PERCEPTION if self.profile == "local" else ())
        return {row.name: row.value for row in self.rows() if row.name.startswith(names)}

    @classmethod
    def load(
        cls,
        file: Path | None = None,
        overrides: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Settings:
        """Settings from a TOML file, the environment and overrides by dotted name, later ones winning.

        Raises:
            SettingsError: an unknown key, or a value that does not fit; names the key and where it stood.
        """
        merged: dict[str, object] = {}
        for origin, values in (
            (str(file), _from_file(file) if file else {}),
            ("environment", _from_environment(os.environ if environment is None else environment)),
            ("command line", dict(overrides or {})),
        ):
            unknown = sorted(set(values) - _NAMES)
            if unknown:
                raise SettingsError(
                    f"unknown setting {unknown[0]!r} in the {origin}; 'seewhy config show' lists every setting"
                )
            merged.update(values)
        nested: dict[str, Any] = {}
        for name, value in merged.items():
            section, _, key = name.rpartition(".")
            (nested.setdefault(section, {}) if section else nested)[key] = value
        try:
            return cls.model_validate(nested)
        except ValidationError as error:
            first = error.errors()[0]
            if not first["loc"]:  # about several settings: the input would be all of them
                raise SettingsError(first["msg"].removeprefix("Value error, ")) from error
            name = ".".join(str(part) for part in first["loc"])
            raise SettingsError(f"setting {name} = {_shown(name, first['input'])}: {first['msg']}") from error

    @model_validator(mode="after")
    def _has_a_model(self) -> Settings:
        if self.endpoint and not self.model:
            raise ValueError("an endpoint serves several models: set `model` (SEEWHY_MODEL), too")
        return self

    def rows(self) -> Iterator[SettingRow]:
        """The table, one row a setting, with this object's values."""
        for row in TABLE:
            section, _, key = row.name.rpartition(".")
            owner = getattr(self, section) if section else self
            value = getattr(owner, key)
            yield row._replace(value=str(value) if row.secret else value)


_PERCEPTION = ("profile", "video.", "perceive.")
_LOCAL_PERCEPTION = (
    "local.dtype", "local.redetect", "local.chunk", "local.sam2", "local.sam3", "local.edgetam", "local.owlv2",
    "local.grounding_dino", "local.depth_anything",
)  # fmt: skip
"""What the names of settings begin with that change a twin as perception makes it."""


class SettingRow(NamedTuple):
    name: str
    default: object
    unit: str
    help: str
    variable: str
    value: object
    secret: bool = False
    """True: `value` only says whether it is set; kept in no file"""


def _rows(model: type[BaseModel], prefix: str = "") -> Iterator[SettingRow]:
    for key, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from _rows(type(field.default), f"{prefix}{key}.")
            continue
        name = prefix + key
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        variable = ENVIRONMENT_PREFIX + name.replace(".", "_").upper()
        unit, text = str(extra.get("unit", "")), field.description or ""
        secret = isinstance(field.default, SecretStr)
        default = str(field.default) if secret else field.default
        yield SettingRow(name, default, unit, text, variable, default, secret)


TABLE: tuple[SettingRow, ...] = tuple(_rows(Settings))
_NAMES = frozenset(row.name for row in TABLE)
_BY_VARIABLE = {row.variable: row.name for row in TABLE}


def _shown(name: str, value: object) -> str:
    """A value in an error: errors are logged, so none of a secret, and of a URL not what stands before the host."""
    if any(row.name == name and row.secret for row in TABLE):
        return "(not shown)"
    return re.sub(r"//[^/]*@", "//...@", re.sub(r"[?#].*", "...", repr(value)))


def _from_file(file: Path) -> dict[str, object]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"settings file {file} cannot be read: {error}") from error
    flat: dict[str, object] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": inner_value for inner, inner_value in value.items()}
        else:
            flat[key] = value
    return flat


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for variable, value in environment.items():
        if variable.startswith(ENVIRONMENT_PREFIX):
            found[_BY_VARIABLE.get(variable, variable)] = value
    return found
