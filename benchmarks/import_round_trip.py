"""Imports mask files in Reel-97 format and compares every mask in the library with the one in the file.

Usage: python benchmarks/import_round_trip.py DATA [--library FOLDER]

DATA holds `masks/` and `videos/`. Prints a line for each file: frames, masks, mean J over all annotated objects and
frames (an object that a twin lacks counts 0, a mask too many counts 0), masks that are not the same bit for bit, and
seconds of perception. Ends with 1 where a J is not 1.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

from seewhy import Library, Settings
from seewhy.bench.jf import region_similarity
from seewhy.imports.annotation import Annotation
from seewhy.imports.formats import origins
from seewhy.types.masks import decode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--library", type=Path, help="kept; else a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Library.open(given.library or Path(folder), Settings.load()) as made:
        began = time.perf_counter()
        report = made.import_annotations([given.data / "masks"], [given.data / "videos"])
        seconds = time.perf_counter() - began
        print(report.summary())
        videos = {file.path.name: file for file in report.videos.files if file.state != "failed"}
        print(f"{'video':28} {'frames':>6} {'masks':>6} {'J':>8} {'differ':>6} {'seconds':>8}")
        all_scores: list[float] = []
        for origin in origins([given.data / "masks"]):
            (annotation,) = origin.read()
            file = videos[annotation.video]
            assert file.video is not None
            scores, different = _compare(annotation, made, file.video)
            all_scores += scores
            print(
                f"{annotation.video:28} {len(annotation.frames):6} {len(scores):6} {fmean(scores):8.6f} "
                f"{different:6} {file.seconds:8.1f}"
            )
    print(f"{len(videos)} videos, {len(all_scores)} masks: mean J {fmean(all_scores):.6f}, {seconds:.1f} s in all")
    return 0 if report.complete and min(all_scores) == 1 else 1


def _compare(annotation: Annotation, library: Library, video: str) -> tuple[list[float], int]:
    """J of every mask of file or twin, and how many are not written with the same bits."""
    masks = library.masks(video)
    ids = {track.id: track.aliases[0] for track in library.twin(video).tracks}
    kept = {(frame, ids[track]): mask for frame, of in masks.items() for track, mask in of.items()}
    wanted = {(frame, name): mask for frame, of in annotation.frames.items() for name, mask in of.items()}

    def score() -> Iterator[float]:
        for where in sorted(kept.keys() | wanted.keys()):
            both = where in kept and where in wanted
            yield region_similarity(decode(kept[where]), decode(wanted[where])) if both else 0.0

    return list(score()), sum(kept.get(where) != wanted.get(where) for where in kept.keys() | wanted.keys())


if __name__ == "__main__":
    raise SystemExit(main())
