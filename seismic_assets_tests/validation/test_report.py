from seismic_assets.validation import LAYERS, Finding, Validation
from seismic_assets.validation.report import layers_of


def validation(*findings: Finding, **off: str) -> Validation:
    return Validation(layers_of(findings, {"raw": 10}, {"bronze": 12}, off), "store")


def state_of(found: Validation, name: str) -> str:
    return next(layer.state for layer in found.layers if layer.name == name)


def test_without_findings_every_layer_is_well() -> None:
    found = validation()

    assert [layer.name for layer in found.layers] == list(LAYERS)
    assert {layer.state for layer in found.layers} == {"ok"}
    assert found.exit_status == 0


def test_the_worst_finding_is_the_state_and_the_first() -> None:
    found = validation(
        Finding("raw", "ok", "a note"), Finding("raw", "stale", "old", "run"), Finding("raw", "failed", "no", "mend")
    )

    raw = found.layers[0]
    assert [finding.state for finding in raw.findings] == ["failed", "stale", "ok"]
    assert (raw.state, len(raw.wrong), found.exit_status) == ("failed", 2, 1)


def test_a_note_does_not_make_a_layer_wrong() -> None:
    found = validation(Finding("serving", "ok", "version 1 is in production"))

    assert found.well and state_of(found, "serving") == "ok"


def test_what_is_switched_off_is_well() -> None:
    found = validation(knowledge="SEISMIC_KNOWLEDGE is false")

    assert (state_of(found, "knowledge"), found.exit_status) == ("switched off", 0)


def test_json_has_what_the_table_has() -> None:
    plain = validation(Finding("raw", "stale", "old", "run")).as_dict()

    assert plain["well"] is False
    assert plain["layers"][0] == {
        "layer": "raw",
        "state": "stale",
        "assets": 10,
        "rows": None,
        "findings": [{"state": "stale", "reason": "old", "remedy": "run"}],
    }
