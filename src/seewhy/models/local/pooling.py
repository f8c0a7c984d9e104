"""Token states → one vector (CoVR-R, arXiv 2603.20190).

The state of a token is what the model had computed when it chose the token: the last layer's, at the place before it.
It is taken after the model's final norm, where the head reads it: the code published with the paper pools just what its
output embeddings are given. Special tokens are none that anybody said, and are left out; above all the one that ends a
text, whose state is much the same for every text.

``paper`` scales each state to length 1 before it is pooled, so that a token counts by its weight alone; ``released``
pools states as the head reads them, which is what that code does. Either way the vector has length 1.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seewhy.models.local.word_weights import Weighing, Weights, token_weights

Pooling = Literal["weighted", "mean", "max", "last"]
States: TypeAlias = NDArray[np.float32]
"""(T, D): row t is the state that predicts token t"""
Vector: TypeAlias = NDArray[np.float32]
"""(D,)"""


def pool(states: States, weights: Weights, pooling: Pooling) -> Vector:
    """The states as one vector of length 1.

    Args:
        states: (T, D), T at least 1.
        weights: (T,), their sum over 0; only ``weighted`` looks at them.
        pooling: ``max`` takes the greatest value in each dimension, ``last`` the last state.

    Raises:
        ValueError: there is nothing to pool, or it has no direction, or is not finite.

    >>> pool(np.array([[3, 0], [0, 4]], np.float32), np.array([1, 1], np.float32), "mean").round(3).tolist()
    [0.6000000238418579, 0.800000011920929]
    """
    if states.ndim != 2 or not len(states) or weights.shape != (len(states),):
        raise ValueError(f"nothing to pool: states of shape {states.shape} with weights of shape {weights.shape}")
    match pooling:
        case "weighted":
            pooled = (weights / weights.sum()) @ states
        case "mean":
            pooled = states.mean(axis=0)
        case "max":
            pooled = states.max(axis=0)
        case "last":
            pooled = states[-1]
    return np.asarray(unit(pooled[None])[0], np.float32)


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1.

    Args:
        rows: (N, D).

    Raises:
        ValueError: a row is 0 or not finite.
    """
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise ValueError("a state is 0 or no number; it has no direction")
    return np.asarray(rows / lengths, np.float32)


def pool_tokens(
    states: States,
    tokens: Sequence[int],
    pieces: Sequence[str],
    special: Collection[int],
    pooling: Pooling,
    weighing: Weighing,
) -> Vector:
    """The states of the tokens that are not special, as one vector of length 1.

    Args:
        states: (T, D), of all tokens.
        tokens: T ids.
        pieces: their texts, each decoded by itself.
        special: ids that nobody said.

    Raises:
        ValueError: nothing was said; or see `pool`.
    """
    said = [place for place, token in enumerate(tokens) if token not in special]
    if not said:
        raise ValueError("nothing was said: there are no tokens but special ones")
    kept = np.asarray(states, np.float32)[said]
    weights = token_weights([pieces[place] for place in said], weighing)
    return pool(unit(kept) if weighing == "paper" else kept, weights, pooling)
