"""Which video of a library a user means: by its id, by how its id begins, or by the name of its file.

Answers print the names of files and the beginnings of ids; what they print can be given back.
"""

from __future__ import annotations

import os
import re

from seewhy.errors import QueryError
from seewhy.reports import printable
from seewhy.twin.catalog import Catalog
from seewhy.twin.catalog_rows import VideoRow

SHORT = 8
"""Characters of an id that answers print. Among 10,000 videos two begin alike with a chance of one in a hundred; then
both are listed, and more of the id has to be given."""
LEAST = 6
"""Characters of an id that may stand for it: fewer fit several videos of an ordinary library."""
LISTED = 5
"""Videos of one name that an error lists."""

_BEGINNING = re.compile(rf"[0-9a-f]{{{LEAST},32}}")


def short(video: str) -> str:
    """The beginning of an id, as answers print it."""
    return video[:SHORT]


def find_video(catalog: Catalog, named: str) -> VideoRow | None:
    """The video, in whatever state, of which `named` is the id, a path, the beginning of the id, or the end of a path:
    a file's name, with or without the folders that it lies in. None: no video of the library is called so.

    Raises:
        QueryError: several are; lists them.
    """
    try:
        named.encode()
    except UnicodeEncodeError:  # no text, hence in no catalog
        return None
    row = catalog.video(named)
    if row is not None or not named:
        return row
    file = catalog.file(os.path.abspath(named))  # noqa: PTH100 - keeps links, as the library does
    if file is not None and file.video is not None:
        return catalog.video(file.video)
    # a file that is there, and not the library's, stands for itself: not for another one of its name
    is_file = os.path.isfile(named)  # noqa: PTH113 - says no to what cannot be a path, instead of raising
    found = {} if is_file else {row.id: row for row in catalog.lying_at(os.sep + named)}
    if _BEGINNING.fullmatch(named):
        found |= {row.id: row for row in catalog.beginning(named)}
    if len(found) > 1:
        raise _several(catalog, named, sorted(found))
    return next(iter(found.values()), None)


def known_video(catalog: Catalog, named: str) -> VideoRow:
    """As `find_video`.

    Raises:
        QueryError: none is called so, or several are.
    """
    row = find_video(catalog, named)
    if row is None:
        raise QueryError(f"no video {named!r} in the library; 'seewhy videos' lists them")
    return row


def _several(catalog: Catalog, named: str, videos: list[str]) -> QueryError:
    paths = {video: catalog.paths(video) for video in videos[:LISTED]}
    listed = [f"{video} {printable(paths[video][0]) if paths[video] else '(no file)'}" for video in paths]
    more = [f"and {len(videos) - LISTED} more"] * (len(videos) > LISTED)
    return QueryError(
        f"{named!r} may be any of {len(videos)} videos of the library; give an id, or more of a path: "
        + ", ".join([*listed, *more])
    )
