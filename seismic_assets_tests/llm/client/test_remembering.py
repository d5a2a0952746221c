import os
from pathlib import Path
from typing import Any

import pytest

from seismic_assets.llm import Reply, ToolCall, UnavailableError
from seismic_assets.llm.client.remembering import Memory
from seismic_assets_tests.llm.client.asking import SCHEMA, STATEMENT, config, model, question
from seismic_assets_tests.ollama.scripted import ScriptedServer, fails, says, says_json

HOST = "http://127.0.0.1:11434"


def test_the_same_question_is_asked_once(tmp_path: Path) -> None:
    with ScriptedServer(says_json(STATEMENT)) as server:
        first = model(server, tmp_path / "answers").answer(question(schema=SCHEMA))
        second = model(server, tmp_path / "answers").answer(question(schema=SCHEMA))

    assert len(server.asked) == 1
    assert second.remembered
    assert second == Reply(**{**vars(first), "remembered": True})


def test_a_remembered_answer_is_handed_out_too(tmp_path: Path) -> None:
    pieces: list[str] = []
    with ScriptedServer(says("a line of samples")) as server:
        model(server, tmp_path).answer(question())
        model(server, tmp_path).answer(question(), pieces.append)

    assert pieces == ["a line of samples"]


def test_it_is_there_while_the_server_is_left_alone(tmp_path: Path) -> None:
    with ScriptedServer(says("yes"), always=fails(500)) as server:
        model(server, tmp_path).answer(question("known?"))
        for number in range(3):
            with pytest.raises(UnavailableError):
                model(server, attempts=1).answer(question(f"{number}?"))

        assert model(server, tmp_path).answer(question("known?")).text == "yes"


@pytest.mark.parametrize(
    "other",
    [{"model": "mistral:7b"}, {"seed": 1}, {"temperature": 0.5}, {"most_tokens": 5}, {"context_tokens": 4096}],
)
def test_another_model_or_option_is_asked(tmp_path: Path, other: dict[str, Any]) -> None:
    with ScriptedServer(says("one"), says("two")) as server:
        model(server, tmp_path).answer(question())

        assert model(server, tmp_path, **other).answer(question()).text == "two"


def test_another_question_or_schema_is_asked(tmp_path: Path) -> None:
    with ScriptedServer(says("one"), says("two"), says_json(STATEMENT)) as server:
        asked = model(server, tmp_path)

        assert [asked.answer(each).text for each in (question(), question("And a line?"))] == ["one", "two"]
        assert asked.answer(question(schema=SCHEMA)).data == STATEMENT


def test_failures_are_not_remembered(tmp_path: Path) -> None:
    with ScriptedServer(fails(500), says("yes")) as server:
        with pytest.raises(UnavailableError):
            model(server, tmp_path, attempts=1).answer(question())

        assert model(server, tmp_path).answer(question()).text == "yes"


@pytest.mark.parametrize(
    "garbage",
    [b"", b"{", b"[]", b"\xff\x00", b'{"key": 3}', b"[" * 100_000, b'{"text": "x"}'],
    ids=range(7),
)
def test_garbage_is_ignored_and_written_anew(tmp_path: Path, garbage: bytes) -> None:
    with ScriptedServer(says("one"), says("two")) as server:
        model(server, tmp_path).answer(question())
        (file,) = tmp_path.iterdir()
        file.write_bytes(garbage)

        assert model(server, tmp_path).answer(question()).text == "two"
        assert model(server, tmp_path).answer(question()).remembered


def test_an_answer_in_the_place_of_another_is_ignored(tmp_path: Path) -> None:
    with ScriptedServer(says("one"), says("two"), says("three")) as server:
        model(server, tmp_path).answer(question("first"))
        (first,) = tmp_path.iterdir()
        model(server, tmp_path).answer(question("second"))
        (second,) = set(tmp_path.iterdir()) - {first}
        second.write_bytes(first.read_bytes())

        assert model(server, tmp_path).answer(question("second")).text == "three"


def test_an_answer_that_was_changed_to_another_form_is_ignored(tmp_path: Path) -> None:
    with ScriptedServer(says_json(STATEMENT), says_json(STATEMENT)) as server:
        model(server, tmp_path).answer(question(schema=SCHEMA))
        (file,) = tmp_path.iterdir()
        file.write_text(file.read_text().replace("observation", "joke"))

        assert not model(server, tmp_path).answer(question(schema=SCHEMA)).remembered


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with ScriptedServer(says("yes")) as server:
        assert model(server, tmp_path / "file").answer(question()).text == "yes"


def test_tool_calls_are_remembered(tmp_path: Path) -> None:
    calls = (ToolCall("inspect", {"file": "a.sgy", "most": 3}),)
    Memory(tmp_path).keep(question(), config(HOST), Reply("", "llama3.1:8b", tool_calls=calls))

    recalled = Memory(tmp_path).recall(question(), config(HOST))

    assert recalled is not None
    assert recalled.tool_calls == calls


def test_arguments_that_no_file_can_hold_are_not_kept(tmp_path: Path) -> None:
    calls = (ToolCall("inspect", {"file": "\ud800"}),)
    Memory(tmp_path).keep(question(), config(HOST), Reply("", "llama3.1:8b", tool_calls=calls))

    assert list(tmp_path.iterdir()) == []


def test_beyond_a_number_those_unused_for_longest_are_dropped(tmp_path: Path) -> None:
    memory = Memory(tmp_path, most_files=10)
    for number in range(10):
        memory.keep(question(f"{number}?"), config(HOST), Reply(str(number), "llama3.1:8b"))
        for age, path in enumerate(sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)):
            os.utime(path, (1_000_000 - age, 1_000_000 - age))
    assert memory.recall(question("0?"), config(HOST)) is not None  # was used just now

    memory.keep(question("10?"), config(HOST), Reply("10", "llama3.1:8b"))

    kept = [number for number in range(11) if memory.recall(question(f"{number}?"), config(HOST)) is not None]
    assert kept == [0, 3, 4, 5, 6, 7, 8, 9, 10]


def test_beyond_a_size_too(tmp_path: Path) -> None:
    memory = Memory(tmp_path, most_bytes=20_000)
    for number in range(30):
        memory.keep(question(f"{number}?"), config(HOST), Reply("x" * 1_000, "llama3.1:8b"))

    assert 5_000 < sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000


def test_an_answer_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    Memory(tmp_path / "answers", most_bytes=20_000).keep(question(), config(HOST), Reply("x" * 3_000, "llama3.1:8b"))

    assert not (tmp_path / "answers").exists()
