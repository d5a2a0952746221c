"""A batch prediction as a whole: the same rows from any input, by any number of workers, after any accident."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from deltalake import DeltaTable
from polars.testing import assert_frame_equal

from seismic_assets.attributes import FeatureSet
from seismic_assets.inference import (
    BatchOptions,
    BatchResult,
    Output,
    OutputError,
    Predictor,
    ReadOptions,
    batch_inputs,
    batch_parts,
    batch_segy,
    batch_table_parts,
    predict_file,
    run_batch,
)
from seismic_assets.inference.rollup import roll_up
from seismic_assets.registry import Bundle
from seismic_assets_tests.inference.building import CLASSES, INTERVAL_US, build_bundle, make_traces
from seismic_assets_tests.inference.test_batch import segy_of
from seismic_assets_tests.inference.traces_tables import table_of

Predict = Callable[..., BatchResult]
PROBABILITIES = [f"prob_{name}" for name in CLASSES]


def predict(bundle: Bundle, out: Path, *inputs: Path, **given: object) -> BatchResult:
    per, workers = given.get("per", "window"), given.get("workers", 2)
    read = ReadOptions(**{name: given[name] for name in ("samples", "resample") if name in given})
    progress = given.get("progress")
    return run_batch(bundle, "7", inputs, Output.of(out), BatchOptions(read, per, workers), progress)


def of_file(predictor: Predictor, path: Path) -> pl.DataFrame:
    return pl.concat(predict_file(predictor, path))


@pytest.fixture
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units of 20 traces in blocks of 10, so that a small file has several."""
    for module in (batch_inputs, batch_segy, batch_table_parts):
        monkeypatch.setattr(module, "BLOCK", 10)
    for module in (batch_inputs, batch_table_parts):
        monkeypatch.setattr(module, "UNIT_BLOCKS", 2)
    monkeypatch.setattr(batch_inputs.unit_ranges, "__defaults__", (2,))


def test_a_file_gives_the_rows_that_it_gives_in_one_piece(bundle: Bundle, predictor: Predictor, tmp_path: Path) -> None:
    path = segy_of(tmp_path / "a.sgy", make_traces(50))

    result = predict(bundle, tmp_path / "out.parquet", path)

    assert_frame_equal(pl.read_parquet(tmp_path / "out.parquet"), of_file(predictor, path), check_exact=True)
    assert [(each.name, each.traces, each.rows) for each in result.inputs] == [("a.sgy", 50, 250)]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.sgy", "out.parquet"]


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("kind", ["segy", "parquet", "delta"])
def test_the_number_of_workers_changes_no_byte(bundle: Bundle, tmp_path: Path, kind: str) -> None:
    path = table_of(tmp_path / "in", make_traces(90), kind)

    for workers in (1, 2, 5):
        predict(bundle, tmp_path / f"{workers}.parquet", path, workers=workers)

    assert len({(tmp_path / f"{workers}.parquet").read_bytes() for workers in (1, 2, 5)}) == 1


