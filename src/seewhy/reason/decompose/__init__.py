"""A question to conditions by a language model, or not at all."""

from seewhy.reason.decompose.model import ModelDecomposer
from seewhy.reason.decompose.whole import WholeDecomposer

__all__ = ["ModelDecomposer", "WholeDecomposer"]
