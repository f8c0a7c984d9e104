"""Whatever moment the process dies at, the index is what it was or what it was meant to be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from index_worlds import components, condition, fingerprint, meta, unit

from seewhy.errors import LibraryReadOnly, OutOfSpace
from seewhy.index.exact import ExactIndex

X = (1, 0, 0, 0)


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the product catches it."""


class FailingDisk:
    """Counts what changes files, and fails at one of them.

    `fail` makes the error; the operation itself is not carried out.
    """

    OPERATIONS = ("fsync", "rename", "replace", "mkdir", "unlink", "rmdir")

    def __init__(self, at: int, fail: Callable[[], BaseException]) -> None:
        self.at, self.fail, self.count = at, fail, 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.at:
            raise self.fail()

    @contextmanager
    def installed(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in self.OPERATIONS:
                patch.setattr(os, name, self._guarded(getattr(os, name)))
            patch.setattr(Path, "open", self._guarded(Path.open))
            yield

    def _guarded(self, operation: Callable[..., object]) -> Callable[..., object]:
        def guarded(*args: object, **keywords: object) -> object:
            self.step()
            return operation(*args, **keywords)

        return guarded


def before(folder: Path) -> ExactIndex:
    """Four segments with deletions in them, so that the next flush merges, removes and writes."""
    index = ExactIndex.open(folder, fingerprint(), create=True)
    for number in range(3):
        index.add(f"old{number}", components(f"old{number}", 2), unit(X, (number, 1, 0, 0)), meta())
        index.flush()
    return index


def change(index: ExactIndex) -> None:
    index.add("new", components("new", 2), unit(X, (0, 0, 1, 0)), meta())
    index.add("old1", components("again", 1), unit((0, 1, 0, 0)), meta())
    index.delete(["old0"])


def content(index: ExactIndex) -> list[tuple[str, float, str]]:
    found = index.search([condition("q", X)], 10)
    return [(c.video, c.score, c.matches[0].component.text) for c in found]


def abandon(index: ExactIndex) -> None:
    """What the kernel does for a killed process: let go of the lock, and nothing else."""
    index._store.unlock()


def test_a_crash_at_any_step_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    with before(tmp_path / "reference") as reference:
        old = content(reference)
        change(reference)
        reference.flush()
        new = content(reference)
    assert old != new

    seen = []
    for at in range(1, 200):
        folder = tmp_path / f"crash{at}"
        victim = before(folder)
        change(victim)
        disk = FailingDisk(at, Killed)
        with disk.installed():
            try:
                victim.flush()
            except Killed:
                pass
            else:
                break
        abandon(victim)
        with ExactIndex.open(folder, fingerprint()) as index:
            state = content(index)
            assert state in (old, new), f"after a crash at step {at}"
            index.verify()
            seen.append(state == new)
            # The next writer goes on from there, and leaves no orphans behind.
            change(index)
            index.flush()
            assert content(index) == new
            index.verify()
        names = sorted(path.name for path in (folder / "segments").iterdir())
        assert names == sorted(entry.name for entry in index._store._manifest.segments)
        assert sorted(path.name for path in folder.iterdir()) == ["lock", "manifest.json", "segments"]
    assert len(seen) > 15, "the flush should have many steps to fail at"
    assert seen == sorted(seen), "from one step on, and from then on always, the new state stands"
    assert seen[0] is False
    assert seen[-1] is True


def test_a_crash_while_making_an_index_leaves_none_or_an_empty_one(tmp_path: Path) -> None:
    for at in range(1, 50):
        folder = tmp_path / f"crash{at}"
        disk = FailingDisk(at, Killed)
        with disk.installed():
            try:
                ExactIndex.open(folder, fingerprint(), create=True).close()
            except Killed:
                pass
            else:
                assert at > 4
                return
        with ExactIndex.open(folder, fingerprint(), create=True) as index:
            assert len(index) == 0
    raise AssertionError("making an index should end")


def test_a_full_disk_loses_nothing_and_can_be_tried_again(tmp_path: Path) -> None:
    def full() -> OSError:
        return OSError(28, "No space left on device")

    for at in range(1, 200):
        folder = tmp_path / f"full{at}"
        with before(folder) as index:
            change(index)
            wanted = content(index)
            disk = FailingDisk(at, full)
            with disk.installed():
                try:
                    index.flush()
                except OutOfSpace as error:
                    assert "Free some space" in str(error)  # noqa: PT017  # the loop ends where none is raised
                else:
                    break
            assert content(index) == wanted, "what was staged is still there"
            index.flush()
        with ExactIndex.open(folder, fingerprint()) as index:
            assert content(index) == wanted
    assert at > 15


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    def refused() -> OSError:
        return OSError(30, "Read-only file system")

    with before(tmp_path / "index") as index:
        change(index)
        with FailingDisk(1, refused).installed(), pytest.raises(LibraryReadOnly, match="Make the folder writable"):
            index.flush()


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from index_worlds import components, fingerprint, meta, random_unit
import numpy as np
from seewhy.index.exact import ExactIndex
index = ExactIndex.open(Path(sys.argv[1]), fingerprint(), create=True)
number = len(index)
while True:
    rng = np.random.default_rng(number)
    count = int(rng.integers(0, 6))
    index.add(f"v{number:05}", components(f"v{number:05}", count), random_unit(rng, count, 4), meta())
    index.flush()
    print(number, flush=True)
    number += 1
"""


def test_sigkill_loses_nothing_that_was_flushed(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    rng = np.random.default_rng(0)
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(Path(__file__).parent)], stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout is not None
            first = process.stdout.readline()  # it has begun
            time.sleep(float(rng.uniform(0.0, 0.2)))
            process.send_signal(signal.SIGKILL)
            acknowledged = [int(line) for line in (first + process.stdout.read()).split()]
        with ExactIndex.open(folder, fingerprint(), read_only=True) as index:
            index.verify()
            count = len(index)
            # At most the one in flight is there beyond what was acknowledged.
            assert acknowledged[-1] + 1 <= count <= acknowledged[-1] + 2
            assert index.videos() == {f"v{number:05}" for number in range(count)}
