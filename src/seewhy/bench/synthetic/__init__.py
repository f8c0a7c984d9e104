"""Synthetic clips whose truth is known by construction, and questions with exactly one right answer.

Textured shapes move over textured, noisy backgrounds: they enter and leave, stop and start, turn, change
color and size, hide one another, follow and pass; the camera pans, zooms and trembles; there is day and
night. Clips come in families whose members differ in one detail, so that a question is answered by that
detail or not at all, and an edit of that detail leads from one clip to another.
"""

from __future__ import annotations

from functools import cache

from seewhy.bench.synthetic import clips as _clips
from seewhy.bench.synthetic import edits as _edits
from seewhy.bench.synthetic import queries as _queries
from seewhy.bench.synthetic.check import SyntheticQuery, resolve
from seewhy.bench.synthetic.edits import SyntheticEdit, resolve_edit
from seewhy.bench.synthetic.objects import SyntheticCamera, SyntheticClip, SyntheticObject
from seewhy.bench.synthetic.paint import Painted, paint
from seewhy.bench.synthetic.render import render
from seewhy.bench.synthetic.truth import ClipTruth, TruthEvent, truth_of

CLIPS = _clips.BENCHMARK
"""The clips of the benchmark."""


def benchmark_clips() -> tuple[SyntheticClip, ...]:
    """The clips of the benchmark, those of the demo among them."""
    return CLIPS


def demo_clips() -> tuple[SyntheticClip, ...]:
    """The sixteen clips of the demo."""
    return _clips.DEMO


@cache
def benchmark_queries() -> tuple[SyntheticQuery, ...]:
    """Questions with one right answer each among `benchmark_clips`."""
    return tuple(resolve(question, CLIPS) for question in _queries.BENCHMARK)


@cache
def benchmark_edits() -> tuple[SyntheticEdit, ...]:
    """Edits that lead from one of `benchmark_clips` to one other."""
    return tuple(resolve_edit(edit, CLIPS) for edit in _edits.BENCHMARK)


@cache
def demo_queries() -> tuple[SyntheticQuery, ...]:
    """The demo's four: attribute with motion, temporal order, negation, and one that nothing matches."""
    return tuple(resolve(question, _clips.DEMO) for question in _queries.DEMO)


__all__ = [
    "CLIPS",
    "ClipTruth",
    "Painted",
    "SyntheticCamera",
    "SyntheticClip",
    "SyntheticEdit",
    "SyntheticObject",
    "SyntheticQuery",
    "TruthEvent",
    "benchmark_clips",
    "benchmark_edits",
    "benchmark_queries",
    "demo_clips",
    "demo_queries",
    "paint",
    "render",
    "truth_of",
]
