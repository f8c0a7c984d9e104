"""Channels in a recording: what they answer is kept with the replies of language models, and replayed without weights.

========  ============================================  =================================================
mode      the recording has an answer                   it has none
========  ============================================  =================================================
record    it is taken, so that a recording goes on      the channel is asked; its answer is kept
          where it was interrupted
replay    it is taken                                   nothing is found this way, and the answer to the query
                                                        says so (`degraded`); no channel is made, no model loaded
========  ============================================  =================================================

An answer is a reply of the purpose ``channel``, under the hash of what was asked: the channel with all that it depends
on, the query, the reference, and the videos. What a replay cannot ask a channel that is not there, the recording says:
which fields of a query it depends on, with which model.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock, local
from typing import Any

from pydantic import ValidationError

from seewhy.channels.shelf import Depending, Depends, Preparing, Shelf, within
from seewhy.engine import Ahead, Channel
from seewhy.errors import ReplyStoreError
from seewhy.fusion import Noting
from seewhy.models import registry
from seewhy.models.replies import KeptReply, ReplyStore, schema_hash
from seewhy.models.replies_missing import first_difference
from seewhy.reason.seams import Reference
from seewhy.types.base import Frozen
from seewhy.types.query import Filters, Query

PURPOSE = "channel"
"""Of the replies that are answers of channels."""
FORMAT = "1"
"""Raised when the same question has another form."""
META = "channel "
"""What the names of what channels depend on begin with among a recording's texts."""
SUBJECT_LETTERS = 200
"""Of a query, in what a reply is said to be about."""


class Said(Frozen):
    """An answer as it is kept."""

    scores: tuple[float | None, ...]
    """of the videos that were asked about, in their order; None: it has none"""
    notes: tuple[str, ...]
    """what the channel could not do, and why"""


@dataclass(frozen=True)
class _Question:
    """What a channel is asked."""

    document: Mapping[str, Any]
    """all that the answer depends on"""
    videos: tuple[str, ...]
    """in the order of the answer's scores"""
    subject: str
    """for people"""
    prompt: str

    @property
    def canonical(self) -> bytes:
        return json.dumps(self.document, sort_keys=True, separators=(",", ":")).encode()


@dataclass
class _Here(local):
    """Of one thread."""

    about: str | None = None
    notes: tuple[str, ...] = field(default=())


