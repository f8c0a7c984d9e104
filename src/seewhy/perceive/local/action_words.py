"""Labels of models of actions, as the verb phrases that a twin says."""

from __future__ import annotations

import re

SOMETHING = "something"
"""what a label's placeholder stands for, when nobody knows better"""

_PLACEHOLDER = re.compile(r"\[([^\]]*)\]")
_UNNAMED = re.compile(r"label[ _]?\d+|\d+", re.IGNORECASE)
_FILMING = re.compile(r"\bwith your camera\b|^turning the camera\b")


def verb_phrase(label: str) -> str:
    """A label in plain words, what stands for things filled in; empty where a label is only a number.

    Something-Something's templates say what is done to things; those that begin with the thing say what it does.

    >>> verb_phrase("Pushing [something] from left to right"), verb_phrase("playing_guitar"), verb_phrase("LABEL_3")
    ('pushing something from left to right', 'playing guitar', '')
    >>> verb_phrase("[Something] falling like a rock")
    'falling like a rock'
    """
    if _UNNAMED.fullmatch(label.strip()):
        return ""
    text = " ".join(_PLACEHOLDER.sub(r"\1", label).replace("_", " ").lower().split())
    return text.removeprefix(f"{SOMETHING} ")


def is_filming(phrase: str) -> bool:
    """Whether it says what the camera does, not what a thing in the picture does.

    >>> is_filming("approaching something with your camera"), is_filming("moving something towards the camera")
    (True, False)
    """
    return _FILMING.search(phrase) is not None


def with_object(phrase: str) -> str | None:
    """A phrase as it is said before the name of a thing that is known; None where it does not say to which of several
    things it is done, or to none.

    >>> with_object("holding something"), with_object("pushing something off of something"), with_object("dancing")
    ('holding', None, None)
    """
    if phrase.split().count(SOMETHING) != 1 or not phrase.endswith(f" {SOMETHING}"):  # its place is at the end only
        return None
    return phrase.removesuffix(f" {SOMETHING}")