@pytest.mark.usefixtures("small_units")
def test_several_inputs_of_all_kinds_go_into_one_table_that_names_them(
    bundle: Bundle, predictor: Predictor, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    traces = {name: make_traces(35, seed=seed) for seed, name in enumerate(("a.sgy", "b.sgy", "c.parquet", "d"))}
    for name in ("a.sgy", "b.sgy"):
        segy_of(tmp_path / "folder" / name, traces[name])
    table = table_of(tmp_path / "c", traces["c.parquet"], "parquet", start_ms=40.0)
    delta = table_of(tmp_path / "d", traces["d"], "delta", start_ms=40.0)

    predict(bundle, tmp_path / "out.parquet", tmp_path / "folder", table, delta)

    rows = pl.read_parquet(tmp_path / "out.parquet")
    assert rows["file_id"].unique(maintain_order=True).to_list() == ["a.sgy", "b.sgy", "c.parquet", "d.delta"]
    for name, each in zip(rows["file_id"].unique(maintain_order=True), traces.values(), strict=True):
        alone = of_file(predictor, segy_of(tmp_path / "one.sgy", each))
        # A Delta table has no order of its own.
        mine = (
            rows.filter(file_id=name)
            .sort("trace_index", "window_index")
            .select(*PROBABILITIES, "start_ms", "trace_index", "window_index")
        )
        assert_frame_equal(mine, alone.select(mine.columns), abs_tol=1e-6)


def test_a_folder_as_output_has_a_parquet_file_for_each_input(
    bundle: Bundle, predictor: Predictor, tmp_path: Path
) -> None:
    paths = [segy_of(tmp_path / name, make_traces(5, seed=seed)) for seed, name in enumerate(("a.sgy", "b.sgy"))]

    predict(bundle, tmp_path / "out", *paths)

    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["a.sgy.parquet", "b.sgy.parquet"]
    for path in paths:
        rows = pl.read_parquet(tmp_path / "out" / f"{path.name}.parquet")
        assert_frame_equal(rows, of_file(predictor, path), abs_tol=1e-6)


def test_csv_holds_the_rows_of_parquet_and_nothing_where_there_is_no_answer(bundle: Bundle, tmp_path: Path) -> None:
    traces = make_traces(6)
    traces[2] = 0
    path = segy_of(tmp_path / "a.sgy", traces)

    predict(bundle, tmp_path / "out.csv", path)
    predict(bundle, tmp_path / "out.parquet", path)

    expected = pl.read_parquet(tmp_path / "out.parquet")
    rows = pl.read_csv(tmp_path / "out.csv", schema=expected.schema)
    assert_frame_equal(rows, expected, abs_tol=1e-6)
    assert rows.filter(trace_index=2)["predicted_class_name"].null_count() == 5


def test_a_delta_table_is_replaced_in_one_commit(bundle: Bundle, tmp_path: Path) -> None:
    path = segy_of(tmp_path / "a.sgy", make_traces(6))
    for _ in range(2):
        predict(bundle, tmp_path / "out.delta", path)
    predict(bundle, tmp_path / "out.parquet", path)

    assert DeltaTable(str(tmp_path / "out.delta")).version() == 1
    assert_frame_equal(pl.read_delta(str(tmp_path / "out.delta")), pl.read_parquet(tmp_path / "out.parquet"))


def test_a_delta_table_of_something_else_is_not_written_over(bundle: Bundle, tmp_path: Path) -> None:
    path = table_of(tmp_path / "traces", make_traces(6), "delta")

    with pytest.raises(OutputError, match="holds no predictions"):
        predict(bundle, path, segy_of(tmp_path / "a.sgy", make_traces(3)))


def test_per_trace_adds_the_roll_up_to_the_columns_of_the_input(
    bundle: Bundle, predictor: Predictor, tmp_path: Path
) -> None:
    traces = make_traces(8)
    traces[3] = 0
    more = {"well": ["x", "y", None, "z"] * 2, "confidence": ["of something else"] * 8}
    path = table_of(tmp_path / "in", traces, "parquet", more=more)

    predict(bundle, tmp_path / "out.parquet", path, per="trace")

    rows = pl.read_parquet(tmp_path / "out.parquet")
    summary = roll_up(predictor.predict(traces, INTERVAL_US).probabilities)
    assert rows["well"].to_list() == more["well"]
    assert "samples" not in rows.columns
    assert rows["predicted_class"].to_list() == [None if each < 0 else each for each in summary.classes]
    np.testing.assert_allclose(rows.select(PROBABILITIES).to_numpy(), summary.probabilities, atol=1e-6)
    np.testing.assert_allclose(rows["confidence"].to_numpy(), summary.confidence, atol=1e-6)


@pytest.mark.parametrize("kind", ["segy", "parquet", "delta"])
def test_samples_are_kept_when_asked_for(bundle: Bundle, tmp_path: Path, kind: str) -> None:
    traces = make_traces(8)
    path = table_of(tmp_path / "in", traces, kind)

    predict(bundle, tmp_path / "out.parquet", path, per="trace", samples=True)

    kept = pl.read_parquet(tmp_path / "out.parquet").sort("trace_index")["samples"]
    np.testing.assert_array_equal(np.frombuffer(b"".join(kept), "<f4").reshape(8, -1), traces)


def test_per_trace_keeps_the_headers_of_a_segy_file(bundle: Bundle, tmp_path: Path) -> None:
    predict(bundle, tmp_path / "out.parquet", segy_of(tmp_path / "a.sgy", make_traces(8)), per="trace")

    rows = pl.read_parquet(tmp_path / "out.parquet")
    assert rows.height == 8
    assert rows["cdp_x"].to_list() == [25.0 * each for each in range(8)]
    assert rows["num_samples"].unique().to_list() == [100]


def test_a_bad_input_leaves_the_others_whole_and_is_named(bundle: Bundle, predictor: Predictor, tmp_path: Path) -> None:
    good = segy_of(tmp_path / "good.sgy", make_traces(6))
    text, other = tmp_path / "text.sgy", segy_of(tmp_path / "fine.sgy", make_traces(3), 2000)
    text.write_text("no seismic at all")

    result = predict(bundle, tmp_path / "out.parquet", text, good, other, tmp_path / "none.sgy")

    assert [each.path.name for each in result.inputs] == ["good.sgy"]
    assert {each.path.name for each in result.refused} == {"text.sgy", "fine.sgy", "none.sgy"}
    assert all(each.path.name in each.reason for each in result.refused)
    rows = pl.read_parquet(tmp_path / "out.parquet")
    assert_frame_equal(rows.drop("file_id"), of_file(predictor, good), abs_tol=1e-6)


@pytest.mark.usefixtures("small_units")
def test_an_input_that_fails_half_way_has_no_row_in_the_output(bundle: Bundle, tmp_path: Path) -> None:
    good, bad = make_traces(30), make_traces(50).tolist()
    bad[45] = []
    inputs = [table_of(tmp_path / "good", good, "parquet"), tmp_path / "bad.parquet"]
    pl.DataFrame({"samples": bad}).write_parquet(inputs[1])

    result = predict(bundle, tmp_path / "out.parquet", *inputs)

    assert "row 45" in result.refused[0].reason
    assert pl.read_parquet(tmp_path / "out.parquet")["file_id"].unique().to_list() == ["good.parquet"]


def test_without_a_good_input_nothing_is_written_and_what_was_there_stays(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "out.parquet").write_bytes(b"before")

    result = predict(bundle, tmp_path / "out.parquet", tmp_path / "none.sgy")

    assert (len(result.inputs), len(result.refused)) == (0, 1)
    assert [each.name for each in tmp_path.iterdir()] == ["out.parquet"]
    assert (tmp_path / "out.parquet").read_bytes() == b"before"


class StoppedError(Exception):
    """In the place of a killed process."""


def interrupted(bundle: Bundle, out: Path, path: Path, after: int) -> None:
    """A run that ends once so many traces are done."""

    def stop(done: int, total: int) -> None:
        if done >= after:
            raise StoppedError

    with pytest.raises(StoppedError):
        predict(bundle, out, path, workers=1, progress=stop)


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize(("kind", "left"), [("segy", 40), ("parquet", 45), ("delta", 45)])
def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(
    bundle: Bundle, tmp_path: Path, kind: str, left: int
) -> None:
    path = table_of(tmp_path / "in", make_traces(90), kind)
    predict(bundle, tmp_path / "whole.parquet", path)

    interrupted(bundle, tmp_path / "out.parquet", path, 50)
    assert not (tmp_path / "out.parquet").exists()
    result = predict(bundle, tmp_path / "out.parquet", path)

    assert result.resumed_traces == left
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not list(tmp_path.glob(".*.parts"))


@pytest.mark.usefixtures("small_units")
def test_parts_of_another_model_are_dropped_and_told_of(
    bundle: Bundle, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = segy_of(tmp_path / "a.sgy", make_traces(90))
    other = build_bundle(tmp_path_factory.mktemp("other"), family="logistic_regression")
    interrupted(bundle, tmp_path / "out.parquet", path, 50)

    result = predict(other, tmp_path / "out.parquet", path)

    assert result.resumed_traces == 0
    assert result.dropped == "2 parts of an earlier run are dropped: they are of another model"
    predict(other, tmp_path / "whole.parquet", path)
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


@pytest.mark.usefixtures("small_units")
def test_parts_of_an_input_that_changed_are_dropped_and_told_of(bundle: Bundle, tmp_path: Path) -> None:
    path = segy_of(tmp_path / "a.sgy", make_traces(90))
    interrupted(bundle, tmp_path / "out.parquet", path, 50)
    segy_of(path, make_traces(90, seed=5))

    result = predict(bundle, tmp_path / "out.parquet", path)

    assert result.resumed_traces == 0
    assert "have changed" in result.dropped


@pytest.mark.usefixtures("small_units")
def test_a_cut_part_is_made_again(bundle: Bundle, tmp_path: Path) -> None:
    path = segy_of(tmp_path / "a.sgy", make_traces(90))
    predict(bundle, tmp_path / "whole.parquet", path)
    interrupted(bundle, tmp_path / "out.parquet", path, 50)
    part = sorted((tmp_path / ".out.parquet.parts").glob("*.arrow"))[0]
    part.write_bytes(part.read_bytes()[:-100])

    result = predict(bundle, tmp_path / "out.parquet", path)

    assert result.resumed_traces == 20
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


@pytest.mark.usefixtures("small_units")
def test_the_manifest_says_what_the_parts_are_of(bundle: Bundle, tmp_path: Path) -> None:
    interrupted(bundle, tmp_path / "out.parquet", segy_of(tmp_path / "a.sgy", make_traces(90)), 50)

    manifest = json.loads((tmp_path / ".out.parquet.parts/manifest.json").read_text())

    assert manifest["version"] == "7"
    assert manifest["model"][0] == bundle.content_digest()
    assert list(manifest["inputs"]) == [str(tmp_path / "a.sgy")]


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("kind", ["segy", "parquet", "delta"])
def test_a_model_that_needs_neighbours_and_scale_gives_the_same_by_any_number_of_workers(
    tmp_path: Path, kind: str
) -> None:
    bundle = build_bundle(tmp_path / "bundle", feature_set=FeatureSet("lateral", time=True), normalise="robust")
    path, segy = (table_of(tmp_path / "in", make_traces(90, seed=8), each) for each in (kind, "segy"))

    for workers in (1, 4):
        predict(bundle, tmp_path / f"{workers}.parquet", path, workers=workers)

    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "4.parquet").read_bytes()
    rows = pl.read_parquet(tmp_path / "1.parquet").sort("trace_index", "window_index")
    assert_frame_equal(rows, of_file(Predictor(bundle), segy), abs_tol=1e-6)


def test_two_runs_do_not_write_the_same_output(bundle: Bundle, tmp_path: Path) -> None:
    path = segy_of(tmp_path / "a.sgy", make_traces(3))

    with batch_parts.PartFolder(tmp_path / "out.parquet").held(), pytest.raises(OutputError, match="another run"):
        predict(bundle, tmp_path / "out.parquet", path)


def test_progress_ends_at_all_traces(bundle: Bundle, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    paths = [segy_of(tmp_path / f"{seed}.sgy", make_traces(1500, 40, seed)) for seed in (1, 2)]

    predict(bundle, tmp_path / "out.parquet", *paths, progress=lambda *each: seen.append(each))

    assert seen == sorted(seen)
    assert seen[-1] == (3000, 3000)


def test_the_same_input_by_two_names_is_predicted_once(bundle: Bundle, tmp_path: Path) -> None:
    path = segy_of(tmp_path / "a.sgy", make_traces(3))

    assert len(predict(bundle, tmp_path.parent / "out.parquet", path, tmp_path).inputs) == 1


@pytest.mark.parametrize(
    ("out", "sentence"),
    [("out.txt", "suffix .txt"), ("nowhere/out.parquet", "does not exist"), ("a.sgy", "suffix .sgy")],
)
def test_an_output_that_cannot_be_is_refused(tmp_path: Path, out: str, sentence: str) -> None:
    segy_of(tmp_path / "a.sgy", make_traces(1))

    with pytest.raises(OutputError, match=sentence):
        Output.of(tmp_path / out)
