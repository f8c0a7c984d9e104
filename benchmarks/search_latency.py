"""How long a question takes from the command line, process start included, and where the time goes.

    python benchmarks/search_latency.py [--library DIR] [--videos 97] [--repeats 5] [--question TEXT] [--count 30]

Without --library, a library of ideal twins is made in a temporary folder: the clips of the synthetic benchmark,
three at a time in one picture, as perfect perception would see them. `seewhy search --json` then takes turns with
two yardsticks in fresh processes: Python that does nothing, and Python that imports the two libraries without which
nothing can be embedded. Wall time depends on what else the machine does; CPU time (user and system, all threads)
does much less. The stages are those of the same search inside one fresh process. Then what questions and edits take
in one process: each by itself, in a library opened anew and once more, and all together.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice, permutations
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "reason"))  # ideal twins are made there

from ideal_twins import ideal_twin

from seewhy import Library, Settings, Twin
from seewhy.bench.synthetic import benchmark_clips, benchmark_edits, benchmark_queries
from seewhy.build import categories
from seewhy.twin.catalog_rows import FileStat
from seewhy.twin.folder import LibraryFolder
from seewhy.twin.store import TwinFiles
from seewhy.types.video import VideoId

QUESTION = "a red striped ball rolls from left to right before a blue square leaves, and nothing green is there"
RECORDED = "2024-05-01T12:00:00Z"
IMPORTS = "import numpy, onnxruntime"

STAGES = """
import json, sys, time
took, last = {}, time.process_time()
def lap(name):
    global last
    now = time.process_time()
    took[name], last = now - last, now
lap("start of Python")
took["start of Python"] = last
from seewhy import cli
from seewhy.library import Library
lap("imports of the command and the library")
with Library.open(sys.argv[1], create=False, read_only=True) as library:
    lap("open the library")
    import seewhy.reason.judge
    library._parts.decomposer
    lap("load the grammar and the judge")
    library._parts.encoder.encode(["warm"])
    lap("load the text encoder")
    library._parts.index
    lap("open the index")
    answer = library.search(sys.argv[2])
    lap("search")
    answer.model_dump_json(indent=2)
    lap("write JSON")
