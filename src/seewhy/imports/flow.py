"""Flow 1 for annotated videos: annotations + videos → twins → components → index.

::

    annotations ─▶ plan ─▶ one job for each video ─▶ ingest, with masks that are read instead of seen ─▶ INDEX

A video that is in the library already gets another twin, unless its twin was made from just this annotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seewhy.enrich import Enriching
from seewhy.imports.perceiving import Importing
from seewhy.imports.planning import format_of, plan
from seewhy.imports.report import ImportReport
from seewhy.index.seam import ComponentIndex
from seewhy.ingest import ingest
from seewhy.models.text import TextEncoder
from seewhy.reports import Progress
from seewhy.settings import Settings
from seewhy.twin.folder import LibraryFolder
from seewhy.video.source import VideoSource


def import_annotations(
    folder: LibraryFolder,
    annotations: Sequence[Path],
    videos: Sequence[Path],
    settings: Settings,
    *,
    index: ComponentIndex,
    encoder: TextEncoder,
    source: VideoSource,
    format: str = "auto",  # noqa: A002 - the word users expect
    write_videos: Path | None = None,
    workers: int = 0,
    progress: Progress | None = None,
    enriching: Enriching | None = None,
) -> ImportReport:
    """Bring annotated videos into a library.

    Args:
        annotations: files and folders in one of FORMATS.
        videos: files, and folders that are searched for videos.
        format: ``auto``, or the one that all have.
        write_videos: where videos of DAVIS sequences that have none are written.

    Raises:
        AnnotationError: there is no such format. What is wrong with one annotation is reported, the others go on.
        LibraryBusy, LibraryReadOnly, OutOfSpace, LibraryCorrupt: see `ingest`; what was committed before stays.
    """
    planned = plan(annotations, videos, format_of(format), write_videos)
    importing = Importing(planned.jobs)
    report = ingest(
        folder,
        sorted(planned.jobs),
        settings,
        index=index,
        encoder=encoder,
        source=source,
        workers=workers,
        progress=progress,
        retry_failed=True,
        perceive=importing,
        is_outdated=importing.is_outdated,
        enriching=enriching,
    )
    return ImportReport(report, planned.unmatched, planned.unannotated)
