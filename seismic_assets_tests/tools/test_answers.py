"""The form of the tools' answers, and their schemas."""

import math
from dataclasses import fields
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from seismic_assets.quality import AMPLITUDES, COUNTS, SCORE_PARTS
from seismic_assets.segy.amplitudes import Amplitudes
from seismic_assets.segy.geometry import Geometry
from seismic_assets.tools import answers, file_answers
from seismic_assets.tools.schemas import schema_of
from seismic_assets.tools.toolbox import Toolbox

_RANGE = {"traces": 3, "not_finite": 0, "dead": 0}


def sampled(**more: float) -> file_answers.SampledAmplitudes:
    figures = dict.fromkeys(("minimum", "maximum", "mean", "std", "p50", "p99", "scale", "zeros"), 0.0)
    return file_answers.SampledAmplitudes.model_validate({**_RANGE, **figures, **more})


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (file_answers.ScoreParts, SCORE_PARTS),
        (file_answers.Counts, COUNTS),
        (file_answers.TraceAmplitudes, AMPLITUDES),
        (file_answers.Grid, tuple(each.name for each in fields(Geometry))),
        (file_answers.SampledAmplitudes, tuple(each.name for each in fields(Amplitudes))),
    ],
)
def test_an_answer_has_every_figure_that_is_computed(kind: type[answers.Answer], names: tuple[str, ...]) -> None:
    assert tuple(kind.model_fields) == tuple(names)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_has_no_number_for_is_null(value: float) -> None:
    assert sampled(maximum=value).model_dump(mode="json")["maximum"] is None


def test_figures_have_six_digits_and_coordinates_all_of_theirs() -> None:
    assert sampled(mean=-29721.17578125, std=1 / 3).model_dump()["mean"] == -29721.2
    place = {name: [0, 0] for name in ("inline", "crossline", "cdp", "offset")}
    counts = {
        name: 0
        for name in file_answers.Grid.model_fields
        if name not in place and name not in ("kind", "sorting", "x", "y", "coordinate_misfit", "bin_size")
    }
    grid = file_answers.Grid.model_validate(
        {"kind": "3D", "sorting": "", "coordinate_misfit": None, "bin_size": 12.5, "y": [0.0, 1.0]}
        | {"x": [5_123_456.789, 5_123_457.25]} | place | counts
    )  # fmt: skip

    assert grid.x == [5_123_456.789, 5_123_457.25]


def test_an_answer_with_a_further_field_is_none() -> None:
    with pytest.raises(ValidationError):
        answers.Column.model_validate({"name": "a", "type": "Int64", "more": 1})


def test_a_schema_keeps_a_field_that_is_called_title() -> None:
    schema = schema_of(answers.Passages, "serialization")

    assert "title" in schema["$defs"]["Source"]["properties"]
    assert "title" not in schema and "title" not in schema["$defs"]["Source"]


def _keys(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        return set(schema).union(*(_keys(each) for each in schema.values()))
    return set().union(*(_keys(each) for each in schema)) if isinstance(schema, list) else set()


def test_the_schemas_are_such_that_older_validators_read_them_too(toolbox: Toolbox) -> None:
    for tool in toolbox.tools.values():
        for schema in (tool.schema, tool.answers):
            assert schema is not None and schema["type"] == "object"
            for validator in (jsonschema.Draft7Validator, jsonschema.Draft202012Validator):
                validator.check_schema(schema)
            # Clients validate by the draft of 2019 and before, which had another word for these.
            assert not _keys(schema) & {"prefixItems", "dependentSchemas", "$dynamicRef"}


def test_a_schema_refuses_an_answer_that_lacks_something(toolbox: Toolbox) -> None:
    schema = toolbox.tools["list_files"].answers
    assert schema is not None
    answer = toolbox.call("list_files", {})
    jsonschema.Draft202012Validator(schema).validate(answer)

    del answer["total"]

    with pytest.raises(jsonschema.ValidationError, match="'total' is a required property"):
        jsonschema.Draft202012Validator(schema).validate(answer)
