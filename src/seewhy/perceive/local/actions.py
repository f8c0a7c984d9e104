"""What an object is doing between two times: its crop tube, named by a model of actions.

::

    track + span ─▶ stretches in view ─▶ windows ─▶ crop tubes ─▶ MODEL ─▶ verb phrases ─▶ equal neighbors ─▶ events

The models are video classifiers that have learned actions by their names: V-JEPA 2 (arXiv 2506.09985) and VideoMAE
(arXiv 2203.12602) with the classes of Something-Something v2 or Kinetics. They know no more than these; what fits none
of them is not named.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import PerceptionError
from seewhy.perceive.findings import Findings
from seewhy.perceive.local.action_words import is_filming, verb_phrase, with_object
from seewhy.perceive.local.tubes import Pictures, boxes_at, pictures, stretches, windows
from seewhy.perceive.steps import within
from seewhy.types.time import Span, merge_spans
from seewhy.types.twin import Event, Track, Twin
from seewhy.video.clip import Clip

SURE = 0.5
"""Softmax score from which an action is taken to be the one: it is likelier then than all others together. No
calibration of these models is published."""
TOP = 3
"""likeliest actions of a window that are kept"""
MOST_WINDOWS = 32
"""looked at for one track, the first: a minute of video; each takes seconds where there is no GPU"""
MOST_TRACKS = 4
"""looked at in one step; a planner that wants more takes another step"""
TOUCHING = 0.1
"""Of the smaller of two boxes that lies in the other one, from which things are together."""
TOGETHER = 0.8
"""Of the pictures of a window, in which an object has to be together with the track to be what it is done to."""


class ActionModel(Protocol):
    """Short pictures of one thing → how likely each action is."""

    @property
    def source(self) -> str:
        """``<name>@<version>``"""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """names of the actions it knows, as it came with them"""
        ...

    @property
    def frames(self) -> int:
        """pictures in one clip"""
        ...

    @property
    def side(self) -> int:
        """pixels of the pictures that it works with; others are scaled"""
        ...

    def scores(self, clips: Sequence[Pictures]) -> list[NDArray[np.float64]]:
        """For each clip (frames, H, W, 3) the softmax scores (labels,), which sum up to 1."""
        ...


@dataclass(frozen=True, slots=True)
class Guess:
    """What a track seems to do in one window."""

    span: Span
    times: tuple[float, ...]
    """seconds of the pictures that were looked at"""
    actions: tuple[tuple[str, float], ...]
    """(verb phrase, softmax score), the likeliest first"""

    @property
    def best(self) -> str:
        return self.actions[0][0]

    @property
    def score(self) -> float:
        return self.actions[0][1]

    @property
    def is_sure(self) -> bool:
        return self.score >= SURE and not is_filming(self.best)


class ActionClassifier:
    """Says what tracks do, with a model of actions."""

    def __init__(self, model: ActionModel) -> None:
        self._model = model

    @property
    def source(self) -> str:
        return self._model.source

    def act(self, twin: Twin, clip: Clip, tracks: Sequence[int], span: Span | None = None) -> Findings:
        """Events of what tracks do in a span. What no action surely fits is a note, and no event.

        Args:
            tracks: ids, each once; at most `MOST_TRACKS` are looked at.
            span: None: the whole video.

        Raises:
            PerceptionError: there are no such tracks, none are named, or the span lies outside the video.
            VideoError: the video cannot be read.
            WeightsError: the model cannot be loaded.
        """
        began = time.perf_counter()
        if not tracks:
            raise PerceptionError("act needs the tracks whose actions are to be named; name some")
        when = within(twin, span, tracks)
        events: list[Event] = []
        notes: list[str] = []
        for number in tracks[:MOST_TRACKS]:
            guesses = self.guesses(twin, clip, number, when)
            events += self._events(guesses, twin, number)
            notes += _notes(guesses, number, when)
        if len(tracks) > MOST_TRACKS:
            notes.append(f"tracks {', '.join(map(str, tracks[MOST_TRACKS:]))} were not looked at: too many in one step")
        seconds = round(time.perf_counter() - began, 3)
        return Findings(source=self.source, events=tuple(events), notes=tuple(notes), seconds=seconds)

    def guesses(self, twin: Twin, clip: Clip, track: int, span: Span) -> list[list[Guess]]:
        """What the track seems to do in each window of each stretch in view; windows without a frame are left out."""
        who = twin.track_by_id[track]
        left = MOST_WINDOWS
        found: list[list[Guess]] = []
        for stretch in stretches(who, twin, span):
            chosen = windows(stretch)[:left]
            left -= len(chosen)
            seen = [guess for window in chosen if (guess := self._guess(clip, who, window)) is not None]
            found += [seen] if seen else []
        return found

    def _guess(self, clip: Clip, track: Track, window: Span) -> Guess | None:
        seen = pictures(clip, track, window, self._model.frames, self._model.side)
        if seen is None:
            return None
        shown, times = seen
        (scores,) = self._model.scores([shown])
        likeliest = np.argsort(-scores, kind="stable")[:TOP]
        actions = [(verb_phrase(self._model.labels[label]), float(scores[label])) for label in likeliest]
        return Guess(window, times, tuple(actions))

    def _events(self, stretches_: Sequence[Sequence[Guess]], twin: Twin, track: int) -> list[Event]:
        """One for each run of windows in which the track surely does the same."""
        events: list[Event] = []
        for guesses in stretches_:
            for action, group in itertools.groupby(guesses, key=lambda one: one.best if one.is_sure else None):
                run = list(group)
                if action is None:
                    continue
                done_to = [_companion(twin, track, guess.times) for guess in run]
                whom = done_to[0] if len(set(done_to)) == 1 else None
                bare = with_object(action) if whom is not None else None
                events.append(
                    Event(
                        subject=track,
                        action=action if bare is None else bare,
                        object=None if bare is None else whom,
                        span=run[0].span.hull(run[-1].span),
                        score=sum(one.score for one in run) / len(run),
                        source=self.source,
                    )
                )
        return events


def _companion(twin: Twin, track: int, times: Sequence[float]) -> int | None:
    """The one other track that the track is together with; None where there is none, or where there are several."""
    mine = boxes_at(twin.track_by_id[track], times)
    first, last = times[0], times[-1]
    found: list[int] = []
    for other in twin.tracks:
        seen = [one.t for one in other.observations]
        apart = track in (other.id, other.part_of) or twin.track_by_id[track].part_of == other.id
        if apart or not seen or seen[0] > first + twin.frame_step or seen[-1] < last - twin.frame_step:
            continue
        if float(np.mean(_shared(mine, boxes_at(other, times)) >= TOUCHING)) >= TOGETHER:
            found.append(other.id)
    return found[0] if len(found) == 1 else None


def _shared(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of boxes (N, 4), two and two, the share of the smaller one that lies in the other one, (N,)."""
    sides = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    common = np.clip(sides, 0, None).prod(axis=1)
    smaller = np.minimum((a[:, 2:] - a[:, :2]).prod(axis=1), (b[:, 2:] - b[:, :2]).prod(axis=1))
    return np.asarray(common / np.maximum(smaller, 1e-12), np.float64)


def _notes(stretches_: Sequence[Sequence[Guess]], track: int, span: Span) -> list[str]:
    """Where it is not sure, and what is likeliest there."""
    guesses = [guess for stretch in stretches_ for guess in stretch]
    if not guesses:
        return [f"track {track} is not long enough in view in {span} to say what it does"]
    unsure = [guess for guess in guesses if not guess.is_sure]
    if not unsure:
        return []
    best = max(unsure, key=lambda guess: guess.score)
    when = ", ".join(str(one) for one in merge_spans(guess.span for guess in unsure))
    likeliest = ", ".join(f"{action} ({score:.2f})" for action, score in best.actions)
    filming = "; this says what the camera does" if is_filming(best.best) else ""
    return [f"not sure what track {track} does in {when}; likeliest: {likeliest}{filming}"]
