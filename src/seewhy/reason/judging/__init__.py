"""Judging candidates by a language model, and the checks by code that its word has to pass."""

from seewhy.reason.judging.coarse import CoarseJudge
from seewhy.reason.judging.judge import ModelJudge

__all__ = ["CoarseJudge", "ModelJudge"]
