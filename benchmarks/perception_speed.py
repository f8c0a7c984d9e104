"""How fast whole perception is: seconds of video per second of wall time, and CPU seconds per sampled frame.

One process on one video at a time, default sampling; the median over repeats. The share of each specialist is what
the twin itself records. Runs on any folder of videos; without one, it renders its own.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

from seewhy.build import embedded
from seewhy.find import find_videos
from seewhy.settings import Settings
from seewhy.video.pyav import PyAvSource


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder in the Reel-97 format, or any folder of videos")
    parser.add_argument("--limit", type=int, default=6, help="videos, evenly chosen (default 6)")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.data
        if folder is None:
            from seewhy.bench.synthetic import demo_clips, render

            folder = Path(temporary)
            render(demo_clips()[: options.limit], folder, [])
        found = find_videos([folder])
        measure(found[:: max(1, len(found) // options.limit)][: options.limit], options.repeats)


def measure(videos: list[Path], repeats: int) -> None:
    source, settings = PyAvSource(), Settings.load(environment={})
    print(f"{'video':32} {'size':>10} {'seconds':>8} {'x real time':>12} {'CPU s/frame':>12}")
    speeds, costs = [], []
    shares: Counter[str] = Counter()
    for path in videos:
        facts = source.probe(path)
        walls, cpus, frames = [], [], 0
        for _ in range(repeats):
            wall, cpu = time.perf_counter(), time.process_time()
            twin = embedded(source, path, facts, settings).twin
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
            frames = len(twin.frames)
            shares.update({run.source: run.seconds or 0.0 for run in twin.specialists})
            shares["everything"] += walls[-1]
        speeds.append(facts.duration / statistics.median(walls))
        costs.append(statistics.median(cpus) / frames)
        size = f"{facts.width}x{facts.height}"
        print(f"{path.name:32} {size:>10} {facts.duration:8.2f} {speeds[-1]:12.2f} {costs[-1]:12.3f}")
    print(
        f"median: {statistics.median(speeds):.2f} x real time, {statistics.median(costs):.3f} CPU s per sampled frame"
    )
    for name, seconds in shares.most_common():
        print(f"  {100 * seconds / shares['everything']:5.1f} %  {name}")


if __name__ == "__main__":
    main()
