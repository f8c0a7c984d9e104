"""ModelComposer: a language model reasons about an edit, then says what the video would show that results.

::

    two_stage         reference + edit ─▶ after-effects ─▶ target, conditions, imagined sentences
    single_stage      reference + edit ─▶ both at once
    self_consistency  reference + edit ─▶ several after-effects ─▶ joined ─▶ target, ...

The strategies are those of CoVR-R (arXiv 2603.20190). A target is described in the words in which a question is
decomposed, so that it is read by the same rules and checked by the same predicates. The model sees the reference's
record, and pictures of it where there are some and it takes them, and imagines the target's sentences from that; where
it asks for what the rules ask for, too, those of the edited reference twin are searched for beside them (see
`borrowing`).

What fails is made good by what is there: without after-effects the rules' query stands; without a description the
after-effects are the conditions; a sample or a join that fails leaves the other samples. Each is said in `degraded`.
Reasoning that says nothing has failed, too; in single_stage its description is there all the same, and is used.
"""

from __future__ import annotations

from seewhy.errors import BadReply, ModelError
from seewhy.models.asking import ask
from seewhy.models.language import LanguageModel, Reply, Request
from seewhy.reason.composing.borrowing import borrow
from seewhy.reason.composing.reading import from_trace, read_target, read_trace, says_something
from seewhy.reason.composing.reply import Reasoning
from seewhy.reason.composing.requests import (
    DESCRIBE,
    JOIN,
    REASON,
    SINGLE,
    Edited,
    describing,
    imagining,
    joining,
    prompt_of,
    reasoning,
)
from seewhy.reason.decompose.reading import read
from seewhy.reason.decompose.reply import Decomposition
from seewhy.reason.decompose.saying import shortened
from seewhy.reason.pictures import ask_seeing
from seewhy.reason.question import readable
from seewhy.reason.seams import Composer, Reference
from seewhy.settings import ComposeSettings
from seewhy.types.query import Query
from seewhy.types.trace import Trace

PROMPTS = {
    "two_stage": (REASON, DESCRIBE),
    "single_stage": (SINGLE,),
    "self_consistency": (REASON, JOIN, DESCRIBE),
}
MOST_OF_REASON = 300
"""Characters of an error that a user is shown; servers may send pages."""
BLIND = (
    "reason: the reference's record alone was used, because with its pictures no reply came; where the model takes "
    "none, set compose.frames = 0"
)
SILENT = "reason: the reply says nothing of what would follow; its description was used alone"


