"""How fast a channel over vectors of whole videos reads them and compares a query with them.

    python benchmarks/channel_cosines.py [--videos 10000] [--dimensions 1024] [--repeats 9]

Both sides run in turns on the same vectors; medians are printed. `plain` stacks and normalizes all vectors for each
query, and reads them with numpy.load: the formula as it is written down. `limit` is the product alone, over a matrix
that is normalized already: what memory bandwidth allows. Set OPENBLAS_NUM_THREADS=1 to compare on one thread.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from seewhy.channels.rows import Vector, unit_rows
from seewhy.channels.vectors import VectorFolder

KEY = {"channel": "joint", "model": "random@1"}
FEW = 100
"""Videos that a filter leaves."""


def plain_cosines(kept: dict[str, Vector], vector: Vector, videos: list[str]) -> dict[str, float]:
    """Cosines by the formula."""
    known = [(video, kept[video]) for video in videos if kept[video].shape == vector.shape]
    rows = unit_rows(np.stack([row for _, row in known]))
    scores = (rows @ unit_rows(vector[None])[0]).tolist()
    return {video: score for (video, _), score in zip(known, scores, strict=True)}


def plain_reading(folder: Path, videos: list[str]) -> dict[str, Vector]:
    return {video: np.load(folder / f"{video}.npy", allow_pickle=False) for video in videos}


def timed(repeats: int, **sides: Callable[[], object]) -> dict[str, float]:
    """Median milliseconds of each side, the sides taking turns."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, run in sides.items():
            start = time.perf_counter()
            run()
            taken[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--dimensions", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=9)
    given = parser.parse_args()

    rng = np.random.default_rng(0)
    videos = [f"{number:032x}" for number in range(given.videos)]
    query = rng.standard_normal(given.dimensions, np.float32)
    with tempfile.TemporaryDirectory() as temporary:
        folder = VectorFolder(Path(temporary), KEY)
        folder.folder.mkdir(parents=True)
        for video in videos:  # not by `put`, which waits for the disk
            np.save(folder.folder / f"{video}.npy", rng.standard_normal(given.dimensions, np.float32))
        reading = timed(
            min(given.repeats, 3),
            plain=lambda: plain_reading(folder.folder, videos),
            ours=lambda: VectorFolder(Path(temporary), KEY).missing(videos),
        )
        kept = plain_reading(folder.folder, videos)
        matrix = unit_rows(np.stack(list(kept.values())))
        folder.missing(videos)
        times = timed(
            given.repeats,
            limit=lambda: matrix @ query,
            plain=lambda: plain_cosines(kept, query, videos),
            ours=lambda: folder.cosines(query, videos),
            plain_few=lambda: plain_cosines(kept, query, videos[:FEW]),
            few=lambda: folder.cosines(query, videos[:FEW]),
        )
        expected, found = plain_cosines(kept, query, videos), folder.cosines(query, videos)
        apart = max(abs(expected[video] - found[video]) for video in videos)
    print(f"{given.videos} videos x {given.dimensions}; the two sides are {apart:.1e} apart at most")
    for what, plain, ours in (
        ("reading all vectors", reading["plain"], reading["ours"]),
        ("a query, all videos", times["plain"], times["ours"]),
        (f"a query, {FEW} videos", times["plain_few"], times["few"]),
    ):
        print(f"{what:22} plain {plain:8.1f} ms   ours {ours:8.1f} ms   ({plain / ours:.1f} x)")
    print(f"{'limit: one product':22}       {times['limit']:8.1f} ms")


if __name__ == "__main__":
    main()
