"""A video's identity: made from the file's content, never from its name or whereabouts."""

from __future__ import annotations

import hashlib
from pathlib import Path

from seewhy.types.video import VideoId

DIGEST_BYTES = 16
"""128 bits: two of a billion videos collide with a chance below 10^-20."""

_CHUNK = 1 << 20


def content_id(path: Path) -> VideoId:
    """BLAKE2b-128 of the file's bytes, in hex (32 characters). Read in pieces; memory does not grow.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return VideoId(digest.hexdigest())
