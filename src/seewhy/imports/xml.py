"""XML from anywhere: elements one by one, without a document type, and so without entities that grow or reach out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from xml.parsers import expat

from seewhy.errors import AnnotationError

MOST_DEPTH = 64
"""of elements within elements; CVAT's files have eight"""
_CHUNK = 1 << 20

Start = Callable[[tuple[str, ...], Mapping[str, str]], None]
"""told the names of the elements that are open, outermost first, and the attributes of the innermost"""
End = Callable[[tuple[str, ...], str], None]
"""told the same names when the innermost ends, and the text that it held itself"""


def read_xml(path: Path, start: Start, end: End) -> None:
    """Tell of every element of a file, in order. Memory does not grow with its length.

    Raises:
        AnnotationError: it cannot be read, is no XML, or has a document type, which annotations do not need.
    """
    open_: list[str] = []
    texts: list[list[str]] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> int:
        raise AnnotationError(f"{path}: XML with a document type, which could hide entities; remove the <!DOCTYPE ...>")

    def started(name: str, attributes: dict[str, str]) -> None:
        if len(open_) == MOST_DEPTH:
            raise AnnotationError(f"{path}: more than {MOST_DEPTH} elements within each other")
        open_.append(name)
        texts.append([])
        start(tuple(open_), attributes)

    def ended(_: str) -> None:
        end(tuple(open_), "".join(texts.pop()).strip())
        open_.pop()

    def said(text: str) -> None:
        texts[-1].append(text)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = started, ended, said
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
    except (OSError, expat.ExpatError, ValueError, LookupError) as error:  # the last: no such encoding
        raise AnnotationError(f"{path}: cannot be read as XML: {error}") from error
