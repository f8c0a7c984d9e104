"""Which data set of composed retrieval a file of annotations is, by what it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from seewhy.bench.datasets import covr, covr_r, egocvr
from seewhy.bench.datasets.documents import listed
from seewhy.bench.datasets.triplets import TripletDataset, header_of
from seewhy.errors import DatasetError

FORMATS: Mapping[str, Callable[[Path, Path], TripletDataset]] = {
    "webvid-covr": covr.load_webvid,
    "dense-webvid-covr": covr.load_dense,
    "covr-r": covr_r.load,
    "egocvr": egocvr.load,
}


def load(annotations: Path, videos: Path, format: str = "auto") -> TripletDataset:  # noqa: A002 - the word users expect
    """
    Args:
        annotations: CSV or JSON.
        videos: the folder that its paths start from.
        format: one of `FORMATS`, or ``auto``.

    Raises:
        DatasetError: no such format, or see the format's own module.
    """
    if format == "auto":
        format = _format_of(annotations)  # noqa: A001
    if format not in FORMATS:
        raise DatasetError(f"no format {format!r}; there are auto, {', '.join(FORMATS)}")
    return FORMATS[format](annotations, videos)


def _format_of(annotations: Path) -> str:
    if annotations.suffix.lower() == ".json":
        return "covr-r"
    columns = set(header_of(annotations))
    if "video_clip_id" in columns:
        return "egocvr"
    if columns & {"txt2", "sim_txt", "scores"}:
        return "webvid-covr"
    if "pth1" in columns:
        return "dense-webvid-covr"
    raise DatasetError(
        f"{annotations}: no known annotations: the header is {listed(sorted(columns))}; "
        f"name the format: {', '.join(FORMATS)}"
    )
