"""The ablation without a judge."""

from __future__ import annotations

import pytest
from worlds import ask, candidate, go, pairs, thing, world

from seewhy.reason.calibrate import CALIBRATION
from seewhy.reason.judging import CoarseJudge

TWIN = world("w", thing(1, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round"))


def test_the_coarse_score_decides_and_nothing_is_checked() -> None:
    query = ask("a red ball moves to the left")  # it does not
    one, twin = candidate(TWIN, {"c1": (0.8, "a red ball"), "c2": (0.6, "a ball")})
    scored = [(one.model_copy(update={"score": score}), twin) for score in (0.1, 0.44, 0.7)]
    verdicts = CoarseJudge().judge(query, scored)
    assert [v.relevance for v in verdicts] == [pytest.approx(CALIBRATION.probability(s)) for s in (0.1, 0.44, 0.7)]
    assert verdicts[1].relevance == pytest.approx(0.5)
    assert {c.answer for v in verdicts for c in v.conditions} == {"unknown"}
    assert verdicts[0].objects == (1,)
    assert verdicts[0].conditions[0].evidence.numbers == {"cosine": 0.8}


def test_what_was_not_searched_for_is_not_relevant() -> None:
    (verdict,) = CoarseJudge().judge(ask("no dog"), pairs(TWIN))
    assert verdict.relevance == 0
    assert verdict.objects == ()


def test_where_channels_are_joined_the_rank_is_not_taken_for_a_cosine() -> None:
    """Joined scores are near 1 for whoever is first, also where nothing fits."""
    query = ask("a red ball moves to the left")
    one, twin = candidate(TWIN, {"c1": (0.2, "a red ball")})
    joined = [(0.99, 0.1), (0.97, 0.3), (0.97, None), (0.9, 0.44)]
    scored = [
        (one.model_copy(update={"score": score, "aligned": aligned, "channels": {"joint": score}}), twin)
        for score, aligned in joined
    ]
    verdicts = CoarseJudge().judge(query, scored)
    best, second, third = (CALIBRATION.probability(cosine) for cosine in (0.44, 0.3, 0.1))
    assert second > third
    assert [v.relevance for v in verdicts] == [pytest.approx(best), pytest.approx(third), pytest.approx(third), 0.0]
    assert verdicts[0].trace.startswith("By its place in the order of all channels alone (joint 0.99)")
