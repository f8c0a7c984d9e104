"""One table of settings: name, default, unit, help, environment variable.

The same table drives the command line (`--set video.rate=4`), the file (`seewhy.toml` or the
`[settings]` of a library) and the docs. Precedence: command line > environment > file > default.
An unknown key is an error wherever it stands.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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


class EncoderSettings(_Section):
    """Which text encoder turns sentences into vectors."""

    name: str = _setting("all-MiniLM-L6-v2", "", "an entry point of the group seewhy.encoders")
    threads: int = _setting(2, "threads", "it computes with", ge=1)


class IndexSettings(_Section):
    """How components are searched, and how many processes build twins."""

    name: str = _setting("exact", "", "an entry point of the group seewhy.indexes")
    workers: int = _setting(0, "processes", "that perceive videos in parallel; 0: one per core", ge=0)


class SearchSettings(_Section):
    """How questions are answered."""

    candidates: int = _setting(100, "videos", "that the judge looks at, best coarse score first (K)", ge=1)
    tau: float = _setting(0.5, "relevance", "hits under it rank last; if all are, nothing matched", ge=0, le=1)
    aggregation: Literal["mean", "min"] = _setting("mean", "", "how conditions combine in the coarse score")


class Settings(_Section):
    """Every setting of seewhy."""

    profile: Literal["embedded"] = _setting("embedded", "", "specialists in use; embedded: nothing to download")
    library: str = _setting("seewhy-library", "", "folder of the library")
    video: VideoSettings = VideoSettings()
    perceive: PerceiveSettings = PerceiveSettings()
    encoder: EncoderSettings = EncoderSettings()
    index: IndexSettings = IndexSettings()
    search: SearchSettings = SearchSettings()

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
            name = ".".join(str(part) for part in first["loc"])
            raise SettingsError(f"setting {name} = {first['input']!r}: {first['msg']}") from error

    def rows(self) -> Iterator[SettingRow]:
        """The table, one row a setting, with this object's values."""
        for row in TABLE:
            section, _, key = row.name.rpartition(".")
            owner = getattr(self, section) if section else self
            yield row._replace(value=getattr(owner, key))


class SettingRow(NamedTuple):
    name: str
    default: object
    unit: str
    help: str
    variable: str
    value: object


def _rows(model: type[BaseModel], prefix: str = "") -> Iterator[SettingRow]:
    for key, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from _rows(type(field.default), f"{prefix}{key}.")
            continue
        name = prefix + key
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        variable = ENVIRONMENT_PREFIX + name.replace(".", "_").upper()
        unit, text = str(extra.get("unit", "")), field.description or ""
        yield SettingRow(name, field.default, unit, text, variable, field.default)


TABLE: tuple[SettingRow, ...] = tuple(_rows(Settings))
_NAMES = frozenset(row.name for row in TABLE)
_BY_VARIABLE = {row.variable: row.name for row in TABLE}


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
