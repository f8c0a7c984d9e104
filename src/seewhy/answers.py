"""What a library hands to a person: an answer that shows itself in a terminal and in a notebook, and a hit as
pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from pydantic import PrivateAttr

from seewhy.errors import SeewhyError
from seewhy.types.hit import Hit, SearchResult

if TYPE_CHECKING:
    from rich.console import RenderableType

    from seewhy.render.stills import Footage
    from seewhy.types.video import Image


class Footages(Protocol):
    """Where pictures come from; a library is one."""

    def footage(self, hit: Hit) -> Footage:
        """Twin, masks and file of a hit. Raises SeewhyError where one of them is gone."""
        ...

    def thumbnail(self, video: str, paths: Sequence[str] = ()) -> bytes:
        """A JPEG, also of a video outside the library that lay at `paths`. Raises SeewhyError where it is gone."""
        ...


class Answer(SearchResult):
    """A `SearchResult` that shows itself: as a table in a terminal, with thumbnails in a notebook."""

    _footages: Footages = PrivateAttr()

    @classmethod
    def of(cls, result: SearchResult, footages: Footages) -> Self:
        answer = cls(**{name: getattr(result, name) for name in SearchResult.model_fields})
        answer._footages = footages
        return answer

    def __rich__(self) -> RenderableType:
        from seewhy.render.text import result_table

        return result_table(self)

    def __repr__(self) -> str:
        from rich.console import Console

        console = Console(width=120)
        with console.capture() as capture:
            console.print(self.__rich__())
        return capture.get()

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from seewhy.render.notebook import result_fragment

        thumbnails = {hit.video: self._thumbnail(hit.video) for hit in self.hits}
        if self.query.reference is not None:
            thumbnails[self.query.reference] = self._thumbnail(self.query.reference, self.reference_paths)
        return result_fragment(self, thumbnails)

    def _thumbnail(self, video: str, paths: Sequence[str] = ()) -> bytes | None:
        try:
            return self._footages.thumbnail(video, paths)
        except SeewhyError:
            return None  # a picture less is no reason to show nothing; the fragment says that it is missing


class Shown:
    """A hit as pictures. In a notebook it shows its contact sheet."""

    def __init__(self, hit: Hit, footages: Footages) -> None:
        self.hit = hit
        self._footages = footages

    @property
    def sheet(self) -> Image:
        """Frames around the best moment with masks drawn, and the verdicts; RGB, (H, W, 3).

        Raises:
            VideoError: the video file is gone or cannot be read.
        """
        from seewhy.render.sheet import contact_sheet

        return contact_sheet(self.hit, self._footages.footage(self.hit))

    def save_sheet(self, path: Path | str) -> Path:
        """Write the contact sheet as PNG; returns its path.

        Raises:
            VideoError: the video file is gone or cannot be read.
            OSError: `path` cannot be written.
        """
        path = Path(path)
        path.write_bytes(self._repr_png_())
        return path

    def save_clip(self, path: Path | str) -> Path:
        """Write the video around its moments as mp4 with the masks drawn on every frame; returns its path.

        Raises:
            VideoError: the video file is gone or cannot be read.
            OSError: `path` cannot be written.
        """
        from seewhy.render.clip import render_clip

        return render_clip(self.hit, self._footages.footage(self.hit), Path(path))

    def _repr_png_(self) -> bytes:
        from seewhy.render.draw import png

        return png(self.sheet)
