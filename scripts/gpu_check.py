"""Runs every specialist of the profile `local` at its real size with random weights, and the whole pipeline.

Nothing is downloaded. Checks shapes, precision, and that no number is NaN; prints frames per second and the peak
of memory for each specialist, and of trackers those with one frame in a pass and with several; then how much faster
several videos side by side are perceived, in batches, than one after the other, frame by frame (the goal is twice as
fast)::

    python scripts/gpu_check.py                                # on the best device that is there
    python scripts/gpu_check.py --json numbers.json
    python scripts/gpu_check.py --size tiny --device cpu       # the same in a minute, without a GPU

The exit code says whether every specialist ran. Times are medians; those of the tiny size are of single runs that
load the models, and say nothing. Nor does what random weights see say anything about quality, and how many objects they
make the trackers follow is up to chance (it is printed).
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict
from random_models import MODELS, Size, random_weights, write_model
from tracker_passes import TRACKERS, Passes, passes
from tracker_passes import table as table_of_passes

from seewhy.build import by_profile
from seewhy.models.language import Message, Picture, Request, Text
from seewhy.models.local.devices import Device, device_for
from seewhy.models.local.pool import POOL, bytes_of
from seewhy.models.local.torches import torch_ready
from seewhy.models.registry import SPECIALISTS, load
from seewhy.perceive.seams import Segmentation
from seewhy.settings import LocalSettings, PerceiveSettings, Settings, VideoSettings
from seewhy.threads import Threads, in_flight
from seewhy.types.masks import decode, encode
from seewhy.types.twin import Twin
from seewhy.types.video import Frame, Image
from seewhy.video.fake import FakeSource, FakeVideo

Found = TypeVar("Found")

PHRASES = ("cat", "dog", "bus", "cup", "hat", "box", "bed", "car", "man", "cow", "pig", "jar")
"""Short: the tokenizers here spell, and models read so many tokens."""


@dataclass(frozen=True)
class Load:
    """How much is looked at."""

    height: int
    width: int
    frames: int
    """of one video"""
    videos: int
    batch: int
    pictures: int
    """shown to the language model in one request"""
    runs: int
    """of which the median counts"""
    warm_ups: int
    """runs before these, which load the models and do not count"""


LOADS: dict[Size, Load] = {
    "real": Load(480, 854, frames=32, videos=4, batch=8, pictures=8, runs=3, warm_ups=1),
    "tiny": Load(64, 96, frames=4, videos=2, batch=4, pictures=2, runs=1, warm_ups=0),
}


@dataclass(frozen=True)
class Measured:
    """One specialist, or why it did not run."""

    name: str
    seconds: float = 0.0
    """for all frames, the median"""
    frames_per_second: float = 0.0
    parameters: int = 0
    weight_bytes: int = 0
    peak_bytes: int | None = None
    """of the device, weights included; None: the device does not say"""
    found: str = ""
    skipped: str = ""


# What is looked at


def picture(number: int, load: Load, seed: int = 0) -> Image:
    """A textured wall and three boxes that walk over it."""
    random = np.random.default_rng(seed)
    wall = random.integers(60, 200, (load.height // 4 + 1, load.width // 4 + 1, 3), dtype=np.uint8)
    image = np.kron(wall, np.ones((4, 4, 1), np.uint8))[: load.height, : load.width].copy()
    for place, color in enumerate(((220, 30, 30), (30, 30, 220), (240, 240, 60))):
        top, left = (place * load.height) // 4 + 4, (place * 20 + number * (place + 1)) % (3 * load.width // 4)
        image[top : top + load.height // 5, left : left + load.width // 5] = color
    return image


def frames(load: Load) -> list[Frame]:
    return [Frame(n, n, Fraction(1, 6), n / 6, picture(n, load)) for n in range(load.frames)]


# Specialists: each takes frames, checks what it is told and says how much was found


def detect(settings: Settings, load: Load, entry: str) -> str:
    detector = make(entry, settings)
    shown = frames(load)
    answers = list(in_flight(lambda frame: detector.detect(frame, PHRASES), shown, detector.width))
    for found in answers:
        for detection in found:
            x0, y0, x1, y1 = detection.box
            check(0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1, f"box {detection.box}")
            check(0 <= detection.score <= 1 and detection.phrase in PHRASES, f"{detection}")
    return f"{sum(map(len, answers)) / len(shown):.1f} boxes a frame"


def depth(settings: Settings, load: Load, entry: str) -> str:
    estimator = make(entry, settings)
    left = np.zeros((load.height, load.width), bool)
    left[:, : load.width // 2] = True
    masks = [encode(left), encode(~left)]
    for ranks in in_flight(lambda frame: estimator.ranks(frame, masks), frames(load), estimator.width):
        check(sorted(rank for rank, _ in ranks) == [0.0, 1.0], f"ranks {ranks}")
        check(all(0 <= sure <= 1 for _, sure in ranks), f"confidences {ranks}")
    return "2 masks ranked a frame"


def segment(settings: Settings, load: Load, entry: str) -> str:
    found: Segmentation = make(entry, settings).segment(iter(frames(load)))
    check(len(found.frames) == load.frames and found.size == (load.height, load.width), f"{found.size}")
    for track in found.tracks:
        for mask in track.masks.values():
            check(decode(mask).shape == (load.height, load.width), f"mask of {mask.size}")
    return f"{len(found.tracks)} tracks, {sum(len(track.masks) for track in found.tracks)} masks"


def act(settings: Settings, load: Load, _: str) -> str:
    from seewhy.models.local.weights import find
    from seewhy.perceive.local.classifiers import VideoClassifier

    local = settings.local
    model = VideoClassifier(find(local.actions, local), device_for(local), local.batch)
    clips = [
        np.stack([picture(start + n, load)[: model.side, : model.side] for n in range(model.frames)])
        for start in range(0, load.frames, model.frames)
    ]
    for scores in model.scores(clips):
        check(scores.shape == (len(model.labels),) and abs(float(scores.sum()) - 1) < 1e-3, f"scores {scores.shape}")
    return f"{len(clips)} clips of {model.frames} frames, {len(model.labels)} classes"


class _Answer(BaseModel):
    """Always the same length."""

    model_config = ConfigDict(extra="forbid")
    moving: Literal["nothing", "red box", "blue box", "everything"]
    where: Literal["left", "right"]


def ask(settings: Settings, load: Load, _: str) -> str:
    from seewhy.models.local.language import LocalLanguageModel

    model = LocalLanguageModel(settings)
    tokens = 0
    for start in range(0, load.frames, load.pictures):
        shown = tuple(Picture(picture(start + n, load)) for n in range(load.pictures))
        messages = (Message("user", (*shown, Text("What moves?"))),)
        reply = model.ask(Request("describe", "video", "gpu_check", messages, _Answer))
        check(reply.value.where in ("left", "right"), f"{reply.value}")
        tokens = reply.call.input_tokens
    return f"{load.pictures} pictures a request, {tokens} tokens"


def make(entry: str, settings: Settings) -> Any:
    return load(SPECIALISTS, entry)(settings)


SPECIALISTS_RUN: dict[str, tuple[Callable[[Settings, Load, str], str], str]] = {
    "depth_anything": (depth, "local.depth-anything"),
    "owlv2": (detect, "local.owlv2"),
    "grounding_dino": (detect, "local.grounding-dino"),
    "sam2": (segment, "local.sam2"),
    "edgetam": (segment, "local.edgetam"),
    "sam3": (segment, "local.sam3"),
    "actions": (act, ""),
    "language": (ask, ""),
}
"""Name of the model's setting → how to run it, by which entry point."""


