"""What a digest is made of: one line each about a track, an event, a relation, or the whole video.

Whatever could have come from the video itself (names, verbs, on-screen text, summaries) stands in a line as a JSON
string, made harmless by `plain`; everything outside of the quotes is written here. So nothing that a video shows can
begin a line, close a quote or pass for an id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from seewhy.plain import as_data, plain
from seewhy.twin.vocabulary import GENERIC_WORDS, noun
from seewhy.types.hit import Evidence
from seewhy.types.time import Span
from seewhy.types.twin import Track

RecordKind = Literal["video", "track", "event", "relation"]

SURE = 0.65
"""score under which a record ends with a question mark"""
SAID = 0.4
"""labels and attributes with a lower score are not said: a wrong word hurts more than none"""
WORD_LETTERS = 40
"""most letters of one name, value or verb"""
SENTENCE_LETTERS = 240
"""most letters of a sentence of evidence, which is for people"""
SPANS = 3
"""most spans of one record; of more, the hull is told"""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a digest, if it is chosen."""

    id: str
    """what the line begins with"""
    kind: RecordKind
    weight: float
    """0..1: how much it says, whoever it is about"""
    tracks: tuple[int, ...]
    """that the line speaks of: it needs theirs in the digest"""
    span: Span
    says: Callable[[], str]
    """the line after the id; made only when it may be chosen, as most of a long video's are not"""
    tells: Callable[[], str]
    """the same for people"""
    score: float = 1.0

    @property
    def text(self) -> str:
        return f"{self.id} {self.says()}"

    @property
    def evidence(self) -> Evidence:
        text = plain(self.tells(), SENTENCE_LETTERS)
        return Evidence(tracks=self.tracks, span=self.span, numbers={"score": round(self.score, 3)}, text=text)


def quoted(text: str, most: int) -> str:
    """A JSON string of one line, at most `most` letters before escaping.

    >>> quoted('a "red"\\nt9 ball', 40)
    '"a \\\\"red\\\\" t9 ball"'
    """
    return as_data(plain(text, most))


@lru_cache(maxsize=4096)
def word(text: str) -> str:
    """One name or value, to go into a JSON string with others."""
    return plain(text, WORD_LETTERS)


def names(track: Track) -> str:
    """The two best names with their broader classes: ``terrier (dog) or fox?``; ``object`` where there is none.

    Goes into a JSON string. A question mark follows a name that is less than SURE.
    """
    told: dict[str, str] = {}
    for label in track.labels:
        name = noun(word(label.name))
        if not name or name in GENERIC_WORDS or (told and label.score < SAID / 2) or len(told) == 2:
            continue
        broader = f" ({word(label.broader)})" if label.broader and noun(label.broader) != name else ""
        told.setdefault(name, f"{name}{broader}{'' if label.score >= SURE else '?'}")
    return " or ".join(told.values()) or "object"


def clock(t: float) -> str:
    """Seconds with at most one decimal.

    >>> clock(3.0), clock(0.26), clock(12.34)
    ('3', '0.3', '12.3')
    """
    return f"{t:.1f}".removesuffix(".0")


def times(span: Span) -> str:
    """
    >>> times(Span(start=0, end=3.21)), times(Span(start=2.0, end=2.02))
    ('0-3.2', '2')
    """
    start, end = clock(span.start), clock(span.end)
    return start if start == end else f"{start}-{end}"


def times_of_all(spans: Sequence[Span]) -> str:
    """Sorted, disjoint spans; of many, from when to when.

    >>> times_of_all([Span(start=k, end=k + 0.5) for k in range(4)])
    '0-3.5 on and off'
    """
    if len(spans) > SPANS:
        return f"{times(spans[0].hull(spans[-1]))} on and off"
    return ", ".join(times(span) for span in spans)
