"""Torch and transformers, ready for use: the one place that makes sure they import.

transformers imports torchvision wherever that is installed, and torchvision registers operators of its own when it is
imported. A torchvision that was built for another torch than the one installed (its CUDA build beside a CPU torch, as
package indexes hand out) cannot load its binary; its import then fails, and with it **every** import of transformers.
Of its operators transformers' picture processing needs none, so what its import asks for is defined here: the schemas,
and a non-maximum suppression in plain torch.
"""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from pathlib import Path
from typing import Any

from seewhy.errors import PluginError

INSTALL = "install the models' libraries with: pip install 'seewhy[local]'"


@cache
def torch_ready() -> Any:
    """The module torch; after this call transformers imports, too. Cheap from the second call on.

    Raises:
        PluginError: torch or transformers is not installed.
    """
    for name in ("torch", "transformers"):
        if importlib.util.find_spec(name) is None:
            raise PluginError(f"{name} is not installed; {INSTALL}")
    # Where the package `kernels` is installed, transformers gets compiled code from its hub, unasked.
    os.environ.setdefault("USE_HUB_KERNELS", "NO")
    import torch

    _torchvision_ready(torch)
    return torch


def installed() -> bool:
    """Whether the extra [local] is there, without importing it."""
    return all(importlib.util.find_spec(name) is not None for name in ("torch", "transformers"))


def _torchvision_ready(torch: Any) -> None:
    """Define what the import of a torchvision asks for whose own binary does not load here."""
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None or _loads(torch, Path(found.origin).parent):
        return
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.impl("nms", nms, "CompositeExplicitAutograd")
    _kept.append(library)  # what it defines goes when it goes


_kept: list[Any] = []


def _loads(torch: Any, folder: Path) -> bool:
    """Whether torchvision's binary loads into this torch."""
    binary = next((path for path in sorted(folder.glob("_C*")) if path.suffix in (".so", ".pyd")), None)
    if binary is None:
        return False
    try:
        torch.ops.load_library(str(binary))
    except (OSError, RuntimeError):
        return False
    return hasattr(torch.ops.torchvision, "nms")


def nms(boxes: Any, scores: Any, iou_threshold: float) -> Any:
    """Greedy non-maximum suppression.

    Args:
        boxes: (N, 4) tensor of x0, y0, x1, y1.
        scores: (N,) tensor.
        iou_threshold: of two boxes that overlap more, the one with the lower score goes.

    Returns:
        (M,) tensor of the places of the boxes that stay, best first.
    """
    import torch

    order = torch.argsort(scores, descending=True, stable=True)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept: list[int] = []
    while order.numel():
        best, rest = order[0], order[1:]
        kept.append(int(best))
        low, high = torch.maximum(boxes[best, :2], boxes[rest, :2]), torch.minimum(boxes[best, 2:], boxes[rest, 2:])
        common = (high - low).clamp(min=0).prod(dim=1)
        order = rest[common / (areas[best] + areas[rest] - common) <= iou_threshold]
    return torch.tensor(kept, dtype=torch.int64, device=boxes.device)
