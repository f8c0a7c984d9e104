"""Cosine of two sentences → probability that they mean the same.

A logistic curve through what was measured (see `CALIBRATION`). Cosines of sentence encoders are not probabilities:
two unrelated scene descriptions still have 0.1 to 0.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from seewhy.types.hit import Answer

YES_FROM = 0.7
"""A free condition is met when the probability is at least this: two thirds would still be a coin with a bias."""
NO_UP_TO = 0.1
"""... and not met when it is at most this."""


@dataclass(frozen=True)
class Calibration:
    """p(match | cosine) = 1 / (1 + exp(-(cosine - middle) / width)).

    >>> round(Calibration(middle=0.5, width=0.1).probability(0.5), 2)
    0.5
    """

    middle: float
    """the cosine at which a match is as likely as not"""
    width: float
    """cosine per logit; smaller is a sharper curve"""

    def probability(self, cosine: float) -> float:
        return 1.0 / (1.0 + math.exp(-(cosine - self.middle) / self.width))

    def answer(self, cosine: float) -> Answer:
        probability = self.probability(cosine)
        return "yes" if probability >= YES_FROM else "no" if probability <= NO_UP_TO else "unknown"


CALIBRATION = Calibration(middle=0.44, width=0.063)
"""For all-MiniLM-L6-v2. Measured on 40 pairs of a condition in a person's words and the component sentence that meets
it (tests/reason/similar_pairs.py): cosine 0.58 +- 0.14 for pairs that belong together; 0.32 +- 0.11 for the best of 24
unrelated sentences. This is the logistic curve fitted to both, equally weighted (0.433 and 0.062), rounded to the side
of caution because a twin may offer more sentences than 24."""
