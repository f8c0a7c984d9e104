"""The videos that can be found: what the catalog says is committed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seewhy.twin.catalog import Catalog


class Gallery(Mapping[str, tuple[str, ...]]):
    """Committed video id → paths, asked of the catalog one by one."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def __contains__(self, video: object) -> bool:
        row = self._catalog.video(str(video))
        return row is not None and row.state == "committed"

    def __getitem__(self, video: str) -> tuple[str, ...]:
        if video not in self:
            raise KeyError(video)
        return self._catalog.paths(video)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._catalog.committed()))

    def __len__(self) -> int:
        return self._catalog.count()
