"""How well a thing is followed from its box, and how long it takes.

    python benchmarks/following.py --reel FOLDER      # the 20 validation clips of DAVIS-2016 in Reel-97 format
    python benchmarks/following.py --synthetic        # clips drawn for this, every object's masks known

The box is the true one, in the first annotated frame that shows the thing and in a middle one. J is DAVIS' region
similarity (Perazzi et al., CVPR 2016), the IoU of masks, averaged over all sampled frames that are annotated, those
into which it was not followed included; `kept` is the share of those that show it into which it was. `box` is the J of
the box in its own frame, filled; `stays` that of the same filled box in every frame, what one has without following;
`seed` that of what was cut out of the box. Weights of the cues were chosen on the DAVIS clips: read those numbers as
fitted. DAVIS-2016 asks for one mask a frame, a rider with the horse.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from segmentation import DAVIS_2016

from seewhy.bench.datasets.reel import load
from seewhy.bench.jf import region_similarity
from seewhy.bench.synthetic import benchmark_clips, render
from seewhy.perceive.hosted.following import follow_box
from seewhy.perceive.observing import place
from seewhy.settings import VideoSettings
from seewhy.types.masks import Mask, Rle, decode, encode
from seewhy.types.time import Span
from seewhy.types.twin import Twin
from seewhy.types.video import Frame, VideoFacts
from seewhy.video.pyav import PyAvSource


class Row(NamedTuple):
    clip: str
    thing: str
    frame: int
    """that the box is in"""
    box: float
    stays: float
    seed: float
    j: float
    kept: float
    seconds: float
    """of CPU time per sampled frame, reading left out"""


@dataclass(frozen=True)
class Held:
    """A `Clip` whose sampled frames are in memory, so that reading does not count."""

    facts: VideoFacts
    frames: Sequence[Frame]

    def sampled(self) -> Iterator[Frame]:
        return iter(self.frames)

    def exact(self, indices: Collection[int], lines: int) -> Mapping[int, Frame]:
        raise NotImplementedError("following looks at sampled frames")

    def every(self, span: Span, most: int) -> Iterator[Frame]:
        raise NotImplementedError("following looks at sampled frames")


def measure(folder: Path, clip: str, united: bool) -> list[Row]:
    """Follow what is in one clip of a folder in Reel-97 format. united: all objects are one, as in DAVIS-2016."""
    cv2.setNumThreads(1)
    settings = VideoSettings()
    dataset = load(folder)
    truth = dataset.truth(clip)
    if truth is None:
        raise SystemExit(f"{folder} has no masks for {clip}")
    source, path = PyAvSource(), dataset.videos[clip]
    facts = source.probe(path)
    frames = list(source.frames(path, facts, rate=settings.rate, lines=settings.lines, max_frames=settings.max_frames))
    size = frames[0].image.shape[0], frames[0].image.shape[1]
    twin = Twin(video=facts, frames=tuple(frame.time for frame in frames), mask_size=size)
    annotated = [
        f.index for f in frames if f.index in truth.frames or (truth.exhaustive and f.index <= max(truth.frames))
    ]
    names = ["everything"] if united else sorted({name for masks in truth.frames.values() for name in masks})
    rows = []
    for name in names:
        masks = {index: _sized(truth.frames.get(index, {}), name, united, size) for index in annotated}
        shown = [index for index in annotated if masks[index].any()]
        for index in dict.fromkeys((shown[0], shown[len(shown) // 2])) if shown else ():
            rows.append(_follow(Held(facts, frames), twin, masks, index, (clip, name)))
    return rows


def _follow(clip: Held, twin: Twin, masks: Mapping[int, Mask], index: int, names: tuple[str, str]) -> Row:
    at = place(encode(masks[index]))
    assert at is not None
    began = time.process_time()
    found = follow_box(clip, twin, index, at.box)
    seconds = (time.process_time() - began) / len(twin.frames)
    height, width = twin.mask_size
    x0, y0, x1, y1 = (round(side * scale) for side, scale in zip(at.box, (width, height, width, height), strict=True))
    filled = np.zeros(twin.mask_size, bool)
    filled[y0:y1, x0:x1] = True
    nothing = np.zeros(twin.mask_size, bool)

    def fit(i: int) -> float:
        return region_similarity(decode(found[i]) if i in found else nothing, masks[i])

    shown = [i for i in masks if masks[i].any()]
    kept = sum(i in found for i in shown) / len(shown)
    stays = {i: region_similarity(filled, mask) for i, mask in masks.items()}
    followed = {i: fit(i) for i in masks}
    return Row(
        *names, index, stays[index], float(np.mean(list(stays.values()))), followed[index],
        float(np.mean(list(followed.values()))), kept, seconds,
    )  # fmt: skip


def _sized(masks: Mapping[str, Rle], name: str, united: bool, size: tuple[int, int]) -> Mask:
    chosen = [decode(rle) for key, rle in sorted(masks.items()) if united or key == name]
    mask = np.any(chosen, axis=0) if chosen else np.zeros(size, bool)
    if mask.shape != size:
        mask = cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR) > 0.5
    return np.asarray(mask)


def run(folder: Path, clips: Sequence[str], united: bool, workers: int) -> None:
    columns = " ".join(f"{name:>6}" for name in ("frame", "box", "stays", "seed", "J", "kept"))
    print(f"{'clip':34} {'thing':>10} {columns} {'ms/frame':>9}")
    rows: list[Row] = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for found in pool.map(measure, [folder] * len(clips), clips, [united] * len(clips)):
            rows += found
            for row in found:
                numbers = " ".join(f"{value:6.3f}" for value in row[3:8])
                print(f"{row.clip:34} {row.thing:>10} {row.frame:6} {numbers} {1e3 * row.seconds:9.1f}", flush=True)
    mean = np.mean([row[3:] for row in rows], axis=0)
    numbers = " ".join(f"{value:6.3f}" for value in mean[:5])
    print(f"{f'mean of {len(rows)}':34} {'':>10} {'':>6} {numbers} {1e3 * mean[5]:9.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--reel", type=Path, help="a folder in the Reel-97 format")
    what.add_argument("--synthetic", action="store_true")
    parser.add_argument("--limit", type=int, default=8, help="synthetic clips, evenly chosen (default 8)")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    if options.reel is not None:
        run(options.reel, [f"davis_{name}.mp4" for name in DAVIS_2016], True, options.workers)
        return
    with tempfile.TemporaryDirectory() as temporary:
        render(benchmark_clips(), Path(temporary))
        every = sorted(load(Path(temporary)).videos)
        run(Path(temporary), every[:: max(1, len(every) // options.limit)][: options.limit], False, options.workers)


if __name__ == "__main__":
    main()
