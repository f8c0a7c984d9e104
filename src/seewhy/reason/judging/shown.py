"""Candidates as a judging model sees them: numbered, each with the record (digest) of its twin.

Candidates are numbered by video id, not by score, so that their order says nothing about them and requests do not
depend on the last bit of a score; for the same reason tracks count for a digest by levels, not by numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from seewhy.plain import plain
from seewhy.reason.case import Case
from seewhy.reason.judging.replies import SCENE
from seewhy.twin.digest import Digest, digests
from seewhy.types.hit import Candidate, Evidence, Verdict
from seewhy.types.time import Span
from seewhy.types.twin import Twin

DIGEST_TOKENS = 500
"""of one candidate, at most: what a clip of ten seconds with eight tracks needs"""
BOUND, WITNESS, MATCHED = 1.0, 0.8, 0.6
"""how relevant a track is to the question: the rules chose it; it is evidence of theirs; a sentence of it matched"""
MOST_EVIDENCE_TEXT = 300


@dataclass(frozen=True)
class Item:
    """A candidate as it came, with what the rules say of it."""

    place: int
    """position among the candidates given"""
    candidate: Candidate
    twin: Twin
    case: Case
    rules: Verdict


@dataclass(frozen=True)
class Shown:
    """A candidate with its number and its record."""

    handle: str
    item: Item
    digest: Digest

    @property
    def twin(self) -> Twin:
        return self.item.twin

    @cached_property
    def track_of(self) -> Mapping[str, int]:
        """Id in the record → track, of what the model was shown."""
        return {f"t{track}": track for track in self.digest.tracks if track in self.twin.track_by_id}

    @cached_property
    def evidence(self) -> Mapping[str, Evidence]:
        """Id in the record → what it stands for; the scene always has one."""
        scene = {SCENE: Evidence(span=self.twin.span, text="what the record says of the whole picture")}
        return {**scene, **self.digest.evidence}

    def cited(self, ids: Sequence[str]) -> Evidence:
        """Several ids, all of them the record's, as one piece of evidence; its time is that of events and relations,
        where some are among them."""
        found = [self.evidence[name] for name in ids]
        timed = {*self.digest.events, *self.digest.relations}
        told = [self.evidence[name] for name in ids if name in timed] or found
        tracks = dict.fromkeys(track for one in found for track in one.tracks if track in self.twin.track_by_id)
        span = _hull(one.span for one in told)
        text = plain("; ".join(one.text for one in found), MOST_EVIDENCE_TEXT)
        return Evidence(tracks=tuple(tracks), span=span, text=text or "the record")


def show(items: Sequence[Item], *, each: int, total: int) -> tuple[list[Shown], list[Item]]:
    """Candidates with their records, numbered from v1, and those for which there was no room.

    Args:
        items: candidates, best first; when there is not room for all, the last are left out.
        each, total: tokens of one record and of all, at most.
    """
    made = digests([(item.twin, relevance(item)) for item in items], each=min(each, total), total=total)
    seen = [(item, digest) for item, digest in zip(items, made, strict=True) if digest is not None]
    left_out = [item for item, digest in zip(items, made, strict=True) if digest is None]
    seen.sort(key=lambda pair: (pair[0].candidate.video, pair[0].place))
    return [Shown(f"v{number}", item, digest) for number, (item, digest) in enumerate(seen, start=1)], left_out


def alone(shown: Shown) -> Shown:
    """The candidate as the only one."""
    return replace(shown, handle="v1")


def relevance(item: Item) -> dict[int, float]:
    """Track → how relevant it is to the question, 0..1; tracks that nothing speaks for are not in it."""
    found: dict[int, float] = {}
    levels: tuple[tuple[float, Iterable[int]], ...] = (
        (BOUND, item.rules.objects),
        (WITNESS, (track for answer in item.rules.conditions for track in answer.evidence.tracks)),
        (MATCHED, (track for match in item.candidate.matches for track in match.component.tracks)),
    )
    for level, tracks in levels:
        for track in tracks:
            found.setdefault(track, level)
    return dict(sorted(found.items()))


def records(shown: Iterable[Shown]) -> str:
    """The records, each under its number."""
    return "\n\n".join(f"### {one.handle}\n{one.digest.text}" for one in shown)


def _hull(spans: Iterable[Span | None]) -> Span | None:
    known = [span for span in spans if span is not None]
    if not known:
        return None
    hull = known[0]
    for span in known[1:]:
        hull = hull.hull(span)
    return hull
