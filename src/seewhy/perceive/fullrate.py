"""Every frame of a stretch of video: masks between the sampled frames, so that geometry sees what happens fast.

At six frames a second, what touches, passes or stops within an eighth of a second happens between two looks. Here the
masks that are known at the sampled frames are carried to every decoded frame between them, from either side, along
optical flow; where the two agree, and in between by how near each side is, is the mask.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.findings import Findings
from seewhy.perceive.motion import FlowEstimator, Floats, warp
from seewhy.perceive.refining import reduced
from seewhy.perceive.seams import Masks
from seewhy.types.masks import Mask, Rle, decode, encode
from seewhy.types.time import Span
from seewhy.types.twin import Twin
from seewhy.types.video import Frame
from seewhy.video.clip import Clip

SOURCE = "fullrate@1"

LINES = 240
"""Greatest height of frames for flow."""
ALONE = 0.5
"""A thing that only one of two sampled frames shows is shown by the half of the frames between them that is nearer to
it: when it came or went, nobody saw."""
HALF = 0.5
"""Chance from which a pixel is in the mask."""
EDGE_FRAMES = 1
"""Sampled frames beyond the span on either side whose masks are carried into it."""

Gray = NDArray[np.uint8]
