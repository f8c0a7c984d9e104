"""The whole of the rules on the synthetic benchmark, with perfect perception: every question finds its video."""

from __future__ import annotations

import pytest
from ideal_twins import ideal_twin
from worlds import ask, pairs

from seewhy.bench.synthetic.clips import BENCHMARK as CLIPS
from seewhy.bench.synthetic.queries import BENCHMARK, DEMO, Question
from seewhy.reason.judge import RulesJudge
from seewhy.types.twin import Twin

TAU = 0.5


@pytest.fixture(scope="module")
def twins() -> list[Twin]:
    return [ideal_twin(clip) for clip in CLIPS]


@pytest.mark.parametrize("question", [*BENCHMARK, *DEMO], ids=lambda question: question.text)
def test_the_right_video_comes_first(question: Question, twins: list[Twin]) -> None:
    verdicts = RulesJudge(tau=TAU).judge(ask(question.text), pairs(*twins))
    ranked = sorted(verdicts, key=lambda verdict: -verdict.relevance)
    if question.video is None:
        assert ranked[0].relevance < TAU
        return
    assert ranked[0].video == question.video
    assert ranked[0].relevance >= TAU
    assert ranked[1].relevance < ranked[0].relevance  # and alone
    assert all(answer.answer != "no" for answer in ranked[0].conditions)