def check(fine: bool, what: str) -> None:
    """
    Raises:
        AssertionError: a specialist says what cannot be.
    """
    if not fine:
        raise AssertionError(f"not as it should be: {what}")


# Measuring


def measured(name: str, settings: Settings, load: Load, device: Device) -> Measured:
    """Run one specialist so often; its models are let go afterwards."""
    run, entry = SPECIALISTS_RUN[name]
    with random_weights(device) as made:
        seconds, found = timed(lambda: run(settings, load, entry), load, device)
        weights = sum(map(bytes_of, made))
        parameters = sum(weight.numel() for model in made for weight in model.parameters())
        for model in made:
            check(model.dtype == device.dtype, f"{type(model).__name__} in {model.dtype}, not {device.dtype}")
        peak = peak_of(device)
        made.clear()
    POOL.release()
    return Measured(name, seconds, load.frames / seconds, parameters, weights, peak, found)


def passed(name: str, settings: Settings, load: Load, device: Device) -> list[Passes]:
    """A tracker, its frames one at a time and several at a time."""
    with random_weights(device):
        found = list(passes(name, settings.local, device, frames(load), lambda run: timed(run, load, device)[0]))
    POOL.release()
    return found


def timed(run: Callable[[], Found], load: Load, device: Device) -> tuple[float, Found]:
    """Seconds of a run, the median, and what the last one found."""
    for _ in range(load.warm_ups):
        run()
    settle(device)
    forget_peak(device)
    times = []
    for _ in range(load.runs):
        began = time.perf_counter()
        found = run()
        settle(device)
        times.append(time.perf_counter() - began)
    return statistics.median(times), found


