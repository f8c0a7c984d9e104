"""An answer in a notebook: a thumbnail, the moments and the verdicts of each hit."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from seewhy.render.page import templates
from seewhy.render.text import name_of
from seewhy.types.hit import SearchResult


def result_fragment(result: SearchResult, thumbnails: Mapping[str, bytes | None]) -> str:
    """HTML for `_repr_html_`: a fragment with its own styles, nothing fetched from anywhere.

    Args:
        thumbnails: video id → JPEG; None: it is gone, and its place says so.
    """
    encoded = {
        video: f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
        for video, jpeg in thumbnails.items()
        if jpeg is not None
    }
    names = {hit.video: name_of(hit) for hit in result.hits}
    return templates().get_template("fragment.html").render(result=result, thumbnails=encoded, names=names)