print(json.dumps([took, answer.seconds, answer.gallery]))
"""


def dense_twins(count: int) -> Iterator[Twin]:
    """Ideal twins, each of three clips in one picture."""
    for number, (base, *others) in enumerate(islice(permutations(benchmark_clips(), 3), 0, None, 37)):
        if number == count:
            return
        objects = base.objects + tuple(thing for clip in others for thing in clip.objects)
        twin = ideal_twin(replace(base, objects=objects))
        yield twin.model_copy(update={"video": twin.video.model_copy(update={"id": VideoId(f"video-{number:04}")})})


def make_library(folder: Path, count: int) -> None:
    """A library of ideal twins, as indexing would leave it."""
    settings = Settings.load(environment={})
    with Library.open(folder, settings):
        pass
    opened = LibraryFolder.open(folder)
    with opened.writing(), opened.catalog() as catalog:
        for twin in dense_twins(count):
            file = FileStat(folder / f"{twin.id}.mp4", 1, 0)
            catalog.queue([file])
            catalog.probed([(file, twin.video, RECORDED)])
            files = TwinFiles.of(twin, {}, np.zeros((90, 160, 3), np.uint8))
            opened.store.put(files)
            catalog.commit(twin.id, categories=categories(twin), twin_sha256=files.digest, twin_bytes=files.size)
    with Library.open(folder, settings) as library:
        library.rebuild_index()


def measured(command: Sequence[str], compiled: str) -> tuple[float, float, str]:
    """Wall and CPU seconds of a process, and what it printed. Modules are compiled once, as in an installation."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = compiled
    began, before = time.perf_counter(), os.times()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, env=environment)
    wall, after = time.perf_counter() - began, os.times()
    if done.returncode not in (0, 3):  # 3: answered, with a note
        raise SystemExit(f"{command[:4]} ended with exit code {done.returncode}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu, done.stdout.decode()


def in_turns(repeats: int, commands: Mapping[str, Sequence[str]], compiled: str) -> dict[str, tuple[float, float]]:
    """Median wall and CPU seconds of each command; one round before counts for nothing: it compiles
    modules and fills the file cache."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for number in range(repeats + 1):
        for name, command in commands.items():
            wall, cpu, _ = measured(command, compiled)
            if number:
                taken[name].append((wall, cpu))
    return {
        name: (statistics.median(w for w, _ in runs), statistics.median(c for _, c in runs))
        for name, runs in taken.items()
    }


def report(folder: Path, question: str, repeats: int, compiled: str) -> None:
    python = sys.executable
    search = "seewhy search --json"
    times = in_turns(
        repeats,
        {
            "python -c pass": [python, "-c", "pass"],
            f"python -c '{IMPORTS}'": [python, "-c", IMPORTS],
            search: [python, "-m", "seewhy.cli", "search", question, "--library", str(folder), "--json"],
        },
        compiled,
    )
    print(f"{'':44} {'wall s':>8} {'CPU s':>8}")
    for name, (wall, cpu) in times.items():
        print(f"{name:44} {wall:8.3f} {cpu:8.3f}")
    wall, cpu = times[search]
    print("the search takes:")
    for name in list(times)[:-1]:
        print(f"  {wall / times[name][0]:6.1f} x the wall and {cpu / times[name][1]:6.1f} x the CPU time of {name}")

    runs = [json.loads(measured([python, "-c", STAGES, str(folder), question], compiled)[2]) for _ in range(repeats)]
    print(f"\nCPU milliseconds by stage, {runs[0][2]} videos")
    for stage in runs[0][0]:
        print(f"{stage:44} {1e3 * statistics.median(took[stage] for took, _, _ in runs):8.0f}")
    print("\nwall milliseconds of the search itself")
    for stage in runs[0][1]:
        print(f"{stage:44} {1e3 * statistics.median(seconds[stage] for _, seconds, _ in runs):8.0f}")


def in_one_process(folder: Path, count: int) -> None:
    """CPU milliseconds of a question and of an edit; videos of the library take turns as references."""
    questions = [query.text for query in islice(cycle(benchmark_queries()), count)]
    with Library.open(folder, create=False, read_only=True) as library:
        library.search(QUESTION)  # loads the text encoder, and what else a process loads once
        videos = [entry.id for entry in library.videos() if entry.id is not None]
    edits = [(videos[i % len(videos)], edit.text) for i, edit in enumerate(islice(cycle(benchmark_edits()), count))]
    print(f"\nCPU milliseconds each, of {count} in one process{'':8} {'first':>8} {'again':>8}")
    asking: dict[str, Callable[[Library], object]] = {
        "questions, one by one": lambda library: [library.search(question) for question in questions],
        "questions, together": lambda library: list(library.search_all(questions)),
        "edits, one by one": lambda library: [library.compose(*edit) for edit in edits],
        "edits, together": lambda library: list(library.compose_all(edits)),
    }
    for name, ask in asking.items():
        with Library.open(folder, create=False, read_only=True) as library:
            took = []
            for _ in range(2):
                began = time.process_time()
                ask(library)
                took.append(1e3 * (time.process_time() - began) / count)
        print(f"{name:44} {took[0]:8.0f} {took[1]:8.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, help="an existing library instead of a synthetic one")
    parser.add_argument("--videos", type=int, default=97, help="videos of the synthetic library")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--question", default=QUESTION)
    parser.add_argument("--count", type=int, default=30, help="questions, and edits, in one process")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, compiled = given.library, str(Path(temporary) / "compiled")
        if folder is None:
            folder = Path(temporary) / "library"
            began = time.perf_counter()
            make_library(folder, given.videos)
            print(f"library of {given.videos} ideal twins made in {time.perf_counter() - began:.0f} s\n")
        report(folder, given.question, given.repeats, compiled)
        in_one_process(folder, given.count)


if __name__ == "__main__":
    main()
