"""An answer in a notebook: a thumbnail, the moments and the verdicts of each hit."""

from __future__ import annotations

from collections.abc import Mapping

from seewhy.render.edit import channels_line, reference_name, trace_rows
from seewhy.render.page import jpeg_uri, templates
from seewhy.render.text import name_of
from seewhy.types.hit import SearchResult


def result_fragment(result: SearchResult, thumbnails: Mapping[str, bytes | None]) -> str:
    """HTML for `_repr_html_`: a fragment with its own styles, nothing fetched from anywhere.

    Args:
        thumbnails: video id → JPEG, the reference's of an edit too; None: it is gone, and its place says so.
    """
    encoded = {video: jpeg_uri(jpeg) for video, jpeg in thumbnails.items() if jpeg is not None}
    names = {hit.video: name_of(hit) for hit in result.hits}
    return (
        templates()
        .get_template("fragment.html")
        .render(
            result=result,
            thumbnails=encoded,
            names=names,
            reference=reference_name(result),
            trace=trace_rows(result),
            channels={hit.video: channels_line(hit) for hit in result.hits},
        )
    )
