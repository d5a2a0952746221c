"""Every seat with the real small model: it returns within its time-out or falls back, and nothing unbacked is shown.

What the model says does not matter: it is far too small to say anything of use.
"""

import pytest

from seismic_assets.knowledge import Document, KnowledgeIndex, answer
from seismic_assets.llm.checking import check
from seismic_assets.llm.client import CallCounts, ClientConfig, OllamaModel
from seismic_assets.llm.explaining import ask
from seismic_assets.llm.prompts import load_prompt, prompt_names
from seismic_assets_tests.llm.checking.cases import fact_sets
from seismic_assets_tests.ollama.fixtures import small_model  # noqa: F401
from seismic_assets_tests.ollama.running import SmallModel

pytestmark = pytest.mark.slow

TIMEOUT_S = 90.0
SEATS = tuple(name for name in prompt_names() if load_prompt(name).kinds)
FACTS = next(iter(fact_sets().values()))


def modelled(server: SmallModel, counts: CallCounts, timeout_s: float = TIMEOUT_S) -> OllamaModel:
    config = ClientConfig(
        host=server.host, model=server.name, timeout_s=timeout_s, attempts=1, most_tokens=120, context_tokens=4096
    )
    return OllamaModel(config, None, [counts])


@pytest.mark.parametrize("seat", SEATS)
def test_a_seat_returns_in_time_and_shows_only_what_the_facts_back(small_model: SmallModel, seat: str) -> None:  # noqa: F811
    counts, prompt = CallCounts(), load_prompt(seat)
    inputs = {"families": "random_forest, logistic_regression"} if "families" in prompt.inputs else {}

    told = ask(modelled(small_model, counts), seat, FACTS, **inputs).explanation

    counted = counts.snapshot()
    assert sum(counted.calls.values()) in (1, 2)  # a second time where nothing could be shown
    assert sum(counted.seconds.values()) <= 2 * (TIMEOUT_S + 10)
    assert told.status == "explained" or told.reason
    assert check(told.statements, FACTS, prompt.kinds).refused == ()


def test_a_seat_whose_time_is_over_goes_on_without(small_model: SmallModel) -> None:  # noqa: F811
    told = ask(modelled(small_model, CallCounts(), timeout_s=0.05), "monitoring", FACTS).explanation

    assert told.status == "without"
    assert small_model.host in told.reason


def test_a_question_is_answered_with_words_that_stand_or_with_the_passages(small_model: SmallModel) -> None:  # noqa: F811
    text = "The split has spatial blocks. A buffer of 3 traces lies between the blocks."
    index = KnowledgeIndex.build([Document("docs/split.md", "Split", text, "page")])
    model = modelled(small_model, CallCounts())

    told = answer(index, "How wide is the buffer between the blocks?", model, method="tfidf")

    assert len(told.found) == 1
    assert told.model == small_model.name or "buffer of 3 traces" in told.answer
