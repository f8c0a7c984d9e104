"""What perception made of videos, kept in a recording of replies.

A request to a language model says what a twin says, to the last digit. Perception computes in floating point, and other
processors round otherwise; so a recording of replies also carries the twins that its requests were made from, and is
replayed on them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from seewhy.errors import ReplyStoreError, TwinCorrupt
from seewhy.models.replies import ReplyStore
from seewhy.settings import Settings
from seewhy.twin.store import TwinFiles

_PARTS = ("twin", "masks", "thumbnail")


@dataclass(frozen=True)
class Recording:
    """Twins as perception made them, before anybody else looked at the videos."""

    replies: ReplyStore
    perception: str
    """key of the settings that perception depends on"""
    writable: bool
    """False: replaying"""

    @classmethod
    def of(cls, replies: ReplyStore, settings: Settings) -> Recording:
        """The recording that the settings speak of."""
        return cls(replies, perception_key(settings), settings.replies.mode == "record")

    def keep(self, files: TwinFiles) -> None:
        """Keep a twin as perception made it; does nothing when replaying."""
        if self.writable:
            self.replies.put_twin(files.video, self.perception, {part: getattr(files, part) for part in _PARTS})

    def twin(self, video: str) -> TwinFiles | None:
        """What was made of a video; None: the recording has not seen it, or not with these settings.

        Raises:
            ReplyStoreError: what is kept is not whole.
        """
        parts = self.replies.twin(video, self.perception)
        if parts is None:
            return None
        files = TwinFiles(video, *(parts[part] for part in _PARTS))
        try:
            files.parse()
        except TwinCorrupt as error:
            raise ReplyStoreError(f"the recording's twin of {video} is damaged: {error}; record it again") from error
        return files


def perception_key(settings: Settings) -> str:
    """The same for all settings under which perception gives the same twins; 16 hex digits."""
    return hashlib.blake2b(json.dumps(settings.shaping_perception, sort_keys=True).encode(), digest_size=8).hexdigest()
