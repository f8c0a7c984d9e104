"""Which device models run on, and in which precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seewhy.errors import SettingsError
from seewhy.models.local.torches import torch_ready
from seewhy.settings import LocalSettings

DTYPES = {"cuda": "bfloat16", "mps": "float16", "cpu": "float32"}
"""What each kind of device computes fast and well in. Few processors multiply bfloat16 faster than float32; Apple's
GPUs do not all have it."""


GIGABYTE = 10**9


@dataclass(frozen=True, slots=True)
class Device:
    """Where a model is, and the precision of its weights there."""

    name: str
    """as torch names it: cuda, cuda:1, mps, cpu"""
    dtype_name: str
    limit: int | None = None
    """bytes that models may take on it together; None: what is free there"""

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]

    @property
    def dtype(self) -> Any:
        """The `torch.dtype`."""
        return getattr(torch_ready(), self.dtype_name)

    def free(self) -> int | None:
        """Bytes that are free on it; None where that cannot be asked."""
        torch = torch_ready()
        if self.kind == "cuda":
            return int(torch.cuda.mem_get_info(self.name)[0])
        if self.kind == "mps":
            return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
        return None

    def empty(self) -> None:
        """Give memory that torch keeps for later back to the device."""
        torch = torch_ready()
        if self.kind == "cuda":
            torch.cuda.empty_cache()
        elif self.kind == "mps":
            torch.mps.empty_cache()


def device_for(settings: LocalSettings) -> Device:
    """The device that the settings name, or the best there is.

    Raises:
        SettingsError: it is not there.
        PluginError: torch is not installed.
    """
    torch = torch_ready()
    there = ["cpu"]
    if torch.backends.mps.is_available():
        there.insert(0, "mps")
    if torch.cuda.is_available():
        there[:0] = ["cuda", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    name = there[0] if settings.device == "auto" else settings.device
    if name not in there:
        raise SettingsError(f"setting local.device = {name!r}: this machine has {', '.join(there)}; take one of these")
    kind = name.partition(":")[0]
    dtype_name = DTYPES[kind] if settings.dtype == "auto" else settings.dtype
    return Device(name, dtype_name, round(settings.memory * GIGABYTE) or None)
