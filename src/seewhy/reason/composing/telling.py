"""An edit and its after-effects as a prompt shows them: JSON, one part a line; all of it is data."""

from __future__ import annotations

from seewhy.plain import as_data, plain
from seewhy.reason.question import MAX_CHARACTERS
from seewhy.types.trace import FACETS, Trace

MOST_OF_ASSERTION = 200
"""Characters of an assertion, or of a thing that stays, goes, comes or changes."""
MOST_OF_TARGET = 800
"""Characters of the description of a target."""


def told_edit(edit: str) -> str:
    """``"edit": "..."``: a part of a JSON object."""
    return f'"edit": {as_data(plain(edit, MAX_CHARACTERS))}'


def told_trace(trace: Trace) -> list[str]:
    """Its parts, those that are not empty; each a part of a JSON object.

    >>> told_trace(Trace(states=("the cup is full",), target="A full cup."))
    ['"states": ["the cup is full"]', '"target": "A full cup."']
    """
    lists = {name: [_short(said) for said in getattr(trace, name)] for name in (*FACETS, "keep", "remove", "add")}
    altered = [{"what": _short(one.what), "into": _short(one.into)} for one in trace.alter]
    parts: dict[str, object] = {**lists, "alter": altered, "target": plain(trace.target, MOST_OF_TARGET)}
    return [f'"{name}": {as_data(part)}' for name, part in parts.items() if part]


def told(edit: str, *traces: Trace) -> str:
    """The edit with what would follow from it: of one trace its parts, of several each by itself, numbered."""
    if len(traces) == 1:
        parts = told_trace(traces[0])
    else:
        parts = [
            f'"reasoning {number}": {{{", ".join(told_trace(trace))}}}' for number, trace in enumerate(traces, start=1)
        ]
    return "{" + ",\n".join([told_edit(edit), *parts]) + "}"


def _short(said: str) -> str:
    return plain(said, MOST_OF_ASSERTION)
