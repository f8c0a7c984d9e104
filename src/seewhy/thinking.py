"""Who thinks, as the settings choose: with a language model where there is one, by rules where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from seewhy.reason.seams import Composer, Decomposer, Judge, Planner
from seewhy.settings import Settings

if TYPE_CHECKING:
    from seewhy.models.language import LanguageModel
    from seewhy.perceive.hosted.describer import Follower
    from seewhy.perceive.seams import Looker
    from seewhy.video.clip import Clip


def decomposer_of(settings: Settings, model: LanguageModel | None) -> Decomposer:
    """Who turns questions into conditions.

    Args:
        model: None: there is none.
    """
    from seewhy.reason.rules import RulesDecomposer

    match settings.search.decompose:
        case "none":
            from seewhy.reason.decompose import WholeDecomposer

            return WholeDecomposer()
        case "auto" if model is not None:
            from seewhy.reason.decompose import ModelDecomposer

            return ModelDecomposer(model, RulesDecomposer())
    return RulesDecomposer()


def composer_of(settings: Settings, model: LanguageModel | None) -> Composer:
    """Who turns references and edits into conditions."""
    if settings.compose.reason == "none":
        from seewhy.reason.composing.literal import LiteralComposer

        return LiteralComposer()
    from seewhy.reason.composing.rules import RulesComposer

    if settings.compose.reason == "rules" or model is None:
        return RulesComposer()
    from seewhy.reason.composing.model import ModelComposer

    return ModelComposer(model, RulesComposer(), settings.compose)


def checker_of(settings: Settings) -> Judge:
    """Who judges every candidate, without a model."""
    if settings.search.judge == "none":
        from seewhy.reason.judging.coarse import CoarseJudge

        return CoarseJudge()
    from seewhy.reason.judge import RulesJudge

    return RulesJudge(tau=settings.search.tau)


def judge_of(settings: Settings, model: LanguageModel | None, clips: Callable[[str], Clip]) -> Judge | None:
    """Who judges the shortlist, with a model; None: nobody does.

    Args:
        clips: video id → its pictures, which are shown beside an edit's.
    """
    if model is None or settings.search.judge != "auto":
        return None
    from seewhy.reason.judge import RulesJudge
    from seewhy.reason.judging import ModelJudge

    tau = settings.search.tau
    frames = settings.compose.judge_frames
    return ModelJudge(model, RulesJudge(tau=tau), settings.judge, tau, clips=clips, frames=frames)


def planner_of(model: LanguageModel | None) -> Planner:
    """Who plans what is looked at again."""
    if model is None:
        from seewhy.reason.planning_rules import RulesPlanner

        return RulesPlanner()
    from seewhy.reason.planning import ModelPlanner

    return ModelPlanner(model)


def follower_of(settings: Settings) -> Follower | None:
    """Who follows what a describer saw and nobody tracks; None: the embedded follower.

    Raises:
        WeightsError: of the profile `local`, a model that finds or follows is not here.
    """
    if settings.profile != "local" or settings.replies.mode in ("record", "replay"):  # see `looker_of`
        return None
    from seewhy.perceive.local.looker import local_finder

    return local_finder(settings)


def looker_of(settings: Settings, model: LanguageModel | None) -> Looker | None:
    """Who looks at videos again; None: nobody does.

    Raises:
        WeightsError: of the profile `local`, a model that looks is not here.
    """
    recorded = settings.replies.mode in ("record", "replay")  # then only replies count: specialists are not recorded
    if settings.profile == "local" and not recorded:
        from seewhy.perceive.local.looker import local_looker

        return local_looker(settings, model)
    if model is None:
        return None
    from seewhy.perceive.hosted.looker import HostedLooker

    return HostedLooker(model)
