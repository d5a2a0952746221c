import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from seismic_assets.insights import quality as insights_quality
from seismic_assets.insights import write_insight
from seismic_assets.insights.quality import QualityInputs, quality_insight, quality_report
from seismic_assets.insights.quality.advice import ADVICE
from seismic_assets.insights.quality.graph import GRAPH
from seismic_assets.llm.explanation import Explanation
from seismic_assets_tests.insights.quality.building import by_name, codes, grid, made

BAD: dict[str, dict[str, Any]] = {
    "a.sgy": {"dead_traces": 60, "score": 20.0},
    "b.sgy": {"missing_positions": 100},
    "c.sgy": {"nan_traces": 1},
    "d.sgy": {},
}


def test_the_worst_verdict_is_the_report_s() -> None:
    report = quality_report(made(BAD))

    assert [each.verdict for each in report.results] == ["WARN", "WARN", "PASS", "WARN"]
    assert (report.verdict, report.insight.verdict, report.insight.facts["verdict"].value) == ("WARN", "WARN", "WARN")
    assert report.insight.name == "quality_report"


def test_actions_name_file_figure_and_deed_the_worst_first() -> None:
    report = quality_report(made({**BAD, "d.sgy": {"max_amplitude": 1e14}}))

    first, second, *_ = report.actions
    assert (first.severity, first.code, first.files) == ("fail", "undecoded", ("d.sgy",))
    assert (second.severity, second.files) == ("warn", ("a.sgy",))
    assert "a.sgy (60 %)" in second.finding
    assert second.advice == ADVICE["lost_traces"]


def test_there_is_advice_for_every_finding() -> None:
    folder = Path(insights_quality.__file__).parent
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    named = set(re.findall(r"(?:of_files|naming|[Ff]inding)\(\s*\"([a-z_]+)\"", text))
    composed = {f"{code}_overall" for code in ("lost_traces", "clipped_traces", "spiked_traces", "duplicate_traces")}

    assert len(named) > 35
    assert named | composed <= set(ADVICE)


def test_nothing_wrong_leaves_nothing_to_do() -> None:
    report = quality_report(made({"a.sgy": {}}, classes={"salt": 5, "sand": 5}))

    assert (report.verdict, report.actions, report.results[3].summary) == ("PASS", (), "nothing to do.")


def test_the_report_is_the_same_when_made_again() -> None:
    one, other = (json.dumps(quality_report(made(BAD)).to_dict()) for _ in range(2))

    assert one == other


def test_validation_results_have_the_names_of_before() -> None:
    inputs = made({**BAD, "e.sgy": {"num_samples": 400, "traces_declared": 110}}, classes={"salt": 3, "sand": 7})

    found = quality_report(inputs).validation

    assert found["total_traces"] == 500
    assert found["total_files"] == 5
    assert found["missing_trace_data"] == 60 + 1 + 10
    assert found["missing_coordinates"] == 0
    assert (found["sample_rate_consistency"], found["num_samples_consistency"]) == (True, False)
    assert found["class_label_distribution"] == {"salt": 3, "sand": 7}
    assert any("a.sgy (60 %)" in each for each in found["anomalies"])
    assert found["validation_passed"] is True


@pytest.mark.parametrize(
    "inputs",
    [
        made({}),
        made({}, quarantined={"q.sgy": "is no SEG-Y"}),
        made({"a.sgy": {"status": "failed", "traces": 0, "score": None, "reason": "gone", "num_samples": None}}),
        made({"a.sgy": {}}, positions=[]),
        made({"a.sgy": {}}, positions=[grid("a.sgy", 1, 1)]),
        made({"a.sgy": {"dead_traces": 100, "amplitude_scale": 0.0, "score": 0.0}}),
        made({"a.sgy": {"traces": 2**60, "traces_declared": 2**60, "max_amplitude": 1e300, "std_amplitude": 1e300}}),
        made({"a.sgy": {"sample_interval_us": 2000, "source_interval_us": 2000}, "b.sgy": {}}),
    ],
    ids=["nothing", "quarantined", "failed", "no positions", "one trace", "dead", "huge", "intervals"],
)
def test_every_report_is_whole(inputs: QualityInputs, tmp_path: Path) -> None:
    report = quality_report(inputs)

    assert [each.failed for each in report.results] == [""] * 4
    paths = write_insight(tmp_path, report.insight, Explanation("without", "none was asked"), datetime.now(UTC))
    text = paths["txt"].read_text()
    assert all(title in text for title in ("Statistics", "Domain", "Drift", "Actions"))
    assert "nan" not in text.lower().split()
    json.loads(json.dumps(report.to_dict(), allow_nan=False))


def test_an_agent_without_its_frame_says_so_and_the_others_go_on() -> None:
    results = by_name(made({"a.sgy": {}}, problems={"history": "table quality_history is damaged"}))

    assert results["drift"].failed == "Drift could not be judged: table quality_history is damaged"
    assert (results["drift"].verdict, results["statistics"].verdict, results["domain"].verdict) == (
        "WARN",
        "PASS",
        "PASS",
    )
    assert codes(results["actions"])["not_judged"] == "warn"


def test_without_statistics_there_is_no_drift_and_the_data_fail() -> None:
    results = by_name(made({"a.sgy": {}}, problems={"quality": "table trace_quality is damaged"}))

    assert results["statistics"].verdict == "FAIL"
    assert "there are no statistics to compare" in results["drift"].failed
    assert results["actions"].failed == ""
    assert len(results["actions"].actions) == 3


def test_a_frame_that_lacks_a_column_fails_one_agent() -> None:
    inputs = made({"a.sgy": {}})
    lacking = type(inputs)(**{**vars(inputs), "positions": inputs.positions.drop("spacing")})

    results = by_name(lacking)

    assert "lacks spacing" in results["domain"].failed
    assert results["statistics"].failed == ""


def test_numbers_beyond_arithmetic_fail_one_agent_in_a_sentence() -> None:
    inputs = made({"a.sgy": {}})
    strange = inputs.quality.with_columns(dead_traces=pl.lit("many"))

    results = by_name(type(inputs)(**{**vars(inputs), "quality": strange}))

    assert results["statistics"].failed.startswith("Statistics could not be judged: ")
    assert results["domain"].name == "domain"


def test_each_agent_comes_after_those_it_needs() -> None:
    before: set[str] = set()
    for agent in GRAPH:
        assert set(agent.needs) <= before
        before.add(agent.name)


def test_prompts_are_named_after_the_agents() -> None:
    assert [each.prompt for each in quality_report(made({})).results] == [
        "quality_statistics",
        "quality_domain",
        "quality_drift",
        "quality_actions",
    ]


def test_the_insight_has_the_facts_of_all_agents() -> None:
    inputs = made(BAD)

    insight = quality_insight(inputs)

    for result in by_name(inputs).values():
        assert {fact.name: fact for fact in insight.facts} | {fact.name: fact for fact in result.facts} == {
            fact.name: fact for fact in insight.facts
        }