class RecordedChannel:
    """The seam `Channel` over a recording, and over the channel that is recorded."""

    def __init__(
        self, name: str, channel: Channel | None, store: ReplyStore, videos: Callable[[], Collection[str]]
    ) -> None:
        """
        Args:
            channel: who is asked what the recording does not have; None: nobody, for replay.
            store: the recording.
            videos: the gallery.

        Raises:
            ReplyStoreError: the recording is damaged; or open for reading only, and a channel is to be recorded.
        """
        self.name = name
        self._channel, self._store, self._videos = channel, store, videos
        self._depends = _kept_depends(name, store) if channel is None else _depends(channel)
        if channel is not None and self._depends is not None:
            store.put_meta({META + name: self._depends.model_dump_json()})
        self._here = _Here()
        self._keeping = Lock()

    def notes_of(self, reference: str | None) -> tuple[str, ...]:
        """Of the answer that this thread was given last: they are the same when it is replayed, whatever other threads
        have been told meanwhile."""
        return self._here.notes if self._here.about == reference else ()

    def scores(
        self, query: Query, reference: Reference | None, filters: Filters | None, among: Sequence[str] | None
    ) -> Mapping[str, float]:
        """See `Channel.scores`.

        Raises:
            ReplyStoreError: the recording fails.
            SeewhyError: what the channel raises that is recorded; nothing is kept then.
        """
        asked = within(sorted(self._videos()) if among is None else among, filters)
        self._here.about, self._here.notes = None if reference is None else reference.twin.id, ()
        if self._depends is None:
            self._here.notes = (f"{self.name}: {self._store.path} holds no answers of this channel; {_WHAT_TO_DO}",)
            return {}
        question = self._question(self._depends, query, reference, asked)
        said = self._found(question)
        if said is None and self._channel is not None:
            said = self._asked(self._channel, question, query, reference, filters, asked)
        if said is None:
            self._here.notes = (f"{self.name}: {self._store.path} has no answer to this. {self._missing(question)}",)
            return {}
        self._here.notes = said.notes
        scores = zip(question.videos, said.scores, strict=True)
        return {video: score for video, score in scores if score is not None}

    def prepare(self, videos: Collection[str], told: Callable[[int, int], None] | None = None) -> None:
        """See `Preparing.prepare`; for a replay nothing has to be."""
        if isinstance(self._channel, Preparing):
            self._channel.prepare(videos, told)

    def ahead(self, asked: Sequence[tuple[Query, Reference | None]]) -> None:
        """See `Ahead.ahead`; what the recording has answers to is left out."""
        if not isinstance(self._channel, Ahead) or self._depends is None:
            return
        prompt = self._prompt(self._depends)
        new = [one for one in asked if not self._store.knows(PURPOSE, _subject(*one), prompt)]
        if new:
            self._channel.ahead(new)

    def _question(self, depends: Depends, query: Query, reference: Reference | None, asked: Sequence[str]) -> _Question:
        videos = tuple(dict.fromkeys(asked)) if depends.ordered else tuple(sorted(set(asked)))
        document = {
            "format": FORMAT,
            "channel": self.name,
            "key": dict(depends.key),
            "query": depends.of(query),
            "reference": None if reference is None else str(reference.twin.id),
            "pictures": reference is not None and reference.clip is not None,
            "videos": {"number": len(videos), "sha256": hashlib.sha256("\n".join(videos).encode()).hexdigest()},
        }
        return _Question(document, videos, _subject(query, reference), self._prompt(depends))

    def _prompt(self, depends: Depends) -> str:
        return f"{self.name}@{FORMAT}-{hashlib.sha256(depends.model_dump_json().encode()).hexdigest()[:8]}"

    def _found(self, question: _Question) -> Said | None:
        """None: there is no answer, or none that fits the question any more."""
        kept = self._store.reply(hashlib.sha256(question.canonical).hexdigest())
        if kept is None:
            return None
        try:
            said = Said.model_validate_json(kept.text)
        except ValidationError:
            return None
        return said if len(said.scores) == len(question.videos) else None

    def _asked(
        self,
        channel: Channel,
        question: _Question,
        query: Query,
        reference: Reference | None,
        filters: Filters | None,
        asked: Sequence[str],
    ) -> Said:
        start = time.perf_counter()
        scores = channel.scores(query, reference, filters, asked)
        about = None if reference is None else reference.twin.id
        said = Said(
            scores=tuple(_finite(scores.get(video)) for video in question.videos),
            notes=channel.notes_of(about) if isinstance(channel, Noting) else (),
        )
        canonical = question.canonical
        reply = KeptReply(
            key=hashlib.sha256(canonical).hexdigest(),
            purpose=PURPOSE,
            subject=question.subject,
            model=question.document["key"].get("model", self.name),
            prompt=question.prompt,
            schema=schema_hash(Said.model_json_schema()),
            text=said.model_dump_json(),
            input_tokens=0,
            output_tokens=0,
            seconds=time.perf_counter() - start,
            created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        with self._keeping:  # of two threads that asked the same, both are told what is kept
            first = self._found(question)
            if first is None:
                self._store.put(reply, canonical)
        return said if first is None else first

    def _missing(self, question: _Question) -> str:
        """What a person can do about it."""
        similar = [json.loads(one) for _, one in self._store.similar(PURPOSE, question.subject, question.prompt)]
        asked = json.loads(question.canonical)
        nearest = max(similar, key=lambda one: sum(one.get(name) == asked[name] for name in asked), default=None)
        difference = None if nearest is None else first_difference(nearest, asked)
        if difference is None:  # it is kept, but does not fit any more
            return f"What it has does not fit what this seewhy expects; {_WHAT_TO_DO}"
        return (
            f"The recorded question most like it differs first at {difference.where}: the recording has "
            f"{difference.one}, the question has {difference.other}; {_WHAT_TO_DO}"
        )


_WHAT_TO_DO = "replay with the settings, videos and version it was recorded with, or record what is missing"


def channel_of(name: str, shelf: Shelf) -> Channel:
    """A channel by its name, through the plug-in door; recorded or replayed, where the shelf has a recording.

    Raises:
        PluginError: it is not registered, does not load, or lacks its weights. Not when replaying: nothing is loaded.
        ReplyStoreError: the recording cannot be used.
    """
    recording = shelf.recording
    channel: Channel | None = None
    if recording is None or recording.writable:
        channel = registry.load(registry.CHANNELS, name)(shelf)
    if recording is None:
        assert channel is not None
        return channel
    return RecordedChannel(name, channel, recording.replies, shelf.videos)


def _depends(channel: Channel) -> Depends:
    return channel.depends if isinstance(channel, Depending) else Depends()


def _kept_depends(name: str, store: ReplyStore) -> Depends | None:
    """None: the channel was not recorded.

    Raises:
        ReplyStoreError: what is kept is not what was written.
    """
    kept = store.meta().get(META + name)
    if kept is None:
        return None
    try:
        return Depends.model_validate_json(kept)
    except ValidationError as error:
        raise ReplyStoreError(
            f"{store.path} does not say what the channel {name} depends on ({error}); record it again"
        ) from error


def _subject(query: Query, reference: Reference | None) -> str:
    about = "" if reference is None else f"{reference.twin.id}: "
    return f"{about}{query.text[:SUBJECT_LETTERS]}".encode("utf-8", "replace").decode()


def _finite(score: float | None) -> float | None:
    """What is no number counts for nothing, here as elsewhere."""
    return float(score) if score is not None and math.isfinite(score) else None
