"""What a library works with, made when first needed: who thinks, looks and finds, as the settings choose."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING

from seewhy.channels.shelf import Channels, Preparing, Shelf, channels_of
from seewhy.engine import Engine
from seewhy.fusion import COMPONENTS
from seewhy.ground import Ground
from seewhy.settings import Settings
from seewhy.thinking import checker_of, composer_of, decomposer_of, follower_of, judge_of, looker_of, planner_of
from seewhy.twin.folder import REPLIES_FILE, LibraryFolder

if TYPE_CHECKING:
    from seewhy.engine import Channel
    from seewhy.enrich import Enriching
    from seewhy.models.language import LanguageModel
    from seewhy.models.remembering import RememberingModel
    from seewhy.models.replies import ReplyStore
    from seewhy.perceive.hosted.describer import HostedDescriber
    from seewhy.perceive.seams import Looker
    from seewhy.reason.seams import Composer, Decomposer, Judge
    from seewhy.recorded import Recording
    from seewhy.references import References
    from seewhy.refine import Refiner
    from seewhy.reports import Progress


class Parts(Ground):
    """The parts of one library, as the settings choose them."""

    def __init__(self, folder: LibraryFolder, settings: Settings, model: LanguageModel | None = None) -> None:
        """
        Args:
            model: who is asked instead of the settings' endpoint.
        """
        super().__init__(folder, settings)
        self._given = model
        self._opening, self._making = Lock(), Lock()

    def close(self) -> None:
        """Let go of the index and of the model. They are opened anew when they are needed."""
        super().close()
        for name in ("model", "replies"):
            self._drop(name)
        # these hold the model
        for name in ("decomposer", "composer", "judge", "looker", "describer", "references", "_channels"):
            self.__dict__.pop(name, None)

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
        """Where twins, and what channels answer, are kept beside replies, when recording or replaying."""
        from seewhy.recorded import Recording

        store = self._recorded
        return Recording.of(store, self.settings) if store is not None else None

    @property
    def _recorded(self) -> ReplyStore | None:
        """The file that is recorded into, or replayed from: the model's, or one for the channels alone."""
        if self.settings.replies.mode not in ("record", "replay"):
            return None
        if self.model is not None:
            return self.model.store
        if {self.settings.search.channels, self.settings.compose.channels} == {COMPONENTS}:
            return None
        from seewhy.models.open import recording

        with self._opening:
            if "replies" not in self.__dict__:
                file = self.folder.path / REPLIES_FILE
                self.__dict__["replies"] = recording(self.settings, file, self.folder.read_only)
            opened: ReplyStore = self.__dict__["replies"]
            return opened

    # Together

    @cached_property
    def references(self) -> References:
        """Finds the videos that edits start from."""
        from seewhy.references import References

        return References(
            catalog=self.reading,
            twins=self.twins,
            source=self.source,
            settings=self.settings,
            describer=lambda: self.describer,
            recording=lambda: self.recording,
        )

    @cached_property
    def _channels(self) -> dict[str, Channel]:
        """Those that have been made, by name."""
        return {}

    def channels(self, names: str) -> Channels:
        """Who finds candidates; each channel is made when it is first named."""
        if names == COMPONENTS:  # needs nothing, and no model's library
            return Channels()
        shelf = Shelf(
            settings=self.settings,
            folder=self.folder.path,
            read_only=self.folder.read_only,
            twins=self.folder.store,
            videos=self.committed,
            clip=self.clip,
            model=self.model,
            recording=self.recording,
        )
        with self._making:  # two threads would load its model twice
            return channels_of(shelf, names, self._channels)

    def prepare_channels(self, progress: Progress) -> None:
        """Have the channels of questions and edits make ahead what they keep of videos."""
        of_questions = self.channels(self.settings.search.channels).others
        of_edits = self.channels(self.settings.compose.channels).others
        for channel in {channel.name: channel for channel in (*of_questions, *of_edits)}.values():
            if isinstance(channel, Preparing):
                channel.prepare(self.committed(), partial(progress.preparing, channel.name))

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
        channels = self.channels(self.settings.compose.channels if composes else search.channels)
        return Engine(
            decomposer=self.decomposer,
            composer=self.composer if composes else None,
            channels=channels.others,
            rerank=channels.rerank,
            by_components=channels.by_components,
            checker=checker_of(self.settings),
            checked=search.judge != "none",
            encoder=self.recalling,
            index=self.index,
            twins=self.twins,
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
