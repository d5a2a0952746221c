import threading
from pathlib import Path

import pytest

from seismic_assets.llm import LanguageModelError, Question, Reply, UnavailableError
from seismic_assets.llm.client import CallCounts
from seismic_assets.llm.errors import AnswerError
from seismic_assets_tests.llm.client.asking import model, question
from seismic_assets_tests.ollama.scripted import ScriptedServer, fails, says


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[Question, Reply | None, LanguageModelError | None]] = []

    def observed(
        self, question: Question, reply: Reply | None, error: LanguageModelError | None, seconds: float
    ) -> None:
        assert seconds >= 0
        self.heard.append((question, reply, error))


def test_every_call_is_told_of_once(tmp_path: Path) -> None:
    listener = Listener()
    with ScriptedServer(says("yes"), always=fails(500)) as server:
        asked = model(server, tmp_path, (listener,))
        first, again = asked.answer(question()), asked.answer(question())
        with pytest.raises(UnavailableError) as raised:
            asked.answer(question("another?"))

    assert listener.heard == [
        (question(), first, None),
        (question(), again, None),
        (question("another?"), None, raised.value),
    ]


def test_calls_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    counts = CallCounts()
    with ScriptedServer(says("yes"), fails(400), says(""), says("")) as server:
        asked = model(server, tmp_path, (counts,))
        asked.answer(question())
        asked.answer(question())
        for kind in (UnavailableError, AnswerError):
            with pytest.raises(kind):
                asked.answer(question("another?"))

    counted = counts.snapshot()
    assert counted.calls == {"answered": 1, "remembered": 1, "unavailable": 1, "unusable": 1}
    assert (counted.prompt_tokens, counted.answer_tokens) == (11, 7)
    assert all(seconds > 0 for seconds in counted.seconds.values())


def test_a_snapshot_does_not_change() -> None:
    counts = CallCounts()
    before = counts.snapshot()
    counts.observed(question(), Reply("yes", "llama3.1:8b"), None, 1.0)

    assert before.calls["answered"] == 0
    assert counts.snapshot().calls["answered"] == 1


def test_several_threads_may_count() -> None:
    counts = CallCounts()
    reply = Reply("yes", "llama3.1:8b", prompt_tokens=1, answer_tokens=2)

    def count() -> None:
        for _ in range(500):
            counts.observed(question(), reply, None, 0.5)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    counted = counts.snapshot()
    assert counted.calls["answered"] == 2_000
    assert counted.answer_tokens == 4_000
    assert counted.seconds["answered"] == 1_000
