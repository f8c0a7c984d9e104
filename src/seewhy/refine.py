"""Refinement, just in time: what a question needs and the twins lack is looked at, and enters the twins for good.

::

    gaps ─▶ plan ─▶ steps ─▶ look ─▶ findings ─▶ twins ─▶ components ─▶ INDEX

The steps come from an allow-list and have no other effect than facts in twins. A step that a twin remembers is not
taken again, nor is anything for a question that the twin was refined for before. Where the library cannot be written,
what was found counts for this answer only, and the answer says so.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from seewhy.errors import Cancelled, ModelError, SeewhyError
from seewhy.keep import entered, mask_table
from seewhy.models.asking import counting
from seewhy.perceive.findings import Findings
from seewhy.perceive.seams import Looker
from seewhy.reason.planning_rules import RulesPlanner
from seewhy.reason.seams import Planner
from seewhy.settings import RefineSettings
from seewhy.threads import side_by_side
from seewhy.twin.store import TwinStore
from seewhy.types.calls import Call
from seewhy.types.hit import Candidate, Refinement, Verdict
from seewhy.types.query import Query
from seewhy.types.twin import Refined, RefinementStep, Twin
from seewhy.video.clip import Clip

Found = Sequence[tuple[Findings, Sequence[Refined]]]
"""What was found in one video, each with the steps that found it."""
Keep = Callable[[Mapping[str, Found]], str | None]
"""Writes what was found into the library; says why it could not, or None."""

SAME_SPAN = 0.8
"""of the time that a step speaks of has to lie in that of an earlier one, to be the same"""


@dataclass(frozen=True)
class Wanted:
    """A step that one question needs."""

    asked: str
    """key of the question"""
    video: str
    step: RefinementStep


@dataclass
class Budget:
    """What one question has left of what its refinement may cost, in all rounds together."""

    calls: int
    seconds: float
    """in which at least one step of the question is under way: waiting for another question's steps is not its own"""
    _under_way: int = 0
    _since: float = 0.0
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def is_spent(self) -> bool:
        """Whether no further step is to be started, because of the time."""
        with self._lock:
            return self._left() <= 0

    @contextmanager
    def step(self) -> Iterator[None]:
        """A step is under way. Of several at a time, the seconds count once."""
        with self._lock:
            if not self._under_way:
                self._since = time.perf_counter()
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self.seconds, self._since = self._left(), time.perf_counter()
                self._under_way -= 1

    def _left(self) -> float:
        return self.seconds - (time.perf_counter() - self._since if self._under_way else 0.0)


@dataclass
class Taken:
    """What came of steps."""

    refinements: dict[str, list[Refinement]] = field(default_factory=dict)
    """key of a question → what was done for it, in order"""
    twins: dict[str, Twin] = field(default_factory=dict)
    """videos whose twin says more now → that twin, where it could not be kept"""
    changed: frozenset[str] = frozenset()
    """videos whose twin says more now"""
    calls: dict[str, list[Call]] = field(default_factory=dict)
    """key of a question → calls made for it"""
    not_kept: str | None = None
    """why nothing of it could be written"""


