"""A language model as judge: it sees facts or passages, and its reasons are checked as any other text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from seismic_assets.judges.answers import AnswerSample
from seismic_assets.judges.facts import prediction_facts
from seismic_assets.judges.grounding import grounding
from seismic_assets.judges.predictions import VERDICTS, PredictionSample
from seismic_assets.judges.scoring import Sample, Scored, Scorer
from seismic_assets.llm import AnswerError, Facts, LanguageModel, LanguageModelError, PromptError, UnavailableError
from seismic_assets.llm.checking import check
from seismic_assets.llm.explanation import Statement
from seismic_assets.llm.prompts import load_prompt, quoted

MODEL_PREDICTIONS, MODEL_ANSWERS = "model_verdict", "model_answer_verdict"
NOT_ASKED = "No language model was asked."
_WORTH = {"consistent": 1.0, "doubtful": 0.5, "wrong": 0.0}
_QUESTION, _ANSWER, _PASSAGE, _KIND = 1000, 2000, 800, "reason"
S = TypeVar("S", bound=Sample)


@dataclass(frozen=True)
class Opinion:
    """What a language model said of one sample.

    Attributes:
        verdict: a word.
        value: the same from 0 to 1.
        confidence: `low`, `medium`, `high`, or nothing.
        reason: as far as it may be shown.
        refused: why the reason is not shown; empty where it is.
    """

    verdict: str
    value: float
    confidence: str
    reason: str
    refused: str


class ModelJudge(ABC, Generic[S]):
    """Asks a language model about each of some samples, once.

    After the first call that nobody answers, nobody is asked any more: every other one would wait as long.

    Args:
        model: to ask.
        chosen: ids of the samples to ask about; the others are left out.
        name: of the scorer.
        words: what its mean is.

    Attributes:
        opinions: by sample.
        unusable: answers that were none, by sample, with what was wrong.
        reason: why nobody was asked any more; empty where all went well.
        prompt: name and version.
    """

    def __init__(self, model: LanguageModel, chosen: Collection[str], name: str, words: str) -> None:
        self._model = model
        self._chosen = frozenset(chosen)
        self._name, self._words = name, words
        self.opinions: dict[str, Opinion] = {}
        self.unusable: dict[str, str] = {}
        self.reason = ""
        self.prompt = ""

    @property
    def model(self) -> str:
        """Name of the model."""
        return self._model.name

    @property
    def scorer(self) -> Scorer[S]:
        """This judge as a scorer."""
        return Scorer(self._name, self._words, self._scored, "model")

    def _scored(self, sample: S) -> Scored:
        if sample.id not in self._chosen:
            return Scored(None, NOT_ASKED)
        if self.reason:
            return Scored(None, self.reason)
        try:
            opinion = self._opinion(sample)
        except AnswerError as error:
            self.unusable[sample.id] = str(error)
            return Scored(None, f"The model's answer cannot be used: {error}")
        except (UnavailableError, PromptError) as error:
            self.reason = str(error)
            return Scored(None, self.reason)
        except LanguageModelError as error:
            self.unusable[sample.id] = str(error)
            return Scored(None, str(error))
        self.opinions[sample.id] = opinion
        sure = f" ({opinion.confidence} confidence)" if opinion.confidence else ""
        return Scored(
            opinion.value, f"{opinion.verdict}{sure}: {opinion.reason or f'reason not shown: {opinion.refused}'}"
        )

    @abstractmethod
    def _opinion(self, sample: S) -> Opinion:
        """What the model thinks of a sample.

        Raises:
            LanguageModelError: it thinks nothing that can be used.
        """

    def _asked(self, prompt: str, inputs: Mapping[str, str]) -> Mapping[str, Any]:
        """The model's answer as an object.

        Raises:
            LanguageModelError: there is none.
        """
        loaded = load_prompt(prompt)
        self.prompt = loaded.label
        data = self._model.answer(loaded.question(Facts(()), **inputs)).data
        if not isinstance(data, Mapping) or not isinstance(data.get("reason"), str):
            raise AnswerError("it is no object with a reason")
        return data


class PredictionJudge(ModelJudge[PredictionSample]):
    """Judges whether a prediction is consistent with what lies around it; it does not see the label."""

    def __init__(self, model: LanguageModel, chosen: Collection[str]) -> None:
        super().__init__(model, chosen, MODEL_PREDICTIONS, "predictions that the language model finds consistent")

    def _opinion(self, sample: PredictionSample) -> Opinion:
        facts = prediction_facts(sample)
        data = self._asked("judge_prediction", {"case": "\n".join(fact.sentence() for fact in facts)})
        verdict, confidence = data.get("verdict"), data.get("confidence")
        if verdict not in VERDICTS or confidence not in ("low", "medium", "high"):
            raise AnswerError(f"its verdict is none of {', '.join(VERDICTS)}, or its confidence none of its own")
        reason = data["reason"].strip()
        refused = check([Statement(_KIND, reason, facts.names)], facts, {_KIND}).refused
        said = "" if refused else reason
        return Opinion(verdict, _WORTH[verdict], confidence, said, refused[0].reason if refused else "")


class AnswerJudge(ModelJudge[AnswerSample]):
    """Judges whether an answer is grounded in its passages and about its question."""

    def __init__(self, model: LanguageModel, chosen: Collection[str]) -> None:
        super().__init__(model, chosen, MODEL_ANSWERS, "answers that the language model finds grounded and relevant")

    def _opinion(self, sample: AnswerSample) -> Opinion:
        given = {
            "question": quoted(sample.question, _QUESTION),
            "answer": quoted(sample.answer, _ANSWER),
            "passages": _numbered(sample.passages),
        }
        data = self._asked("judge_answer", given)
        grounded, relevant = data.get("grounded"), data.get("relevant")
        if not isinstance(grounded, bool) or not isinstance(relevant, bool):
            raise AnswerError("it does not say whether the answer is grounded and relevant")
        reason = data["reason"].strip()
        foreign = grounding(reason, [sample.question, sample.answer, *sample.passages])
        refused = foreign.sentence() if foreign.numbers or foreign.names else ""
        verdict = f"{'grounded' if grounded else 'not grounded'} and {'relevant' if relevant else 'not relevant'}"
        return Opinion(verdict, float(grounded and relevant), "", "" if refused else reason, refused)


def _numbered(passages: Sequence[str]) -> str:
    quotes = [f"[{number}]\n{quoted(text, _PASSAGE)}" for number, text in enumerate(passages, 1)]
    return "\n\n".join(quotes) or quoted("(none)")
