"""A public fake of the seam ActionModel: scripted, exact, and it remembers what it was shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.local.tubes import Pictures


class FakeActions:
    """Scores clips as it was told.

    >>> model = FakeActions(["Holding [something]", "Dancing"], lambda clip: np.array([0.8, 0.2]))
    >>> [one.tolist() for one in model.scores([np.zeros((16, 8, 8, 3), np.uint8)])]
    [[0.8, 0.2]]
    """

    source = "fake.actions@1"

    def __init__(
        self,
        labels: Sequence[str],
        script: Callable[[Pictures], NDArray[np.float64]],
        frames: int = 16,
        side: int = 8,
    ) -> None:
        """
        Args:
            script: clip (frames, H, W, 3) → scores (labels,), which sum up to 1.
            frames, side: see `ActionModel`.
        """
        self.labels = tuple(labels)
        self.frames, self.side = frames, side
        self.script = script
        self.shown: list[Pictures] = []
        """every clip, in order"""

    def scores(self, clips: Sequence[Pictures]) -> list[NDArray[np.float64]]:
        """See `ActionModel.scores`."""
        self.shown += clips
        return [self.script(clip) for clip in clips]
