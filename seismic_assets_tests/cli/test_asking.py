"""`seismic ask --tools` as a person or a program uses it, with a server that plays a script and with a real model."""

import json
import subprocess
from pathlib import Path

import pytest

from seismic_assets.settings import Settings
from seismic_assets.tools.toolbox import Toolbox
from seismic_assets_tests.commands import seismic
from seismic_assets_tests.ollama.fixtures import small_model  # noqa: F401
from seismic_assets_tests.ollama.running import SmallModel
from seismic_assets_tests.ollama.scripted import MODEL, ScriptedServer, Turn, cut_off, hangs, missing_model, says
from seismic_assets_tests.tools.building import DEAD_TRACE, LINE, deployment, digest_of

QUESTION = "How many dead traces are in line.sgy?"
QUALITY = says(tool_calls=[("file_quality", {"file_id": LINE})])
ONE_DEAD = says("There is 1 dead trace among the 30 of line.sgy.")
# The index of the deployment holds one page on dead traces.
PASSAGE = "whose samples are all equal"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return deployment(tmp_path_factory.mktemp("deployment"))


def ask(made: Settings, host: str, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`seismic ask --tools`, with a model that remembers nothing of what it was asked before."""
    folders = ("--storage-root", made.storage_root, "--landing-dir", made.landing_dir)
    asked = {"llm": "true", "ollama_host": host, "llm_trace": "false", "llm_attempts": "1", **settings}
    answers = made.llm_cache_dir
    for each in answers.rglob("*") if answers is not None and answers.exists() else ():
        if each.is_file():
            each.unlink()
    return seismic("ask", QUESTION, "--tools", *folders, *options, **asked)


def played(
    made: Settings, *turns: Turn, options: tuple[str, ...] = ()
) -> tuple[subprocess.CompletedProcess[str], ScriptedServer]:
    with ScriptedServer(*turns) as server:
        return ask(made, server.host, *options), server


def test_the_answer_is_shown_with_the_tools_that_were_used(made: Settings) -> None:
    done, server = played(made, QUALITY, ONE_DEAD)

    assert done.returncode == 0
    assert f'file_quality(file_id="{LINE}")' in done.stdout and '"dead_traces": 1' in done.stdout
    assert f"answer of {MODEL}" in done.stdout and "There is 1 dead trace among the 30" in done.stdout
    assert PASSAGE not in done.stdout
    assert "Note" not in done.stderr and f"asking {MODEL} at {server.host}" in done.stderr
    offered = {tool["function"]["name"] for tool in server.asked[0].body["tools"]}
    assert {"list_files", "file_quality", "query_table"} <= offered
    assert '"dead_traces": 1' in server.asked[1].body["messages"][-1]["content"]


def test_a_program_gets_one_object_with_answer_and_calls(made: Settings) -> None:
    done, _ = played(made, QUALITY, ONE_DEAD, options=("--json",))

    found = json.loads(done.stdout)
    assert (found["question"], found["model"], found["reason"]) == (QUESTION, MODEL, "")
    assert found["answer"] == "There is 1 dead trace among the 30 of line.sgy."
    (call,) = found["calls"]
    assert (call["tool"], call["arguments"], call["ok"]) == ("file_quality", {"file_id": LINE}, True)
    assert json.loads(call["answer"])["counts"]["dead_traces"] == 1
    assert done.stderr == ""


def test_what_a_tool_logs_does_not_come_before_the_object(made: Settings) -> None:
    predict = says(tool_calls=[("predict_trace", {"file_id": LINE, "trace_index": DEAD_TRACE + 1})])

    done, _ = played(made, predict, says("It is a trace like others."), options=("--json",))

    assert [call["tool"] for call in json.loads(done.stdout)["calls"]] == ["predict_trace"]


def test_a_tool_that_does_not_exist_is_told_to_the_model_and_shown(made: Settings) -> None:
    done, server = played(made, says(tool_calls=[("delete_file", {"path": "/"})]), QUALITY, ONE_DEAD)

    assert 'delete_file(path="/")' in done.stdout
    assert "failed: there is no tool 'delete_file'; the tools are" in done.stdout
    assert "There is 1 dead trace" in done.stdout
    assert "there is no tool 'delete_file'" in server.asked[1].body["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"file_id": "../../etc/passwd"}, "file_id is no id of a file"),
        ({"file_id": LINE, "path": "/"}, "there is no argument 'path'"),
        ({}, "the argument 'file_id' is missing"),
        ({"file_id": "no_such.sgy"}, "there is no file no_such.sgy"),
    ],
)
def test_bad_arguments_are_told_to_the_model_and_shown(
    made: Settings, arguments: dict[str, str], sentence: str
) -> None:
    done, _ = played(made, says(tool_calls=[("file_quality", arguments)]), says("I do not know."))

    assert done.returncode == 0
    assert f"failed: {sentence}" in done.stdout
    assert "I do not know." not in done.stdout and "it rests on no tool's answer" in done.stderr
    assert PASSAGE in done.stdout


def test_a_model_that_never_stops_using_tools_is_made_to_answer(made: Settings) -> None:
    done, server = played(made, *[QUALITY] * 4, ONE_DEAD)

    assert done.stdout.count("file_quality(") == 4
    assert "There is 1 dead trace" in done.stdout
    assert "used tools in all of its 4 rounds and was made to answer" in done.stderr
    assert len(server.asked) == 5 and not server.asked[-1].body.get("tools")


def test_a_model_that_still_wants_tools_when_there_are_none_leaves_the_passages(made: Settings) -> None:
    done, _ = played(made, *[QUALITY] * 5)

    assert done.returncode == 0
    assert "Note: " in done.stderr and PASSAGE in done.stdout


def test_a_number_that_no_tool_gave_is_not_shown(made: Settings) -> None:
    done, _ = played(made, QUALITY, says("There are 17 dead traces."))

    assert "17 dead" not in done.stdout
    assert "the text of llama3.1:8b is not shown: '17' stands in no tool's answer" in done.stderr
    assert '"dead_traces": 1' in done.stdout and PASSAGE in done.stdout


def test_a_program_gets_what_was_refused_apart(made: Settings) -> None:
    done, _ = played(made, QUALITY, says("There are 17 dead traces."), options=("--json",))

    found = json.loads(done.stdout)
    assert (found["refused"], found["model"]) == ("There are 17 dead traces.", None)
    assert "17" not in found["answer"] and PASSAGE in found["answer"]
    assert found["num_sources"] == len(found["sources"]) > 0


def test_an_answer_that_is_cut_off_leaves_the_passages_and_what_was_looked_up(made: Settings) -> None:
    done, _ = played(made, QUALITY, cut_off("There is"))

    assert done.returncode == 0
    assert '"dead_traces": 1' in done.stdout and PASSAGE in done.stdout
    assert "There is" not in done.stdout
    assert done.stderr.count("Note: ") == 1 and MODEL in done.stderr.split("Note: ")[1]


def test_a_model_that_is_too_slow_leaves_the_passages(made: Settings) -> None:
    with ScriptedServer(hangs()) as server:
        done = ask(made, server.host, llm_timeout_s="1")

    assert f"Note: the language model {MODEL}" in done.stderr and "SEISMIC_LLM_TIMEOUT_S" in done.stderr
    assert PASSAGE in done.stdout


def test_a_model_that_was_not_pulled_leaves_the_passages(made: Settings) -> None:
    done, _ = played(made, missing_model())

    assert f"ollama pull {MODEL}" in done.stderr and PASSAGE in done.stdout


def test_no_server_at_all_is_a_sentence_beside_the_passages(made: Settings) -> None:
    done = ask(made, NOBODY)

    assert done.returncode == 0
    assert f"no Ollama server answers at {NOBODY}" in done.stderr and "ollama serve" in done.stderr
    assert PASSAGE in done.stdout and "Traceback" not in done.stderr


def test_without_a_model_in_the_settings_nobody_is_asked(made: Settings) -> None:
    done = ask(made, NOBODY, "--json", llm="false")

    found = json.loads(done.stdout)
    assert (found["calls"], found["model"]) == ([], None)
    assert "SEISMIC_LLM=true" in found["reason"]
    assert PASSAGE in found["answer"]


def test_nothing_but_remembered_answers_is_written(made: Settings) -> None:
    played(made, QUALITY, ONE_DEAD)
    before = digest_of(made.storage_root)

    ask(made, NOBODY)

    after = digest_of(made.storage_root)
    answers = str(Path("knowledge") / "answers")
    assert {
        name for name in set(before) | set(after) if before.get(name) != after.get(name) and answers not in name
    } == set()


def test_tools_without_a_model_are_refused(made: Settings) -> None:
    done = ask(made, NOBODY, "--no-model")

    assert done.returncode == 2
    assert "leave out --no-model" in done.stderr


def test_a_question_without_tools_says_why_no_model_answered(made: Settings) -> None:
    done = seismic(
        "ask", QUESTION, "--storage-root", made.storage_root, llm="true", ollama_host=NOBODY, llm_trace="false"
    )  # fmt: skip

    assert done.returncode == 0
    assert f"no Ollama server answers at {NOBODY}" in done.stderr and PASSAGE in done.stdout


@pytest.mark.slow
def test_a_real_model_answers_from_tools_or_leaves_the_passages(made: Settings, small_model: SmallModel) -> None:  # noqa: F811
    done = ask(
        made, small_model.host, "--json",
        llm_model=small_model.name, llm_timeout_s="180", llm_most_tokens="60", llm_context_tokens="4096",
    )  # fmt: skip

    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert {call["tool"] for call in found["calls"] if call["ok"]} <= set(Toolbox(made).tools)
    if found["model"] is None:
        assert found["reason"] and PASSAGE in found["answer"]
    else:
        assert found["model"] == small_model.name and any(call["ok"] for call in found["calls"])
    assert small_model.answered() >= 1
