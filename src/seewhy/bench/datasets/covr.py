"""WebVid-CoVR and Dense-WebVid-CoVR: triplets of stock footage, one CSV row each.

WebVid-CoVR (Ventura et al., AAAI 2024, arXiv 2308.14746; https://github.com/lucas-ventura/CoVR, annotations MIT): 2,556
test triplets, edits of a few words. Published protocol: the gallery is the set of all targets, the reference is masked
where it is one of them (114 are). One record::

    txt1,txt2,sim_txt,pth1,pth2,edit,scores
    "a red boat","a blue boat",0.9,012/345,067/890,make it blue,"[0.31, 0.28]"

Dense-WebVid-CoVR (Thawakar et al., ICCV 2025, arXiv 2508.14039): the same pairs with long edits::

    pth1,pth2,edit,txt1
    012/345,067/890,"replace the red boat with a blue one and ...","a red boat lies at ..."

`pth1` is the reference, `pth2` the target, `txt1` and `txt2` describe them. `sim_txt`, a cosine, and `scores` tell how
a pair was found; nothing here is computed from them, so a row may say nothing there, but nothing that cannot be.
Queries are numbered by row from 0.
"""

from __future__ import annotations

import math
from pathlib import Path

from seewhy.bench.datasets import ComposedQuery
from seewhy.bench.datasets.documents import parse_json, shown
from seewhy.bench.datasets.triplets import Row, TripletDataset, gathered, read_table, video_name
from seewhy.errors import DatasetError

WEBVID_COLUMNS = ("txt1", "txt2", "sim_txt", "pth1", "pth2", "edit", "scores")
FOUND_BY = ("sim_txt", "scores")
"""Columns that tell how a pair was found."""
DENSE_COLUMNS = ("pth1", "pth2", "edit", "txt1")
ROUNDING = 1e-3
"""How far above 1 a cosine may lie: vectors in half precision, 11 bits of mantissa, are off by up to 2^-11 each."""


def load_webvid(annotations: Path, videos: Path) -> TripletDataset:
    """WebVid-CoVR.

    Args:
        annotations: the CSV file.
        videos: the folder that `pth1` and `pth2` start from.

    Raises:
        DatasetError: a field is missing or malformed; names the file, the row and the field.
    """
    queries = []
    for number, (where, row) in enumerate(read_table(annotations, WEBVID_COLUMNS, FOUND_BY)):
        _check_similarity(where, row["sim_txt"])
        _check_scores(where, row["scores"])
        queries.append(_query(number, (where, row)).model_copy(update={"target_description": row["txt2"].strip()}))
    return gathered("webvid-covr", queries, annotations, videos)


def load_dense(annotations: Path, videos: Path) -> TripletDataset:
    """Dense-WebVid-CoVR. Arguments and errors as for `load_webvid`."""
    queries = [_query(number, row) for number, row in enumerate(read_table(annotations, DENSE_COLUMNS))]
    return gathered("dense-webvid-covr", queries, annotations, videos)


def _query(number: int, row: Row) -> ComposedQuery:
    where, fields = row
    return ComposedQuery(
        id=str(number),
        reference=video_name(fields["pth1"], f"{where}: pth1"),
        edit=fields["edit"].strip(),
        video=video_name(fields["pth2"], f"{where}: pth2"),
        reference_description=fields["txt1"].strip(),
    )


def _check_similarity(where: str, text: str) -> None:
    if not text.strip():
        return
    try:
        fits = abs(float(text)) <= 1 + ROUNDING  # not so for nan
    except ValueError:
        fits = False
    if not fits:
        raise DatasetError(f"{where}: field 'sim_txt' is a cosine, got {shown(text)}")


def _check_scores(where: str, text: str) -> None:
    if not text.strip():
        return
    try:
        scores = parse_json(text, where)
    except DatasetError:
        scores = None
    if not isinstance(scores, list) or not all(_is_number(one) for one in scores):
        raise DatasetError(f"{where}: field 'scores' is a list of numbers, got {shown(text)}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
