"""Rows of tokens that a model goes on with side by side, each after a video that it has already read.

::

    video ─▶ Seen ──╮  keys and values, computed once      a column a step
    video ─▶ Seen ──┼▶ [ ·  ·  ·  video tail ] ──▶ [ token ][ token ] ...
                    ╰▶ [ ·  video  longer tail ]

Rows are padded on the left and see nothing of each other. Where each token stands is said to the model explicitly:
after a video that is not the number of tokens before it.

What comes of a row must not depend on the rows beside it. In exact numbers it does not; but processors round, and how
depends on the shapes that they multiply. So each head and each tail is read by itself, as if it were alone; and a
column lies where it would lie alone, counted in blocks of what attention takes in one go, because a block that is
wholly masked adds exactly nothing. There is always a masked column, because without any another way is taken through
attention. What is left is the number of rows, which is the caller's to keep; see `write`.
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
BLOCK = 512
"""Columns; a multiple of those that attention takes in one go: 512 on CPUs (torch's `kvSplitSize`), 64 or 128 on
GPUs."""


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
        """Read what follows the videos, row by row.

        Args:
            seen: the head of each row; one may stand for several.
            tails: what follows it; at least one token each.
            room: tokens that a row may grow by.
        """
        torch = torch_ready()
        self._model, self._device = model, model.device
        sizes = [one.size + len(tail) for one, tail in zip(seen, tails, strict=True)]
        widest = (max(sizes) // BLOCK + 1) * BLOCK  # one column more than the longest, at least; see above
        mask = torch.zeros((len(seen), widest), dtype=torch.int64)
        for row, size in enumerate(sizes):
            mask[row, widest - size :] = 1
        self._mask = mask.to(self._device)
        """(B, L): 1 for what a row may look at"""
        after = [one.next + len(tail) for one, tail in zip(seen, tails, strict=True)]
        self._next = torch.tensor(after, device=self._device)
        """(B,): where the next token of each row stands"""
        with torch.inference_mode():
            self._cache = _blank(seen, widest, room)
            read = [self._read(row, one, tail) for row, (one, tail) in enumerate(zip(seen, tails, strict=True))]
            self.states = torch.cat(read)
        """(B, D): the last layer's, after the final norm, in which the next token of each row is chosen"""

    @property
    def logits(self) -> Any:
        """(B, V), float32: of the next token."""
        return self._model.lm_head(self.states).float()

    def choose(self, rows: Sequence[int]) -> None:
        """Go on with these rows; the same one several times, too."""
        if list(rows) == list(range(len(self._next))):
            return
        chosen = torch_ready().tensor(rows, device=self._device)
        self._cache.batch_select_indices(chosen)
        self._mask, self._next, self.states = self._mask[chosen], self._next[chosen], self.states[chosen]

    def step(self, tokens: Sequence[int]) -> None:
        """One more token in each row."""
        torch = torch_ready()
        column = torch.tensor(tokens, device=self._device)[:, None]
        self._mask = torch.cat([self._mask, torch.ones_like(column)], dim=1)
        places = self._next[:, None]
        self._next = self._next + 1
        self.states = self._forward(column, places, self._mask, self._cache)

    def _read(self, row: int, seen: Seen, tail: Sequence[int]) -> Any:
        """A row up to the end of its tail, by itself: (1, D) states after it."""
        torch = torch_ready()
        from transformers.cache_utils import Cache

        start = self._mask.shape[1] - seen.size - len(tail)
        known = zip(self._cache.layers, seen.layers, strict=True)
        cache = Cache(layers=[layer.begun(row, start, values) for layer, values in known])
        tokens = torch.tensor([tail], device=self._device)
        places = torch.arange(seen.next, seen.next + len(tail), device=self._device)
        return self._forward(tokens, places[None], self._mask[row : row + 1, start:], cache)

    def _forward(self, tokens: Any, places: Any, mask: Any, cache: Any) -> Any:
        """
        Args:
            tokens, places: (B, L).
            mask: (B, L with what is in the cache).

        Returns:
            (B, D) states after the last token.
        """
        output = self._model.model(
            input_ids=tokens,
            attention_mask=mask,
            position_ids=places[None].expand(AXES, -1, -1),
            past_key_values=cache,
            use_cache=True,
        )
        return output.last_hidden_state[:, -1]


def _blank(seen: Sequence[Seen], widest: int, room: int) -> Any:
    """A cache of rows of this width, with columns for what follows; 0 all over, for what is masked must be a number."""
    from transformers.cache_utils import Cache

    from seewhy.models.local.composed.room import RoomyLayer

    layers: list[Any] = []
    for known in seen[0].layers:
        keys, values = (one.new_zeros((len(seen), one.shape[1], widest + room, one.shape[3])) for one in known)
        layers.append(RoomyLayer(keys, values, widest))
    return Cache(layers=layers)
