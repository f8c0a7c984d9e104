"""Keys and values in memory that is there before they are, so that a step copies nothing.

Imports transformers: to be imported after `torch_ready`.
"""

from __future__ import annotations

from typing import Any

from transformers.cache_utils import DynamicLayer


class RoomyLayer(DynamicLayer):  # type: ignore[no-untyped-call]  # of the class, when it is made
    """One layer's keys and values of several rows."""

    def __init__(self, keys: Any, values: Any, size: int) -> None:
        """
        Args:
            keys, values: (B, heads, L, D); written into, also where somebody else looks at the same memory.
            size: columns that are there already, of L.
        """
        super().__init__()  # type: ignore[no-untyped-call]
        self.lazy_initialization(keys, values)
        self._whole = [keys, values]
        self._size = size
        self._show()

    def begun(self, row: int, start: int, known: tuple[Any, Any]) -> RoomyLayer:
        """One row by itself, as a layer that goes on after the keys and values that are known of it.

        Its memory is this layer's: what it takes in is here, too.

        Args:
            start: the row's first column; it may go on up to where this layer is.
            known: (1, heads, L, D) each.
        """
        end = start + known[0].shape[2]
        places = [whole[row : row + 1, :, start : self._size] for whole in self._whole]
        for place, value in zip(places, known, strict=True):
            place[:, :, : end - start] = value
        return RoomyLayer(places[0], places[1], end - start)

    def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Take in columns; all of them up to there."""
        start, self._size = self._size, self._size + key_states.shape[2]
        for whole, new in zip(self._whole, (key_states, value_states), strict=True):
            whole[:, :, start : self._size] = new
        self._show()
        return self.keys, self.values

    def batch_select_indices(self, indices: Any) -> None:
        """Go on with these rows only; the same one several times, too."""
        self.keys = self.values = None
        for kind in (0, 1):  # one after the other: both at a time would need more memory
            self._whole[kind] = self._whole[kind][indices]
        self._show()

    def _show(self) -> None:
        self.keys, self.values = (whole[:, :, : self._size] for whole in self._whole)
