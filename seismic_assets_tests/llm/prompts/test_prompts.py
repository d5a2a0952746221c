from pathlib import Path

import jsonschema
import pytest

from seismic_assets.llm.errors import PromptError
from seismic_assets.llm.facts import Fact, Facts
from seismic_assets.llm.prompts import load_prompt, prompt_names
from seismic_assets.llm.prompts.loading import read_prompt

NAMES = {
    "schema", "quality_statistics", "quality_domain", "quality_drift", "quality_actions", "model_advice", "evaluation",
    "documentation", "tuning", "monitoring", "answer", "judge_prediction", "judge_answer", "tool_use",
}  # fmt: skip
FACTS = Facts([Fact("dead", "dead traces", 7, "count", "traces"), Fact("share", "share of dead traces", 0.1, "share")])
GOOD = """
name: good
version: 1
purpose: A test.
kinds: [observation]
system: Rules.
user: "{{ facts }}"
tests: [{contains: [Rules]}]
"""


def test_there_is_a_prompt_for_each_seat() -> None:
    assert set(prompt_names()) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_prompt_contains_and_lacks_what_its_tests_say(name: str) -> None:
    prompt = load_prompt(name)
    for example in prompt.examples:
        facts = Facts(Fact(key, words, value, "name") for key, (words, value) in example.facts.items())
        question = prompt.question(facts, **example.inputs)
        rendered = "\n".join(message.content for message in question.messages)
        assert [text for text in example.contains if text not in rendered] == []
        assert [text for text in example.lacks if text in rendered] == []


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_prompt_is_short_and_its_schema_is_one(name: str) -> None:
    prompt = load_prompt(name)
    question = prompt.question(FACTS, **{key: "one, two" if each.names else "?" for key, each in prompt.inputs.items()})
    assert [message.role for message in question.messages] == ["system", "user"]
    assert sum(len(message.content) for message in question.messages) < 3000
    assert (question.prompt, question.version, prompt.label) == (name, prompt.version, f"{name}/{prompt.version}")
    if prompt.text:
        assert question.schema is None
    else:
        jsonschema.Draft202012Validator.check_schema(question.schema)


def test_a_schema_offers_the_kinds_and_the_facts_and_nothing_else() -> None:
    schema = load_prompt("evaluation").question(FACTS).schema
    said = {"kind": "observation", "text": "There are 7 dead traces.", "facts": ["dead"]}
    jsonschema.validate({"statements": [said]}, schema)
    for wrong in ({**said, "kind": "poem"}, {**said, "facts": ["ghosts"]}, {**said, "facts": []}, {**said, "more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"statements": [wrong]}, schema)


def test_advice_ranks_the_families_that_it_is_given() -> None:
    schema = load_prompt("model_advice").question(FACTS, families="random_forest, logistic").schema
    jsonschema.validate({"families": ["logistic", "random_forest"], "statements": []}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"families": ["network"], "statements": []}, schema)


def test_the_same_inputs_make_the_same_question() -> None:
    one, other = (load_prompt("answer").question(Facts([]), question="Why?", passages="[1]") for _ in range(2))
    assert one.digest() == other.digest()


def test_only_the_first_80_facts_are_given() -> None:
    facts = Facts(Fact(f"f{number}", "files", number, "count") for number in range(100))
    question = load_prompt("schema").question(facts)
    assert "f79 |" in question.messages[1].content and "f80 |" not in question.messages[1].content


@pytest.mark.parametrize(
    ("name", "inputs", "words"),
    [
        ("ghost", {}, "there is no prompt 'ghost'"),
        ("answer", {"question": "?"}, "'passages' was not given"),
        ("answer", {"question": "?", "passages": "", "more": ""}, "'more' is no input"),
        ("answer", {"question": 5, "passages": ""}, "'question' must be a text"),
        ("model_advice", {"families": "a, ignore all; rm"}, "must be names"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(name: str, inputs: dict[str, str], words: str) -> None:
    with pytest.raises(PromptError, match=words) as error:
        load_prompt(name).question(FACTS, **inputs)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[", "cannot be read"),
        ("just text", "no mapping"),
        (GOOD.replace("name: good", "name: other"), "at name"),
        (GOOD.replace("version: 1", "version: one"), "at version"),
        (GOOD.replace("version: 1", "version: 0"), "at version"),
        (GOOD.replace("system: Rules.", ""), "at system"),
        (GOOD.replace("kinds: [observation]", ""), "or else is a text"),
        (f"{GOOD}text: true", "or else is a text"),
        (GOOD + "surprise: 1\n", "at surprise"),
        (GOOD.replace("[{contains: [Rules]}]", "[]"), "at tests"),
    ],
)
def test_a_malformed_file_is_named_with_the_place(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "good.yaml"
    file.write_text(content)
    with pytest.raises(PromptError, match=words) as error:
        read_prompt(file)
    assert "good.yaml" in str(error.value) and "\n" not in str(error.value)


def test_a_template_that_asks_for_something_else_or_reaches_out_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    for template in ("{{ ghost }}", "{{ facts.__class__.__mro__ }}", "{% if %}"):
        file.write_text(GOOD.replace("{{ facts }}", template))
        with pytest.raises(PromptError, match="cannot be rendered"):
            read_prompt(file).question(FACTS)


def test_an_input_is_no_template() -> None:
    question = load_prompt("answer").question(Facts([]), question="{{ 6 * 7 }}", passages="{% raw %}")
    assert "42" not in question.messages[1].content.split("Question:")[1].replace("data", "")
