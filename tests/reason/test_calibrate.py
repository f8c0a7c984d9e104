"""The calibration holds for the encoder that it was measured with."""

from __future__ import annotations

import numpy as np
import pytest
from similar_pairs import PAIRS

from seewhy.models.minilm import MiniLmEncoder
from seewhy.reason.calibrate import CALIBRATION, NO_UP_TO, YES_FROM, Calibration


def test_the_curve_rises_through_its_middle() -> None:
    curve = Calibration(middle=0.5, width=0.1)
    probabilities = [curve.probability(cosine) for cosine in (-1.0, 0.3, 0.5, 0.7, 1.0)]
    assert probabilities == sorted(probabilities)
    assert probabilities[2] == 0.5
    assert [curve.answer(cosine) for cosine in (0.1, 0.5, 0.9)] == ["no", "unknown", "yes"]


@pytest.fixture(scope="module")
def cosines() -> np.ndarray:
    encoder = MiniLmEncoder(threads=1)
    conditions = encoder.encode([condition for condition, _ in PAIRS])
    components = encoder.encode([component for _, component in PAIRS])
    return np.asarray(conditions @ components.T, np.float64)


def test_pairs_that_belong_together_are_likely(cosines: np.ndarray) -> None:
    likely = [CALIBRATION.probability(float(cosine)) for cosine in np.diag(cosines)]
    assert np.mean([p > 0.5 for p in likely]) >= 0.8
    assert np.mean([p >= YES_FROM for p in likely]) >= 0.65
    assert np.mean([p <= NO_UP_TO for p in likely]) <= 0.05


def test_the_best_of_many_unrelated_sentences_is_unlikely(cosines: np.ndarray) -> None:
    others = cosines - 9 * np.eye(len(PAIRS))
    likely = [CALIBRATION.probability(float(cosine)) for cosine in others.max(axis=1)]
    assert np.mean([p < 0.5 for p in likely]) >= 0.85
    assert np.mean([p < YES_FROM for p in likely]) >= 0.9
