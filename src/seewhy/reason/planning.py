"""Planning a refinement: from what the judge would have to know to steps that find it out.

A plan is one request. A step has no effect but to look at a video again, and comes from an allow-list; what a reply
names that does not exist is dropped, and its texts are kept short and plain. Steps that a twin remembers are planned
all the same, so that whoever takes them can say that they are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from seewhy.models.asking import ask
from seewhy.models.language import LanguageModel, Request
from seewhy.models.prompt import load_prompt
from seewhy.plain import as_data, plain
from seewhy.twin.sentences import describe_track
from seewhy.types.hit import Candidate, Verdict
from seewhy.types.query import Query
from seewhy.types.time import Span
from seewhy.types.twin import RefinementStep, StepName, Track, Twin

Judged = Sequence[tuple[Candidate, Twin, Verdict]]

STEPS: Mapping[StepName, str] = {
    "recompute": "measure where the tracks are, and what they do, in every frame of the stretch. For places, "
    "directions, order, who is nearer. Costs nothing.",
    "act": "name what tracks do in the stretch, with a model of actions (pushing, opening, throwing something). Needs "
    "tracks. Costs nothing.",
    "describe_track": "look closely at one or a few tracks: what they are, what they look like, what state they are "
    "in. Needs tracks. Costs one look.",
    "look": "look at the whole frames around a moment: what happens, who does what to whom. Needs a short stretch. "
    "Costs one look.",
    "read_text": "read the text in the picture. Costs one look.",
    "detect": "look for a thing that no track is, and follow it. Its question is the noun phrase. Costs one look and "
    "is slow.",
}
"""What each step does and costs, for the prompt."""

ASKING: frozenset[StepName] = frozenset(("describe_track", "look", "detect"))
"""Steps that depend on their question; of the others it is left out, so that equal steps are equal."""
MOMENT = 1.0
"""seconds that are looked at where only an instant is given"""
MOST_VIDEOS, MOST_TRACKS, MOST_GAPS = 10, 12, 4
"""of those, the most relevant are in a plan's request"""
MOST_TEXT, MOST_QUESTION = 2000, 200
"""characters of a question asked by a user, and of one asked by a step"""


class PlannedStep(BaseModel):
    """One thing to find out: first what, then how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    video: str
    question: str = Field(json_schema_extra={"pattern": f"^[^\\n]{{0,{MOST_QUESTION}}}$"})
    step: str
    tracks: list[str] = Field(max_length=MOST_TRACKS)
    start: float | None = Field(allow_inf_nan=False)
    end: float | None = Field(allow_inf_nan=False)


class PlannedSteps(BaseModel):
    """The reply to a request for a plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: list[PlannedStep]


@lru_cache(maxsize=256)
def plan_schema(
    videos: tuple[str, ...], tracks: tuple[str, ...], allowed: tuple[StepName, ...], most: int
) -> type[PlannedSteps]:
    """The schema of a plan: which videos (v1, ...), tracks (t1, ...) and steps there are."""
    every: Any = Literal[(*tracks, "none")]
    step = create_model(
        "PlannedStep",
        __base__=PlannedStep,
        video=_one_of(videos),
        step=_one_of(allowed),
        tracks=_at_most(every, MOST_TRACKS),
    )
    return create_model("PlannedSteps", __base__=PlannedSteps, steps=_at_most(step, most))


def _one_of(values: Sequence[str]) -> Any:
    return Literal[tuple(values)]


def _at_most(kind: Any, number: int) -> Any:
    return (list[kind], Field(max_length=number))


