"""Why a recording has no reply to a request: the recorded request that is most like it, and where the two part.

A replay asks for exactly what was recorded. Where something has changed since (a prompt, a setting, a twin), the
first difference tells a person what.
"""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import Any, NamedTuple

from seewhy.models.language import Request
from seewhy.models.replies import ReplyStore

SHOWN = 60
"""Characters of text shown from where two requests part, and a third as many before."""

_ORDER = ("format", "model", "sampling", "sample", "prompt", "schema", "messages")
"""Fields of the canonical form, what explains most first: another prompt has other messages, too."""
_NOTHING = object()


class Difference(NamedTuple):
    """Where two values part, and what stands there."""

    where: str
    one: str
    other: str


def explain(store: ReplyStore, request: Request[Any], canonical: bytes) -> str:
    """One or two sentences.

    Args:
        canonical: the form of the request that the recording has no reply to.

    Raises:
        ReplyStoreError: the recording is damaged.
    """
    similar = store.similar(request.purpose, request.subject, request.prompt)
    if not similar:
        held = ", ".join(f"{purpose}: {number}" for purpose, number in store.purposes().items())
        return f"It has none to any request of this purpose (it has {held or 'no replies at all'})."
    asked = json.loads(canonical)
    key, nearest = max(
        ((key, json.loads(recorded)) for key, recorded in similar), key=lambda row: (_likeness(row[1], asked), row[0])
    )
    difference = first_difference(nearest, asked)
    assert difference is not None, "a request with this canonical form has this key"
    return (
        f"The recorded request most like it ({key[:12]}, prompt {_clean(nearest['prompt'])}) differs first at "
        f"{difference.where}: the recording has {difference.one}, the request has {difference.other}."
    )


def first_difference(one: dict[str, Any], other: dict[str, Any]) -> Difference | None:
    """Where two canonical forms, parsed, part first; None: nowhere.

    >>> first_difference({"model": "a", "prompt": "p@1"}, {"model": "a", "prompt": "p@2"})
    Difference(where='prompt', one="'p@1'", other="'p@2'")
    >>> first_difference({"messages": [{"parts": [{"text": "so\\nbe it"}]}]}, {"messages": []})
    Difference(where='messages[0]', one='{"parts": [{"text": "so\\\\nbe it"}]}', other='nothing')
    """
    for name in (*_ORDER, *sorted((set(one) | set(other)) - set(_ORDER))):
        found = _part(one.get(name, _NOTHING), other.get(name, _NOTHING), name)
        if found is not None:
            return found
    return None


def _part(one: Any, other: Any, where: str) -> Difference | None:
    if one == other:
        return None
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted(set(one) | set(other))
        parts = ((one.get(name, _NOTHING), other.get(name, _NOTHING), f"{where}.{name}") for name in names)
        return next(found for part in parts if (found := _part(*part)) is not None)
    if isinstance(one, list) and isinstance(other, list):
        pairs = enumerate(zip_longest(one, other, fillvalue=_NOTHING))
        parts = ((mine, yours, f"{where}[{number}]") for number, (mine, yours) in pairs)
        return next(found for part in parts if (found := _part(*part)) is not None)
    if isinstance(one, str) and isinstance(other, str):
        return _strings(one, other, where)
    return Difference(where, _shown(one), _shown(other))


def _strings(one: str, other: str, where: str) -> Difference:
    if where.endswith(".picture"):  # digests
        return Difference(where, "another picture", f"that of pixels {other[:12]}")
    same = _common(one, other)
    line = one.count("\n", 0, same) + 1
    start = max(one.rfind("\n", 0, same) + 1, same - SHOWN // 3)
    end = same + SHOWN
    place = where if "\n" not in one and "\n" not in other else f"{where}, line {line}"
    return Difference(place, *(f"'{_clean(text[start:end])}'" for text in (one, other)))


def _shown(value: Any) -> str:
    if value is _NOTHING:
        return "nothing"
    return _clean(json.dumps(value, ensure_ascii=False)[:SHOWN])


def _clean(text: str) -> str:
    """Text of others, on one line, without what would move the cursor or turn the writing around."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _likeness(recorded: dict[str, Any], asked: dict[str, Any]) -> tuple[bool, int, int]:
    """Prefers the same prompt, then the most equal parts of messages, then the longest equal beginning."""
    mine, yours = (
        [(message["role"], part) for message in document["messages"] for part in message["parts"]]
        for document in (recorded, asked)
    )
    equal = sum(one == other for one, other in zip(mine, yours, strict=False))
    parted = next((pair for pair in zip(mine, yours, strict=False) if pair[0] != pair[1]), None)
    begun = _common(*(str(part.get("text", "")) for _, part in parted)) if parted else 0
    return recorded["prompt"] == asked["prompt"], equal, begun


def _common(one: str, other: str) -> int:
    """Length of the beginning that two strings share, by halving: strings are compared as fast as memory is read."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
