"""Which tracks stand out: the score of a track, and the tracks that are kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from seewhy.perceive.observing import Place
from seewhy.perceive.seams import CameraStep, MaskTrack
from seewhy.perceive.segmenter import FULL_LIFETIME, FULL_SIZE, LEAST_LIFETIME


def salience(scores: Mapping[int, float], places: Mapping[int, Place], found: float, frames: int) -> float:
    """How surely this is an object that stands out by itself, 0..1.

    ::

        sqrt(mean score * found) * (1/2 + 1/2 * min(1, lifetime / FULL_LIFETIME)) * min(1, mean area / FULL_SIZE)^(1/4)

    as the embedded segmenter's, so that tracks of both compare.

    Args:
        scores: position → how surely it is seen there, 0..1; at least one.
        places: position → where it is.
        found: how surely it is an object, by what pointed at it, 0..1.
        frames: of the whole video; in a short one nothing can live longer.
    """
    sure = math.sqrt(sum(scores.values()) / len(scores) * found)
    life = min(1.0, len(scores) / min(FULL_LIFETIME, frames))
    size = sum(where.area for where in places.values()) / len(places)
    return float(sure * (0.5 + 0.5 * life) * min(1.0, size / FULL_SIZE) ** 0.25)


def shots_of(camera: Sequence[CameraStep]) -> list[int]:
    """The number of the shot that each sampled frame belongs to, from 0."""
    shots: list[int] = []
    for step in camera:
        shots.append((shots[-1] if shots else 0) + step.cut)
    return shots


def most_salient(tracks: Sequence[MaskTrack], shots: Sequence[int], most: int) -> list[MaskTrack]:
    """Those that are among the `most` best of a shot that shows them; most salient first, older first among equals.

    What is seen in less than LEAST_LIFETIME frames is noise, unless its shots are as short.
    """
    lengths = {shot: shots.count(shot) for shot in set(shots)}
    ordered = sorted(tracks, key=lambda track: (-track.score, min(track.masks)))
    room = dict.fromkeys(lengths, most)
    kept = []
    for track in ordered:
        seen_in = {shots[position] for position in track.masks}
        if len(track.masks) < min(LEAST_LIFETIME, sum(lengths[shot] for shot in seen_in)):
            continue
        if any(room[shot] > 0 for shot in seen_in):
            kept.append(track)
            for shot in seen_in:
                room[shot] -= 1
    return kept
