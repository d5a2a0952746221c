"""Traces and prompts on a real MLflow with a SQLite store."""

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.entities import Trace
from structlog.testing import capture_logs

from seismic_assets.llm import AnswerError, Message, Question, Reply, ToolCall, UnavailableError
from seismic_assets.registry import CallTracer, RegistryError, register_prompts

MESSAGES = (Message("system", "You explain."), Message("user", "dead_traces | dead traces | 3 traces"))
QUESTION = Question("quality_statistics", "2", MESSAGES)
REPLY = Reply("Three traces are dead.", "llama3.1:8b", prompt_tokens=100, answer_tokens=20, seconds=1.5)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one store for the tests of this module: making a store takes seconds."""
    return tmp_path_factory.mktemp("genai")


def uri_of(root: Path) -> str:
    return f"sqlite:///{root / 'mlflow.db'}"


@pytest.fixture
def tracer(root: Path, request: pytest.FixtureRequest) -> Iterator[CallTracer]:
    with CallTracer(uri_of(root), root / "artifacts", "llama3.1:8b", request.node.name) as made:
        yield made


def traces_of(tracer: CallTracer, where: str | None = None) -> list[Trace]:
    tracer.flush()
    found = mlflow.search_traces(
        locations=[str(tracer._id)], filter_string=where, return_type="list", order_by=["timestamp_ms ASC"]
    )
    assert isinstance(found, list)
    return found


def span_of(trace: Trace) -> Any:
    (span,) = trace.data.spans
    return span


def test_a_call_is_a_trace_with_its_prompt_its_messages_its_answer_and_its_tokens(tracer: CallTracer) -> None:
    tracer.observed(QUESTION, REPLY, None, 1.5)

    (trace,) = traces_of(tracer)
    span = span_of(trace)
    assert (span.name, span.span_type, span.status.status_code.value) == ("quality_statistics/2", "CHAT_MODEL", "OK")
    assert span.inputs == {"messages": [{"role": each.role, "content": each.content} for each in MESSAGES]}
    assert span.outputs == {"role": "assistant", "content": "Three traces are dead."}
    assert span.get_attribute("mlflow.chat.tokenUsage") == {
        "input_tokens": 100,
        "output_tokens": 20,
        "total_tokens": 120,
    }
    assert (span.get_attribute("prompt.name"), span.get_attribute("prompt.version")) == ("quality_statistics", "2")
    assert 1400 <= trace.info.execution_duration <= 1600
    tags = {name: trace.info.tags[name] for name in ("prompt_name", "prompt_version", "model", "outcome", "remembered")}
    assert list(tags.values()) == ["quality_statistics", "2", "llama3.1:8b", "answered", "false"]


def test_traces_are_found_by_prompt_and_by_outcome(tracer: CallTracer) -> None:
    tracer.observed(QUESTION, REPLY, None, 0.1)
    tracer.observed(replace(QUESTION, prompt="monitoring"), replace(REPLY, remembered=True), None, 0.1)
    tracer.observed(QUESTION, None, UnavailableError("nobody is there"), 0.1)
    tracer.observed(QUESTION, None, AnswerError("no JSON"), 0.1)

    assert len(traces_of(tracer)) == 4
    (other,) = traces_of(tracer, "tags.prompt_name = 'monitoring'")
    assert other.info.tags["remembered"] == "true"
    for outcome in ("answered", "remembered", "unavailable", "unusable"):
        assert len(traces_of(tracer, f"tags.outcome = '{outcome}'")) == 1


def test_a_call_without_an_answer_is_an_error_that_says_why(tracer: CallTracer) -> None:
    tracer.observed(QUESTION, None, UnavailableError("no server at http://me:secret1@host"), 0.1)

    (trace,) = traces_of(tracer)
    assert span_of(trace).outputs == {"error": "no server at http://[masked]@host"}
    assert span_of(trace).status.status_code.value == "ERROR"
    assert (trace.info.tags["model"], trace.info.state.value) == ("llama3.1:8b", "ERROR")


def test_an_answer_that_was_remembered_adds_no_tokens(tracer: CallTracer) -> None:
    tracer.observed(QUESTION, replace(REPLY, remembered=True), None, 0.0)

    (trace,) = traces_of(tracer)
    assert span_of(trace).get_attribute("mlflow.chat.tokenUsage") is None
    assert span_of(trace).get_attribute("tokens.prompt") == 100


def test_tools_that_a_model_asks_for_are_in_the_trace(tracer: CallTracer) -> None:
    tracer.observed(QUESTION, replace(REPLY, tool_calls=(ToolCall("files", {"token": "abcd1234"}),)), None, 0.0)

    (trace,) = traces_of(tracer)
    assert span_of(trace).outputs["tool_calls"] == [{"name": "files", "arguments": '{"token": [masked]}'}]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("see http://user:hunter22@host/x", "hunter22"),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("SEISMIC_API_KEY=a1b2c3d4", "a1b2c3d4"),
    ],
)
def test_secrets_do_not_reach_a_trace(tracer: CallTracer, text: str, secret: str) -> None:
    question = replace(QUESTION, messages=(Message("user", text),))
    tracer.observed(question, replace(REPLY, text=text), None, 0.0)
    tracer.observed(question, None, UnavailableError(text), 0.0)

    traces = traces_of(tracer)
    assert len(traces) == 2
    assert not any(secret in trace.to_json() for trace in traces)


def test_a_very_long_message_is_cut_and_says_how_long_it_was(tracer: CallTracer) -> None:
    tracer.observed(replace(QUESTION, messages=(Message("user", "x" * 50_000),)), REPLY, None, 0.0)

    content = span_of(traces_of(tracer)[0]).inputs["messages"][0]["content"]
    assert len(content) < 20_100
    assert content.endswith("(50,000 characters)")


def test_calls_of_several_threads_are_all_kept(tracer: CallTracer) -> None:
    threads = [threading.Thread(target=tracer.observed, args=(QUESTION, REPLY, None, 0.01)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(traces_of(tracer)) == 12


def test_a_store_that_cannot_be_opened_is_told_once_and_disturbs_nothing(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to look like one" * 50)
    tracer = CallTracer(uri_of(tmp_path), tmp_path / "artifacts")

    with capture_logs() as logs:
        for _ in range(3):
            tracer.observed(QUESTION, REPLY, None, 0.1)
        tracer.close()

    (line,) = logs
    assert "file is not a database" in line["reason"]


def test_traces_that_mlflow_cannot_write_are_told_once(tmp_path: Path, root: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes((root / "mlflow.db").read_bytes() if (root / "mlflow.db").exists() else b"")
    tracer = CallTracer(uri_of(tmp_path), tmp_path / "artifacts")
    tracer.observed(QUESTION, REPLY, None, 0.1)
    tracer.flush()
    database = mlflow.tracking._tracking_service.utils._get_store().engine
    with database.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON trace_info BEGIN SELECT RAISE(ABORT, 'full'); END"
        )

    with capture_logs() as logs:
        for _ in range(3):
            tracer.observed(QUESTION, REPLY, None, 0.1)
        tracer.close()

    (line,) = logs
    assert line["log_level"] == "warning"
    assert "Failed to send trace" in line["reason"]


@pytest.mark.slow
def test_a_short_process_loses_nothing(tmp_path: Path) -> None:
    script = f"""
        from pathlib import Path
        from seismic_assets.llm import Message, Question, Reply
        from seismic_assets.registry import CallTracer
        with CallTracer({uri_of(tmp_path)!r}, Path({str(tmp_path)!r}) / "artifacts") as tracer:
            for number in range(5):
                tracer.observed(Question("a", "1", (Message("user", str(number)),)), Reply("b", "m"), None, 0.1)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, capture_output=True)

    mlflow.set_tracking_uri(uri_of(tmp_path))
    experiment = mlflow.get_experiment_by_name("seismic_language")
    assert experiment is not None
    found = mlflow.search_traces(locations=[experiment.experiment_id], return_type="list")
    assert sorted(span_of(trace).inputs["messages"][0]["content"] for trace in found) == list("01234")