def settle(device: Device) -> None:
    """Wait for what the device still computes."""
    if device.kind in ("cuda", "mps"):
        getattr(torch_ready(), device.kind).synchronize()


def forget_peak(device: Device) -> None:
    if device.kind == "cuda":
        torch_ready().cuda.reset_peak_memory_stats(device.name)


def peak_of(device: Device) -> int | None:
    return int(torch_ready().cuda.max_memory_allocated(device.name)) if device.kind == "cuda" else None


@dataclass(frozen=True)
class Pipeline:
    """Videos side by side against one after the other."""

    videos: int
    frames: int
    together_seconds: float
    alone_seconds: float
    tracks: int

    @property
    def ratio(self) -> float:
        """How many times as fast."""
        return self.alone_seconds / self.together_seconds


def pipeline(settings: Settings, load: Load, device: Device) -> Pipeline:
    """Perceive some videos with sam2, owlv2 and depth_anything: both ways in turns, so that both see the same
    machine."""
    paths = [Path(f"video {number}") for number in range(load.videos)]
    source = FakeSource(
        {
            path: FakeVideo([picture(n, load, seed) for n in range(load.frames)], rate=Fraction(6))
            for seed, path in enumerate(paths)
        }
    )
    one = settings.model_copy(update={"local": settings.local.model_copy(update={"batch": 1, "videos": 1})})

    def perceive(path: Path, how: Settings) -> Twin:
        return by_profile(source, path, source.probe(path), how).twin

    def together() -> list[Twin]:
        threads = Threads[Path, Twin](lambda path, _: perceive(path, settings), settings.local.videos, Event())
        return [twin for _, twin in threads.run(paths, lambda *_: None) if isinstance(twin, Twin)]

    def alone() -> list[Twin]:
        return [perceive(path, one) for path in paths]

    ways: dict[str, Callable[[], list[Twin]]] = {"together": together, "alone": alone}
    times: dict[str, list[float]] = {name: [] for name in ways}
    with random_weights(device):
        for number in range(load.warm_ups + load.runs):
            for name, way in ways.items():
                began = time.perf_counter()
                twins = way()
                settle(device)
                check(len(twins) == load.videos, f"{len(twins)} twins")
                if number >= load.warm_ups:
                    times[name].append(time.perf_counter() - began)
    POOL.release()
    median = {name: statistics.median(measures) for name, measures in times.items()}
    tracks = sum(len(twin.tracks) for twin in twins)
    return Pipeline(load.videos, load.frames, median["together"], median["alone"], tracks)


# Output


