"""Keys and values in memory that is there before they are, so that a step copies nothing.

Imports transformers: to be imported after `torch_ready`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformers.cache_utils import DynamicLayer


class RoomyLayer(DynamicLayer):  # type: ignore[no-untyped-call]  # of the class, when it is made
    """One layer's keys and values of several rows."""

    def __init__(self, rows: Sequence[tuple[Any, Any]], widest: int, room: int) -> None:
        """
        Args:
            rows: keys and values of each, (1, heads, L, D); they stand on the right of `widest` columns.
            room: columns that are to follow.
        """
        super().__init__()  # type: ignore[no-untyped-call]
        self.lazy_initialization(*rows[0])
        self._whole = [_filled([row[kind] for row in rows], widest, room) for kind in (0, 1)]
        self._size = widest
        self._show()

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


def _filled(rows: Sequence[Any], widest: int, room: int) -> Any:
    """(B, heads, widest + room, D), 0 where nothing is."""
    _, heads, _, size = rows[0].shape
    whole = rows[0].new_zeros((len(rows), heads, widest + room, size))
    for row, values in enumerate(rows):
        whole[row, :, widest - values.shape[2] : widest] = values[0]
    return whole
