"""JSON Schema of a reply, made fit for constrained decoding by every common server.

Servers take different parts of JSON Schema, and some refuse a request for a word that they do not know. What is sent
uses only words that all of them take: objects with every property required and nothing else allowed, arrays with
bounds, enums, strings with a pattern, numbers with inclusive bounds, a choice of alternatives. What is left out here
(lengths of strings, exclusive bounds) is checked when the reply is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

_KEPT = ("description", "type", "enum", "pattern", "minimum", "maximum", "minItems", "maxItems")
LONGEST_NAME = 64


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema that a reply is decoded under. A new dictionary at each call, with keys in a fixed order.

    Raises:
        TypeError: the model cannot be expressed: it is recursive, has a mapping with free keys, a field of any type, or
            a tuple of several types. Says where.
    """
    document = model.model_json_schema()
    return _fit(document, document.get("$defs", {}), (), model.__name__)


def schema_name(model: type[BaseModel]) -> str:
    """The model's name in the letters that servers take."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", model.__name__)[:LONGEST_NAME]


def _fit(node: Mapping[str, Any], defs: Mapping[str, Any], within: tuple[str, ...], where: str) -> dict[str, Any]:
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name in within:
            raise TypeError(f"{where}: a reply's schema cannot contain itself ({name})")
        described = {"description": node["description"]} if "description" in node else {}
        return _fit({**defs[name], **described}, defs, (*within, name), where)
    if len(node.get("allOf", ())) == 1:
        rest = {key: value for key, value in node.items() if key != "allOf"}
        return _fit({**node["allOf"][0], **rest}, defs, within, where)
    fitted = {key: node[key] for key in _KEPT if key in node}
    if "const" in node:
        fitted["enum"] = [node["const"]]
    choices = node.get("anyOf") or node.get("oneOf")
    if choices:
        fitted["anyOf"] = [_fit(choice, defs, within, where) for choice in choices]
    elif node.get("type") == "object":
        fitted |= _object(node, defs, within, where)
    elif node.get("type") == "array":
        fitted |= _array(node, defs, within, where)
    elif "type" not in node and "enum" not in fitted:
        raise TypeError(f"{where}: a field of a reply needs a type; given {dict(node)}")
    return fitted


def _object(node: Mapping[str, Any], defs: Mapping[str, Any], within: tuple[str, ...], where: str) -> dict[str, Any]:
    properties = node.get("properties")
    if not properties:
        raise TypeError(f"{where}: an object of a reply has named fields; make a mapping a list of pairs")
    return {
        "properties": {name: _fit(value, defs, within, f"{where}.{name}") for name, value in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


def _array(node: Mapping[str, Any], defs: Mapping[str, Any], within: tuple[str, ...], where: str) -> dict[str, Any]:
    items = node.get("items")
    if places := node.get("prefixItems"):
        if any(place != places[0] for place in places):
            raise TypeError(f"{where}: a tuple of a reply has items of one type")
        items = places[0]
    if not items:
        raise TypeError(f"{where}: a list of a reply says what its items are")
    return {"items": _fit(items, defs, within, f"{where}[]")}
