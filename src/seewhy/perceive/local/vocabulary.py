"""Which things are looked for in a video: a list of phrases, the user's own or the one that is shipped.

A line holds one phrase, and after a colon its wider class where it has one (``terrier: dog``). Empty lines and lines
that begin with # say nothing; of a phrase that stands there twice the first counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from seewhy.errors import SettingsError
from seewhy.settings import Settings

MAX_LENGTH = 64
"""characters of a phrase: OWLv2 reads 16 tokens, and what does not fit would be cut off unseen"""

MAX_PHRASES = 2000
"""A text encoder reads every phrase once for each list, Grounding DINO looks at each picture once for about forty."""

MAX_BYTES = 1_000_000
"""of the file"""


def vocabulary(settings: Settings) -> tuple[str, ...]:
    """The phrases to look for, lower case, each once, in the order of the list.

    Raises:
        SettingsError: the file that `perceive.vocabulary` names cannot be used; which line, and why.
    """
    return tuple(_listed(settings.perceive.vocabulary))


def wider_classes(settings: Settings) -> Mapping[str, str]:
    """Phrase → the wider class that the list gives it; phrases without one are left out.

    Raises:
        SettingsError: as `vocabulary`.
    """
    listed = _listed(settings.perceive.vocabulary)
    return MappingProxyType({phrase: wider for phrase, wider in listed.items() if wider})


def _listed(file: str) -> Mapping[str, str]:
    if not file:
        return _shipped()
    path = Path(file).expanduser()
    wrong = f"setting perceive.vocabulary = {file!r}"
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise SettingsError(f"{wrong}: {size} bytes are no list of phrases; at most {MAX_BYTES} are read")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{wrong} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{wrong} is not UTF-8 (byte {error.start}); save it as UTF-8, one phrase a line"
        ) from error
    try:
        return read_phrases(text)
    except ValueError as error:
        raise SettingsError(f"{wrong}, {error}") from error


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, str]:
    return read_phrases(files(__package__).joinpath("vocabulary.txt").read_text(encoding="utf-8"))


def read_phrases(text: str) -> Mapping[str, str]:
    """Phrase → its wider class, "" where it has none, in the order of the list.

    Raises:
        ValueError: a line is no phrase, or there are none or too many; which, and why.

    >>> dict(read_phrases("# animals\\nred  Fox: animal\\n\\ntree\\nred fox"))
    {'red fox': 'animal', 'tree': ''}
    """
    listed: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        phrase, colon, wider = (" ".join(part.lower().split()) for part in line.partition(":"))
        for said in (phrase, wider) if colon else (phrase,):
            if not said or not said.isprintable() or not any(character.isalnum() for character in said):
                raise ValueError(f"line {number}: {line.strip()[:MAX_LENGTH]!r} is no phrase such as 'traffic light'")
            if len(said) > MAX_LENGTH:
                raise ValueError(
                    f"line {number}: {said[:20]!r}... has {len(said)} characters; a phrase has at most {MAX_LENGTH}"
                )
        listed.setdefault(phrase, wider)
        if len(listed) > MAX_PHRASES:
            raise ValueError(f"line {number}: there are more than {MAX_PHRASES} phrases; keep those that matter most")
    if not listed:
        raise ValueError("no line holds a phrase; write one a line, or leave the setting empty for the shipped list")
    return MappingProxyType(listed)
