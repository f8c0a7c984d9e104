"""Words that are spelled the same and are not the same, told apart by the words beside them.

Descriptions of videos are plain prose, and one word to either side is enough for nearly all; where it is not, the word
has the class that it has by itself.
"""

from __future__ import annotations

from typing import Literal

from seewhy.models.local.word_lists import DETERMINERS, FUNCTION, PARTICLES, STILLING, VERBS_TOO

WordClass = Literal["content", "attribute", "joining"]
"""actions, objects and states; attributes and the scene; words that join others"""

_BE = frozenset(("is", "are", "was", "were", "be", "being"))
_SIDES = frozenset(
    ("side", "hand", "half", "corner", "edge", "end", "part", "third", "foot", "arm", "leg", "eye", "ear")
)
_TO_SIDES = frozenset(
    ("to", "from", "towards", "toward", "upper", "lower", "top", "bottom", "far", "and", "or", "middle")
)
_PLACES = frozenset(("inside", "outside"))


def class_by_neighbors(word: str, before: str, after: str) -> WordClass | None:
    """The class of a word between two others, in lower case; "" where a mark or nothing is. None: they do not tell.

    - ``still`` is a state after a verb of posture or a word of degree ("stands still", "perfectly still"), after "is"
      where nothing follows ("the dog is still."), and before a noun ("a still lake"); else it joins ("still runs").
    - ``left`` and ``right`` are places behind a determiner or a word like "upper", or before "side"; else ``left`` is
      what somebody did, and ``right`` says how.
    - Particles are part of the action, or a state, where no noun follows that they could go with ("falls over", "sits
      down on", "is off"); what "off" is in "takes off the hat" nobody sees from here.
    - ``inside`` and ``outside`` are of the scene where nothing follows that they could go with ("plays outside").
    - ``back`` is a part of something behind a determiner ("on its back").
    - ``one`` is a number before a noun ("one dog"); else it stands for something.
    - Attributes and places that are verbs, too, are actions where what is acted on follows ("places the cup").

    >>> class_by_neighbors("still", "a", "lake"), class_by_neighbors("left", "the", "")
    ('content', 'attribute')
    >>> class_by_neighbors("over", "falls", ""), class_by_neighbors("over", "jumps", "the")
    ('content', None)
    """
    alone = not after or (after in FUNCTION and after not in DETERMINERS and after != "of")
    noun_follows = bool(after) and after not in FUNCTION
    if word == "still":
        return "content" if _is_at_rest(before, after, noun_follows=noun_follows) else "joining"
    if word in {"left", "right"}:
        placed = before in DETERMINERS | _TO_SIDES or after in _SIDES
        return "attribute" if placed or word == "right" else "content"
    if word == "back" and before in DETERMINERS and not noun_follows:
        return "content"
    if word in _PLACES:
        return "attribute" if alone else "joining"
    if word == "one":
        return "attribute" if noun_follows else "joining"
    if word in PARTICLES and alone and before and (before in _BE or before not in FUNCTION):
        return "content"
    return "content" if word in VERBS_TOO and after in DETERMINERS and before not in DETERMINERS else None


def _is_at_rest(before: str, after: str, *, noun_follows: bool) -> bool:
    """Whether "still" means that something does not move."""
    lasting = before in _BE and after in {"", "and", "or"}
    return before in STILLING or lasting or (before in DETERMINERS and noun_follows)
