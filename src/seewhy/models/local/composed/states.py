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
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeAlias, TypeVar

from seewhy.errors import PerceptionError, WeightsError
from seewhy.models.local.batching import Batcher
from seewhy.models.local.composed.session import DESCRIBE, JOIN, REASON, SINGLE, TARGET, Session, prompt_of
from seewhy.models.local.composed.videos import VideoChat
from seewhy.models.local.composed.writing import Chance, Tongue, Written
from seewhy.models.local.devices import device_for
from seewhy.models.local.footage import READS_VIDEOS, Footage
from seewhy.models.local.pool import POOL, is_out_of_memory
from seewhy.models.local.pooling import Vector, pool_tokens
from seewhy.models.local.speaking import Speaker
from seewhy.models.local.weights import find
from seewhy.plain import as_data, plain
from seewhy.settings import Settings

FORMAT = "1"
"""Raised when the same model and prompts would give other vectors."""
REASONING_TOKENS = 128
"""of what would follow; as in the published code"""
DESCRIPTION_TOKENS = 256
"""likewise"""
EDIT_CHARACTERS = 2000
REASONING_CHARACTERS = 2000
"""128 tokens are rarely more than 1000 characters."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Outcome: TypeAlias = Result | PerceptionError
"""What came of one item, or why nothing did."""


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
    """what would follow, each sample; none in single_stage"""
    reasoning: str
    """the trace that the description follows: the one, or all of them joined"""
    text: str
    vector: Vector
    """(D,), of length 1"""


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
        self._describing = Batcher(_settled(self._describe), settings.local.batch)
        self._imagining = Batcher(_settled(self._imagine), settings.local.batch)

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

    def _describe(self, videos: Sequence[Footage]) -> list[Outcome[Described]]:
        with self._session(videos) as session:
            texts = session.ask(DESCRIBE, [{}] * len(videos), DESCRIPTION_TOKENS, states=True)
        return [_or_error(partial(self._described, text)) for (text,) in texts]

    def _imagine(self, asked: Sequence[Edited]) -> list[Outcome[Imagined]]:
        edits = [{"edit": as_data(plain(one.edit, EDIT_CHARACTERS))} for one in asked]
        with self._session([one.footage for one in asked]) as session:
            traces, reasonings = self._reasoned(session, edits)
            if self._compose.strategy == "single_stage":
                texts = session.ask(SINGLE, edits, DESCRIPTION_TOKENS, states=True)
            else:
                values = [
                    {**edit, "reasoning": _as_told(reasoning)}
                    for edit, reasoning in zip(edits, reasonings, strict=True)
                ]
                texts = session.ask(TARGET, values, DESCRIPTION_TOKENS, states=True)
        return [
            _or_error(partial(self._imagined, several, reasoning, text))
            for several, reasoning, (text,) in zip(traces, reasonings, texts, strict=True)
        ]

    def _reasoned(
        self, session: Session, edits: Sequence[Mapping[str, str]]
    ) -> tuple[list[tuple[str, ...]], list[str]]:
        """The traces of each edit, and the one that counts."""
        match self._compose.strategy:
            case "single_stage":
                return [()] * len(edits), [""] * len(edits)
            case "two_stage":
                traces = self._texts(session.ask(REASON, edits, REASONING_TOKENS))
                return traces, [trace for (trace,) in traces]
            case "self_consistency":
                by = [self._chances(edit["edit"]) for edit in edits]
                traces = self._texts(session.ask(REASON, edits, REASONING_TOKENS, by=by))
                values = [
                    {**edit, "reasonings": "\n".join(map(_as_told, several))}
                    for edit, several in zip(edits, traces, strict=True)
                ]
                return traces, [joined for (joined,) in self._texts(session.ask(JOIN, values, REASONING_TOKENS))]

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

    def _imagined(self, traces: tuple[str, ...], reasoning: str, written: Written) -> Imagined:
        """Raises ValueError: there is no vector."""
        described = self._described(written)
        return Imagined(traces, reasoning, described.text, described.vector)

    # the model

    @cached_property
    def _chat(self) -> VideoChat:
        return VideoChat(self._speaker.weights)

    @contextmanager
    def _session(self, videos: Sequence[Footage]) -> Iterator[Session]:
        watched = [self._chat.watch(footage) for footage in videos]
        device = self._device
        with POOL.use(self._speaker.key(device), device, lambda: self._speaker.load(device)) as model:
            yield Session(model, self._chat, tongue_of(model, self._chat), watched)


def tongue_of(model: Any, chat: VideoChat) -> Tongue:
    """Which tokens may come of a model: what it was made to end a turn with ends a text."""
    ends = model.generation_config.eos_token_id
    more = ends if isinstance(ends, list) else [] if ends is None else [ends]
    return Tongue(frozenset({chat.end, *map(int, more)}), chat.special, chat.size)


def _settled(run: Callable[[Sequence[Item]], list[Outcome[Result]]]) -> Callable[[list[Item]], list[Outcome[Result]]]:
    """An item that fails by itself has its error as its result. Of several that fail together each is tried alone, and
    those that do not fit the memory together are halved; see `Batcher`."""

    def settled(items: list[Item]) -> list[Outcome[Result]]:
        try:
            return run(items)
        except PerceptionError as error:
            if len(items) > 1:
                raise
            return [error]
        except (RuntimeError, MemoryError) as error:
            if len(items) > 1 or not is_out_of_memory(error):
                raise
        # here, and not where it failed: the error would have held what was computed
        POOL.release()
        try:
            return run(items)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        return [PerceptionError("there is no memory for a video of this length; take a smaller model (local.vision)")]

    return settled


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
