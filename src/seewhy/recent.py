"""A memory that does not grow: what was asked for lately is kept, the rest is forgotten."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Values by key. The `most` that were put or got last are there; never more than twice as many are.

    Two dictionaries take turns: when the younger one is full, it becomes the older one, and what was in that is gone.
    So a look costs what a dictionary's does, and no lock is needed: of threads that use it together, one may at worst
    make the others forget too early.

    >>> memory: Recent[str, int] = Recent(2)
    >>> for key, value in zip("abc", (1, 2, 3)):
    ...     _ = memory.put(key, value)
    >>> memory.get("a"), memory.get("c"), memory.put("d", 4), memory.get("b")
    (1, 3, 4, None)

    Args:
        most: entries that are kept for certain, at least 1.
    """

    def __init__(self, most: int) -> None:
        if most < 1:
            raise ValueError(f"a memory keeps at least 1 entry, got {most}")
        self._most = most
        self._younger: dict[Key, Value] = {}
        self._older: dict[Key, Value] = {}

    def __len__(self) -> int:
        return len(self._younger.keys() | self._older.keys())

    def get(self, key: Key) -> Value | None:
        """The value, which counts as used now; None: it was never put, or is forgotten."""
        value = self._younger.get(key)
        if value is None:
            value = self._older.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: Key, value: Value) -> Value:
        """Keep a value, which may not be None; gives it back."""
        if len(self._younger) >= self._most:
            self._older, self._younger = self._younger, {}
        self._younger[key] = value
        return value

    def drop(self, key: Key) -> None:
        """Forget a value; a key that is not there is ignored."""
        self._younger.pop(key, None)
        self._older.pop(key, None)


class Roomy(Generic[Key, Value]):
    """Values by key that may be large: as many as have room, those that were put or got last. Threads may share it.

    >>> memory: Roomy[str, str] = Roomy(room=5)
    >>> for key, value in (("a", "two"), ("b", "is"), ("c", "xx")):
    ...     memory.put(key, value, len(value))
    >>> memory.get("a"), memory.get("b"), memory.get("c")
    (None, 'is', 'xx')

    Args:
        room: bytes of all values together, at most.
    """

    def __init__(self, room: int) -> None:
        self._room, self._taken = room, 0
        self._kept: OrderedDict[Key, tuple[int, Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Value | None:
        """The value, which counts as used now; None: it was never put, or is forgotten."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept.move_to_end(key)
            return kept[1]

    def put(self, key: Key, value: Value, size: int) -> None:
        """Keep a value, in place of any.

        Args:
            size: bytes that it takes; what takes more than there is room is not kept.
        """
        with self._lock:
            self._taken += size - self._kept.pop(key, (0, value))[0]
            self._kept[key] = size, value
            while self._taken > self._room:
                self._taken -= self._kept.popitem(last=False)[1][0]
