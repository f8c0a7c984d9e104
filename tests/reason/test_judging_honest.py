"""The checks do not make an honest model worse: with it the right video comes first, as it does by the rules."""

from __future__ import annotations

import pytest
from honest import honest
from ideal_twins import ideal_twin
from judges import TAU, judge_by
from worlds import ask, candidate

from seewhy.bench.synthetic.clips import BENCHMARK as CLIPS
from seewhy.bench.synthetic.queries import BENCHMARK, DEMO, Question
from seewhy.bench.synthetic.truth import truth_of
from seewhy.reason.judge import RulesJudge
from seewhy.types.twin import Twin

SHORTLIST = 10
"""as many as one request shows"""


@pytest.fixture(scope="module")
def twins() -> dict[str, Twin]:
    return {clip.name: ideal_twin(clip) for clip in CLIPS}


@pytest.mark.parametrize("question", [*BENCHMARK, *DEMO], ids=lambda question: question.text)
def test_the_right_video_comes_first(question: Question, twins: dict[str, Twin]) -> None:
    query = ask(question.text)
    rules = RulesJudge(tau=TAU).judge(query, [candidate(twin) for twin in twins.values()])
    best = sorted(rules, key=lambda verdict: -verdict.relevance)[:SHORTLIST]
    shortlist = [candidate(twins[verdict.video]) for verdict in best]
    truths = {clip.name: truth_of(clip) for clip in CLIPS}
    for manner in ("nearest", "strict", "terse"):
        verdicts = judge_by(honest(query, truths, manner)).judge(query, shortlist)  # type: ignore[arg-type]
        ranked = sorted(verdicts, key=lambda verdict: -verdict.relevance)
        if question.video is None:
            assert ranked[0].relevance < TAU
            continue
        assert ranked[0].video == question.video
        assert ranked[0].relevance == pytest.approx(0.95)
        assert ranked[0].corrections == ()
        assert ranked[1].relevance < TAU
