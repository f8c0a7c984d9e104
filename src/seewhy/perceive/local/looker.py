"""Takes the steps of refinement with specialists on this machine.

| step | what is done | calls |
|---|---|---|
| act | a model of actions names what tracks do | 0 |
| detect | a detector of any phrase finds it, a tracker follows it; it becomes a track | 0 |
| recompute | masks are followed through every frame of a span; geometry is computed anew from them | 0 |
| describe_track, look, read_text | a vision-language model looks (see `HostedLooker`) | as there |

A step is offered where there is who takes it: without a language model, the first three.
"""

from __future__ import annotations

from seewhy.errors import PerceptionError, WeightsError
from seewhy.models.language import LanguageModel
from seewhy.models.local.devices import device_for
from seewhy.models.local.weights import find
from seewhy.models.registry import SPECIALISTS, load
from seewhy.perceive import fullrate
from seewhy.perceive.findings import Findings
from seewhy.perceive.hosted.looker import HostedLooker
from seewhy.perceive.local.actions import ActionClassifier
from seewhy.perceive.local.classifiers import action_classifier
from seewhy.perceive.local.edgetam import EdgeTamTracker
from seewhy.perceive.local.finding import PhraseFinder
from seewhy.perceive.local.sam2 import Sam2Tracker
from seewhy.perceive.seams import Detector, Masks
from seewhy.perceive.specialists import chosen
from seewhy.perceive.steps import within
from seewhy.settings import Settings
from seewhy.types.twin import STEP_NAMES, RefinementStep, StepName, Twin
from seewhy.video.clip import Clip

EDGETAM = "local.edgetam"
"""entry point of the segmenter that follows with EdgeTAM"""


class LocalLooker:
    """The seam `Looker` over specialists on this machine."""

    def __init__(
        self,
        model: LanguageModel | None = None,
        actions: ActionClassifier | None = None,
        finder: PhraseFinder | None = None,
    ) -> None:
        """
        Args:
            model: is shown pictures; None: nobody is.
            actions: names what tracks do; None: nobody does.
            finder: finds what phrases name; None: the model does, where there is one.
        """
        self._hosted = HostedLooker(model) if model is not None else None
        self._actions, self._finder = actions, finder

    @property
    def source(self) -> str:
        """Of all who look, joined."""
        everyone = (self._actions, self._finder, self._hosted)
        return "+".join(one.source for one in everyone if one is not None) or fullrate.SOURCE

    @property
    def steps(self) -> tuple[StepName, ...]:
        """The steps that somebody here takes."""
        offered: set[StepName] = {"recompute"}
        if self._hosted is not None:
            offered |= set(self._hosted.steps)
        if self._actions is not None:
            offered.add("act")
        if self._finder is not None:
            offered.add("detect")
        return tuple(name for name in STEP_NAMES if name in offered)

    def cost(self, step: RefinementStep) -> int:
        """Number of calls to a language model that the step makes, at most."""
        free = step.name in ("act", "recompute") or (step.name == "detect" and self._finder is not None)
        return 0 if free or self._hosted is None else self._hosted.cost(step)

    def take(self, step: RefinementStep, twin: Twin, masks: Masks, clip: Clip) -> Findings:
        """
        Raises:
            ModelError, VideoError: nothing came of it.
            PerceptionError: the step makes no sense for this twin, or nobody here takes it.
            WeightsError: a model that it needs cannot be loaded.
        """
        span = within(twin, step.span, step.tracks)
        if step.name == "act" and self._actions is not None:
            return self._actions.act(twin, clip, step.tracks, span)
        if step.name == "detect" and self._finder is not None:
            return self._finder.find(step.question, twin, clip, span)
        if step.name == "recompute":
            return fullrate.at_full_rate(clip, twin, masks, span, step.tracks)
        if self._hosted is None or step.name not in self._hosted.steps:
            raise PerceptionError(f"nobody here takes the step {step.name}; take one of {', '.join(self.steps)}")
        return self._hosted.take(step, twin, masks, clip)


def local_looker(settings: Settings, model: LanguageModel | None = None) -> LocalLooker:
    """A looker with the specialists that the settings name. Nothing is loaded yet.

    Phrases are found by the detector that looks at videos as they come in, if it knows any phrase, and followed by
    EdgeTAM where that is the segmenter, by SAM 2.1 else. Where `local.actions` is empty, nobody names actions.

    Args:
        model: is shown pictures; None: nobody is.

    Raises:
        WeightsError: weights are not here; which command gets them.
        SettingsError: there is no such device.
        PluginError: torch is not installed, or the detector does not load.
    """
    return LocalLooker(model, _actions(settings) if settings.local.actions else None, local_finder(settings))


def local_finder(settings: Settings) -> PhraseFinder | None:
    """Who finds what phrases name: the detector that looks at videos as they come in, and SAM 2.1, or EdgeTAM where
    that is the segmenter; None: the detector knows certain phrases only.

    Raises:
        See `local_looker`.
    """
    local, named = settings.local, chosen(settings)
    detector: Detector = load(SPECIALISTS, named["detector"])(settings)
    if detector.vocabulary is not None:
        return None
    kind, weights = (EdgeTamTracker, local.edgetam) if named["segmenter"] == EDGETAM else (Sam2Tracker, local.sam2)
    return PhraseFinder(detector, kind(find(weights, local), device_for(local), local.batch), local.chunk)


def _actions(settings: Settings) -> ActionClassifier:
    try:
        return action_classifier(settings)
    except WeightsError as error:
        raise WeightsError(f"{error}; or do without a model of actions: --set local.actions=") from error
