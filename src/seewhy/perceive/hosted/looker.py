"""Takes the steps of refinement: with a vision-language model where one has to see, in code where one has to compute.

| step | what is done | calls |
|---|---|---|
| describe_track | a track is shown close up, over a span, with the question | 1 per track |
| detect | a phrase is looked for; what is found is segmented and followed, and becomes a track | 1 |
| read_text | the text in the picture is read | 1 |
| look | the frames around a moment are shown, with the question | 1 |
| recompute | masks are followed through every frame of a span; geometry is computed anew from them | 0 |
"""

from __future__ import annotations

import time
from dataclasses import replace

from seewhy.errors import PerceptionError
from seewhy.models.language import LanguageModel
from seewhy.perceive.findings import Findings, FoundObject
from seewhy.perceive.fullrate import at_full_rate
from seewhy.perceive.hosted import closer, wording
from seewhy.perceive.hosted.following import follow_box
from seewhy.perceive.seams import Masks
from seewhy.perceive.steps import within
from seewhy.types.time import Span
from seewhy.types.twin import Label, RefinementStep, StepName, Twin
from seewhy.video.clip import Clip

STEPS: tuple[StepName, ...] = ("describe_track", "detect", "read_text", "look", "recompute")
MOST_TRACKS = 4
"""described in one step; a planner that wants more takes another step"""
MOST_FOUND = 3
"""things that one phrase may turn up"""


class HostedLooker:
    """The seam `Looker` over a vision-language model."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    @property
    def source(self) -> str:
        return closer.source_of(self._model)

    @property
    def steps(self) -> tuple[StepName, ...]:
        """All but `act`, which takes a model of actions."""
        return STEPS

    def cost(self, step: RefinementStep) -> int:
        """Number of calls that the step makes, at most."""
        match step.name:
            case "describe_track":
                return min(max(len(step.tracks), 1), MOST_TRACKS)
            case "recompute":
                return 0
        return 1

    def take(self, step: RefinementStep, twin: Twin, masks: Masks, clip: Clip) -> Findings:
        """
        Raises:
            ModelError, VideoError: nothing came of it.
            PerceptionError: the step makes no sense for this twin.
        """
        began = time.perf_counter()
        if step.name not in STEPS:
            raise PerceptionError(f"nobody here takes the step {step.name}; take one of {', '.join(STEPS)}")
        span = within(twin, step.span, step.tracks)
        found = self._take(step, span, twin, masks, clip)
        return replace(found, seconds=round(time.perf_counter() - began, 3))

    def _take(self, step: RefinementStep, span: Span, twin: Twin, masks: Masks, clip: Clip) -> Findings:
        match step.name:
            case "describe_track":
                if not step.tracks:
                    raise PerceptionError("describe_track needs the tracks that are to be described; name some")
                each = [
                    closer.describe_track(self._model, twin, masks, clip, track, span, step.question)
                    for track in step.tracks[:MOST_TRACKS]
                ]
                return _together(each)
            case "detect":
                return self._detect(step.question, span, twin, clip)
            case "read_text":
                return closer.read_text(self._model, clip, twin, span)
            case "look":
                return closer.look(self._model, twin, masks, clip, span, step.tracks, step.question)
        return at_full_rate(clip, twin, masks, span, step.tracks)

    def _detect(self, phrase: str, span: Span, twin: Twin, clip: Clip) -> Findings:
        if not phrase.strip():
            raise PerceptionError("detect needs the phrase that is to be found; say what to look for")
        boxes = closer.find_box(self._model, clip, twin, phrase, span)
        objects: list[FoundObject] = []
        notes: list[str] = []
        for frame, box, score in boxes[:MOST_FOUND]:
            followed = follow_box(clip, twin, frame, box)
            if not followed:
                notes.append(f"'{phrase}' was seen in frame {frame} and could not be segmented")
                continue
            label = Label(name=wording.name(phrase) or phrase, score=score, source=self.source)
            objects.append(FoundObject(labels=(label,), masks=followed, score=score, source=self.source))
        if not boxes:
            notes.append(f"'{phrase}' was not found")
        return Findings(source=self.source, objects=tuple(objects), notes=tuple(notes))


def _together(each: list[Findings]) -> Findings:
    """What was found of several tracks, as one."""
    first, *rest = each
    for other in rest:
        first = replace(
            first,
            labels={**first.labels, **other.labels},
            attributes={**first.attributes, **other.attributes},
            events=first.events + other.events,
            notes=first.notes + other.notes,
            degraded=first.degraded + other.degraded,
        )
    return first
