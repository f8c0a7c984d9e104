"""The demo: render short clips (or take the user's), index them, ask, edit, and write a page to look at."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from rich.console import Console

from seewhy.answers import Answer
from seewhy.bench.synthetic import demo_clips, demo_queries, render
from seewhy.errors import QueryError, SettingsError
from seewhy.library import Library
from seewhy.progress import TerminalProgress

EDITED = "ball_right.mp4"
EDIT = "the same ball, but it moves to the left"
"""What the demo asks last: the clip that would result from this edit of that one."""

MARK = ".made-by-seewhy-demo"
"""A file in folders that the demo made, and may therefore empty."""


def run(out: Path, *, videos: Path | None = None, questions: tuple[str, ...] = ()) -> Path:
    """Index `videos` (default: rendered clips) into `out`, answer the questions, write `out/report.html`.

    Args:
        out: folder that is written to; its clips and library are made anew for the rendered clips and
            kept for the user's own videos, so that asking again is quick.
        videos: the user's own videos, a file or folder.
        questions: what is asked; by default the four of the rendered clips, and for an edit of one of them.

    Returns:
        The page.

    Raises:
        QueryError: own videos without a question.
        SettingsError: `out` holds a folder of that name that the demo did not make; nothing is touched.
    """
    start = time.monotonic()
    if videos is None:
        library_folder, source = _anew(out / "library"), _anew(out / "clips")
        asked = questions or tuple(query.text for query in demo_queries())
        _render(source)
    else:
        if not questions:
            raise QueryError('own videos need a question: make demo VIDEOS=folder QUERY="..."')
        library_folder, source, asked = out / "own-library", videos, questions
    console = Console()
    with Library.open(library_folder) as library:
        with TerminalProgress() as progress:
            report = library.add([source], progress=progress)
        console.print(report.summary())
        answers: list[Answer] = []
        for question in asked:
            answer = library.search(question, k=3)
            answers.append(answer)
            console.print(answer)
        if videos is None and not questions:
            answers.append(library.compose(source / "videos" / EDITED, EDIT, k=3))
            console.print(answers[-1])
        page = library.report(answers, out / "report.html")
    console.print(f"\nDone in {time.monotonic() - start:.0f} s. Masks drawn on frames, with reasons: {page.resolve()}")
    return page


def _anew(folder: Path) -> Path:
    """The folder, empty; only what the demo itself has made is ever removed."""
    if folder.exists() and not (folder / MARK).exists():
        raise SettingsError(f"{folder} is there and was not made by the demo; name another folder with --out")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    return folder


def _render(folder: Path) -> None:
    clips = demo_clips()
    print(f"rendering {len(clips)} clips to {folder} ...", file=sys.stderr)
    render(clips, folder)
