"""Which packets have to be decoded to see some frames.

Decoding everything up to the last wanted frame is always right, and slow in a long video. Less will do where two
things are known of the codec, both from its specification, so that the wanted pictures are the same to the bit:

- after certain key frames nothing refers to what was before them: what lies between a wanted frame and the next such
  key frame before another one is left out;
- a picture that no other refers to (H.264: ``nal_ref_idc`` 0) is left out when it is not wanted itself.

And one thing of the file: that its frames, sorted by time, are those that were counted when it was perceived.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from seewhy.types.video import FrameTime

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

_RESETTING_KEYS = frozenset({"vp8", "vp9", "av1"})
"""Codecs whose every key frame forgets all pictures before it."""


class _Units(NamedTuple):
    """How a codec of NAL units names their types (ITU-T H.264, H.265, table 7-1)."""

    shift: int
    mask: int
    """the type in a unit's first byte"""
    refreshes: frozenset[int]
    """a picture that forgets all before it (instantaneous decoder refresh); other key frames may be looked past"""
    parameters: frozenset[int]
    """parameter sets, which later pictures may need"""
    length_at: int
    """byte of the configuration record (ISO/IEC 14496-15) that holds the bytes of each unit's length, less one"""


_UNITS = {
    "h264": _Units(0, 0x1F, frozenset({5}), frozenset({7, 8}), 4),
    "hevc": _Units(1, 0x3F, frozenset({19, 20}), frozenset({32, 33, 34}), 21),
}


class Entry(NamedTuple):
    """A packet of the picture stream, in order of decoding."""

    pts: int | None
    fresh: bool
    """nothing from here on refers to what was before"""
    usable: bool
    """it holds one picture, which is shown"""


class Step(NamedTuple):
    """What to do with one packet."""

    position: int
    """of the packet in order of decoding"""
    wanted: bool
    """its picture is wanted; else it may be skipped if no other refers to it"""


@dataclass(frozen=True)
class PacketTable:
    """The packets of a stream in order of decoding."""

    codec: str
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, codec: str, extradata: bytes | None, packets: Iterable[Packet[VideoStream]]) -> PacketTable:
        """Reads every packet of a stream once, without decoding."""
        framing = _framing(codec, extradata)
        entries = []
        seeks = True
        for packet in packets:
            if packet.size == 0:
                continue
            fresh = packet.is_keyframe and codec in _RESETTING_KEYS
            if framing is not None:
                units, length_bytes = framing
                types = _unit_types(bytes(packet), units, length_bytes)
                fresh = packet.is_keyframe and not types.isdisjoint(units.refreshes)
                seeks &= fresh or types.isdisjoint(units.parameters)
            entries.append(Entry(packet.pts, fresh, not (packet.is_discard or packet.is_corrupt)))
        if not seeks:  # a packet that is left out might hold what a later one needs
            entries = [entry._replace(fresh=False) for entry in entries]
        return cls(codec, tuple(entries))

    def agrees_with(self, frames: Sequence[FrameTime]) -> bool:
        """Whether the n-th frame by time is the n-th that was decoded, as far as some frames that were decoded tell.

        False as well for a stream in which that cannot be: without times, with two frames at one time, or with
        packets that are not shown.
        """
        times = self.times
        if len(times) < len(self.entries) or len(set(times)) < len(times) or not frames:
            return False
        return all(frame.index < len(times) and times[frame.index] == frame.pts for frame in frames)

    @cached_property
    def times(self) -> tuple[int, ...]:
        """The pts of all frames that are shown, ascending."""
        return tuple(sorted(entry.pts for entry in self.entries if entry.pts is not None and entry.usable))

    def plan(self, wanted: Collection[int]) -> list[Step]:
        """The packets to decode, in order, to see the frames with these times; the last is that of a wanted frame.

        Raises:
            KeyError: there is no frame with one of these times.
        """
        at = {entry.pts: position for position, entry in enumerate(self.entries)}
        starts = [0, *(position for position, entry in enumerate(self.entries) if entry.fresh and position > 0)]
        steps: list[Step] = []
        following = 0
        for target in sorted(at[pts] for pts in wanted):
            start = max(following, starts[bisect_right(starts, target) - 1])
            steps += (Step(position, position == target) for position in range(start, target + 1))
            following = target + 1
        return steps

    @property
    def skips_unreferenced(self) -> bool:
        """Whether the decoder can tell pictures that no other refers to, and leave them out."""
        return self.codec == "h264"


def _framing(codec: str, extradata: bytes | None) -> tuple[_Units, int] | None:
    """How the stream's units are read, and the bytes of the length before each; None: there are none, or not so."""
    units = _UNITS.get(codec)
    if units is None or extradata is None or len(extradata) <= units.length_at or extradata[0] != 1:
        return None
    return units, (extradata[units.length_at] & 3) + 1


def _unit_types(packet: bytes, units: _Units, length_bytes: int) -> frozenset[int]:
    types = set()
    position = 0
    while position + length_bytes < len(packet):
        length = int.from_bytes(packet[position : position + length_bytes], "big")
        position += length_bytes
        types.add((packet[position] >> units.shift) & units.mask)
        position += length
    return frozenset(types)
