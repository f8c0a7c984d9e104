"""What a library works with, made when first needed: encoder, index, and, where there is an endpoint, its models."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from seewhy.channels.shelf import Channels, Preparing, Shelf, channels_of
from seewhy.engine import Engine
from seewhy.errors import LibraryBusy, LibraryReadOnly, OutOfSpace, VideoNotFound
from seewhy.fusion import COMPONENTS
from seewhy.index.seam import ComponentIndex, Fingerprint
from seewhy.models import registry
from seewhy.settings import Settings
from seewhy.thinking import checker_of, composer_of, decomposer_of, follower_of, judge_of, looker_of, planner_of
from seewhy.twin.catalog import Catalog
from seewhy.twin.folder import CATALOG_FILE, REPLIES_FILE, LibraryFolder
from seewhy.types.twin import TWIN_SCHEMA

KEEP_SECONDS = 2.0
"""How long what refinement found waits for another process to be done writing: another search is done well within it,
a process that indexes may take hours."""
KEEP_PAUSE = 0.05
"""Seconds between two looks whether it is."""

if TYPE_CHECKING:
    from seewhy.enrich import Enriching
    from seewhy.index.exact import ExactIndex
    from seewhy.models.language import LanguageModel
    from seewhy.models.remembering import RememberingModel
    from seewhy.models.text import TextEncoder
    from seewhy.perceive.hosted.describer import HostedDescriber
    from seewhy.perceive.seams import Looker
    from seewhy.reason.seams import Composer, Decomposer, Judge
    from seewhy.recorded import Recording
    from seewhy.references import References
    from seewhy.refine import Found, Refiner
    from seewhy.reports import Progress
    from seewhy.video.clip import Clip
    from seewhy.video.source import VideoSource


class Parts:
    """The parts of one library, as the settings choose them."""

    def __init__(self, folder: LibraryFolder, settings: Settings, model: LanguageModel | None = None) -> None:
        """
        Args:
            model: who is asked instead of the settings' endpoint.
        """
        self.folder, self.settings = folder, settings
        self._given = model
        self._opening = Lock()

    def close(self) -> None:
        """Let go of the index and of the model. They are opened anew when they are needed."""
        for name in ("index", "writable_index", "model"):
            self._drop(name)
        # these hold the model
        for name in ("decomposer", "composer", "judge", "looker", "describer", "references", "channels"):
            self.__dict__.pop(name, None)

    def _drop(self, name: str) -> None:
        """Close a part that was made, so that it is made anew when it is needed."""
        part = self.__dict__.pop(name, None)
        if part is not None:
            part.close()

    # Everyone's

    @cached_property
    def encoder(self) -> TextEncoder:
        return encoder_of(self.settings)

    @cached_property
    def source(self) -> VideoSource:
        from seewhy.video.pyav import PyAvSource

        return PyAvSource(max_pixels=self.settings.video.max_pixels)

    @property
    def fingerprint(self) -> Fingerprint:
        """What the index has to be built with."""
        encoder = self.encoder
        return Fingerprint(
            encoder=encoder.name, dimensions=encoder.dimensions, twin=TWIN_SCHEMA, format=self.index_type.format
        )

    @property
    def index_type(self) -> type[ExactIndex]:
        kind: type[ExactIndex] = registry.load(registry.INDEXES, self.settings.index.name)
        return kind

    @cached_property
    def index(self) -> ComponentIndex:
        """For searching: changes nothing."""
        index: ComponentIndex = self.index_type.open(self.folder.index_path, self.fingerprint, read_only=True)
        return index

    @cached_property
    def writable_index(self) -> ComponentIndex:
        return self.index_type.open(self.folder.index_path, self.fingerprint, create=True)

    def reading(self) -> Catalog:
        """A catalog that nothing is written to; close it."""
        return Catalog.open(self.folder.path / CATALOG_FILE, read_only=True)

    def path_of(self, video: str) -> Path:
        """A file with this content that is there now.

        Raises:
            VideoNotFound: none of the paths the library knows exists any more.
        """
        with self.reading() as catalog:
            paths = catalog.paths(video)
        for path in paths:
            if Path(path).is_file():
                return Path(path)
        raise VideoNotFound(paths[0] if paths else video, "the file is gone; index it again where it lies now")

    def clip(self, video: str) -> Clip:
        """The video, to be looked at again.

        Raises:
            VideoNotFound: its file is gone. TwinNotFound, TwinCorrupt: see each.
        """
        from seewhy.video.exact import FileClip

        twin = self.folder.store.load(video)
        return FileClip(self.source, self.path_of(video), twin.video, self.settings, twin.frames)

    # The language model's

    @cached_property
    def model(self) -> RememberingModel | None:
        """None: there is no endpoint, and no recording that stands for one."""
        if self._given is None and not self.settings.has_language_model:
            return None
        from seewhy.models.open import language_model

        with self._opening:  # a property is made by every thread that finds none: two would mean two stores
            opened: RememberingModel | None = self.__dict__.get("model")
            if opened is None:
                replies = self.folder.path / REPLIES_FILE
                opened = language_model(self.settings, replies, self.folder.read_only, self._given)
                self.__dict__["model"] = opened
            return opened

    @property
    def notes(self) -> tuple[str, ...]:
        """That replies are not kept, and why."""
        model = self.__dict__.get("model")  # one that was never needed has nothing to say
        return () if model is None else model.notes

    @property
    def width(self) -> int:
        """How much is worked on side by side because it waits for the model."""
        return 1 if self.model is None else max(self.model.concurrency, 1)

    @cached_property
    def decomposer(self) -> Decomposer:
        return decomposer_of(self.settings, self.model)

    @cached_property
    def composer(self) -> Composer:
        return composer_of(self.settings, self.model)

    @cached_property
    def judge(self) -> Judge | None:
        """Judges the shortlist with a model; None: nobody does."""
        return judge_of(self.settings, self.model, self.clip)

    @cached_property
    def looker(self) -> Looker | None:
        """Looks at videos again; None: nobody does."""
        return looker_of(self.settings, self.model)

    @property
    def refiner(self) -> Refiner | None:
        """None: nothing is looked at again."""
        if not self.settings.refine.rounds or self.looker is None or (self.model is not None and self.judge is None):
            return None
        from seewhy.refine import Refiner

        settings = self.settings.refine
        if self.settings.replies.mode in ("record", "replay"):  # what is asked must not depend on a machine's speed
            settings = settings.model_copy(update={"seconds": math.inf})
        return Refiner(
            planner=planner_of(self.model),
            looker=self.looker,
            clip=self.clip,
            twins=self.folder.store,
            keep=self.keep,
            settings=settings,
            side_by_side=self.width,
        )

    @cached_property
    def describer(self) -> HostedDescriber | None:
        """Looks at whole videos with a model; None: nobody does."""
        if self.model is None or not self.settings.describe.on:
            return None
        from seewhy.perceive.hosted.describer import HostedDescriber

        return HostedDescriber(self.model, self.settings.describe, follower_of(self.settings))

    @property
    def enriching(self) -> Enriching | None:
        """Who describes videos that come into the library."""
        describer, model = self.describer, self.model
        if describer is None or model is None:
            return None
        from seewhy.enrich import Enriching

        return Enriching(describer, self.clip, self.width, model.close)

    @property
    def recording(self) -> Recording | None:
        """Where twins are kept beside replies, when recording or replaying."""
        if self.settings.replies.mode not in ("record", "replay") or self.model is None:
            return None
        from seewhy.recorded import Recording

        store = self.model.store
        return Recording.of(store, self.settings) if store is not None else None

    # Together

    @cached_property
    def references(self) -> References:
        """Finds the videos that edits start from."""
        from seewhy.references import References

        return References(
            catalog=self.reading,
            twins=self.folder.store,
            source=self.source,
            settings=self.settings,
            describer=lambda: self.describer,
            recording=lambda: self.recording,
        )

    @cached_property
    def channels(self) -> Channels:
        """Who finds candidates of composed queries."""
        return channels_of(
            Shelf(
                settings=self.settings,
                folder=self.folder.path,
                read_only=self.folder.read_only,
                twins=self.folder.store,
                videos=self._committed,
                clip=self.clip,
                model=self.model,
            )
        )

    def prepare_channels(self, progress: Progress) -> None:
        """Have the channels of composed search make ahead what they keep of videos."""
        if self.settings.compose.channels == COMPONENTS:  # needs nothing, and no model's library
            return
        for channel in self.channels.others:
            if isinstance(channel, Preparing):
                channel.prepare(self._committed(), partial(progress.preparing, channel.name))

    def _committed(self) -> frozenset[str]:
        with self.reading() as catalog:
            return catalog.committed()

    @contextmanager
    def giving_up(self) -> Iterator[None]:
        """Requests to the model that are under way end with the block, when it is interrupted."""
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            self.close()
            raise

    def engine(self, gallery: Mapping[str, tuple[str, ...]], *, composes: bool = False) -> Engine:
        """The parts that answer a question.

        Args:
            gallery: committed video id → where files with this content lie.
            composes: there are edits to be answered, too.
        """
        search, judge = self.settings.search, self.settings.judge
        channels = self.channels if composes else Channels()
        return Engine(
            decomposer=self.decomposer,
            composer=self.composer if composes else None,
            channels=channels.others,
            rerank=channels.rerank,
            by_components=channels.by_components,
            checker=checker_of(self.settings),
            encoder=self.encoder,
            index=self.index,
            twins=self.folder.store,
            gallery=gallery,
            judge=self.judge,
            refiner=self.refiner,
            refresh=self.index.refresh,
            candidates=search.candidates,
            align=search.align,
            shortlist=judge.candidates,
            fused=judge.shortlist == "fused",
            rounds=self.settings.refine.rounds,
            tau=search.tau,
            aggregation=search.aggregation,
        )

    def keep(self, found: Mapping[str, Found]) -> str | None:
        """Write what refinement found, for every later question.

        Returns:
            why it could not be written; None: it was.
        """
        from seewhy.keep import Keeper

        until = time.monotonic() + KEEP_SECONDS
        while True:
            try:
                with self.folder.writing(), self.folder.catalog() as catalog:
                    keeper = Keeper.of(self.folder, catalog, self.writable_index, self.encoder)
                    keeper.reconcile()
                    committed = catalog.committed()
                    for video, findings in sorted(found.items()):
                        if video in committed:  # still: another process may have removed it meanwhile
                            keeper.enter(video, findings)
                    keeper.flush()
            except LibraryBusy as error:
                if time.monotonic() >= until:
                    return str(error)
                time.sleep(KEEP_PAUSE)
            except (LibraryReadOnly, OutOfSpace) as error:
                self._drop("writable_index")  # with its lock, and what was not flushed: `reconcile` makes that good
                return str(error)
            else:
                return None


def encoder_of(settings: Settings) -> TextEncoder:
    """The text encoder that the settings name."""
    make = registry.load(registry.ENCODERS, settings.encoder.name)
    encoder: TextEncoder = make(threads=settings.encoder.threads)
    return encoder
