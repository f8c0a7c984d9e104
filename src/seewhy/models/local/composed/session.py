"""Several videos that a model has watched, and may be asked about again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class Session:
    """Each video is read once, when it is first asked about; what was computed of it is gone with the session."""

    def __init__(self, model: Any, chat: VideoChat, tongue: Tongue, videos: Sequence[Video]) -> None:
        """
        Args:
            model: Qwen3-VL of transformers, in evaluation mode.
        """
        self._model, self._chat, self._tongue = model, chat, tongue
        self._videos = tuple(videos)
        self._seen: list[tuple[tuple[int, ...], Seen] | None] = [None] * len(self._videos)

    def ask(
        self,
        name: str,
        values: Sequence[Mapping[str, str]],
        most: int,
        *,
        by: Sequence[Sequence[Chance | None]] | None = None,
        states: bool = False,
    ) -> list[tuple[Written, ...]]:
        """Ask about every video at the same time.

        Args:
            name: of the prompt.
            values: its inputs, for each video.
            most: tokens of a text.
            by: how tokens are drawn, for each text of each video; None: one text each, always the likeliest token.
            states: keep those in which the tokens were chosen.

        Returns:
            for each video its texts.

        Raises:
            PerceptionError: the model computes what is no number.
            WeightsError: its template has no place for a video.
        """
        prompt = prompt_of(name)
        talks = [self._chat.talk(prompt.fill(one), video) for one, video in zip(values, self._videos, strict=True)]
        chances = by if by is not None else [(None,)] * len(talks)
        wishes = [
            Wish(self._read(number, talk), talk.tail, most, tuple(one), states)
            for number, (talk, one) in enumerate(zip(talks, chances, strict=True))
        ]
        return write(self._model, wishes, self._tongue)

    def _read(self, number: int, talk: Talk) -> Seen:
        known = self._seen[number]
        if known is None:
            known = self._seen[number] = talk.head, see(self._model, talk.head, self._videos[number])
        head, seen = known
        if head != talk.head:
            raise ValueError("prompts about videos share their system message: what comes before a video is read once")
        return seen
