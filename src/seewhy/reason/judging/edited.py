"""What a judging model is shown of a composed query beside the candidates: the reference, and pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from seewhy.errors import TwinError, VideoError
from seewhy.models.language import Part
from seewhy.plain import plain
from seewhy.reason.judging.asked import Asked
from seewhy.reason.judging.shown import DIGEST_TOKENS, Shown
from seewhy.reason.pictures import Album, Stills, captioned
from seewhy.reason.seams import Reference
from seewhy.twin.digest import SMALLEST, Digest, digest
from seewhy.types.twin import Twin
from seewhy.video.clip import Clip

LINES = 240
"""Greatest height of a picture, in pixels: enough for what differs between two videos; a picture of 427 x 240 is some
120 tokens to today's models, so that 33 of them are as much as the records."""
MOST_PICTURES = 48
"""in one request; with more candidates, each is shown in fewer"""
SHARE = 4
"""The reference's record takes at most so great a part of the tokens: a fourth."""
NO_PICTURES = "There are no pictures; judge by the records."
MOST_OF_REASON = 300
"""characters of an error that a verdict passes on"""

Clips = Callable[[str], Clip]
"""Video id → its pictures. Raises VideoError, TwinError: they are not there."""


@dataclass(frozen=True)
class Edited:
    """The reference of a composed query, as a judge is shown it."""

    record: Digest
    reference: Stills = ()
    candidates: Mapping[str, Stills] = field(default_factory=dict)
    """video → its pictures"""
    notes: Mapping[str, str] = field(default_factory=dict)
    """video → why it has none though it should"""

    @classmethod
    def of(
        cls,
        reference: Reference,
        candidates: Sequence[Twin],
        together: int,
        clips: Clips | None,
        most: int,
        tokens: int,
        album: Album,
    ) -> Edited:
        """
        Args:
            candidates: all that will be judged.
            together: how many of them are in one request, at most.
            clips: None: nobody is shown in pictures.
            most: pictures of each; 0: none.
            tokens: of all records in one request.
            album: where pictures are remembered.
        """
        record = digest(reference.twin, tokens=max(min(DIGEST_TOKENS, tokens // SHARE), SMALLEST))
        each = min(most, MOST_PICTURES // (together + 1))
        clip = reference.clip
        if clips is None or clip is None or each < 1:
            return cls(record)
        try:
            of_reference = album.stills(reference.twin, lambda: clip, each, LINES)
        except VideoError as error:  # pictures of candidates alone would compare with nothing
            why = f"there are no pictures of the reference: {plain(str(error), MOST_OF_REASON)}"
            return cls(record, notes={twin.id: why for twin in candidates})
        pictures: dict[str, Stills] = {}
        notes: dict[str, str] = {}
        for twin in candidates:
            try:
                pictures[twin.id] = album.stills(twin, partial(clips, twin.id), each, LINES)
            except (VideoError, TwinError) as error:
                notes[twin.id] = f"there are no pictures of it: {plain(str(error), MOST_OF_REASON)}"
        return cls(record, of_reference, pictures, notes)

    @property
    def unpictured(self) -> Edited:
        """The same by the records alone."""
        return replace(self, reference=(), candidates={})

    def pictures(self, shown: Mapping[str, Shown]) -> str | tuple[Part, ...]:
        """Pictures of the reference and of these candidates.

        Args:
            shown: name in the request → candidate.
        """
        if not self.reference:
            return NO_PICTURES
        of_candidates = {name: self.candidates.get(one.item.candidate.video, ()) for name, one in shown.items()}
        return captioned({"reference": self.reference, **of_candidates})


@dataclass(frozen=True)
class Matter:
    """What is judged: a question, or an edit of a reference."""

    question: Asked
    edited: Edited | None
    tokens: int
    """of candidates' records in one request"""

    @property
    def unpictured(self) -> Matter:
        """The same without pictures."""
        return self if self.edited is None else replace(self, edited=self.edited.unpictured)

    def notes(self, video: str) -> tuple[str, ...]:
        why = None if self.edited is None else self.edited.notes.get(video)
        return () if why is None else (f"judge: {why}",)