class ModelPlanner:
    """Plans by a language model."""

    def __init__(self, model: LanguageModel) -> None:
        self.model = model

    @property
    def name(self) -> str:
        """The model's name and the prompt's."""
        prompt = load_prompt("seewhy.reason", "plan").id
        return f"{self.model.name_for(Request('plan', '', prompt, (), PlannedSteps))}+{prompt}"

    def plan(
        self, query: Query, judged: Judged, allowed: Sequence[StepName], most: int
    ) -> list[tuple[str, RefinementStep]]:
        """At most so many steps, the most telling first; without gaps, steps or room for one, nothing is asked.

        Raises:
            ModelError: no plan came.
        """
        open_ones = _most_relevant(judged)
        allowed = [name for name in STEPS if name in allowed]  # one order, whatever was given
        if not open_ones or not allowed or most < 1:
            return []
        twins = {f"v{number}": twin for number, (_, twin, _) in enumerate(open_ones, start=1)}
        told = {video: _told(twin) for video, twin in twins.items()}
        values = {
            "question": as_data(plain(_wanted(query), MOST_TEXT)),
            "videos": "\n".join(
                _video(handle, twin, told[handle], verdict)
                for (handle, twin), (_, _, verdict) in zip(twins.items(), open_ones, strict=True)
            ),
            "steps": "\n".join(f"- {name}: {STEPS[name]}" for name in allowed),
            "most": str(most),
        }
        prompt = load_prompt("seewhy.reason", "plan")
        names = sorted({track.id for tracks in told.values() for track in tracks})
        request = Request(
            purpose="plan",
            subject=query.text,
            prompt=prompt.id,
            messages=prompt.fill(values),
            schema=plan_schema(tuple(twins), tuple(f"t{name}" for name in names), tuple(allowed), most),
            hints=values,
        )
        steps: dict[tuple[str, RefinementStep], None] = {}
        for planned in ask(self.model, request).value.steps:
            twin = twins.get(planned.video)
            step = _step(planned, twin, allowed) if twin is not None else None
            if twin is not None and step is not None:
                steps[twin.id, step] = None
        return list(steps)[:most]


def by_relevance(one: tuple[Candidate, Twin, Verdict]) -> tuple[float, str]:
    """Sorts what was judged, the most relevant first."""
    return -one[2].relevance, one[0].video


def _most_relevant(judged: Judged) -> list[tuple[Candidate, Twin, Verdict]]:
    """Those with gaps, in order of their ids: the order says nothing about them."""
    with_gaps = [one for one in judged if one[2].gaps]
    return sorted(sorted(with_gaps, key=by_relevance)[:MOST_VIDEOS], key=lambda one: one[0].video)


def _told(twin: Twin) -> list[Track]:
    """The tracks that a plan may name: the most salient, in order of their ids."""
    seen = [track for track in twin.tracks if track.observations]
    best = sorted(seen, key=lambda track: (-track.score, track.id))[:MOST_TRACKS]
    return sorted(best, key=lambda track: track.id)


def _wanted(query: Query) -> str:
    """What is looked for, in words. Of an edit, the video that would result: its own words say only what changes."""
    target = query.trace.target if query.trace is not None else ""
    return f"{query.text} (an edit of another video; the result would be: {target})" if target else query.text


def _video(handle: str, twin: Twin, tracks: Sequence[Track], verdict: Verdict) -> str:
    """One line of JSON."""
    return as_data(
        {
            "video": handle,
            "length": round(twin.video.duration, 1),
            "tracks": [
                {"id": f"t{track.id}", "is": plain(describe_track(track), 80), "seen": str(in_view([track], twin))}
                for track in tracks
            ],
            "open": [plain(gap, MOST_QUESTION) for gap in verdict.gaps[:MOST_GAPS]],
        }
    )


def in_view(tracks: Sequence[Track], twin: Twin) -> Span:
    """From the first to the last sight of any of them."""
    times = [seen.t for track in tracks for seen in track.observations]
    if not times:
        return twin.span
    return Span(start=min(times), end=max(min(max(times) + twin.frame_step, twin.video.duration), min(times)))


def _step(planned: PlannedStep, twin: Twin, allowed: Sequence[StepName]) -> RefinementStep | None:
    """What was planned, as far as it can be done."""
    name = next((name for name in allowed if name == planned.step), None)
    if name is None:
        return None
    named = {f"t{track.id}": track.id for track in _told(twin)}
    tracks = tuple(dict.fromkeys(named[track] for track in planned.tracks if track in named))
    question = plain(planned.question, MOST_QUESTION) if name in ASKING else ""
    if (name in ("describe_track", "act") and not tracks) or (name == "detect" and not question):
        return None
    if name in ("detect", "read_text"):  # of the picture, not of a track
        tracks = ()
    return RefinementStep(name=name, tracks=tracks, span=_span(planned, twin), question=question)


def _span(planned: PlannedStep, twin: Twin) -> Span | None:
    """The stretch within the video, to a hundredth of a second; None: all of it."""
    if planned.start is None and planned.end is None:
        return None
    length = twin.video.duration
    start = planned.start if planned.start is not None else 0.0
    end = planned.end if planned.end is not None else length
    start, end = min(start, end), max(start, end)
    if start == end:
        start, end = start - MOMENT / 2, end + MOMENT / 2
    start, end = round(min(max(start, 0.0), length), 2), min(round(min(max(end, 0.0), length), 2), length)
    return Span(start=start, end=end) if start < end and (start > 0 or end < length) else None
