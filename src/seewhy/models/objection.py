"""What is said to a model whose reply does not fit: the same, wherever it runs."""

from __future__ import annotations

from seewhy.models.language import Message, Text

MOST_REPEATED = 20_000
"""Characters of an unfit reply that are sent back for repair: what is longer is mostly the same thing over and over."""
MOST_PROBLEM = 1_500
"""Characters of what is wrong with it."""


def objection(reply: str, problem: str) -> tuple[Message, ...]:
    """The messages that ask for a corrected reply; for an empty one none, so that it is asked for again without a word.

    Args:
        reply: as it came.
        problem: what is wrong with it, as `parsing.Unfit` says.
    """
    if not reply.strip():
        return ()
    if len(reply) > MOST_REPEATED:
        reply = reply[:MOST_REPEATED] + " …"
    text = (
        f"Your reply cannot be used: {problem[:MOST_PROBLEM]}. "
        "Write the whole reply once more, corrected, as one JSON object and nothing else."
    )
    return Message("assistant", (Text(reply),)), Message("user", (Text(text),))
