"""Reading what a reply says of the whole picture: scene, camera, pace, writing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seewhy.perceive.hosted import replies
from seewhy.perceive.hosted.replies import Motion, PictureFacts
from seewhy.perceive.hosted.sieve import NO_WORD, TOO_MANY, Sieve, fact_key, merged
from seewhy.perceive.hosted.wording import name
from seewhy.plain import plain
from seewhy.types.twin import Attribute, AttributeKind

MOST_TEXT = 120
"""characters of one piece of writing"""


@dataclass(frozen=True)
class Picture:
    """What was read of the whole picture in one stretch."""

    scene: tuple[Attribute, ...] = ()
    camera: tuple[Attribute, ...] = ()
    """motions in order of time, then the shot scale"""
    pace: Attribute | None = None


def read_picture(sieve: Sieve, said: PictureFacts, motions: Iterable[Motion]) -> Picture:
    """Words that the twin has no use for are dropped; what the model says is unclear is not said."""

    def told(kind: AttributeKind, text: str, words: tuple[str, ...] | None = None) -> list[Attribute]:
        value = name(text)
        if words is not None and value and value not in words:
            sieve.dropped[NO_WORD] += 1
            return []
        return sieve.attribute(kind, value, said.confidence, None) if value else []

    scene = (
        *told("setting", said.setting, replies.SETTINGS),
        *told("place", said.place),
        *told("time_of_day", said.time_of_day, replies.TIMES_OF_DAY),
        *told("brightness", said.brightness, replies.LIGHTS),
    )
    scale = told("shot_scale", said.shot_scale, replies.SHOT_SCALES)
    pace = told("pace", said.pace, replies.PACES)
    return Picture(scene, (*_motions(sieve, motions), *scale), pace[0] if pace else None)


def _motions(sieve: Sieve, said: Iterable[Motion]) -> tuple[Attribute, ...]:
    found: list[Attribute] = []
    for motion in said:
        span = sieve.time(motion.start, motion.end)
        if span is None:
            continue
        if name(motion.motion) in replies.CAMERA_MOTIONS:
            found += sieve.attribute("camera_motion", motion.motion, motion.confidence, span)
        else:
            sieve.dropped[NO_WORD] += 1
    return tuple(sorted(sieve.few(merged(found), replies.MOST_MOTIONS), key=fact_key))


def read_texts(sieve: Sieve, said: Iterable[str]) -> tuple[str, ...]:
    """Writing as it was read, in order, each once whatever its capitals."""
    known: dict[str, str] = {}
    for text in said:
        line = plain(text, MOST_TEXT)
        if line:
            known.setdefault(line.casefold(), line)
    lines = tuple(known.values())
    sieve.dropped[TOO_MANY] += len(lines[replies.MOST_TEXTS :])
    return lines[: replies.MOST_TEXTS]
