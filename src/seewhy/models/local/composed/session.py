"""Several videos that a model has watched, and may be asked about again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seewhy.models.local.composed.rows import Seen, see
from seewhy.models.local.composed.videos import Talk, Video, VideoChat
from seewhy.models.local.composed.writing import Chance, Tongue, Wish, Written, write
from seewhy.models.prompt import Prompt, load_prompt

PACKAGE = "seewhy.models.local.composed"
DESCRIBE, REASON, JOIN = "states_describe", "states_reason", "states_join"
TARGET, SINGLE = "states_target", "states_single"


def prompt_of(name: str) -> Prompt:
    return load_prompt(PACKAGE, name)


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked about a video."""

    video: int
    """which, of those of the session"""
    prompt: str
    values: Mapping[str, str] = field(default_factory=dict)
    """the prompt's inputs"""
    by: tuple[Chance | None, ...] = (None,)
    """how tokens are drawn, for each text; None: always the likeliest"""


class Session:
    """Each video is read once, when it is first asked about; what was computed of it is gone with the session."""

    def __init__(self, model: Any, chat: VideoChat, tongue: Tongue, videos: Sequence[Video], rows: int = 0) -> None:
        """
        Args:
            model: Qwen3-VL of transformers, in evaluation mode.
            rows: questions that are answered side by side, always as if there were so many; see `write`.
        """
        self._model, self._chat, self._tongue, self._rows = model, chat, tongue, rows
        self._videos = tuple(videos)
        self._seen: list[tuple[tuple[int, ...], Seen] | None] = [None] * len(self._videos)

    def ask(self, questions: Sequence[Question], most: int, *, states: bool = False) -> list[tuple[Written, ...]]:
        """Ask all of this at the same time.

        Args:
            most: tokens of a text.
            states: keep those in which the tokens were chosen.

        Returns:
            for each question its texts.

        Raises:
            PerceptionError: the model computes what is no number.
            WeightsError: its template has no place for a video.
        """
        if not questions:
            return []
        wishes = []
        for one in questions:
            talk = self._chat.talk(prompt_of(one.prompt).fill(one.values), self._videos[one.video])
            wishes.append(Wish(self._read(one.video, talk), talk.tail, most, one.by, states))
        return write(self._model, wishes, self._tongue, self._rows)

    def _read(self, number: int, talk: Talk) -> Seen:
        known = self._seen[number]
        if known is None:
            known = self._seen[number] = talk.head, see(self._model, talk.head, self._videos[number])
        head, seen = known
        if head != talk.head:
            raise ValueError("prompts about videos share their system message: what comes before a video is read once")
        return seen
