"""How fast the exact index searches, beside what plain numpy needs to read the same numbers once.

    python benchmarks/index_search.py [--videos 10000] [--components 50] [--conditions 6] [--repeats 7]

Both sides run in turns on the same random unit vectors; medians are printed. `limit` is numpy's maximum
over the raw array, which does nothing but read it: what memory bandwidth allows one thread. `plain` is
the textbook form, one product and one maximum over everything, without a ranking. Set
OPENBLAS_NUM_THREADS=1 to compare on one thread.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from seewhy.index.exact import ExactIndex
from seewhy.index.seam import Fingerprint, SearchCondition, VideoMeta
from seewhy.models.text import Vectors
from seewhy.types.query import Filters
from seewhy.types.time import Span
from seewhy.types.twin import Component


def random_unit(rng: np.random.Generator, rows: int, dimensions: int) -> Vectors:
    values = rng.standard_normal((rows, dimensions), np.float32)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    return values


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
    parser.add_argument("--components", type=int, default=50)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--conditions", type=int, default=6)
    parser.add_argument("--k", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()

    rng = np.random.default_rng(0)
    fingerprint = Fingerprint(encoder="random@1", dimensions=given.dimensions, twin="twin.v1", format=ExactIndex.format)
    spoken = [
        Component(
            kind="object", text=f"a red ball number {i} that moves to the left", tracks=(i,), span=Span(start=0, end=9)
        )
        for i in range(given.components)
    ]
    conditions = [SearchCondition(f"q{i}", 1.0, random_unit(rng, 1, given.dimensions)) for i in range(given.conditions)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "index"
        with ExactIndex.open(folder, fingerprint, create=True) as index:
            start = time.perf_counter()
            for number in range(given.videos):
                vectors = random_unit(rng, given.components, given.dimensions)
                index.add(f"video{number:06}", spoken, vectors, VideoMeta(duration=9.0, date="2024-05-01"))
                if number % 1000 == 999:
                    index.flush()
            index.flush()
            print(f"built in {time.perf_counter() - start:.1f} s")

        opening = timed(given.repeats, open=lambda: ExactIndex.open(folder, fingerprint, read_only=True).close())
        with ExactIndex.open(folder, fingerprint, read_only=True) as index:
            raw = np.concatenate([np.load(path) for path in sorted(folder.glob("segments/*/vectors.npy"))])
            starts = np.arange(0, len(raw), given.components)
            columns = np.concatenate([condition.vectors for condition in conditions]).T.copy()
            few = Filters(videos=frozenset(f"video{number:06}" for number in range(min(100, given.videos))))
            times = timed(
                given.repeats,
                limit=raw.max,
                plain=lambda: np.maximum.reduceat(raw @ columns, starts, axis=0),
                index=lambda: index.search(conditions, given.k),
                filtered=lambda: index.search(conditions, given.k, filters=few),
            )
    print(f"{given.videos} videos x {given.components} components x {given.dimensions}, {given.conditions} conditions")
    print(f"opening the index                     {opening['open']:8.1f} ms")
    print(f"limit: reading every number once      {times['limit']:8.1f} ms")
    print(f"plain: one product, one maximum       {times['plain']:8.1f} ms")
    ratio = times["index"] / times["limit"]
    print(f"index: the best {given.k:<5}with components  {times['index']:8.1f} ms  ({ratio:.2f} x limit)")
    print(f"index: the same among 100 videos      {times['filtered']:8.1f} ms")


if __name__ == "__main__":
    main()
