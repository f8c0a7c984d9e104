"""seewhy finds the moment in your videos, and shows why.

::

    from seewhy import Library

    with Library.open("my-library") as library:
        library.add(["videos/"])
        print(library.search("a red ball rolls from left to right"))

The public names are loaded when they are first used, so that importing a part does not import the whole.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seewhy.answers import Answer, Shown
    from seewhy.errors import SeewhyError
    from seewhy.library import Library
    from seewhy.settings import Settings
    from seewhy.types.hit import Hit, SearchResult, Verdict
    from seewhy.types.query import Condition, Filters, Query
    from seewhy.types.time import Span
    from seewhy.types.twin import Twin

_HOMES = {
    "Answer": "seewhy.answers",
    "Condition": "seewhy.types.query",
    "Filters": "seewhy.types.query",
    "Hit": "seewhy.types.hit",
    "Library": "seewhy.library",
    "Query": "seewhy.types.query",
    "SearchResult": "seewhy.types.hit",
    "SeewhyError": "seewhy.errors",
    "Settings": "seewhy.settings",
    "Shown": "seewhy.answers",
    "Span": "seewhy.types.time",
    "Twin": "seewhy.types.twin",
    "Verdict": "seewhy.types.hit",
}

__all__ = [
    "Answer",
    "Condition",
    "Filters",
    "Hit",
    "Library",
    "Query",
    "SearchResult",
    "SeewhyError",
    "Settings",
    "Shown",
    "Span",
    "Twin",
    "Verdict",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'seewhy' has no attribute {name!r}; public names: {', '.join(__all__)}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
