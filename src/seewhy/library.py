"""Library: the one object a user holds. A folder of twins that can be asked questions.

>>> from seewhy import Library                                      # doctest: +SKIP
>>> with Library.open("my-library") as library:                     # doctest: +SKIP
...     library.add(["videos/"])
...     answer = library.search("a red car turns left after a person leaves")
...     print(answer)
...     library.show(answer.hits[0]).save_sheet("hit.png")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import ValidationError

from seewhy.answers import Answer, Shown
from seewhy.compose import compose, compose_all
from seewhy.errors import LibraryNotFound, QueryError, SeewhyError
from seewhy.gallery import Gallery
from seewhy.ground import encoder_of
from seewhy.looking import Looking
from seewhy.names import known_video
from seewhy.search import search, search_all
from seewhy.settings import Settings
from seewhy.twin.folder import LibraryFolder
from seewhy.types.base import words_of
from seewhy.types.hit import Hit, SearchResult
from seewhy.types.query import Filters

if TYPE_CHECKING:
    from seewhy.export import ExportFormat
    from seewhy.imports.report import ImportReport
    from seewhy.models.language import LanguageModel
    from seewhy.reports import IngestReport, Progress


class Library(Looking):
    """Videos, their twins and an index over them, in one folder. Use `Library.open`.

    One process may add at a time; any number may search meanwhile.
    """

    @classmethod
    def open(
        cls,
        path: Path | str,
        settings: Settings | None = None,
        *,
        create: bool = True,
        read_only: bool = False,
        model: LanguageModel | None = None,
    ) -> Self:
        """Open a library, or make one.

        Args:
            path: its folder.
            settings: None: those of the environment and the defaults.
            create: make it where there is none.
            read_only: nothing in the folder is changed, not even to tidy up.
            model: a language model that is asked instead of the settings' endpoint; closed with the library.

        Raises:
            LibraryNotFound: there is none and `create` is False.
            LibraryTooNew: a newer seewhy made it.
            LibraryError: see its subclasses.
        """
        settings = settings or Settings.load()
        path = Path(path)
        try:
            folder = LibraryFolder.open(path, read_only=read_only)
        except LibraryNotFound:
            if not create or read_only:
                raise
            folder = LibraryFolder.create(path, encoder=encoder_of(settings).name, settings=settings)
            with cls(folder, settings) as made:
                _ = made._parts.writable_index  # an empty one, so that an empty library answers, too
        return cls(folder, settings, model)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index, the catalog and the model. The object can be used again; it opens them anew."""
        self._parts.close()

    # Bringing videos in

    def add(
        self,
        paths: Iterable[Path | str],
        *,
        progress: Progress | None = None,
        retry_failed: bool = False,
    ) -> IngestReport:
        """Make twins of videos and index them. What is in the library and has not changed costs next to nothing.

        Where there is an endpoint, its vision-language model then describes every video that it has not described.

        A file that fails is reported with its reason, and does not stop the others. Interrupting or
        killing it loses nothing: the next call goes on.

        Args:
            paths: video files, and folders that are searched for them.
            progress: is told how it goes.
            retry_failed: try again what failed before and has not changed since.

        Raises:
            LibraryReadOnly, LibraryBusy, OutOfSpace: what was committed before stays.
        """
        from seewhy.ingest import ingest
        from seewhy.reports import NoProgress

        with self._parts.giving_up():
            report = ingest(
                self._folder,
                [Path(path) for path in paths],
                self.settings,
                index=self._parts.writable_index,
                encoder=self._parts.encoder,
                source=self._parts.source,
                workers=self.settings.index.workers,
                progress=progress,
                retry_failed=retry_failed,
                enriching=self._parts.enriching,
                recording=self._parts.recording,
            )
            self._parts.prepare_channels(progress or NoProgress())
            return report

    def import_annotations(
        self,
        annotations: Iterable[Path | str],
        videos: Iterable[Path | str],
        *,
        format: str = "auto",  # noqa: A002 - the word users expect
        write_videos: Path | str | None = None,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Make twins of videos whose objects are annotated: masks and names are taken as they are, the rest is
        perceived. A video that is in the library gets another twin; the same annotation again costs next to nothing.

        What is wrong with one annotation is reported with its reason, and does not stop the others.

        Args:
            annotations: files and folders: COCO-RLE JSON, SA-V masklets, DAVIS folders, COCO, YouTube-VIS, CVAT 1.1.
            videos: files, and folders that are searched; matched with annotations by name.
            format: ``auto``: by what a file holds; or ``coco-rle``, ``sa-v``, ``davis``, ``coco``, ``youtube-vis``,
                ``cvat``.
            write_videos: folder for videos of DAVIS sequences that are there as pictures only; None: none is written.
            progress: is told how it goes.

        Raises:
            AnnotationError: there is no such format.
            LibraryReadOnly, LibraryBusy, OutOfSpace: what was committed before stays.
        """
        from seewhy.imports.flow import import_annotations

        with self._parts.giving_up():
            return import_annotations(
                self._folder,
                [Path(path) for path in annotations],
                [Path(path) for path in videos],
                self.settings,
                index=self._parts.writable_index,
                encoder=self._parts.encoder,
                source=self._parts.source,
                format=format,
                write_videos=None if write_videos is None else Path(write_videos),
                workers=self.settings.index.workers,
                progress=progress,
                enriching=self._parts.enriching,
            )

    def watch(self, paths: Iterable[Path | str], *, progress: Progress | None = None) -> Iterator[IngestReport]:
        """Look at `paths` again and again and add what is new or changed; yields a report when there was something."""
        from seewhy.watch import watch

        return watch([Path(path) for path in paths], lambda ready: self.add(ready, progress=progress))

    def remove(self, videos: Iterable[str]) -> tuple[str, ...]:
        """Take videos out of the library: catalog, index and twin. The video files are not touched.

        Args:
            videos: ids, or what else just one video of the library is called by, see `video_id`.

        Returns:
            ids of what was removed.

        Raises:
            QueryError: a name that none, or more than one, is called by; nothing is removed.
        """
        with self._folder.writing(), self._folder.catalog() as catalog:
            wanted = tuple(dict.fromkeys(known_video(catalog, video).id for video in videos))
            for video in wanted:
                catalog.remove(video)
            self._parts.writable_index.delete(wanted)
            self._parts.writable_index.flush()
            for video in wanted:
                self._folder.store.delete(video)
        return wanted

    def rebuild_index(self) -> int:
        """Make the index anew from the twins (after another encoder was chosen, say).

        Returns:
            number of videos in it.
        """
        from seewhy.ingest import reconcile

        self.close()
        with self._folder.writing():
            self._parts.index_type.reset(self._folder.index_path, self._parts.fingerprint).close()
        reconcile(self._folder, index=self._parts.writable_index, encoder=self._parts.encoder)
        return len(self._parts.writable_index)

    # Asking

    def search(self, question: str, k: int = 10, filters: Filters | None = None) -> Answer:
        """Ranked videos with moments, objects, masks and a verdict per condition.

        Raises:
            QueryError: an empty or over-long question, or k out of range.
            IndexMismatch: the index was built with another encoder; the message says what to do.
        """
        self._parts.index.refresh()
        with self._parts.reading() as catalog, self._parts.giving_up():
            result = search(question, self._parts.engine(Gallery(catalog)), k=k, filters=filters)
        return Answer.of(result, self)

    def search_all(
        self,
        questions: Sequence[str],
        k: int = 10,
        filters: Filters | None = None,
        *,
        told: Callable[[str], None] | None = None,
        caught: type[Exception] = SeewhyError,
    ) -> Iterator[Answer | Exception]:
        """Answer many questions stage by stage: all decompositions, then all judgements, then all refinements, so that
        a slow endpoint always has many requests before it. `calls.concurrency` are worked on side by side.

        Args:
            told: hears the name of each stage when it begins.
            caught: errors that end the question in which they occur, not the run.

        Yields:
            answers, in the order of the questions; in place of one that could not be given, the error.
        """
        engine, width = self._parts.engine(self._whole_gallery()), self._parts.width
        with self._parts.giving_up():
            for one in search_all(questions, engine, k=k, filters=filters, width=width, told=told, caught=caught):
                yield one if isinstance(one, Exception) else Answer.of(one, self)

    def compose(self, reference: Path | str, edit: str, k: int = 10, filters: Filters | None = None) -> Answer:
        """The video that would result from an edit of another one: as `search`, with the trace of what would follow.

        >>> library.compose("kitchen.mp4", "the same dish, an hour later")      # doctest: +SKIP

        Args:
            reference: id of a video of the library, or path of a file, in the library or not; or, where there is no
                such file, what else just one video is called by, see `video_id`. It is not among the hits.
            edit: what is to be different, in words.

        Raises:
            QueryError: no video has this id, an empty or over-long edit, or k out of range.
            VideoError: the file is not there, is no video, or nothing could be made of it.
            IndexMismatch: the index was built with another encoder; the message says what to do.
        """
        self._parts.index.refresh()
        find = partial(self._parts.references.find, reference)
        with self._parts.reading() as catalog, self._parts.giving_up():
            result = compose(find, edit, self._parts.engine(Gallery(catalog), composes=True), k=k, filters=filters)
        return Answer.of(result, self)

    def compose_all(
        self,
        edits: Sequence[tuple[Path | str, str]],
        k: int = 10,
        filters: Filters | None = None,
        *,
        told: Callable[[str], None] | None = None,
        caught: type[Exception] = SeewhyError,
        keep_reference: bool = False,
    ) -> Iterator[Answer | Exception]:
        """Answer many edits stage by stage, as `search_all`.

        Args:
            edits: reference and edit, see `compose`.
            told: hears the name of each stage when it begins.
            caught: errors that end the edit in which they occur, not the run.
            keep_reference: it may be among the hits; some benchmarks want that.

        Yields:
            answers, in the order of the edits; in place of one that could not be given, the error.
        """
        engine, width = self._parts.engine(self._whole_gallery(), composes=True), self._parts.width
        asked = [(partial(self._parts.references.find, reference), edit) for reference, edit in edits]
        with self._parts.giving_up():
            for one in compose_all(
                asked, engine, k=k, filters=filters, width=width, told=told, caught=caught,
                keep_reference=keep_reference,
            ):  # fmt: skip
                yield one if isinstance(one, Exception) else Answer.of(one, self)

    def _whole_gallery(self) -> dict[str, tuple[str, ...]]:
        """Of many questions: read once, and by whichever thread."""
        self._parts.index.refresh()
        with self._parts.reading() as catalog:
            return {video: catalog.paths(video) for video in catalog.committed()}

    @property
    def language_model(self) -> LanguageModel | None:
        """Who is asked, with the memory of replies; None: there is none. Closed with the library."""
        return self._parts.model

    def read_answer(self, text: str) -> Answer:
        """An answer that was written as JSON, as if it had just been given.

        Raises:
            QueryError: the text is not an answer.
        """
        try:
            return Answer.of(SearchResult.model_validate_json(text), self)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise QueryError(f"this is not what 'seewhy search --json' prints: {where}: {words_of(first)}") from error

    # Showing and exporting

    def show(self, hit: Hit) -> Shown:
        """The hit as pictures: a contact sheet, and an mp4 with its masks drawn."""
        return Shown(hit, self)

    def export(self, answer: SearchResult, format: ExportFormat = "json") -> str:  # noqa: A002 - the word users expect
        """Hits as JSON (lossless), CSV (a row a hit), or COCO (a file that pycocotools loads)."""
        from seewhy.export import to_coco, to_csv, to_json

        match format:
            case "json":
                return to_json(answer)
            case "csv":
                return to_csv(answer)
            case "coco":
                return to_coco((hit, self.twin(hit.video), self.masks(hit.video)) for hit in answer.hits)
        raise QueryError(f"unknown export format {format!r}; there are json, csv and coco")

    def report(self, answers: Sequence[SearchResult], path: Path | str) -> Path:
        """Write one self-contained HTML page with the answers, masks drawn on frames.

        Returns:
            `path`.
        """
        from seewhy.render.page import report_html

        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report_html(answers, self.footage, self.thumbnail), encoding="utf-8")
        return path
