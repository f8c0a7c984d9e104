"""The channels that the settings name, made through the plug-in door.

An entry point of the group ``seewhy.channels`` is a callable that takes `Shelf` and gives a `Channel`; its name is what
`search.channels` and `compose.channels` say. ``twin``, the components of the twins, is the index itself, and
``rerank`` looks at what the others have found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pydantic import Field

from seewhy.fusion import COMPONENTS
from seewhy.settings import Settings
from seewhy.twin.store import TwinStore
from seewhy.types.base import Frozen
from seewhy.types.query import Filters, Query

if TYPE_CHECKING:
    from seewhy.engine import Channel
    from seewhy.models.language import LanguageModel
    from seewhy.recorded import Recording
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
    recording: Recording | None = None
    """where what channels answer is kept, or replayed from; channels themselves have no use for it"""


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


class Depends(Frozen):
    """What the scores of a channel depend on, besides the videos; the questions of a recording are made of it."""

    key: Mapping[str, str] = Field(default_factory=dict)
    """model, revision, prompts, ... by name; the settings of a recording are the same for all of it"""
    query: tuple[str, ...] | None = None
    """fields of the query, dotted where they lie in another; None: all"""
    ordered: bool = True
    """the order matters in which videos are asked about"""

    def of(self, query: Query) -> dict[str, object]:
        """The query, as far as the scores depend on it.

        >>> from seewhy.types.query import Condition
        >>> conditions = (Condition(id="c1", kind="free", text="it is dark"),)
        >>> query = Query(text="at night", conditions=conditions, decomposed_by="test@1")
        >>> Depends(query=("text", "trace.target")).of(query)
        {'text': 'at night', 'trace.target': None}
        """
        document = query.model_dump(mode="json")
        return document if self.query is None else {name: _within(document, name) for name in self.query}


@runtime_checkable
class Depending(Protocol):
    """A channel that says what its scores depend on. Of one that does not, they are taken to depend on the settings, on
    all of the query, and on the order of the videos."""

    @property
    def depends(self) -> Depends: ...


@dataclass(frozen=True)
class Channels:
    """Who finds candidates."""

    by_components: bool = True
    others: tuple[Channel, ...] = ()
    rerank: Channel | None = None


def channels_of(shelf: Shelf, names: str, made: MutableMapping[str, Channel]) -> Channels:
    """The channels of these names, in their order.

    Args:
        names: separated by commas, as settings name them.
        made: by name; those that are not there yet are made and put there, so that questions and edits share them.

    Raises:
        PluginError: one of them is not registered, does not load, or lacks its weights.
    """
    from seewhy.channels.recorded import channel_of

    chosen = names.split(",")
    for name in chosen:
        if name != COMPONENTS and name not in made:
            made[name] = channel_of(name, shelf)
    others = tuple(made[name] for name in chosen if name not in (COMPONENTS, RERANK))
    return Channels(COMPONENTS in chosen, others, made[RERANK] if RERANK in chosen else None)


def within(videos: Iterable[str], filters: Filters | None) -> list[str]:
    """Those that the filters name, in their order; all, where they name none. What else filters ask for, whoever asks a
    channel has looked up."""
    named = None if filters is None else filters.videos
    return [video for video in videos if named is None or video in named]


def _within(document: Mapping[str, Any], name: str) -> object:
    """What stands at a dotted name; None: nothing."""
    found: Any = document
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
