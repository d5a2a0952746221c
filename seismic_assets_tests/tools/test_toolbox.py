"""Each tool on a small deployment, with arguments right, wrong and hostile."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.inference import Predictor
from seismic_assets.llm.tool_use import ToolError
from seismic_assets.registry import load_bundle
from seismic_assets.settings import Settings
from seismic_assets.tools.files import UNTRUSTED, Files
from seismic_assets.tools.predicting import Predictions
from seismic_assets.tools.reports import PART_CHARACTERS
from seismic_assets.tools.toolbox import Toolbox
from seismic_assets_tests.inference.building import INTERVAL_US, make_traces
from seismic_assets_tests.tools.building import (
    BROKEN,
    COUNT,
    DEAD_TRACE,
    INJECTION,
    LINE,
    deployment,
    digest_of,
    promote,
    write_index,
)

SAMPLES = make_traces(1)[0].tolist()
HOSTILE_IDS = (
    "../line.sgy",
    "/etc/passwd",
    "..",
    "line.sgy/..",
    "line.sgy\x00",
    "",
    "ünïcode.sgy",
    "%2e%2e",
    "a" * 300,
)
GOOD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_files", {}),
    ("file_quality", {"file_id": LINE}),
    ("inspect_segy", {"file_id": LINE}),
    ("list_tables", {}),
    ("query_table", {"sql": "SELECT * FROM bronze_traces", "limit": 3}),
    ("get_report", {"name": "quality"}),
    ("predict_trace", {"file_id": LINE, "trace_index": 3}),
    ("predict_trace", {"samples": SAMPLES, "sample_interval_us": INTERVAL_US}),
    ("ask_documents", {"question": "Which traces are dead?", "k": 2}),
)
BAD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("no_tool", {}),
    ("list_files", {"limit": 10**9}),
    ("list_files", {"path": "/"}),
    ("file_quality", {}),
    ("file_quality", {"file_id": "absent.sgy"}),
    ("file_quality", {"file_id": BROKEN}),
    ("inspect_segy", {"file_id": "absent.sgy"}),
    ("query_table", {"sql": ""}),
    ("query_table", {"sql": "DROP TABLE bronze_traces"}),
    ("query_table", {"sql": "SELECT * FROM bronze_traces", "limit": 1001}),
    ("get_report", {"name": "../../etc/passwd"}),
    ("get_report", {"name": "quality", "part": 99}),
    ("predict_trace", {}),
    ("predict_trace", {"file_id": LINE}),
    ("predict_trace", {"file_id": LINE, "trace_index": COUNT}),
    ("predict_trace", {"file_id": LINE, "trace_index": DEAD_TRACE}),
    ("predict_trace", {"file_id": BROKEN, "trace_index": 0}),
    ("predict_trace", {"file_id": LINE, "trace_index": -1}),
    ("predict_trace", {"samples": [], "sample_interval_us": INTERVAL_US}),
    ("predict_trace", {"samples": [float("nan")] * 64, "sample_interval_us": INTERVAL_US}),
    ("predict_trace", {"samples": [1e300, 2.0], "sample_interval_us": INTERVAL_US}),
    ("predict_trace", {"samples": ["one", "two"], "sample_interval_us": INTERVAL_US}),
    ("predict_trace", {"samples": SAMPLES, "sample_interval_us": 2000}),
    ("predict_trace", {"samples": SAMPLES, "sample_interval_us": INTERVAL_US, "file_id": LINE}),
    ("ask_documents", {"question": ""}),
    ("ask_documents", {"question": "where?", "k": 1000}),
)


def test_no_tool_writes_anything_whatever_it_is_asked(made: Settings) -> None:
    folder = made.storage_root.parent
    before = digest_of(folder)

    toolbox = Toolbox(made)
    for name, arguments in (*GOOD, *BAD):
        with suppress(ToolError):
            toolbox.call(name, arguments)
    for hostile in HOSTILE_IDS:
        for name in ("file_quality", "inspect_segy"):
            with pytest.raises(ToolError):
                toolbox.call(name, {"file_id": hostile})

    assert digest_of(folder) == before


@pytest.mark.parametrize(("name", "arguments"), GOOD)
def test_every_answer_is_json_without_a_path_of_the_server(
    toolbox: Toolbox, made: Settings, name: str, arguments: dict[str, Any]
) -> None:
    text = json.dumps(toolbox.call(name, arguments), allow_nan=False)

    assert str(made.storage_root.parent) not in text


@pytest.mark.parametrize(("name", "arguments"), BAD)
def test_what_cannot_be_done_is_one_sentence_without_a_path(
    toolbox: Toolbox, made: Settings, name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ToolError) as raised:
        toolbox.call(name, arguments)

    said = str(raised.value)
    assert said and "\n" not in said and "Traceback" not in said and len(said) < 1100
    assert str(made.storage_root.parent) not in said
    assert "only the server's log" not in said


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_NAMES = st.sampled_from(["file_id", "trace_index", "samples", "sample_interval_us", "name", "part", "limit", "x"])


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["list_files", "file_quality", "inspect_segy", "list_tables", "get_report", "predict_trace"]),
    st.dictionaries(_NAMES, _ANY, max_size=4),
)
def test_any_arguments_are_answered_or_refused(toolbox: Toolbox, name: str, arguments: dict[str, Any]) -> None:
    try:
        answer = toolbox.call(name, arguments)
    except ToolError as error:
        assert "only the server's log" not in str(error)
    else:
        json.dumps(answer, allow_nan=False)


def test_files_are_listed_with_reason_score_and_findings_in_pages(toolbox: Toolbox) -> None:
    both = toolbox.call("list_files", {})
    first = toolbox.call("list_files", {"limit": 1})
    second = toolbox.call("list_files", {"limit": 1, "offset": first["next_offset"]})
    quarantined = toolbox.call("list_files", {"status": "quarantined"})

    assert (both["total"], both["admitted"], both["quarantined"], both["next_offset"]) == (2, 1, 1, None)
    assert [first["files"][0]["file_id"], second["files"][0]["file_id"]] == [BROKEN, LINE]
    assert "is not SEG-Y" in quarantined["files"][0]["reason"]
    line = second["files"][0]
    assert (line["traces"], line["sample_interval_us"], line["status"]) == (COUNT, INTERVAL_US, "admitted")
    assert 96 < line["quality_score"] < 97


def test_the_quality_of_a_file_names_its_dead_trace(toolbox: Toolbox) -> None:
    quality = toolbox.call("file_quality", {"file_id": LINE})

    assert quality["counts"]["dead_traces"] == 1
    assert quality["parts"]["signal"] == pytest.approx(29 / 30)
    assert quality["scale_over_the_median"] is None


def test_a_header_with_instructions_comes_marked_as_data(toolbox: Toolbox) -> None:
    inspected = toolbox.call("inspect_segy", {"file_id": LINE})

    header = inspected.pop("textual_header")
    assert header["what_this_is"] == UNTRUSTED
    assert any(INJECTION in line for line in header["lines"])
    assert all(len(line) <= 80 for line in header["lines"])
    assert INJECTION not in json.dumps(inspected)
    assert inspected["geometry"]["crossline"] == [100, 129]


def test_of_a_large_file_the_first_headers_are_read(made: Settings) -> None:
    inspected = Files(made, whole_bytes=1000).inspect(LINE)

    assert inspected.headers_read.startswith("first")
    assert (inspected.traces, inspected.samples, inspected.geometry) == (COUNT, 100, None)
    assert inspected.textual_header is not None
    assert any(INJECTION in line for line in inspected.textual_header.lines)


def test_a_file_that_is_no_segy_is_inspected_with_its_problem(toolbox: Toolbox) -> None:
    inspected = toolbox.call("inspect_segy", {"file_id": BROKEN})

    assert not inspected["readable"]
    assert "is not SEG-Y" in inspected["problems"][0]


def test_a_long_report_comes_in_parts_that_make_the_whole(toolbox: Toolbox) -> None:
    first = toolbox.call("get_report", {"name": "monitoring"})
    texts = [
        toolbox.call("get_report", {"name": "monitoring", "part": part})["text"]
        for part in range(1, first["parts"] + 1)
    ]

    assert first["parts"] > 2 and len(first["text"]) == PART_CHARACTERS
    assert json.loads("".join(texts)) == {"rows": list(range(9000))}


def test_the_model_card_is_that_of_the_latest_version(toolbox: Toolbox) -> None:
    card = toolbox.call("get_report", {"name": "model_card"})["text"]

    assert card == "# Model card\n\nTrained below <storage>.\n"


def test_the_prediction_of_a_trace_is_that_of_the_bundle(toolbox: Toolbox, made: Settings) -> None:
    by_file = toolbox.call("predict_trace", {"file_id": LINE, "trace_index": 5})
    samples = make_traces(COUNT)[5]
    by_samples = toolbox.call("predict_trace", {"samples": samples.tolist(), "sample_interval_us": INTERVAL_US})
    expected = Predictor(load_bundle(made.storage_root.parent / "bundle")).predict(samples[None], INTERVAL_US)

    assert by_file["windows"] == by_samples["windows"]
    shown = [list(window["probabilities"].values()) for window in by_file["windows"]]
    assert np.allclose(shown, expected.probabilities[0], atol=1e-6)
    assert (by_file["model_version"], by_file["crossline"]) == ("1", 105)


def test_another_version_in_production_is_followed(tmp_path: Path) -> None:
    made = deployment(tmp_path)
    predictions = Predictions(made, seconds_between_looks=0)
    before = predictions.of_samples(SAMPLES, INTERVAL_US).model_version

    promote(made, tmp_path / "bundle")

    assert (before, predictions.of_samples(SAMPLES, INTERVAL_US).model_version) == ("1", "2")


def test_documents_are_asked_and_a_new_index_is_taken_up(tmp_path: Path) -> None:
    made = Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage")
    toolbox, question = Toolbox(made), {"question": "Which traces are dead?"}
    write_index(made, "Dead traces are traces whose samples are all equal.")
    before = toolbox.call("ask_documents", question)

    write_index(made, "Dead traces are those that a storm left behind.")
    after = toolbox.call("ask_documents", question)

    assert before["sources"][0]["source"] == "docs/user.md"
    assert "all equal" in before["answer"] and "storm" in after["answer"]


def test_an_empty_deployment_is_told_in_sentences_and_left_empty(tmp_path: Path) -> None:
    empty = Toolbox(Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage"))

    for name, arguments in (
        ("list_files", {}),
        ("file_quality", {"file_id": LINE}),
        ("inspect_segy", {"file_id": LINE}),
        ("list_tables", {}),
        ("query_table", {"sql": "SELECT 1"}),
        ("get_report", {"name": "quality"}),
        ("predict_trace", {"samples": SAMPLES, "sample_interval_us": INTERVAL_US}),
        ("ask_documents", {"question": " "}),
    ):
        with pytest.raises(ToolError) as raised:
            empty.call(name, arguments)
        assert "only the server's log" not in str(raised.value) and str(tmp_path) not in str(raised.value)
    found = empty.call("ask_documents", {"question": "Which traces are dead?"})
    assert found["sources"][0]["source"].startswith(("docs/", "README")) and found["notes"]
    assert list(tmp_path.iterdir()) == []
