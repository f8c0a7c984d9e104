"""What a language model might reply to a question, in a short notation."""

from __future__ import annotations

from typing import Any

from seewhy.models.fakes import ScriptedModel
from seewhy.reason.decompose import ModelDecomposer
from seewhy.reason.decompose.reply import Decomposition
from seewhy.reason.rules import RulesDecomposer
from seewhy.types.query import Query


def says(
    check: str, text: str = "", *, no: bool = False, imagined: tuple[str, ...] = (), **fields: Any
) -> dict[str, Any]:
    """One condition. ``is_a e1 ball``, ``moves e1 @end``, ``near e1 e2``, ``exactly e1 3``, ``night @start``..."""
    words = check.split()
    said: dict[str, Any] = {"check": words[0], "text": text or check, "negated": no, "imagined": list(imagined)}
    for word in words[1:]:
        if word.startswith("@"):
            said["when"] = word[1:]
        elif word.lstrip("-").isdecimal():
            said["number"] = int(word)
        elif word[0] in "ec" and word[1:].isdecimal():
            said["object" if "subject" in said else "subject"] = word
        else:
            said["value"] = f"{said['value']} {word}" if "value" in said else word
    return said | fields


def reply(*conditions: dict[str, Any], aggregation: str = "mean", hidden: tuple[str, ...] = (), **entities: str) -> str:
    """The whole reply, as JSON; conditions are c1, c2, ... unless they say otherwise."""
    numbered = [{"id": f"c{number}"} | said for number, said in enumerate(conditions, start=1)]
    return Decomposition.model_validate(
        {
            "seen": "What the question says, seen.",
            "entities": [{"id": id_, "phrase": phrase} for id_, phrase in entities.items()],
            "conditions": numbered,
            "not_visible": hidden,
            "aggregation": aggregation,
        }
    ).model_dump_json()


def decomposer(text: str) -> ModelDecomposer:
    """One whose model replies so, whatever it is asked."""
    return ModelDecomposer(ScriptedModel({"decompose": lambda _: text}), RulesDecomposer())


def decompose(question: str, text: str) -> Query:
    return decomposer(text).decompose(question)
