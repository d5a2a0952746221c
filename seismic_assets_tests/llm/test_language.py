from dataclasses import replace

import pytest

from seismic_assets.llm.language import Message, Question, ToolCall

QUESTION = Question("schema", "1", (Message("system", "Rules."), Message("user", "Why?")), {"type": "object"})


def test_the_same_question_has_the_same_digest() -> None:
    again = Question("schema", "1", (Message("system", "Rules."), Message("user", "Why?")), {"type": "object"})
    assert QUESTION.digest() == again.digest()
    assert len(QUESTION.digest()) == 32 and int(QUESTION.digest(), 16) >= 0


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, prompt="drift"),
        replace(QUESTION, version="2"),
        replace(QUESTION, schema=None),
        replace(QUESTION, tools=({"type": "function"},)),
        replace(QUESTION, messages=QUESTION.messages[::-1]),
        replace(QUESTION, messages=(Message("system", "Rules."), Message("user", "How?"))),
        replace(QUESTION, messages=(*QUESTION.messages, Message("tool", "7", tool_name="count"))),
        replace(
            QUESTION, messages=(*QUESTION.messages, Message("assistant", "", (ToolCall("count", {"of": "files"}),)))
        ),
    ],
)
def test_whatever_shapes_the_answer_changes_the_digest(other: Question) -> None:
    assert other.digest() != QUESTION.digest()


def test_the_order_of_a_schema_s_names_does_not_matter() -> None:
    one = replace(QUESTION, schema={"a": 1, "b": 2})
    assert one.digest() == replace(QUESTION, schema={"b": 2, "a": 1}).digest()
