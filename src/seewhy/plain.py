"""Text that came from outside, made harmless to show and to pass on."""

from __future__ import annotations

import json
import re
import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode categories of what is not seen: controls, among them those that turn the direction of writing; format
characters, among them invisible tags; surrogates; private and unassigned code points."""

_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""What is not seen either, though its category is that of letters and marks: fillers, blanks and variation selectors,
in which text can be hidden that only a model reads."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
"""A string within JSON."""


def plain(text: str, most: int) -> str:
    """One line of visible characters, composed (NFC), at most `most` of them; a longer one is cut and says so.

    >>> plain(" a\\u202e red\\n\\tball\\x00 ", 40), plain("abcdef", 4)
    ('a red ball', 'abc…')
    """
    spaced = " ".join(text.split())
    visible = "".join(letter for letter in _BLANK.sub("", spaced) if unicodedata.category(letter) not in _HIDDEN)
    line = " ".join(unicodedata.normalize("NFC", visible).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def as_data(value: object) -> str:
    """Values as one line of JSON: the form in which strings from outside stand in a prompt.

    The characters with which chat templates begin their own marks (``<|im_end|>``, ``[INST]``) are escaped inside
    strings, so that a server that looks for them in messages finds none.

    >>> as_data('say "hi" <|end|>'), as_data({"names": ["a", "[b]"]})
    ('"say \\\\"hi\\\\" \\\\u003c|end|>"', '{"names": ["a", "\\\\u005bb]"]}')
    """
    return _STRING.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(string: re.Match[str]) -> str:
    return string[0].replace("<", "\\u003c").replace("[", "\\u005b")
