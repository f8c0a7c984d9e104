"""The channels that the settings name, made through the plug-in door.

An entry point of the group ``seewhy.channels`` is a callable that takes `Shelf` and gives a `Channel`; its name is what
`compose.channels` says. ``twin``, the components of the twins, is the index itself, and ``rerank`` looks at what the
others have found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from seewhy.fusion import COMPONENTS
from seewhy.models import registry
from seewhy.settings import Settings
from seewhy.twin.store import TwinStore
from seewhy.types.query import Filters

if TYPE_CHECKING:
    from seewhy.engine import Channel
    from seewhy.models.language import LanguageModel
    from seewhy.video.clip import Clip

RERANK = "rerank"


@dataclass(frozen=True)
class Shelf:
    """What a channel works with."""

    settings: Settings
    folder: Path
    """of the library; what a channel keeps lies in a folder of its own within `vectors/`, and can be made anew"""
    read_only: bool
    """True: nothing can be kept"""
    twins: TwinStore
    videos: Callable[[], Collection[str]]
    """the committed ones"""
    clip: Callable[[str], Clip]
    """video id → its pictures. Raises VideoError, TwinError"""
    model: LanguageModel | None
    """None: there is none"""


@runtime_checkable
class Preparing(Protocol):
    """A channel that keeps something of each video. What is missing it makes when it is asked, or ahead."""

    name: str

    def prepare(self, videos: Collection[str], told: Callable[[int, int], None] | None = None) -> None:
        """Make what is missing of these videos.

        Args:
            told: hears how much of how much is made.

        Raises:
            WeightsError: the model cannot be loaded.
        """
        ...


@dataclass(frozen=True)
class Channels:
    """Who finds candidates of composed queries."""

    by_components: bool = True
    others: tuple[Channel, ...] = ()
    rerank: Channel | None = None


def channels_of(shelf: Shelf) -> Channels:
    """The channels of `compose.channels`, in the order in which they are named.

    Raises:
        PluginError: one of them is not registered, does not load, or lacks its weights.
    """
    names = shelf.settings.compose.channels.split(",")
    made = {name: registry.load(registry.CHANNELS, name)(shelf) for name in names if name != COMPONENTS}
    rerank = made.pop(RERANK, None)
    return Channels(by_components=COMPONENTS in names, others=tuple(made.values()), rerank=rerank)


def within(videos: Iterable[str], filters: Filters | None) -> list[str]:
    """Those that the filters name, in their order; all, where they name none. What else filters ask for, whoever asks a
    channel has looked up."""
    named = None if filters is None else filters.videos
    return [video for video in videos if named is None or video in named]
