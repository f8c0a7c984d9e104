"""PooledStates: videos and imagined videos as vectors, by what a model says of them and the states it says it in.

The method of CoVR-R (arXiv 2603.20190). A video of the gallery is described; so is, from a reference and an edit, the
video that would result. Either description's token states, pooled, are a vector, and what is near is similar.

::

    two_stage         reference + edit ─▶ what would follow ─▶ description
    single_stage      reference + edit ─▶ description
    self_consistency  reference + edit ─▶ several times what would follow ─▶ joined ─▶ description

The published code reads the video again for each prompt, and each sample, one query at a time. Here it is read once a
query, and what is asked about several videos, or drawn several times, is written side by side; the states are kept as
they are computed. What comes out is the same, but for rounding.

Rounding matters: in bfloat16 it now and then decides which of two words comes next, and then all that follows. So what
is written side by side is computed as if each stood alone in a batch of the same shape (see `Rows` and `write`). The
same video, edit, seed and `local.batch` give the same text and vector to the last bit, in float32 and bfloat16 alike:
when asked again, whatever is asked at the same time, in whatever order, and after an interruption. That is tested on
CPUs; on a GPU it rests on attention that goes over keys in order, as the kernels that take a mask do, and is certain at
local.batch = 1. On another device, at another `local.batch`, or once memory has fallen short (there are fewer rows from
then on), texts and vectors are the same but for rounding. Models with experts (MoE) round by all rows that share an
expert, and need local.batch = 1 to be exact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from seewhy.errors import PerceptionError, WeightsError
from seewhy.models.local.batching import Batcher
from seewhy.models.local.composed.reasoned import Reasoned
from seewhy.models.local.composed.session import DESCRIBE, JOIN, REASON, SINGLE, TARGET, Question, Session, prompt_of
from seewhy.models.local.composed.steady import Outcome, Result, Steady
from seewhy.models.local.composed.videos import VideoChat
from seewhy.models.local.composed.writing import Chance, Tongue, Written
from seewhy.models.local.devices import device_for
from seewhy.models.local.footage import READS_VIDEOS, Footage
from seewhy.models.local.pool import POOL
from seewhy.models.local.pooling import Vector, pool_tokens
from seewhy.models.local.speaking import Speaker
from seewhy.models.local.weights import find
from seewhy.plain import as_data, plain
from seewhy.settings import Settings

FORMAT = "2"
"""Raised when the same model and prompts would give other vectors."""
REASONING_TOKENS = 128
"""of what would follow; as in the published code"""
DESCRIPTION_TOKENS = 256
"""likewise"""
EDIT_CHARACTERS = 2000
REASONING_CHARACTERS = 2000
"""128 tokens are rarely more than 1000 characters."""


@dataclass(frozen=True, eq=False, slots=True)
class Described:
    """A video of the gallery."""

    text: str
    vector: Vector
    """(D,), of length 1"""


@dataclass(frozen=True, eq=False, slots=True)
class Imagined:
    """A video that would result from an edit."""

    traces: tuple[str, ...]
    """what would follow, each sample that says something; none in single_stage"""
    reasoning: str
    """the trace that the description follows: the one, or all of them joined; empty where there is none"""
    text: str
    vector: Vector
    """(D,), of length 1"""
    notes: tuple[str, ...] = ()
    """what had to be done without, for the user"""


@dataclass(frozen=True, eq=False, slots=True)
class Edited:
    """A reference and an edit of it."""

    footage: Footage
    edit: str


class PooledStates:
    """Descriptions and their vectors by a model on this machine, the language model's own weights. Threads may share
    it; what they ask at the same time is written side by side."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is loaded yet.

        Args:
            settings: those of `local` and `compose`; of `calls` the seed.

        Raises:
            WeightsError: the weights are not here, or are of a model that watches no videos.
            PluginError: torch or transformers is not installed.
            SettingsError: the device is not there.
        """
        self._compose, self._seed = settings.compose, settings.calls.seed
        self._device = device_for(settings.local)
        self._speaker = Speaker(find(settings.local.vision or settings.local.language, settings.local), settings.local)
        weights = self._speaker.weights
        if weights.architecture not in READS_VIDEOS:
            raise WeightsError(
                f"{weights.name} is a model of type {weights.architecture!r}; the channel 'states' needs one that "
                f"reads videos: {' or '.join(sorted(READS_VIDEOS))}. Set local.vision to one, such as "
                "Qwen/Qwen3-VL-8B-Instruct, or take the channel out of compose.channels"
            )
        rows = settings.local.batch
        self._describing = Batcher(Steady(self._describe, rows), rows)
        self._imagining = Batcher(Steady(self._imagine, rows), rows)

    @property
    def key(self) -> Mapping[str, str]:
        """All that a description and its vector depend on besides the video's frames. The precision (local.dtype) is
        not among it: a vector is of use on another machine, too."""
        weights = self._speaker.weights
        return {
            "format": FORMAT,
            "model": f"{weights.name}@{weights.revision}",
            "prompt": prompt_of(DESCRIBE).id,
            "tokens": str(DESCRIPTION_TOKENS),
            "pooling": self._compose.pooling,
            "weights": self._compose.weights,
        }

    def describe_video(self, footage: Footage) -> Described:
        """What a video shows.

        Args:
            footage: the model watches all of its frames.

        Raises:
            PerceptionError: nothing was said, what is no number was computed, or there is no memory for it.
            WeightsError: the model cannot be loaded.
        """
        return _raised(self._describing(footage))

    def describe_all(self, videos: Sequence[Footage]) -> list[Outcome[Described]]:
        """Likewise, of several; in place of one that could not be described, the error."""
        return self._describing.all(videos)

    def compose(self, footage: Footage, edit: str) -> Imagined:
        """The video that would result from an edit.

        Args:
            footage: of the reference; see `describe_video`.
            edit: in a stranger's words.

        Raises:
            PerceptionError, WeightsError: see `describe_video`.
        """
        return _raised(self._imagining(Edited(footage, edit)))

    def compose_all(self, asked: Sequence[Edited]) -> list[Outcome[Imagined]]:
        """Likewise, of several; in place of one that could not be composed, the error."""
        return self._imagining.all(asked)

    # side by side

    def _describe(self, videos: Sequence[Footage], rows: int) -> list[Outcome[Described]]:
        with self._session(videos, rows) as session:
            questions = [Question(number, DESCRIBE) for number in range(len(videos))]
            texts = session.ask(questions, DESCRIPTION_TOKENS, states=True)
        return [_or_error(partial(self._described, text)) for (text,) in texts]

    def _imagine(self, asked: Sequence[Edited], rows: int) -> list[Outcome[Imagined]]:
        edits = [{"edit": as_data(plain(one.edit, EDIT_CHARACTERS))} for one in asked]
        with self._session([one.footage for one in asked], rows) as session:
            reasoned = self._reasoned(session, edits)
            questions = [
                Question(number, TARGET, {**edit, "reasoning": _as_told(one.reasoning)})
                if one.reasoning
                else Question(number, SINGLE, edit)
                for number, (edit, one) in enumerate(zip(edits, reasoned, strict=True))
            ]
            texts = session.ask(questions, DESCRIPTION_TOKENS, states=True)
        return [_or_error(partial(self._imagined, one, text)) for one, (text,) in zip(reasoned, texts, strict=True)]

    def _reasoned(self, session: Session, edits: Sequence[Mapping[str, str]]) -> list[Reasoned]:
        """What would follow from each edit."""
        if self._compose.strategy == "single_stage":
            return [Reasoned()] * len(edits)
        drawn = self._compose.strategy == "self_consistency"
        questions = [
            Question(number, REASON, edit, self._chances(edit["edit"]) if drawn else (None,))
            for number, edit in enumerate(edits)
        ]
        reasoned = [Reasoned.of(said) for said in self._texts(session.ask(questions, REASONING_TOKENS))]
        several = [number for number, one in enumerate(reasoned) if len(one.traces) > 1]
        questions = [
            Question(number, JOIN, {**edits[number], "reasonings": "\n".join(map(_as_told, reasoned[number].traces))})
            for number in several
        ]
        for number, (joined,) in zip(several, self._texts(session.ask(questions, REASONING_TOKENS)), strict=True):
            reasoned[number] = reasoned[number].joined(joined)
        return reasoned

    def _chances(self, edit: str) -> tuple[Chance | None, ...]:
        """How each sample is drawn; at no temperature all are alike."""
        if not self._compose.temperature:
            return (None,) * self._compose.samples
        return tuple(
            Chance(self._compose.temperature, seed_of(self._seed, edit, number))
            for number in range(self._compose.samples)
        )

    def _texts(self, written: Sequence[Sequence[Written]]) -> list[tuple[str, ...]]:
        return [tuple(self._chat.text(text.tokens).strip() for text in texts) for texts in written]

    def _described(self, written: Written) -> Described:
        """Raises ValueError: there is no vector."""
        assert written.states is not None, "they were asked for"
        tokens, chat = written.tokens, self._chat
        vector = pool_tokens(
            written.states, tokens, chat.pieces(tokens), chat.special, self._compose.pooling, self._compose.weights
        )
        return Described(chat.text(tokens).strip(), vector)

    def _imagined(self, reasoned: Reasoned, written: Written) -> Imagined:
        """Raises ValueError: there is no vector."""
        described = self._described(written)
        return Imagined(reasoned.traces, reasoned.reasoning, described.text, described.vector, reasoned.notes)

    # the model

    @cached_property
    def _chat(self) -> VideoChat:
        return VideoChat(self._speaker.weights)

    @contextmanager
    def _session(self, videos: Sequence[Footage], rows: int) -> Iterator[Session]:
        watched = [self._chat.watch(footage) for footage in videos]
        device = self._device
        with POOL.use(self._speaker.key(device), device, lambda: self._speaker.load(device)) as model:
            yield Session(model, self._chat, tongue_of(model, self._chat), watched, rows)


def tongue_of(model: Any, chat: VideoChat) -> Tongue:
    """Which tokens may come of a model: what it was made to end a turn with ends a text."""
    ends = model.generation_config.eos_token_id
    more = ends if isinstance(ends, list) else [] if ends is None else [ends]
    return Tongue(frozenset({chat.end, *map(int, more)}), chat.special, chat.size)


def seed_of(seed: int, edit: str, number: int) -> int:
    """Of one sample: it depends on the setting, on what is asked, and on its number."""
    return int.from_bytes(hashlib.sha256(f"{seed} {number} {edit}".encode()).digest()[:8], "big") >> 1


def _as_told(text: str) -> str:
    return as_data(plain(text, REASONING_CHARACTERS))


def _or_error(made: Callable[[], Result]) -> Outcome[Result]:
    try:
        return made()
    except ValueError as error:
        return PerceptionError(f"no vector: {error}")


def _raised(outcome: Outcome[Result]) -> Result:
    if isinstance(outcome, PerceptionError):
        raise outcome
    return outcome
