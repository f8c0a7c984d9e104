"""How a setting is written down: with its unit and its help, in a section of which it is a row of the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, SecretStr

ENVIRONMENT_PREFIX = "SEEWHY_"


class Section(BaseModel):
    """A group of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def setting(default: Any, unit: str, text: str, **bounds: Any) -> Any:
    """A field of a section.

    Args:
        unit: empty: it has none.
        text: what it is, for the help and the docs.
        bounds: as pydantic's `Field` takes them.
    """
    return Field(default, description=text, json_schema_extra={"unit": unit}, **bounds)


class SettingRow(NamedTuple):
    """A setting with its value."""

    name: str
    default: object
    unit: str
    help: str
    variable: str
    value: object
    secret: bool = False
    """True: `value` only says whether it is set; kept in no file"""


def rows_of(model: type[BaseModel], prefix: str = "") -> Iterator[SettingRow]:
    """The settings of a section and of those within it, with their defaults."""
    for key, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from rows_of(type(field.default), f"{prefix}{key}.")
            continue
        name = prefix + key
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        variable = ENVIRONMENT_PREFIX + name.replace(".", "_").upper()
        unit, text = str(extra.get("unit", "")), field.description or ""
        secret = isinstance(field.default, SecretStr)
        default = str(field.default) if secret else field.default
        yield SettingRow(name, default, unit, text, variable, default, secret)
