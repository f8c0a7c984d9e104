"""An edit in words: which video it starts from, and what follows from it."""

from __future__ import annotations

from pathlib import PurePath

from seewhy.reports import printable
from seewhy.types.hit import Hit, SearchResult
from seewhy.types.trace import FACETS, Trace


def reference_name(result: SearchResult) -> str | None:
    """What a person calls the video that the query is an edit of: its file's name, else its id; None: it is none."""
    if result.query.reference is None:
        return None
    return printable(PurePath(result.reference_paths[0]).name) if result.reference_paths else result.query.reference


def trace_rows(result: SearchResult) -> list[tuple[str, str]]:
    """What follows from the edit, as (what, said), one a line; what nothing is said of is left out."""
    trace = result.query.trace or Trace()
    rows: list[tuple[str, tuple[str, ...]]] = [
        *((facet, getattr(trace, facet)) for facet in FACETS),
        ("keep", trace.keep),
        ("remove", trace.remove),
        ("add", trace.add),
        ("alter", tuple(f"{altered.what} → {altered.into}" for altered in trace.alter)),
        ("target", (trace.target,) if trace.target else ()),
    ]
    return [(what, printable("; ".join(said))) for what, said in rows if said]


def channels_line(hit: Hit) -> str | None:
    """How each channel of retrieval scored the video, and what that comes to with relevance; None: there are none
    beside the twins' components."""
    if not hit.channels:
        return None
    said = ", ".join(f"{name} {score:.3f}" for name, score in hit.channels.items())
    return said if hit.fused is None else f"{said}; joined with relevance {hit.fused:.3f}"
