"""ModelJudge: a language model reads the candidates' records; code checks what it says.

::

    candidates ─▶ rules ─▶ records (digests) ─▶ model ─▶ judgements ─▶ checks on the twins ─▶ verdicts

Three modes. *Listwise*: all candidates in one request, so that they are compared; more than one request holds go in
batches, side by side. *Pointwise*: one request each; scores used alone are biased and tie, so that with `null_query`
the model is asked of each record, too, how relevant it is to a question about nothing, and that is taken off.
*Pairwise*: pointwise, then a tournament of comparisons (see `pairs`) that orders the candidates on either side of tau.

Of a composed query the model is shown the reference, too, the edit, and what would follow from it (see `edited`): which
candidate is the reference with the edit done? Where it may see, it is shown pictures of all of them.

Where there is no usable reply, or no room for a record, the rules' verdict stands and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from seewhy.errors import ModelError
from seewhy.models.language import LanguageModel, Reply, Request, T
from seewhy.plain import plain
from seewhy.reason.case import Case
from seewhy.reason.judge import RulesJudge
from seewhy.reason.judging import requests
from seewhy.reason.judging.asked import Asked, asked
from seewhy.reason.judging.checking import check
from seewhy.reason.judging.edited import Clips, Edited, Matter
from seewhy.reason.judging.pairs import Game, Tournament
from seewhy.reason.judging.replies import FULL, Comparison, Judged, Judgement
from seewhy.reason.judging.shown import DIGEST_TOKENS, Item, Shown, show
from seewhy.reason.pictures import Album, ask_seeing
from seewhy.reason.plan import Plan
from seewhy.reason.seams import Reference
from seewhy.settings import JudgeSettings
from seewhy.types.hit import Candidate, Verdict
from seewhy.types.query import Query
from seewhy.types.twin import Twin

MOST_BIAS = 0.9
"""A bias beyond says that the scores are worth nothing; taking it off would only blow up noise."""
MOST_REASON = 300
"""characters of an error that a verdict passes on"""
POINTS: Mapping[str, float] = {"first": 1.0, "equal": 0.5, "second": 0.0}
"""what the candidate that was shown first gets, by which is better"""

BLIND = (
    "judge: by the records alone, because with pictures no reply came; where the model takes none, set "
    "compose.judge_frames = 0"
)

Judgements = dict[int, Judged | str]
"""Place of a candidate → what the model said of it, or why there is nothing."""


@dataclass(frozen=True)
class _Outcome:
    """What came of one mode."""

    shown: Mapping[int, Shown]
    said: Judgements
    notes: Mapping[int, tuple[str, ...]]
    """place → what went wrong without making the judgement unusable"""


class ModelJudge:
    """The judge of the shortlist, where there is a language model.

    Args:
        model: who is asked.
        rules: whose verdicts stand where the model gives none.
        settings: mode, candidates and tokens of one request.
        tau: relevance from which a candidate counts as a match, 0..1.
        clips: gives candidates' pictures, for composed queries; None: the model is shown records alone.
        frames: of the reference and of each candidate that the model is shown then; 0: none.
    """

    def __init__(
        self,
        model: LanguageModel,
        rules: RulesJudge,
        settings: JudgeSettings,
        tau: float,
        *,
        clips: Clips | None = None,
        frames: int = 0,
    ) -> None:
        self.model, self.rules, self.settings, self.tau = model, rules, settings, tau
        self.clips, self.frames = clips, frames
        self._album = Album()

    @property
    def name(self) -> str:
        """The model's name and the prompt's, for questions: ``qwen3+judge@1-3f2a9c01``."""
        return self._name(edits=False)

    def _name(self, *, edits: bool) -> str:
        prompts = requests.prompts(self.settings, edits=edits)
        model = self.model.name_for(Request("judge", "", prompts[0].id, (), Judgement))
        return "+".join([model, *(prompt.id for prompt in prompts)])

    def judge(
        self, query: Query, candidates: Sequence[tuple[Candidate, Twin]], reference: Reference | None = None
    ) -> list[Verdict]:
        """One verdict per candidate, in the order given; never a ModelError."""
        if not candidates:
            return []
        plan = Plan(query)
        question = asked(plan)
        by_rules = self.rules.judge(query, candidates, reference)
        items = [
            Item(place, candidate, twin, Case(plan, candidate, twin, self.rules.calibration), rules)
            for place, ((candidate, twin), rules) in enumerate(zip(candidates, by_rules, strict=True))
        ]
        matter = self._matter(question, items, reference)
        outcome = self._listwise(matter, items) if self.settings.mode == "listwise" else self._each(matter, items)
        name = self._name(edits=reference is not None)
        verdicts = [self._verdict(matter, item, outcome, name) for item in items]
        if self.settings.mode == "pairwise":
            self._compare(matter, outcome, verdicts)
        return verdicts

    def _matter(self, question: Asked, items: Sequence[Item], reference: Reference | None) -> Matter:
        longest = {"listwise": min(len(items), self.settings.candidates), "pointwise": 1, "pairwise": 2}
        together = longest[self.settings.mode]
        shares = 2 if self.settings.mode == "pairwise" else 1
        if reference is None:
            return Matter(question, None, self.settings.tokens // shares)
        twins = [item.twin for item in items]
        edited = Edited.of(reference, twins, together, self.clips, self.frames, self.settings.tokens, self._album)
        return Matter(question, edited, (self.settings.tokens - edited.record.tokens) // shares)

    def _verdict(self, matter: Matter, item: Item, outcome: _Outcome, name: str) -> Verdict:
        said = outcome.said[item.place]
        if isinstance(said, str):
            return item.rules.model_copy(update={"degraded": (f"judge: {said}; the rules' verdict stands",)})
        verdict = check(matter.question, outcome.shown[item.place], said, self.tau, name)
        notes = (*matter.notes(item.candidate.video), *outcome.notes.get(item.place, ()))
        return verdict.model_copy(update={"degraded": tuple(dict.fromkeys(notes))})

    def _ask(
        self, matter: Matter, asking: Callable[[Matter], list[Request[T]]]
    ) -> list[tuple[Reply[T] | ModelError, bool]]:
        """Replies or errors, and whether pictures were left out because there was no reply with them."""
        asked = asking(matter)
        pictured = any(request.has_pictures for request in asked)
        return ask_seeing(self.model, asked, asking(matter.unpictured) if pictured else asked)

    # listwise

    def _listwise(self, matter: Matter, items: Sequence[Item]) -> _Outcome:
        """As few requests as hold the candidates; which of them go together does not depend on scores."""
        said: Judgements = {}
        batches: list[list[Shown]] = []
        by_video = sorted(items, key=lambda item: (item.candidate.video, item.place))
        for start in range(0, len(by_video), self.settings.candidates):
            together = sorted(by_video[start : start + self.settings.candidates], key=lambda item: item.place)
            batches.append(self._show(together, said, matter.tokens))
        batches = [batch for batch in batches if batch]
        outcomes = self._ask(matter, lambda it: [requests.listwise(it.question, batch, it.edited) for batch in batches])
        notes: dict[int, tuple[str, ...]] = {}
        for batch, (outcome, blind) in zip(batches, outcomes, strict=True):
            told: dict[str, Judged] = {}
            if not isinstance(outcome, ModelError):
                for judged in outcome.value.candidates:
                    told.setdefault(judged.candidate, judged)
            for one in batch:
                if isinstance(outcome, ModelError):
                    said[one.item.place] = _reason(outcome)
                else:
                    said[one.item.place] = told.get(one.handle, "the reply leaves this candidate out")
                notes[one.item.place] = (BLIND,) * blind
        return _Outcome({one.item.place: one for batch in batches for one in batch}, said, notes)

    def _show(self, items: Sequence[Item], said: Judgements, tokens: int) -> list[Shown]:
        shown, left_out = show(items, each=DIGEST_TOKENS, total=tokens)
        for item in left_out:
            said[item.place] = f"its record does not fit into {tokens} tokens beside better candidates"
        return shown

    # pointwise

    def _each(self, matter: Matter, items: Sequence[Item]) -> _Outcome:
        """One request a candidate and, where wanted, one about nothing."""
        said: Judgements = {}
        shown = [one for item in items for one in self._show([item], said, matter.tokens)]
        shown.sort(key=lambda one: (one.item.candidate.video, one.item.place))
        about = (matter.question, *[requests.NULL] * self.settings.null_query)
        outcomes = self._ask(
            matter, lambda it: [requests.pointwise(question, one, it.edited) for question in about for one in shown]
        )
        notes: dict[int, tuple[str, ...]] = {}
        for position, one in enumerate(shown):
            place = one.item.place
            outcome, blind = outcomes[position]
            judged = _only(outcome)
            notes[place] = (BLIND,) * blind
            if self.settings.null_query and not isinstance(judged, str):
                bias = _only(outcomes[len(shown) + position][0])
                if isinstance(bias, str):
                    why = f"judge: the question about nothing was not answered ({bias}); bias not removed"
                    notes[place] = (*notes[place], why)
                else:
                    judged = judged.model_copy(update={"relevance": unbiased(judged.relevance, bias.relevance)})
            said[place] = judged
        return _Outcome({one.item.place: one for one in shown}, said, notes)

    # pairwise

    def _compare(self, matter: Matter, outcome: _Outcome, verdicts: list[Verdict]) -> None:
        """Put the wins of a tournament into the relevance of verdicts, in place."""
        players = [one for place, one in outcome.shown.items() if not isinstance(outcome.said[place], str)]
        tournament = Tournament([verdicts[one.item.place].relevance for one in players])
        while games := tournament.next_round():
            replies = self._ask(matter, partial(_pairs, games, players))
            for game, (reply, blind) in zip(games, replies, strict=True):
                if blind:
                    for position in game:
                        place = players[position].item.place
                        verdicts[place] = _noted(verdicts[place], BLIND)
                if not isinstance(reply, ModelError):
                    tournament.played(game, POINTS[reply.value.better])
                    continue
                for position in game:
                    place = players[position].item.place
                    note = f"judge: a comparison failed ({_reason(reply)})"
                    verdicts[place] = _noted(verdicts[place], note)
        for one, share in zip(players, tournament.shares(), strict=True):
            if share is not None:
                verdict = verdicts[one.item.place]
                relevance = ordered(verdict.relevance, share, self.tau)
                verdicts[one.item.place] = verdict.model_copy(update={"relevance": relevance})


def unbiased(relevance: int, bias: int) -> int:
    """Relevance with the relevance to a question about nothing taken off, rescaled so that a perfect one stays so.

    >>> unbiased(80, 0), unbiased(80, 60), unbiased(40, 60), unbiased(100, 60)
    (80, 50, 0, 100)
    """
    off = min(bias / FULL, MOST_BIAS)
    return round(FULL * max(relevance / FULL - off, 0.0) / (1 - off))


def ordered(relevance: float, share: float, tau: float) -> float:
    """Relevance after a tournament: who wins all games keeps it, who loses all goes half way down to tau, or to 0 from
    under tau. So being better than the others makes no match of what is none, nor more of it than its conditions
    support.

    >>> ordered(0.9, 1.0, 0.5), ordered(0.9, 0.0, 0.5), round(ordered(0.4, 0.5, 0.5), 2)
    (0.9, 0.7, 0.3)
    """
    low = tau if relevance >= tau else 0.0
    return low + (relevance - low) * (1 + share) / 2


def _pairs(games: Sequence[Game], players: Sequence[Shown], matter: Matter) -> list[Request[Comparison]]:
    question, edited = matter.question, matter.edited
    return [requests.pairwise(question, players[first], players[second], edited) for first, second in games]


def _only(outcome: Reply[Judgement] | ModelError) -> Judged | str:
    """The one judgement of a pointwise reply, or why there is none."""
    if isinstance(outcome, ModelError):
        return _reason(outcome)
    judged = outcome.value.candidates
    return judged[0] if judged else "the reply leaves the candidate out"


def _reason(error: ModelError) -> str:
    return plain(f"{type(error).__name__}: {error}", MOST_REASON)


def _noted(verdict: Verdict, note: str) -> Verdict:
    degraded = tuple(dict.fromkeys((*verdict.degraded, note)))
    return verdict.model_copy(update={"degraded": degraded})
