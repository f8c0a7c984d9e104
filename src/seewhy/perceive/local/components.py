"""Cleaning up masks: what SAM 3 in transformers would fetch from the hub as compiled code, which is never run here.

Without it transformers leaves out mask NMS, hole filling and the removal of specks, and things are found twice.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from seewhy.models.local.torches import torch_ready

CONNECTIVITY = 8
"""Pixels that touch at a corner are connected, as in the code that this stands for."""


class Components:
    """Stands in for the package `kernels-community/cv-utils`; same names, same meaning."""

    def generic_nms(self, ious: Any, scores: Any, iou_threshold: float, *, use_iou_matrix: bool) -> Any:
        """Greedy non-maximum suppression.

        Args:
            ious: (N, N) tensor.
            scores: (N,) tensor.
            iou_threshold: of two that overlap more, the one with the lower score goes.
            use_iou_matrix: True; boxes are not compared here.

        Returns:
            (M,) int64 tensor: the places of those that stay, best first.
        """
        if not use_iou_matrix:
            raise ValueError("overlaps are given as a matrix; set use_iou_matrix")
        torch = torch_ready()
        order = torch.argsort(scores.float(), descending=True, stable=True).tolist()
        over = (ious > iou_threshold).cpu()
        kept: list[int] = []
        for place in order:
            if not over[place, kept].any():
                kept.append(place)
        return torch.tensor(kept, dtype=torch.int64, device=scores.device)

    def cc_2d(self, mask: Any, *, get_counts: bool) -> tuple[Any, Any]:
        """Connected components of masks.

        Args:
            mask: (N, 1, H, W) uint8 tensor.
            get_counts: True; without them there is nothing to compare.

        Returns:
            (N, 1, H, W) int32 tensors: the number of each pixel's component, 0 where there is no mask; and the
            component's pixels, 0 likewise.
        """
        if not get_counts:
            raise ValueError("components come with their sizes; set get_counts")
        torch = torch_ready()
        labels = np.zeros(mask.shape, np.int32)
        counts = np.zeros(mask.shape, np.int32)
        for place, pixels in enumerate(mask.cpu().numpy()[:, 0]):
            _, numbers, statistics, _ = cv2.connectedComponentsWithStats(pixels, connectivity=CONNECTIVITY)
            sizes = statistics[:, cv2.CC_STAT_AREA]
            sizes[0] = 0
            labels[place, 0], counts[place, 0] = numbers, sizes[numbers]
        return torch.from_numpy(labels).to(mask.device), torch.from_numpy(counts).to(mask.device)