def table(results: Sequence[Measured]) -> Iterator[str]:
    yield f"{'specialist':16} {'parameters':>11} {'weights':>9} {'peak':>9} {'frames/s':>9}  found"
    for one in results:
        if one.skipped:
            yield f"{one.name:16} {one.skipped}"
            continue
        peak = f"{one.peak_bytes / 1e9:6.2f} GB" if one.peak_bytes is not None else "-"
        yield (
            f"{one.name:16} {one.parameters / 1e6:9.1f} M {one.weight_bytes / 1e9:6.2f} GB {peak:>9} "
            f"{one.frames_per_second:9.2f}  {one.found}"
        )


def conclusion(whole: Pipeline | None) -> Iterator[str]:
    if whole is not None:
        frames_seen = whole.videos * whole.frames
        yield (
            f"pipeline: {whole.videos} videos of {whole.frames} frames: side by side "
            f"{frames_seen / whole.together_seconds:.2f} frames/s, one after the other "
            f"{frames_seen / whole.alone_seconds:.2f} frames/s: {whole.ratio:.2f} times as fast "
            f"({whole.tracks} tracks)"
        )


@contextmanager
def settings_for(size: Size, device: str, names: Sequence[str]) -> Iterator[tuple[Settings, dict[str, str]]]:
    """Settings that name the models, and the models that cannot be made with the reason."""
    load_ = LOADS[size]
    with tempfile.TemporaryDirectory() as folder:
        places: dict[str, str] = {}
        skipped: dict[str, str] = {}
        for name in names:
            try:
                places[name] = str(write_model(name, size, Path(folder) / name))
            except ImportError as error:
                skipped[name] = f"skipped: {str(error).strip().splitlines()[0]}"
        words = Path(folder) / "words.txt"
        words.write_text("\n".join(PHRASES))
        yield (
            Settings(
                profile="local",
                local=LocalSettings(
                    device=device, batch=load_.batch, videos=load_.videos, redetect=max(2, load_.frames // 4), **places
                ),
                perceive=PerceiveSettings(vocabulary=str(words), max_tracks=6),
                video=VideoSettings(lines=max(64, load_.height)),
            ),
            skipped,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", choices=("real", "tiny"), default="real")
    parser.add_argument("--device", default="auto", help="cuda, cuda:1, mps or cpu; auto: the best there is")
    parser.add_argument("--only", nargs="+", choices=tuple(SPECIALISTS_RUN), help="these specialists, no pipeline")
    parser.add_argument("--json", type=Path, help="write the numbers to this file, too")
    asked = parser.parse_args(arguments)
    load_, names = LOADS[asked.size], asked.only or list(SPECIALISTS_RUN)
    torch = torch_ready()
    results: list[Measured] = []
    by_batch: list[Passes] = []
    whole: Pipeline | None = None
    wanted = [name for name in MODELS if name in names or name == "owlv2"]  # which sam2 needs to be pointed at things
    with settings_for(asked.size, asked.device, wanted) as (settings, skipped):
        device = device_for(settings.local)
        title = torch.cuda.get_device_name(device.name) if device.kind == "cuda" else platform.processor() or "cpu"
        print(f"{asked.size} size on {device.name} ({title}), {device.dtype_name}, torch {torch.__version__}")
        for name in names:
            if name in skipped:
                results.append(Measured(name, skipped=skipped[name]))
            else:
                results.append(measured(name, settings, load_, device))
                if name in TRACKERS:
                    by_batch += passed(name, settings, load_, device)
            print(f"  {name} done", file=sys.stderr)
        if asked.only is None:
            whole = pipeline(settings, load_, device)
    print("\n".join([*table(results), *table_of_passes(by_batch), *conclusion(whole)]))
    if asked.json is not None:
        numbers = {
            "size": asked.size, "device": device.name, "name": title, "dtype": device.dtype_name,
            "torch": str(torch.__version__), "load": asdict(load_), "specialists": [asdict(one) for one in results],
            "trackers": [asdict(one) for one in by_batch],
            "pipeline": asdict(whole) | {"ratio": whole.ratio} if whole is not None else None,
        }  # fmt: skip
        asked.json.write_text(json.dumps(numbers, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