class ModelComposer:
    """Composer by a language model.

    Args:
        model: who is asked; twice an edit in two_stage, once in single_stage, samples + 2 times in self_consistency.
        fallback: who composes where no usable reply comes, which the query says in `degraded`; and who edits the
            reference twin, of which the model's conditions borrow sentences.
        settings: strategy, samples and their temperature, frames of the reference that are shown.
    """

    def __init__(self, model: LanguageModel, fallback: Composer, settings: ComposeSettings) -> None:
        self.model, self.fallback, self.settings = model, fallback, settings

    @property
    def name(self) -> str:
        """Model, strategy and the prompts' ids: ``qwen3:two_stage+compose_reason@1-3f2a9c01+...``."""
        strategy = self.settings.strategy
        prompts = "+".join(prompt_of(name).id for name in PROMPTS[strategy])
        return f"{self.model.name_for(Request('compose', '', '', (), Reasoning))}:{strategy}+{prompts}"

    def compose(self, reference: Reference, edit: str) -> Query:
        """
        Raises:
            QueryError: the edit has no words, or is too long (see `readable`).
        """
        edited = Edited.of(reference, readable(edit, "an edit"), self.settings.frames)
        notes: list[str] = []
        if edited.unseen is not None:
            notes.append(f"reason: the reference's record alone was used: {shortened(edited.unseen, MOST_OF_REASON)}")
        try:
            query = (
                self._in_one(edited, notes) if self.settings.strategy == "single_stage" else self._staged(edited, notes)
            )
            why = "the reply says nothing that could be searched for"
        except ModelError as error:
            query, why = None, _reason(error)
        if query is None:
            query = self.fallback.compose(reference, edit)
            notes = [*query.degraded, f"reason: {why}; the rules' conditions were used"]
        else:
            query = borrow(query, self.fallback.compose(reference, edited.edit))
        video = reference.twin.id
        return query.model_copy(
            update={"text": edited.edit, "reference": video, "exclude": (video,), "degraded": tuple(notes)}
        )

    def _staged(self, edited: Edited, notes: list[str]) -> Query | None:
        """Raises ModelError: nobody reasoned."""
        trace = self._reasoned(edited, notes)
        try:
            said = ask(self.model, describing(edited, trace)).value
        except ModelError as error:
            return self._by_trace(edited, trace, _reason(error), notes)
        return self._described(edited, trace, said, notes)

    def _in_one(self, edited: Edited, notes: list[str]) -> Query | None:
        """Raises ModelError."""
        [(reply, blind)] = ask_seeing(self.model, [imagining(edited)], [imagining(edited.unpictured)])
        if isinstance(reply, ModelError):
            raise reply
        trace = read_trace(reply.value)
        notes += [*[BLIND] * blind, *[SILENT] * (not says_something(trace))]
        return self._described(edited, trace, reply.value, notes)

    def _described(self, edited: Edited, trace: Trace, said: Decomposition, notes: list[str]) -> Query | None:
        """The query of a described target; one description is read like a question."""
        trace = trace.model_copy(update={"target": read_target(said.seen)})
        query = read(said, trace.target or edited.edit, self.name)
        if query is None:
            return self._by_trace(edited, trace, "the description names no condition", notes)
        return query.model_copy(update={"trace": trace})

    def _by_trace(self, edited: Edited, trace: Trace, why: str, notes: list[str]) -> Query | None:
        notes.append(f"reason: the target was not described: {why}; the after-effects are the conditions")
        return from_trace(trace, edited.edit, self.name)

    # reasoning

    def _reasoned(self, edited: Edited, notes: list[str]) -> Trace:
        """
        Raises:
            ModelError: no reasoning came that says something; the first one's.
        """
        traces = self._traces(edited, notes)
        if len(traces) == 1:
            return traces[0]
        try:
            return _trace(ask(self.model, joining(edited, traces)))
        except ModelError as error:
            notes.append(f"reason: the samples were not joined: {_reason(error)}; the first one counts")
            return traces[0]

    def _traces(self, edited: Edited, notes: list[str]) -> list[Trace]:
        """At least one. Raises ModelError."""
        samples, temperature = 1, None
        if self.settings.strategy == "self_consistency":
            samples, temperature = self.settings.samples, self.settings.temperature
        asking, without = (
            [reasoning(shown, sample=sample, temperature=temperature) for sample in range(samples)]
            for shown in (edited, edited.unpictured)
        )
        outcomes = ask_seeing(self.model, asking, without)
        traces: list[Trace] = []
        errors: list[ModelError] = []
        for reply, _ in outcomes:
            try:
                traces.append(_trace(reply))
            except ModelError as error:
                errors.append(error)
        if not traces:
            raise errors[0]
        if errors:
            notes.append(f"reason: {len(errors)} of {samples} samples failed: {_reason(errors[0])}; the others count")
        notes += [BLIND] * any(blind for _, blind in outcomes)
        return traces


def _trace(reply: Reply[Reasoning] | ModelError) -> Trace:
    """
    Raises:
        ModelError: none came, or one of which nothing follows.
    """
    if isinstance(reply, ModelError):
        raise reply
    trace = read_trace(reply.value)
    if not says_something(trace):
        raise BadReply("the reply says nothing of what would follow from the edit", reply.call, reply.text)
    return trace


def _reason(error: ModelError) -> str:
    return shortened(f"{type(error).__name__}: {error}", MOST_OF_REASON)
