"""Models in memory: loaded once, lent to who needs them, released when memory is short.

A model stays loaded after use, because the next video needs it again. When another one does not fit, those that
nobody uses go, the longest unused first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, RLock
from typing import Any, TypeVar

from seewhy.models.local.devices import Device

Model = TypeVar("Model")


@dataclass
class _Kept:
    device: Device
    model: Any
    bytes: int
    users: int = 0
    used: int = 0
    """number of its last use, counted over all"""


class ModelPool:
    """Loaded models, shared by all threads of a process."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Kept] = {}
        self._lock = Lock()
        """of the fields; held for moments only, so that nobody waits who has what he needs"""
        self._loading = RLock()
        """one model at a time: two would make neither faster. A model may be made of others"""
        self._clock = 0

    @contextmanager
    def use(self, key: Hashable, device: Device, make: Callable[[], Model]) -> Iterator[Model]:
        """Lend a model; it is not released before the block ends.

        Args:
            key: what tells it from others, its device included.
            device: where `make` puts it; as many unused models leave it as its limit asks for.
            make: loads it, when it is not there.

        Raises:
            Whatever `make` raises; out of memory only when nothing more can be released.
        """
        kept = self._lent(key)
        if kept is None:
            with self._loading:
                kept = self._lent(key)  # somebody else may have loaded it meanwhile
                if kept is None:
                    kept = self._load(device, make)
                    with self._lock:
                        self._kept[key] = kept
                        kept.users += 1
        try:
            yield kept.model
        finally:
            with self._lock:
                kept.users -= 1
                self._touch(kept)

    def _lent(self, key: Hashable) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                kept.users += 1
            return kept

    def release(self, most: int | None = None, device: Device | None = None) -> int:
        """Let go of models that nobody uses, the longest unused first.

        Args:
            most: how many; None: all.
            device: only those on this one.

        Returns:
            how many went.
        """
        with self._lock:
            idle = [key for key in self._by_use() if not self._kept[key].users]
            gone = [key for key in idle if device is None or self._kept[key].device.name == device.name][:most]
            devices = {self._kept.pop(key).device.name: None for key in gone}
            for name in devices:
                Device(name, "float32").empty()
            return len(gone)

    def drop(self, key: Hashable) -> bool:
        """Let go of one model, if it is there and nobody uses it; whether it went."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.users:
                return False
            del self._kept[key]
            kept.device.empty()
            return True

    @property
    def loaded(self) -> tuple[Hashable, ...]:
        """The keys of the models in memory, the longest unused first."""
        with self._lock:
            return tuple(self._by_use())

    def _by_use(self) -> list[Hashable]:
        return [key for key, _ in sorted(self._kept.items(), key=lambda item: item[1].used)]

    def _load(self, device: Device, make: Callable[[], Model]) -> _Kept:
        while True:
            try:
                return self._admit(device, make())
            except Exception as error:  # memory runs out in several ways; whatever else it is goes on
                if not is_out_of_memory(error) or self._all_in_use():
                    raise
            self.release(1)  # not above: there the error still holds what had been loaded

    def _admit(self, device: Device, model: Any) -> _Kept:
        """Make room under the device's limit. A model that is larger than that gets in all the same: the user asked
        for it, and it may well fit."""
        kept = _Kept(device, model, bytes_of(model))
        while device.limit is not None and self._taken(device) + kept.bytes > device.limit:
            if not self.release(1, device):
                break
        with self._lock:
            self._touch(kept)
        return kept

    def _all_in_use(self) -> bool:
        with self._lock:
            return all(kept.users for kept in self._kept.values())

    def _touch(self, kept: _Kept) -> None:
        self._clock += 1
        kept.used = self._clock

    def _taken(self, device: Device) -> int:
        with self._lock:
            return sum(kept.bytes for kept in self._kept.values() if kept.device.name == device.name)


_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
"""What torch's errors say where there is none left: on cuda and mps, on Linux, on Windows."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device, or this machine, had no memory left; torch says so in several ways.

    >>> is_out_of_memory(RuntimeError("MPS backend out of memory")), is_out_of_memory(RuntimeError("wrong shape"))
    (True, False)
    """
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error).lower() for said in _OUT_OF_MEMORY)


def bytes_of(model: Any) -> int:
    """Bytes of a model's weights and buffers; a tuple's is its members'."""
    if isinstance(model, tuple):
        return sum(map(bytes_of, model))
    if not hasattr(model, "parameters"):
        return 0
    tensors = [*model.parameters(), *model.buffers()]
    return sum(int(tensor.numel()) * int(tensor.element_size()) for tensor in tensors)


POOL = ModelPool()
"""The models of this process."""
