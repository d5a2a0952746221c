from dataclasses import replace

import pytest

from seismic_assets.validation import AssetFacts, FailedCheck, StalePart, asset_findings

NOW = 1_000_000.0
DAY = 86_400.0
PER_FILE = AssetFacts("bronze_traces", "bronze", files=4, made_at=NOW)
OF_ALL = AssetFacts("champion", "model", made_at=NOW)


def states(facts: AssetFacts) -> list[str]:
    return [finding.state for finding in asset_findings(facts, NOW)]


def test_nothing_is_found_of_an_asset_that_is_well() -> None:
    assert asset_findings(PER_FILE, NOW) == []


def test_files_that_were_never_made_are_counted_and_the_first_three_named() -> None:
    facts = replace(PER_FILE, missing=("d.sgy", "a.sgy", "c.sgy", "b.sgy"))

    (finding,) = asset_findings(facts, NOW)

    assert finding.state == "missing"
    assert finding.reason == "bronze_traces was never made for 4 of 4 files: a.sgy, b.sgy, c.sgy and 1 more"
    assert "seismic run" in finding.remedy


def test_an_asset_of_all_files_is_named_without_files() -> None:
    (finding,) = asset_findings(replace(OF_ALL, missing=("",), made_at=None), NOW)

    assert finding.reason == "champion was never made"


def test_an_attempt_that_failed_is_told_with_where_to_look() -> None:
    (finding,) = asset_findings(replace(PER_FILE, failed=("a.sgy",)), NOW)

    assert finding.state == "failed"
    assert finding.reason == "bronze_traces failed at its latest attempt for 1 of 4 files: a.sgy"
    assert "page of Dagster" in finding.remedy


def test_a_check_that_is_an_error_fails_the_layer_with_its_own_sentence() -> None:
    (finding,) = asset_findings(replace(OF_ALL, checks=(FailedCheck("floor", "error", "class salt has no F1."),)), NOW)

    assert finding.state == "failed"
    assert "floor of champion failed: class salt has no F1." in finding.reason


def test_a_check_that_is_a_warning_is_a_note() -> None:
    (finding,) = asset_findings(replace(OF_ALL, checks=(FailedCheck("alike", "warning", "loud."),)), NOW)

    assert (finding.state, finding.remedy) == ("ok", "")


def test_stale_rows_name_the_inputs_that_changed() -> None:
    (finding,) = asset_findings(replace(PER_FILE, stale=(StalePart("a.sgy", "segy_file changed"),)), NOW)

    assert finding.state == "stale"
    assert finding.reason == "bronze_traces is older than its inputs for 1 of 4 files: a.sgy (segy_file changed)"


@pytest.mark.parametrize(("age", "expected"), [(0.9 * DAY, []), (1.1 * DAY, ["stale"])])
def test_an_asset_is_stale_once_its_freshness_policy_has_run_out(age: float, expected: list[str]) -> None:
    assert states(replace(OF_ALL, made_at=NOW - age, fresh_seconds=DAY, remade_when_old=True)) == expected


def test_age_alone_is_a_note_where_no_run_would_end_it() -> None:
    assert states(replace(OF_ALL, made_at=NOW - 9 * DAY, fresh_seconds=7 * DAY)) == ["ok"]