@dataclass(frozen=True)
class File:
    """A prompt's file."""

    name: str
    version: str
    purpose: str
    system: str
    user: str


FILE = File(
    "schema", "1", "Explains a schema.", "You explain.", "Facts:\n{{ facts }}\n{% if more %}{{ more }}{% endif %}"
)


def test_a_prompt_is_registered_once_and_comes_back_as_it_is(root: Path) -> None:
    first = register_prompts(uri_of(root), [FILE])
    again = register_prompts(uri_of(root), [FILE])

    assert first == again == {"schema": 1}
    loaded = mlflow.genai.load_prompt("prompts:/seismic-schema/1")
    assert loaded.template == [{"role": "system", "content": FILE.system}, {"role": "user", "content": FILE.user}]
    assert (loaded.tags["seismic.version"], loaded.commit_message) == ("1", "Explains a schema.")


def test_another_text_or_version_is_another_version_and_an_old_one_is_found_again(root: Path) -> None:
    file = replace(FILE, name="drift")
    changed = replace(file, system="You explain briefly.", version="2")

    versions = [register_prompts(uri_of(root), [each])["drift"] for each in (file, changed, file, changed)]

    assert versions == [1, 2, 1, 2]
    assert mlflow.genai.load_prompt("prompts:/seismic-drift/2").tags["seismic.version"] == "2"


def test_prompts_in_a_store_that_is_no_database_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to look like one" * 50)

    with pytest.raises(RegistryError, match=r"mlflow\.db cannot be read: file is not a database"):
        register_prompts(uri_of(tmp_path), [FILE])
