"""What is counted of questions to the documents, and of the language model that answers them."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from prometheus_client import CollectorRegistry, Counter

AskOutcome: TypeAlias = Literal["model", "passages", "nothing", "failed"]
LanguageOutcome: TypeAlias = Literal["answered", "remembered", "failed"]


class AskMetrics:
    """Counters of questions and of calls of a language model."""

    def __init__(self, registry: CollectorRegistry) -> None:
        outcomes = get_args(LanguageOutcome)
        questions = Counter(
            "seismic_questions", "Questions to the documents, by what answered them.", ["outcome"], registry=registry
        )
        calls = Counter(
            "seismic_llm_calls",
            "Calls of the language model, by what became of them.",
            ["outcome"],
            registry=registry,
        )
        seconds = Counter("seismic_llm_seconds", "Seconds that these calls took.", ["outcome"], registry=registry)
        tokens = Counter("seismic_llm_tokens", "Tokens that the server counted.", ["kind"], registry=registry)
        self._questions = {outcome: questions.labels(outcome) for outcome in get_args(AskOutcome)}
        self._calls = {outcome: calls.labels(outcome) for outcome in outcomes}
        self._seconds = {outcome: seconds.labels(outcome) for outcome in outcomes}
        self._tokens = {kind: tokens.labels(kind) for kind in ("prompt", "answer")}

    def answered(self, outcome: AskOutcome) -> None:
        """Count a question, by who answered: a language model, the passages, or nothing that fitted."""
        self._questions[outcome].inc()

    def called(
        self, outcome: LanguageOutcome, seconds: float, prompt_tokens: int | None, answer_tokens: int | None
    ) -> None:
        """Count a call of the language model, with what it took and the tokens that the server counted."""
        self._calls[outcome].inc()
        self._seconds[outcome].inc(seconds)
        for kind, counted in (("prompt", prompt_tokens), ("answer", answer_tokens)):
            self._tokens[kind].inc(counted or 0)
