"""ModelDecomposer: one call to a language model, question → conditions and imagined sentences."""

from __future__ import annotations

from seewhy.errors import ModelError
from seewhy.models.asking import ask
from seewhy.models.language import LanguageModel, Request
from seewhy.models.prompt import load_prompt
from seewhy.plain import as_data, plain
from seewhy.reason.decompose.reading import read
from seewhy.reason.decompose.reply import Decomposition
from seewhy.reason.decompose.saying import shortened
from seewhy.reason.decompose.vocabulary import VOCABULARY
from seewhy.reason.question import MAX_CHARACTERS, readable
from seewhy.reason.seams import Decomposer
from seewhy.types.query import Query

MOST_OF_REASON = 300
"""Characters of an error that a user is shown; servers may send pages."""


class ModelDecomposer:
    """Decomposer by a language model; RT2V's first stage, with predicates that code can check.

    What the rules read is not mixed in: they name other entities, and two names for one thing would be bound to two
    tracks. The rules answer alone where the model does not.

    Args:
        model: who is asked, once a question.
        fallback: who decomposes where no usable reply comes; the query says so in `degraded`.
    """

    def __init__(self, model: LanguageModel, fallback: Decomposer) -> None:
        self.model = model
        self.fallback = fallback
        self._prompt = load_prompt("seewhy.reason", "decompose")

    @property
    def name(self) -> str:
        """The model's name and the prompt's id: ``qwen3+decompose@1-3f2a9c01``."""
        return f"{self.model.name_for(self.request('a video'))}+{self._prompt.id}"

    def request(self, question: str) -> Request[Decomposition]:
        """What the model is asked about a question.

        Raises:
            QueryError: the question has no words, or is too long (see `readable`).
        """
        text = readable(question)
        return Request(
            purpose="decompose",
            subject=text,
            prompt=self._prompt.id,
            messages=self._prompt.fill({"vocabulary": VOCABULARY, "question": as_data(plain(text, MAX_CHARACTERS))}),
            schema=Decomposition,
            hints={"question": text},
        )

    def decompose(self, question: str) -> Query:
        """
        Raises:
            QueryError: the question has no words, or is too long (see `readable`).
        """
        request = self.request(question)
        try:
            reply = ask(self.model, request)
        except ModelError as error:
            return self._without_model(question, f"{type(error).__name__}: {error}")
        query = read(reply.value, request.subject, self.name)
        return query if query is not None else self._without_model(question, "the reply names no condition")

    def _without_model(self, question: str, reason: str) -> Query:
        query = self.fallback.decompose(question)
        said = f"decompose: {shortened(reason, MOST_OF_REASON)}; the rules' conditions were used"
        return query.model_copy(update={"degraded": (*query.degraded, said)})
