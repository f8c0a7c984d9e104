"""Answers as one self-contained HTML page: frames with masks drawn, timelines, a verdict per condition.

Everything that comes from users and files (questions, file names, categories) is escaped by the template
engine. The page fetches nothing from anywhere.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from seewhy.errors import SeewhyError
from seewhy.render.draw import color_of
from seewhy.render.edit import channels_line, reference_name, trace_rows
from seewhy.render.stills import Footage, Still, spread, stills
from seewhy.render.text import name_of
from seewhy.types.hit import Hit, SearchResult
from seewhy.types.video import Image

PICTURES = 4
"""Frames shown of each hit."""
LINES = 270
"""Height of a frame on the page in pixels."""
JPEG_QUALITY = 82


@dataclass(frozen=True, slots=True)
class _Picture:
    uri: str
    t: float
    in_moment: bool


@dataclass(frozen=True, slots=True)
class _Shown:
    """A hit with what the template cannot compute."""

    hit: Hit
    name: str
    pictures: tuple[_Picture, ...]
    missing: str | None
    """why there are no pictures"""
    colors: dict[int, str]
    """track id → CSS color, the same as of its mask"""
    channels: str | None
    """how each channel of retrieval scored it, where there are several"""


@dataclass(frozen=True, slots=True)
class _Edit:
    """What a composed query starts from, and what follows."""

    name: str
    picture: str | None
    missing: str | None
    """why there is no picture"""
    trace: list[tuple[str, str]]


def report_html(
    answers: Sequence[SearchResult],
    footage: Callable[[Hit], Footage],
    thumbnail: Callable[[str, Sequence[str]], bytes] | None = None,
) -> str:
    """The page.

    Args:
        footage: where the pictures of a hit come from; where it raises a SeewhyError (the file was moved away), the
            hit is shown without pictures, and says why.
        thumbnail: (video, where it lay) → JPEG, for videos that edits start from; where it raises a SeewhyError, the
            page says why there is no picture. None: their names are shown alone.
    """
    shown = [(answer, _edit(answer, thumbnail), [_show(hit, footage) for hit in answer.hits]) for answer in answers]
    return templates().get_template("report.html").render(answers=shown)


@cache
def templates() -> Environment:
    """The templates of this package; undefined names are errors."""
    return Environment(
        loader=PackageLoader("seewhy.render"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _show(hit: Hit, footage: Callable[[Hit], Footage]) -> _Shown:
    colors = {thing.track: "rgb({} {} {})".format(*color_of(position)) for position, thing in enumerate(hit.objects)}
    try:
        there = footage(hit)
        drawn = stills(hit, there, spread(hit, there.twin, PICTURES), LINES)
    except SeewhyError as error:
        return _Shown(hit, name_of(hit), (), str(error), colors, channels_line(hit))
    pictures = tuple(_picture(still) for still in drawn)
    return _Shown(hit, name_of(hit), pictures, None, colors, channels_line(hit))


def _edit(answer: SearchResult, thumbnail: Callable[[str, Sequence[str]], bytes] | None) -> _Edit | None:
    """None: the answer is to a question."""
    name, video, picture, missing = reference_name(answer), answer.query.reference, None, None
    if name is None or video is None:
        return None
    if thumbnail is not None:
        try:
            picture = jpeg_uri(thumbnail(video, answer.reference_paths))
        except SeewhyError as error:  # a picture less is no reason to show nothing
            missing = str(error)
    return _Edit(name, picture, missing, trace_rows(answer))


def _picture(still: Still) -> _Picture:
    return _Picture(data_uri(still.image), still.time.t, still.in_moment)


def data_uri(image: Image) -> str:
    """An RGB picture as a JPEG data URI."""
    done, buffer = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError(f"a picture of shape {image.shape} cannot be stored as JPEG")
    return jpeg_uri(np.asarray(buffer).tobytes())


def jpeg_uri(jpeg: bytes) -> str:
    """A JPEG as a data URI."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
