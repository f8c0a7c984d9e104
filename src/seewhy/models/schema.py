"""JSON Schema of a reply, made fit for constrained decoding by every common server.

Servers take different parts of JSON Schema, and some refuse a request for a word that they do not know. What is sent
uses only words that all of them take: objects with every property required and nothing else allowed, arrays with
bounds, enums, strings with a pattern, numbers with inclusive bounds, a choice of alternatives. What is left out here
(lengths of strings, exclusive bounds) is checked when the reply is read.

The pattern of a bounded line, ``^.{0,500}$`` or ``^[^\\n]{0,500}$``, is sent in another form, because two of the common
decoders take patterns by the letter: llama.cpp and xgrammar (vLLM, SGLang) let a quote within the class end up in the
string unescaped, which is no JSON, so quotes and backslashes are excluded; and xgrammar 0.2.6 to 0.2.8 fail on more
than 128 repetitions, so that long lines are counted in blocks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

_KEPT = ("description", "type", "enum", "pattern", "minimum", "maximum", "minItems", "maxItems")
LONGEST_NAME = 64
MOST_REPEATED = 128
"""Characters of a line that are counted one by one."""
BLOCK = 100
"""Characters of a longer line that are counted as one."""
_LINE = re.compile(r"\^(?:\.|\[\^\\n\])\{(?P<least>[01]),(?P<most>\d+)\}\$")
_LETTER = r'[^"\\\n]'


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
    if line := _LINE.fullmatch(fitted.get("pattern", "")):
        fitted["pattern"] = _line(int(line["least"]), int(line["most"]))
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


def _line(least: int, most: int) -> str:
    """A line of least (0 or 1) to most characters. The most of a long one is rounded down to whole blocks; only its
    last block is not full, so that there are few ways to read it."""
    if most <= MOST_REPEATED:
        return f"^{_LETTER}{{{least},{most}}}$"
    blocks = (most - least) // BLOCK
    return f"^{_LETTER * least}({_LETTER}{{{BLOCK}}}){{0,{blocks - 1}}}{_LETTER}{{0,{BLOCK}}}$"


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
