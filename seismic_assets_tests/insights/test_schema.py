from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.insights.schema import Reading, bronze_statistics, schema_insight
from seismic_assets.insights.schema_findings import schema_findings
from seismic_assets.lake import BRONZE_TRACES
from seismic_assets_tests.insights.saying import assert_sound, text_of

SCHEMA = pl.from_arrow(BRONZE_TRACES.schema.empty_table()).schema


def survey(file_id="north.sgy", inlines=4, crosslines=5, **changed):
    """Traces of a small survey in bronze's columns; `changed` are columns with other values."""
    count = inlines * crosslines
    columns = {
        "file_id": [file_id] * count,
        "trace_index": list(range(count)),
        "inline": [100 + index // crosslines for index in range(count)],
        "crossline": [300 + index % crosslines for index in range(count)],
        "cdp": list(range(1, count + 1)),
        "offset": [0] * count,
        "cdp_x": [400000.0 + 25 * index for index in range(count)],
        "cdp_y": [1e6 + index for index in range(count)],
        "sample_interval_us": [4000] * count,
        "start_ms": [0.0] * count,
        "num_samples": [462] * count,
        "is_dead": [False] * count,
        "has_nan": [False] * count,
        "samples": [b""] * count,
    }
    filled = {name: values if isinstance(values, list) else [values] * count for name, values in changed.items()}
    return pl.DataFrame({**columns, **filled}, schema=SCHEMA)


def found(*surveys):
    return bronze_statistics(pl.concat(surveys).lazy(), 13_500_000)


def insight(*surveys):
    result = schema_insight(found(*surveys), BRONZE_TRACES)
    assert_sound(result)
    return result


def test_a_sound_table_passes_with_its_counts():
    result = insight(survey(), survey("south.sgy"))

    assert (result.name, result.verdict) == ("schema_report", "PASS")
    assert "40 traces of 2 files in 14 columns" in result.summary
    assert result.facts["key_unique"].value == "yes"
    assert (result.facts["inline.low"].value, result.facts["crossline.high"].value) == (100, 304)
    assert "13.5 MB" in text_of(result)


def test_every_column_has_a_meaning_and_those_of_the_definition_go_first():
    told = replace(BRONZE_TRACES, meanings={"cdp": "number of the bin"})
    text = text_of(schema_insight(found(survey()), told))

    assert "number of the bin" in text
    assert "CDP ensemble" not in text
    rows = [line for line in text.splitlines() if line.split("  ")[0].split(" (")[0] in BRONZE_TRACES.schema.names]
    assert len(rows) == len(BRONZE_TRACES.schema.names)


@pytest.mark.parametrize(
    ("changed", "verdict", "said"),
    [
        ({"trace_index": 3}, "FAIL", "The key is not unique"),
        ({"trace_index": [*range(19), 40]}, "WARN", "gaps in trace_index of north.sgy"),
        ({"inline": 0, "crossline": 0}, "WARN", "Inline and crossline are 0 in every trace"),
        ({"inline": 7, "crossline": 7}, "WARN", "the same inline and crossline"),
        ({"inline": 7, "crossline": list(range(20))}, "PASS", "a line rather than a volume"),
        ({"cdp_x": 0.0, "cdp_y": 0.0}, "WARN", "The coordinates are 0 in every trace"),
        ({"cdp_x": [0.0] + [1.0] * 19, "cdp_y": [0.0] * 20}, "WARN", "The coordinates are 0 in some traces"),
        ({"sample_interval_us": [2000] + [4000] * 19}, "FAIL", "The sample interval varies within north.sgy"),
        ({"sample_interval_us": 8000}, "WARN", "outside 0.5 to 4 ms"),
        ({"num_samples": [461] + [462] * 19}, "FAIL", "The number of samples varies within north.sgy"),
        ({"is_dead": [True] * 2 + [False] * 18}, "WARN", "10.0 % of the traces of north.sgy are dead"),
        ({"is_dead": [True] + [False] * 19}, "PASS", "None."),
        ({"has_nan": [True] + [False] * 19}, "WARN", "Samples that are not finite occur in north.sgy"),
        ({"inline": [None] + [100] * 19}, "FAIL", "inline is null in 1 trace"),
        ({"inline": [100] * 10 + [101] * 10}, "PASS", "Places occur more than once in north.sgy"),
        ({"inline": [100] * 20, "offset": list(range(20))}, "WARN", "gathers before stack"),
    ],
)
def test_what_is_suspicious_is_told(changed, verdict, said):
    result = insight(survey(**changed))

    assert result.verdict == verdict
    assert said in " ".join(text_of(result).split())


def test_files_of_different_sampling_are_told_apart():
    result = insight(survey(), survey("fine.sgy", sample_interval_us=2000, num_samples=900))

    assert result.verdict == "WARN"
    assert "2 ms and 4 ms" in text_of(result)
    assert "from 462 to 900 samples" in text_of(result)


def test_columns_that_the_definition_lacks_or_types_differently_are_told():
    other = survey().drop("offset").with_columns(pl.col("cdp").cast(pl.Int64), extra=1)
    told = [each.text for each in schema_findings(bronze_statistics(_with_offset(other)), BRONZE_TRACES)]

    assert any("has extra" in text for text in told)
    assert any("cdp is stored as Int64" in text for text in told)


def _with_offset(frame):
    return frame.with_columns(offset=pl.lit(0, pl.Int32)).lazy()


def test_an_empty_table_has_nothing_to_judge():
    result = insight(survey(inlines=0))

    assert result.verdict == ""
    assert "no traces yet" in result.summary


def test_bytes_of_the_trace_header_are_told_by_how_files_were_read():
    readings = {"a.sgy": Reading("189,193,181,185", "4-byte IBM float"), "b.sgy": Reading("9,13,73,77", "IEEE")}
    text = text_of(schema_insight(found(survey()), BRONZE_TRACES, readings))

    assert "189-192" in text
    assert "9-12" in text
    assert "does not say from which bytes" in text_of(schema_insight(found(survey()), BRONZE_TRACES))


def test_a_reading_of_another_form_is_no_number():
    text = text_of(schema_insight(found(survey()), BRONZE_TRACES, {"a.sgy": Reading("unknown", "")}))

    assert "a.sgy" in text


def test_facts_stay_few_of_many_files():
    insight(*(survey(f"line {number}/x.sgy", 1, 2, cdp_x=0.0, cdp_y=0.0) for number in range(60)))


def test_samples_are_never_read():
    unread = survey().with_columns(samples=pl.lit(b"x")).lazy()
    plan = []
    broken = unread.with_columns(
        pl.col("samples").map_batches(lambda column: plan.append(column) or column, return_dtype=pl.Binary)
    )
    bronze_statistics(broken)

    assert plan == []


@settings(max_examples=25, deadline=None)
@given(
    interval=st.integers(-(2**31), 2**31 - 1),
    places=st.lists(st.integers(-(2**31), 2**31 - 1), min_size=6, max_size=6),
    name=st.text(min_size=1, max_size=30),
)
def test_any_headers_make_a_sound_report(interval, places, name):
    insight(survey(name, 2, 3, sample_interval_us=interval, inline=places, crossline=places[::-1]))