@dataclass(frozen=True)
class Refiner:
    """Plans steps, takes them, and has what they find written down."""

    planner: Planner
    looker: Looker
    clip: Callable[[str], Clip]
    """video id → the video, to be looked at again. Raises VideoError where its file is gone"""
    twins: TwinStore
    keep: Keep
    settings: RefineSettings
    side_by_side: int = 1
    fallback: Planner = field(default_factory=RulesPlanner)
    """plans when no plan came of the planner"""

    def plan(
        self, question: str, query: Query, judged: Sequence[tuple[Candidate, Twin, Verdict]]
    ) -> tuple[list[Wanted], str | None]:
        """The steps that one question needs; none for videos that were refined for it before.

        Where no plan comes, the fallback's steps are wanted, as far as they need no model: it has just failed.

        Returns:
            the steps; and why the planner planned none of them, None: it did.
        """
        asked = question_key(question if query.reference is None else f"{query.reference} {question}")
        new = [
            (candidate, twin, verdict)
            for candidate, twin, verdict in judged
            if verdict.gaps and not any(asked in refined.asked for refined in twin.refinements)
        ]
        if not new:
            return [], None
        why: str | None = None
        try:
            steps = self.planner.plan(query, new, self.looker.steps, self.settings.steps)
        except Cancelled as error:  # whoever asked does not wait for an answer any more
            return [], f"refinement was not planned: {error}"
        except ModelError as error:
            planned = self.fallback.plan(query, new, self.looker.steps, self.settings.steps)
            steps = [(video, step) for video, step in planned if self.looker.cost(step) == 0]
            why = f"refinement was {'planned by rules' if steps else 'not planned'}: {error}"
        return [Wanted(asked, video, step) for video, step in steps[: self.settings.steps]], why

    def take(
        self, wanted: Sequence[Wanted], budgets: dict[str, Budget], caught: type[Exception] = SeewhyError
    ) -> Taken:
        """Take steps, each once, whoever wants it; those of one video in order, videos side by side.

        Args:
            budgets: key of a question → what it has left; a question's first step gives it what the settings allow. A
                step that several want is on the first one's.
            caught: errors that fail the step in which they occur, nothing else.
        """
        taken = Taken()
        by_video: dict[str, list[tuple[RefinementStep, list[Wanted]]]] = {}
        for one in dict.fromkeys(wanted):  # the same question, asked twice, wants the same once
            steps = by_video.setdefault(one.video, [])
            same = next((askers for step, askers in steps if step == one.step), None)
            if same is not None:
                same.append(one)
                continue
            budget = budgets.setdefault(one.asked, Budget(self.settings.calls, self.settings.seconds))
            cost = self.looker.cost(one.step)
            if cost > budget.calls:
                self._tell(taken, [one], "skipped", f"over the budget of {self.settings.calls} calls")
                continue
            budget.calls -= cost
            steps.append((one.step, [one]))
        looked = side_by_side(
            lambda video: self._look(video, by_video[video], budgets, caught), sorted(by_video), self.side_by_side
        )
        found: dict[str, Found] = {}
        for video in looked:
            for step in video.steps:
                for one in step.askers:
                    taken.calls.setdefault(one.asked, []).extend(step.calls if one is step.askers[0] else ())
                self._tell(taken, step.askers, step.outcome, step.said, step.seconds)
            if video.found:
                found[video.id] = video.found
        if found:
            self._write(taken, found, {video.id: video for video in looked})
        return taken

    def _write(self, taken: Taken, found: Mapping[str, Found], looked: Mapping[str, _Video]) -> None:
        taken.not_kept = self.keep(found)
        taken.changed = frozenset(found)
        for video in found:
            if taken.not_kept is not None:
                twin = looked[video].twin
                assert twin is not None, "only videos that were looked at have findings"
                taken.twins[video] = _with_masks(twin, looked[video].masks)
                continue
            for refinements in taken.refinements.values():
                refinements[:] = [
                    one.model_copy(update={"kept": True}) if one.video == video and one.outcome == "done" else one
                    for one in refinements
                ]

    def _look(
        self,
        video: str,
        steps: Sequence[tuple[RefinementStep, list[Wanted]]],
        budgets: Mapping[str, Budget],
        caught: type[Exception],
    ) -> _Video:
        """Take the steps for one video, one after the other: each sees what those before it found."""
        try:
            twin, masks = self.twins.load(video), mask_table(self.twins, video)
            clip = self.clip(video)
        except SeewhyError as error:
            return _Video(video, [_Step(askers, "failed", str(error)) for _, askers in steps])
        looked = _Video(video, [], masks=_pointers(twin))
        for step, askers in steps:
            began = time.perf_counter()
            if is_known(twin, step):
                looked.steps.append(_Step(askers, "known", "the twin has it from before"))
                continue
            budget = budgets[askers[0].asked]
            if budget.is_spent:
                why = f"over the budget of {self.settings.seconds:g} s"
                looked.steps.append(_Step(askers, "skipped", why))
                continue
            with counting() as calls, budget.step():
                try:
                    findings = self.looker.take(step, twin, masks, clip)
                except caught as error:
                    why = f"{type(error).__name__}: {error}"
                    seconds = time.perf_counter() - began
                    looked.steps.append(_Step(askers, "failed", why, seconds, tuple(calls)))
                    continue
            keys = tuple(dict.fromkeys(one.asked for one in askers))
            refined = Refined(step=step, source=findings.source, found=findings.count, asked=keys)
            twin, masks = entered(twin, masks, findings, [refined])
            looked.found.append((findings, [refined]))
            said = "; ".join((f"{findings.count} facts", *findings.notes, *findings.degraded))
            looked.steps.append(_Step(askers, "done", said, time.perf_counter() - began, tuple(calls)))
        looked.twin = twin
        return looked

    def _tell(self, taken: Taken, askers: Sequence[Wanted], outcome: str, said: str, seconds: float = 0.0) -> None:
        for one in askers:
            refinement = Refinement.model_validate(
                {"video": one.video, "step": one.step, "outcome": outcome, "said": said, "seconds": seconds}
            )
            taken.refinements.setdefault(one.asked, []).append(refinement)


@dataclass
class _Step:
    askers: list[Wanted]
    outcome: str
    said: str
    seconds: float = 0.0
    calls: tuple[Call, ...] = ()


@dataclass
class _Video:
    id: str
    steps: list[_Step]
    twin: Twin | None = None
    masks: frozenset[str] = frozenset()
    """pointers to the masks it had before"""
    found: list[tuple[Findings, Sequence[Refined]]] = field(default_factory=list)


def question_key(question: str) -> str:
    """The same for questions of the same words; 16 hex digits.

    >>> question_key("A  red ball?") == question_key("a red ball")
    True
    """
    words = "".join(letter if letter.isalnum() else " " for letter in question.casefold()).split()
    return hashlib.blake2b(" ".join(words).encode(), digest_size=8).hexdigest()


def is_known(twin: Twin, step: RefinementStep) -> bool:
    """Whether the step, or one that says as much, has been taken."""
    return any(_covers(twin, refined.step, step) for refined in twin.refinements)


def _covers(twin: Twin, before: RefinementStep, step: RefinementStep) -> bool:
    if before.name != step.name or not set(step.tracks) <= set(before.tracks or step.tracks):
        return False
    old, new = before.span or twin.span, step.span or twin.span
    common = old.intersection(new)
    covered = common is not None and common.duration >= SAME_SPAN * new.duration
    asks = step.name in ("detect", "look", "describe_track")
    return covered and (not asks or question_key(before.question) == question_key(step.question))


def _pointers(twin: Twin) -> frozenset[str]:
    return frozenset(o.mask for track in twin.tracks for o in track.observations if o.mask is not None)


def _with_masks(twin: Twin, kept: frozenset[str]) -> Twin:
    """A twin that is not written anywhere: nothing may point to masks that are in no file."""
    tracks = [
        track.model_copy(
            update={
                "observations": tuple(
                    seen if seen.mask in kept else seen.model_copy(update={"mask": None}) for seen in track.observations
                )
            }
        )
        for track in twin.tracks
    ]
    return twin.model_copy(update={"tracks": tuple(tracks)})
