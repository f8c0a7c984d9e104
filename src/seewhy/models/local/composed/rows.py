"""Rows of tokens that a model goes on with side by side, each after a video that it has already read.

::

    video ─▶ Seen ──╮  keys and values, computed once          a column a step
    video ─▶ Seen ──┼▶ [ ·  ·  video ][ · tail ] ──▶ [ token ][ token ] ...
                    ╰▶ [ video  video ][  tail ]

Rows are padded on the left, before the video and before the tail, and see nothing of each other. Where each token
stands is said to the model explicitly: after a video that is not the number of tokens before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seewhy.models.local.composed.videos import GRID, Video
from seewhy.models.local.torches import torch_ready

TEXT, VIDEO = 0, 2
"""Kinds of tokens, as models that watch videos count them."""
AXES = 3
"""Of positions: time, row and column."""


@dataclass(frozen=True, eq=False, slots=True)
class Seen:
    """What a model has computed of a head."""

    layers: tuple[tuple[Any, Any], ...]
    """keys and values, (1, heads, size, D) each"""
    size: int
    """tokens"""
    next: int
    """where the token after it stands"""


def see(model: Any, head: Sequence[int], video: Video) -> Seen:
    """Read the beginning of a conversation.

    Args:
        model: Qwen3-VL of transformers, in evaluation mode.
        head: tokens; those of the video among them.
    """
    torch = torch_ready()
    from transformers import DynamicCache

    with torch.inference_mode():
        tokens = torch.tensor([head], device=model.device)
        places = positions(model, head, video).to(model.device)
        cache = DynamicCache(config=model.config)
        model.model(
            input_ids=tokens,
            attention_mask=torch.ones_like(tokens),
            position_ids=places[:, None],
            past_key_values=cache,
            use_cache=True,
            **{name: value.to(model.device) for name, value in video.inputs.items()},
        )
        kept: Any = cache.layers
        layers = tuple((layer.keys, layer.values) for layer in kept)
        return Seen(layers, len(head), int(places.max()) + 1)


def positions(model: Any, head: Sequence[int], video: Video) -> Any:
    """Where each token of a head stands: (AXES, L), on the CPU."""
    torch = torch_ready()
    tokens = torch.tensor([head])
    kinds = torch.where(tokens == video.token, VIDEO, TEXT)
    placed, _ = model.model.get_rope_index(tokens, kinds, video_grid_thw=video.inputs[GRID].cpu())
    return placed[:, 0]


class Rows:
    """Rows that a model goes on with: what it has computed of each, and the state in which the next token is chosen."""

    def __init__(self, model: Any, seen: Sequence[Seen], tails: Sequence[Sequence[int]], room: int) -> None:
        """
        Args:
            seen: the head of each row; one may stand for several.
            tails: what follows it; at least one token each.
            room: tokens that a row may grow by.
        """
        torch = torch_ready()
        self._model, self._device = model, model.device
        widest, longest = max(one.size for one in seen), max(map(len, tails))
        tokens = torch.full((len(tails), longest), tails[0][0])  # of what is masked, any token of text
        mask = torch.zeros((len(tails), widest + longest), dtype=torch.int64)
        places = torch.zeros((len(tails), longest), dtype=torch.int64)
        for row, (one, tail) in enumerate(zip(seen, tails, strict=True)):
            start = longest - len(tail)
            tokens[row, start:] = torch.tensor(tail)
            mask[row, widest - one.size : widest] = 1
            mask[row, widest + start :] = 1
            places[row, start:] = torch.arange(one.next, one.next + len(tail))
        self._mask = mask.to(self._device)
        """(B, L): 1 for what a row may look at"""
        self._next = (places[:, -1] + 1).to(self._device)
        """(B,): where the next token of each row stands"""
        self._cache = _joined(seen, widest, longest + room)
        self.states = self._forward(tokens.to(self._device), places.to(self._device))
        """(B, D): the last layer's, after the final norm, in which the next token of each row is chosen"""

    @property
    def logits(self) -> Any:
        """(B, V), float32: of the next token."""
        return self._model.lm_head(self.states).float()

    def repeat(self, counts: Sequence[int]) -> None:
        """So many of each row, one after the other."""
        torch = torch_ready()
        if any(count != 1 for count in counts):
            self._choose(torch.arange(len(counts)).repeat_interleave(torch.tensor(counts)))

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only."""
        self._choose(torch_ready().tensor(rows))

    def step(self, tokens: Sequence[int]) -> None:
        """One more token in each row."""
        torch = torch_ready()
        column = torch.tensor(tokens, device=self._device)[:, None]
        self._mask = torch.cat([self._mask, torch.ones_like(column)], dim=1)
        places = self._next[:, None]
        self._next = self._next + 1
        self.states = self._forward(column, places)

    def _choose(self, rows: Any) -> None:
        rows = rows.to(self._device)
        self._cache.batch_select_indices(rows)
        self._mask, self._next, self.states = self._mask[rows], self._next[rows], self.states[rows]

    def _forward(self, tokens: Any, places: Any) -> Any:
        """
        Args:
            tokens, places: (B, L).

        Returns:
            (B, D) states after the last token.
        """
        output = self._model.model(
            input_ids=tokens,
            attention_mask=self._mask,
            position_ids=places[None].expand(AXES, -1, -1),
            past_key_values=self._cache,
            use_cache=True,
        )
        return output.last_hidden_state[:, -1]


def _joined(seen: Sequence[Seen], widest: int, room: int) -> Any:
    """A cache whose rows are heads, padded on the left.

    Args:
        room: columns that are to follow.
    """
    torch = torch_ready()
    from transformers.cache_utils import Cache

    from seewhy.models.local.composed.room import RoomyLayer

    with torch.inference_mode():
        numbers = range(len(seen[0].layers))
        return Cache(layers=[RoomyLayer([one.layers[number] for one in seen], widest, room) for number in numbers])
