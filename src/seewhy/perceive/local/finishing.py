"""From what a tracker followed to the tracks of a video."""

from __future__ import annotations

from collections.abc import Sequence

from seewhy.perceive.local.parts import merge_duplicates, with_parts
from seewhy.perceive.local.pieces import Piece
from seewhy.perceive.local.salience import most_salient, shots_of
from seewhy.perceive.local.stitching import stitch
from seewhy.perceive.seams import CameraStep, MaskTrack
from seewhy.types.video import FrameTime


def finished(
    pieces: Sequence[Piece],
    times: Sequence[FrameTime],
    camera: Sequence[CameraStep],
    size: tuple[int, int],
    most: int,
) -> tuple[MaskTrack, ...]:
    """Each thing once, over all that hid it, most salient first, parts with their wholes.

    Args:
        pieces: what was followed, in any order.
        times: of all sampled frames, as in `Segmentation.frames`.
        camera: as in `Segmentation.camera`.
        size: (height, width) of the frames.
        most: tracks of one shot.
    """
    shots = shots_of(camera)
    tracks = stitch(merge_duplicates(pieces), times, camera, size)
    return tuple(with_parts(most_salient(tracks, shots, most), shots))
