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
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator, model_validator

from seewhy.errors import SettingsError
from seewhy.settings.section import ENVIRONMENT_PREFIX, Section, SettingRow, rows_of, setting
from seewhy.settings.seeing import (
    EncoderSettings,
    IndexSettings,
    LocalSettings,
    PerceiveSettings,
    VideoSettings,
)
from seewhy.settings.thinking import (
    CallSettings,
    ComposeSettings,
    DescribeSettings,
    JudgeSettings,
    RefineSettings,
    ReplySettings,
    SearchSettings,
)
from seewhy.types.base import words_of

__all__ = [
    "ENVIRONMENT_PREFIX",
    "TABLE",
    "CallSettings",
    "ComposeSettings",
    "DescribeSettings",
    "EncoderSettings",
    "IndexSettings",
    "JudgeSettings",
    "LocalSettings",
    "PerceiveSettings",
    "RefineSettings",
    "ReplySettings",
    "SearchSettings",
    "SettingRow",
    "Settings",
    "VideoSettings",
]


class Settings(Section):
    """Every setting of seewhy."""

    profile: Literal["embedded", "local"] = setting(
        "embedded", "", "specialists in use; embedded: nothing to download; local: models on this machine"
    )
    library: str = setting("seewhy-library", "", "folder of the library")
    endpoint: str = setting("", "", "URL of an OpenAI-compatible server, up to /v1; empty: no language model")
    api_key: SecretStr = setting(SecretStr(""), "", "of the endpoint, where it wants one; kept nowhere")
    model: str = setting("", "", "language model at the endpoint")
    vision_model: str = setting("", "", "model that is shown pictures; empty: `model`")
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
                raise SettingsError(words_of(first)) from error
            name = ".".join(str(part) for part in first["loc"])
            raise SettingsError(f"setting {name} = {_shown(name, first['input'])}: {words_of(first)}") from error

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


TABLE: tuple[SettingRow, ...] = tuple(rows_of(Settings))
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
