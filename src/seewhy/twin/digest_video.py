"""Lines about the whole video: length and cuts, scene, camera, pace, on-screen text, summary, counts, earlier looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from seewhy.twin.digest_records import Record, clock, quoted, times, word
from seewhy.twin.digest_tracks import SALIENT
from seewhy.twin.facts import TwinFacts
from seewhy.twin.scenery import PALETTE_SAID, SAID
from seewhy.twin.sentences import SAID as NAMED
from seewhy.twin.vocabulary import GENERIC_WORDS, noun
from seewhy.types.time import Span
from seewhy.types.twin import GENERIC_CATEGORY, Attribute, Track, Twin

TRIVIAL = frozenset({("brightness", "medium"), ("shot_scale", "medium"), ("coloring", "color")})
"""what most scenes are says nothing"""
CUTS = 8
"""most cuts that are told with their times"""
VALUES = 8
"""most values of the scene, and of the camera"""
VALUES_LETTERS = 160
TEXTS = 6
"""most on-screen texts, and most letters of each"""
TEXT_LETTERS = 60
SUMMARY_LETTERS = 300
COUNTED = 6
"""most kinds of things that are counted"""
LOOKED = 4
"""most earlier looks that found nothing, the latest ones"""
QUESTION_LETTERS = 80

WEIGHTS = {"scene": 0.85, "camera": 0.6, "pace": 0.5, "text": 0.8, "summary": 0.95, "counts": 0.7, "looked": 0.4}
"""how much they say, on the scale on which the most relevant track has 1"""


def length_line(twin: Twin) -> str:
    """What every digest begins with: ``length 9.8 s; cuts at 2.1, 4.5``."""
    cuts = ", ".join(clock(t) for t in twin.tempo.cuts[:CUTS])
    more = f" and {len(twin.tempo.cuts) - CUTS} more" if len(twin.tempo.cuts) > CUTS else ""
    return f"length {clock(twin.video.duration)} s{f'; cuts at {cuts}{more}' if cuts else ''}"


def video_records(twin: Twin, facts: TwinFacts) -> list[Record]:
    """Each at most once, except for earlier looks."""
    told: list[tuple[str, str]] = [
        ("summary", quoted(twin.scene.summary, SUMMARY_LETTERS) if twin.scene.summary else ""),
        ("scene", _values(twin.scene.attributes)),
        ("camera", _values(twin.camera.attributes)),
        ("pace", _values((twin.tempo.pace,) if twin.tempo.pace else ())),
        ("text", ", ".join(quoted(text, TEXT_LETTERS) for text in twin.scene.texts[:TEXTS])),
        ("counts", _counts(facts)),
    ]
    found = [_record(name, WEIGHTS[name], says, twin) for name, says in told if says]
    return found + [
        _record(f"looked{k}", WEIGHTS["looked"], says, twin) for k, says in enumerate(_in_vain(twin), 1)
    ]  # fmt: skip


def _record(name: str, weight: float, says: str, twin: Twin) -> Record:
    return Record(name, "video", weight, (), twin.span, lambda: says, lambda: f"{name}: {says}")


def _values(attributes: Iterable[Attribute]) -> str:
    """Surest first, then in order of time: ``"outdoor, day, green"``."""
    known = [
        a
        for a in attributes
        if a.score >= (PALETTE_SAID if a.kind == "palette" else SAID) and (a.kind, a.value) not in TRIVIAL
    ]
    known = sorted(known, key=lambda a: (-a.score, a.kind, a.value))[:VALUES]
    known.sort(key=lambda a: a.span.start if a.span else -1.0)
    said = dict.fromkeys(
        f"{word(a.value)}{' shot' if a.kind == 'shot_scale' else ''}{f' {times(a.span)}' if a.span else ''}"
        for a in known
    )
    return quoted(", ".join(said), VALUES_LETTERS) if said else ""


def _counts(facts: TwinFacts) -> str:
    """How many things are seen at once, at most, and how many of a kind: what a reader of intervals gets wrong."""
    tracks = [track for _, track in sorted(facts.tracks.items()) if track.score >= SALIENT and track.observations]
    if len(tracks) < 2:
        return ""
    kinds: dict[str, list[Track]] = {}
    for track in tracks:
        kinds.setdefault(_kind(track), []).append(track)
    most = sorted(((_at_once(facts, group), name) for name, group in kinds.items()), key=lambda k: (-k[0], k[1]))
    several = ", ".join(f"{count} {name}" for count, name in most[:COUNTED] if count > 1)
    return (
        f"at most {_at_once(facts, tracks)} things at once{f': {quoted(several, VALUES_LETTERS)}' if several else ''}"
    )


def _kind(track: Track) -> str:
    name = noun(word(track.category))
    return name if name and track.labels[0].score >= NAMED and name not in GENERIC_WORDS else GENERIC_CATEGORY


def _at_once(facts: TwinFacts, tracks: Iterable[Track]) -> int:
    return int(np.sum([facts.present[track.id] for track in tracks], axis=0, dtype=int).max(initial=0))


def _in_vain(twin: Twin) -> Iterator[str]:
    """Refinements that found nothing: also an answer."""
    asked = [refined.step for refined in twin.refinements if refined.found == 0 and refined.step.question]
    for step in asked[-LOOKED:]:
        yield f"for {quoted(step.question, QUESTION_LETTERS)} {times(_whole(step.span, twin))}: nothing found"


def _whole(span: Span | None, twin: Twin) -> Span:
    return span if span is not None else twin.span
