"""The time of a whole report at a slow server: calls share it, and what is left goes without."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seismic_assets.llm import UnavailableError
from seismic_assets.llm.client.leaving_alone import server_of
from seismic_assets.llm.explaining import ReportPart, explain_parts
from seismic_assets.llm.facts import Fact, Facts
from seismic_assets_tests.llm.client.asking import load_all, model, question
from seismic_assets_tests.ollama.scripted import ScriptedServer, hangs, says, says_json, slow

SPENT = r"the 0\.\d s that the language model .* has for a whole report are used up; raise SEISMIC_LLM_REPORT_SECONDS"
TRUE = {"kind": "observation", "text": "There are 12 traces.", "facts": ["traces"]}
PARTS = [
    ReportPart(name.capitalize(), f"quality_{name}", Facts([Fact("traces", "traces", 12, "count", "traces")]))
    for name in ("statistics", "domain", "drift")
]


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    load_all()


def test_a_call_ends_when_the_time_of_the_report_is_over_and_the_server_is_told() -> None:
    with ScriptedServer(hangs()) as server:
        with pytest.raises(UnavailableError, match=SPENT):
            model(server).within(0.9).answer(question())

        assert server.asked[0].disconnected


def test_nobody_is_asked_once_it_is_over() -> None:
    with ScriptedServer(says("yes")) as server:
        bounded = model(server).within(0.01)
        time.sleep(0.02)
        with pytest.raises(UnavailableError, match=r"the 0\.01 s .* are used up"):
            bounded.answer(question())

        assert server.asked == []
        assert model(server).answer(question()).text == "yes"


def test_the_server_is_not_blamed_for_the_time_of_a_report() -> None:
    with ScriptedServer(always=hangs()) as server:
        for number in range(4):
            with pytest.raises(UnavailableError, match=SPENT):
                model(server).within(0.1).answer(question(f"{number}?"))

        server_of(server.host).check()  # raises where it is left alone


def test_a_call_that_has_its_whole_time_is_late_by_its_own() -> None:
    with (
        ScriptedServer(hangs()) as server,
        pytest.raises(UnavailableError, match=r"did not answer within 0\.2 s; raise SEISMIC_LLM_TIMEOUT_S"),
    ):
        model(server, timeout_s=0.2).within(60.0).answer(question())


def test_what_was_answered_before_is_given_still(tmp_path: Path) -> None:
    with ScriptedServer(says("yes"), hangs()) as server:
        bounded = model(server, tmp_path).within(60.0)
        assert bounded.answer(question()).text == "yes"
        spent = model(server, tmp_path).within(0.1)
        with pytest.raises(UnavailableError, match=SPENT):
            spent.answer(question("another?"))

        assert spent.answer(question()).remembered


def test_waiting_for_the_calls_of_others_counts() -> None:
    with ScriptedServer(slow(1.0, says("yes"))) as server, ThreadPoolExecutor(1) as aside:
        other = aside.submit(model(server).answer, question())
        while not server.asked:
            time.sleep(0.01)
        with pytest.raises(UnavailableError, match=SPENT):
            model(server).within(0.2).answer(question("another?"))

        assert len(server.asked) == 1
        assert other.result().text == "yes"


def test_parts_of_a_report_that_are_not_reached_go_without_and_are_named() -> None:
    with ScriptedServer(says_json({"statements": [TRUE]}), slow(30.0, says("too late"))) as server:
        told = explain_parts(model(server).within(4.0), PARTS)

        assert len(server.asked) == 2
    assert told.status == "partly"
    assert [each.text for each in told.statements] == [TRUE["text"]]
    assert told.reason.startswith("Domain, Drift: the 4 s that the language model")
    assert told.reason.count("used up") == 1


def test_parts_that_all_lack_the_same_are_not_named() -> None:
    told = explain_parts(None, PARTS)

    assert (told.status, told.reason) == ("without", "none was asked, as SEISMIC_LLM is off.")


def test_parts_that_are_all_explained_have_no_reason() -> None:
    with ScriptedServer(always=says_json({"statements": [TRUE]})) as server:
        told = explain_parts(model(server).within(30.0), PARTS)

    assert (told.status, told.reason, len(told.statements)) == ("explained", "", 3)
