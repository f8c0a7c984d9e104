"""The masks of a twin, kept beside it in `masks.json`.

One JSON object, the shape in which annotated masks are passed around, so that a twin's masks and a
benchmark's ground truth are read by the same code::

    {"video": "<id>", "height": 480, "width": 854,
     "frames": {"<frame index>": {"<track id>": {"size": [480, 854], "counts": "<COCO compressed RLE>"}}}}

Frame indices count decoded frames from 0. An observation refers to its mask by a JSON pointer
into this file (`mask_pointer`): ``masks.json#/frames/12/3`` is track 3 in frame 12.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from seewhy.errors import TwinCorrupt
from seewhy.types.twin import MASKS_FILE, mask_pointer, parse_mask_pointer

if TYPE_CHECKING:
    from seewhy.types.masks import Rle

MaskTable: TypeAlias = "Mapping[int, Mapping[int, Rle]]"
"""frame index → track id → mask"""

REBUILD = "index the video's file again, with --retry-failed, to rebuild its twin"


def dump_masks(video: str, size: tuple[int, int], masks: MaskTable) -> bytes:
    """The file's bytes; the same masks give the same bytes, in whatever order they come.

    Args:
        video: its id.
        size: (height, width) of every mask, in pixels.

    Raises:
        ValueError: a mask is of another size.
    """
    frames: dict[str, dict[str, dict[str, object]]] = {}
    for frame in sorted(masks):
        row: dict[str, dict[str, object]] = {}
        for track, rle in sorted(masks[frame].items()):
            if rle.size != size:
                raise ValueError(f"mask of track {track} in frame {frame} is {rle.size}, those of {video} are {size}")
            row[str(track)] = {"size": list(rle.size), "counts": rle.counts}
        frames[str(frame)] = row
    document = {"video": video, "height": size[0], "width": size[1], "frames": frames}
    return json.dumps(document, separators=(",", ":")).encode("ascii")


class Masks:
    """The masks of one video. The file is read at the first question, a mask is checked when it is asked for."""

    def __init__(self, read: Callable[[], bytes], name: str = MASKS_FILE) -> None:
        """
        Args:
            read: gives the file's bytes; called once, when they are needed.
            name: of the file, for messages.
        """
        self._read = read
        self._name = name

    @cached_property
    def _document(self) -> dict[str, Any]:
        try:
            document = json.loads(self._read())
            if not isinstance(document["frames"], dict):
                raise TypeError("'frames' is not an object")
            int(document["height"]), int(document["width"]), str(document["video"])
        except (ValueError, KeyError, TypeError) as error:
            raise TwinCorrupt(f"{self._name} is no masks file ({error!r}); {REBUILD}") from error
        return document  # type: ignore[no-any-return]

    @property
    def video(self) -> str:
        return str(self._document["video"])

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of every mask, in pixels."""
        return int(self._document["height"]), int(self._document["width"])

    @property
    def frames(self) -> tuple[int, ...]:
        """Indices of the frames that have masks, ascending."""
        return tuple(sorted(int(frame) for frame in self._document["frames"]))

    def tracks(self, frame: int) -> tuple[int, ...]:
        """Ids of the tracks with a mask in this frame, ascending."""
        return tuple(sorted(int(track) for track in self._document["frames"].get(str(frame), {})))

    def get(self, frame: int, track: int) -> Rle | None:
        """The mask of a track in a frame; None where there is none.

        Raises:
            TwinCorrupt: what stands there is no mask.
        """
        from seewhy.types.masks import Rle

        found = self._document["frames"].get(str(frame), {}).get(str(track))
        if found is None:
            return None
        try:
            return Rle.model_validate(found)
        except ValidationError as error:
            raise TwinCorrupt(f"{self._name} holds no mask at {mask_pointer(frame, track)}; {REBUILD}") from error

    def resolve(self, where: str) -> Rle:
        """The mask that an observation points to.

        Raises:
            TwinCorrupt: the pointer leads nowhere.
        """
        try:
            frame, track = parse_mask_pointer(where)
        except ValueError as error:
            raise TwinCorrupt(f"{error}; {REBUILD}") from error
        found = self.get(frame, track)
        if found is None:
            raise TwinCorrupt(f"{self._name} has no mask for {where}; {REBUILD}")
        return found

    def __iter__(self) -> Iterator[tuple[int, int, Rle]]:
        """(frame, track, mask), by frame, then track."""
        for frame in self.frames:
            for track in self.tracks(frame):
                rle = self.get(frame, track)
                if rle is not None:
                    yield frame, track, rle
