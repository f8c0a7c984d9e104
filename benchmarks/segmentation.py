"""How well the embedded segmenter finds objects, and how long it takes.

    python benchmarks/segmentation.py --reel FOLDER      # the 20 validation clips of DAVIS-2016 in Reel-97 format
    python benchmarks/segmentation.py --synthetic        # clips drawn for this, every object's masks known

Clips are read as the product reads them (default sampling). J is DAVIS' region similarity (Perazzi et al., CVPR 2016),
the IoU of masks, averaged over the sampled frames that are annotated, then over clips.

DAVIS-2016 asks for one mask a frame: `union` is all tracks with a score of at least SALIENT together, `best` the
single track that fits best, chosen knowing the truth. On synthetic clips `J` is, per object, that of the track that
fits it best, over the frames that show the object or the track; `own` counts the objects whose best track fits no
other object better. The weights of the cues were fitted on these clips (evidence.py): read the numbers as
fitted, not as held out.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from seewhy.bench.datasets.reel import load
from seewhy.bench.jf import region_similarity
from seewhy.bench.synthetic import benchmark_clips, render
from seewhy.perceive.seams import Segmentation
from seewhy.perceive.segmenter import SALIENT, EmbeddedSegmenter
from seewhy.settings import PerceiveSettings, VideoSettings
from seewhy.types.masks import Mask, decode
from seewhy.video.pyav import PyAvSource

DAVIS_2016 = (
    "blackswan", "bmx-trees", "breakdance", "camel", "car-roundabout", "car-shadow", "cows", "dance-twirl", "dog",
    "drift-chicane", "drift-straight", "goat", "horsejump-high", "kite-surf", "libby", "motocross-jump",
    "paragliding-launch", "parkour", "scooter-black", "soapbox",
)  # fmt: skip
"""The validation set."""


class Row(NamedTuple):
    clip: str
    tracks: int
    salient: int
    union: float
    """J of the salient tracks together with all objects together"""
    best: float
    """J of the best single track with all objects together"""
    objects: tuple[tuple[str, float, int], ...]
    """object, J of its best track, that track"""
    seconds: float
    """of CPU time per sampled frame, reading left out"""


def measure(folder: Path, clip: str) -> Row:
    """Segment one clip of a folder in Reel-97 format and compare with its truth."""
    cv2.setNumThreads(1)
    settings = VideoSettings()
    dataset = load(folder)
    truth = dataset.truth(clip)
    if truth is None:
        raise SystemExit(f"{folder} has no masks for {clip}")
    source, path = PyAvSource(), dataset.videos[clip]
    facts = source.probe(path)
    frames = list(source.frames(path, facts, rate=settings.rate, lines=settings.lines, max_frames=settings.max_frames))
    start = time.process_time()
    found = EmbeddedSegmenter(PerceiveSettings()).segment(frames)
    seconds = (time.process_time() - start) / len(frames)
    annotated = [position for position, frame in enumerate(frames) if frame.index in truth.frames or truth.exhaustive]
    annotated = [position for position in annotated if frames[position].index <= max(truth.frames)]
    names = sorted({name for masks in truth.frames.values() for name in masks})

    unions, singles, by_object = [], [], []
    for position in annotated:
        here = {name: decode(rle) for name, rle in truth.frames.get(frames[position].index, {}).items()}
        nothing = np.zeros(truth.size, bool)
        everything = np.any(list(here.values()), axis=0) if here else nothing
        masks = _masks(found, position, truth.size)
        salient = [mask for mask, track in zip(masks, found.tracks, strict=True) if track.score >= SALIENT]
        unions.append(region_similarity(np.any(salient, axis=0) if salient else nothing, everything))
        singles.append([region_similarity(mask, everything) for mask in masks])
        by_object.append([[_iou(mask, here.get(name, nothing)) for mask in masks] for name in names])
    if not found.tracks:
        return Row(clip, 0, 0, float(np.mean(unions)), 0.0, tuple((name, 0.0, -1) for name in names), seconds)
    fits = np.nanmean(np.array(by_object), axis=0)
    return Row(
        clip,
        len(found.tracks),
        sum(track.score >= SALIENT for track in found.tracks),
        float(np.mean(unions)),
        float(np.mean(singles, axis=0).max()),
        tuple((name, float(fit.max()), int(fit.argmax())) for name, fit in zip(names, fits, strict=True)),
        seconds,
    )


def _masks(found: Segmentation, position: int, size: tuple[int, int]) -> list[Mask]:
    """The masks of all tracks in one frame at the truth's size, empty where a track is not seen."""
    masks = []
    for track in found.tracks:
        rle = track.masks.get(position)
        mask = np.zeros(size, bool) if rle is None else decode(rle)
        if mask.shape != size:
            mask = cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR) > 0.5
        masks.append(mask)
    return masks


def _iou(mask: Mask, truth: Mask) -> float:
    """Not a number where there is neither: such a frame says nothing of the pair."""
    together = int((mask | truth).sum())
    return float((mask & truth).sum() / together) if together else float("nan")


def run(folder: Path, clips: list[str], workers: int) -> list[Row]:
    # Forked children would inherit the threads of OpenCV in an unknown state.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(measure, [folder] * len(clips), clips))


def show(title: str, rows: list[Row], synthetic: bool) -> None:
    print(f"\n{title}: {len(rows)} clips")
    for row in rows:
        objects = "  ".join(f"{name}: {fit:.3f}" for name, fit, _ in row.objects) if synthetic else ""
        print(f"  {Path(row.clip).stem:28} tracks {row.tracks:2} salient {row.salient:2} union {row.union:.3f} "
              f"best {row.best:.3f}  {objects}")  # fmt: skip
    print(f"  mean J of the union of salient tracks {np.mean([row.union for row in rows]):.3f}")
    if synthetic:
        fits = [fit for row in rows for _, fit, _ in row.objects]
        own = sum(len({track for _, fit, track in row.objects if fit > 0}) for row in rows)
        print(f"  mean J per object {np.mean(fits):.3f}; objects with a track of their own {own} of {len(fits)}")
    else:
        print(f"  mean J of the best single track {np.mean([row.best for row in rows]):.3f}")
    print(f"  CPU seconds per sampled frame {np.mean([row.seconds for row in rows]):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reel", type=Path, help="folder in Reel-97 format")
    parser.add_argument("--synthetic", action="store_true", help="render the synthetic clips and measure on them")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    if given.reel is None and not given.synthetic:
        parser.error("nothing to measure on: give --reel FOLDER, --synthetic, or both")
    if given.reel is not None:
        clips = [f"davis_{name}.mp4" for name in DAVIS_2016]
        show("DAVIS-2016 validation", run(given.reel, clips, given.workers), synthetic=False)
    if given.synthetic:
        with tempfile.TemporaryDirectory() as folder:
            render(benchmark_clips(), Path(folder))
            clips = sorted(load(Path(folder)).videos)
            show("Synthetic", run(Path(folder), clips, given.workers), synthetic=True)


if __name__ == "__main__":
    main()
