"""From SEG-Y files through the tables to the agents."""

from pathlib import Path

import numpy as np
import pytest

from seismic_assets.frames import IngestOptions, ingest_files
from seismic_assets.insights.quality import QualityReport, gather_quality, gathering, quality_report
from seismic_assets.lake import BRONZE_TRACES, DATASET_SPLIT, SEGY_CATALOGUE, TRACE_LABELS, TRACE_QUALITY, Lake
from seismic_assets.segy import take_stock
from seismic_assets_tests.frames.building import FILE, write_file
from seismic_assets_tests.insights.quality.building import by_name, codes, frame
from seismic_assets_tests.segy.building import write_cube


def ingested(folder: Path, root: Path) -> Lake:
    """Every SEG-Y file of a folder, as the pipeline takes it in."""
    stock, lake = take_stock(folder, resample=True), Lake(root / "lake")
    lake.replace(SEGY_CATALOGUE, frame(SEGY_CATALOGUE, [each.as_dict() for each in stock.entries]))
    list(ingest_files(lake, {each.file_id: folder / each.relative for each in stock.admitted}, IngestOptions()))
    return lake


def judged(folder: Path, root: Path) -> QualityReport:
    return quality_report(gather_quality(ingested(folder, root)))


def found(report: QualityReport) -> dict[str, tuple[str, ...]]:
    """Files by code of finding."""
    return {each.code: each.files for result in report.results[:2] for each in result.findings}


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


def test_an_empty_lake_is_no_file(tmp_path: Path) -> None:
    report = quality_report(gather_quality(Lake(tmp_path / "lake")))

    assert (report.verdict, codes(report.results[0])) == ("WARN", {"no_files": "warn", "no_labels": "info"})
    assert report.validation["total_files"] == 0


def test_dead_and_broken_traces_of_a_file_are_found(landing: Path, tmp_path: Path) -> None:
    write_file(landing / FILE)

    report = judged(landing, tmp_path)

    # Of 25 traces three are dead, three broken and one would be both; six in all.
    assert report.results[0].facts["lost_share"].value == pytest.approx(6 / 25)
    assert found(report)["lost_traces"] == (FILE,)
    assert report.validation["missing_trace_data"] == 6


def test_clipped_and_truncated_files_are_told_apart(landing: Path, tmp_path: Path) -> None:
    loud = np.random.default_rng(0).normal(size=(30, 200)).cumsum(axis=1) * 2000
    write_cube(landing / "clipped.sgy", traces=np.clip(loud, -500, 500).astype(np.float32))
    whole = write_cube(landing / "whole.sgy", traces=(loud - loud.mean(axis=1, keepdims=True)).astype(np.float32))
    (landing / "cut.sgy").write_bytes(whole.read_bytes()[:-777])

    report = judged(landing, tmp_path)

    assert found(report)["clipped_traces"] == ("clipped.sgy",)
    assert found(report)["refused"] == ("cut.sgy",)
    assert "whole.sgy" not in found(report).get("clipped_traces", ())


def test_samples_are_never_read_and_groups_of_files_agree(landing: Path, tmp_path: Path, monkeypatch) -> None:
    for number in range(3):
        write_cube(landing / f"{number}.sgy", inlines=4 + number)
    lake = ingested(landing, tmp_path)
    at_once = gather_quality(lake).positions
    monkeypatch.setattr(gathering, "_TRACES_AT_A_TIME", 1)

    assert gather_quality(lake).positions.equals(at_once)
    assert "samples" not in gathering.HEADER_COLUMNS
    assert at_once["positions"].to_list() == [24, 30, 36]


def test_labels_and_split_are_counted(landing: Path, tmp_path: Path) -> None:
    write_cube(landing / "a.sgy")
    lake = ingested(landing, tmp_path)
    names = ["sand", "sand", "salt"]
    rows = [
        {"file_id": "a.sgy", "trace_index": n, "class": len(name) % 2, "class_name": name}
        for n, name in enumerate(names)
    ]
    lake.replace_file(TRACE_LABELS, "a.sgy", frame(TRACE_LABELS, rows).drop("file_id"))
    split = [{**row, "fold": "train", "block": "0"} for row in rows]
    lake.replace(
        DATASET_SPLIT, frame(DATASET_SPLIT, [{k: v for k, v in row.items() if k != "class_name"} for row in split])
    )

    inputs = gather_quality(lake)

    assert dict(inputs.classes.select("class_name", "windows").iter_rows()) == {"sand": 2, "salt": 1}
    assert inputs.folds["windows"].sum() == 3


@pytest.mark.parametrize("table", [TRACE_QUALITY, BRONZE_TRACES])
def test_a_table_whose_parts_are_gone_fails_the_agents_that_need_it(landing: Path, tmp_path: Path, table) -> None:
    write_cube(landing / "a.sgy")
    lake = ingested(landing, tmp_path)
    for part in lake.path(table).rglob("*.parquet"):
        part.unlink()

    results = by_name(gather_quality(lake))

    assert table.name in results["statistics"].failed
    assert "domain" in results
    assert results["actions"].failed == ""


@pytest.mark.real_data
def test_real_files_are_described_in_the_right_words(real_data: Path, tmp_path: Path) -> None:
    report = judged(real_data / "segy" / "real", tmp_path)

    named = found(report)
    line = next(file for file in report.insight.facts.to_dict() if "31_81" in file).removeprefix("score.")
    assert named["one_place"] == (line,)  # the line has CDP numbers, and one pair of coordinates for all
    assert report.verdict == "WARN"
    assert "amplitude_outlier" not in named
    assert "lost_traces" not in named
    assert report.results[1].facts["spacing"].value == pytest.approx(25, abs=0.1)


@pytest.mark.real_data
def test_malformed_files_are_refused_or_doubted(real_data: Path, tmp_path: Path) -> None:
    report = judged(real_data / "segy" / "malformed", tmp_path)

    named = found(report)
    assert set(named["refused"]) == {"broken.sgy", "text.sgy"}
    assert named["no_live_trace"] == ("interval-neg-bin-pos-trace.sgy",)
    assert named["record_long"] == ("long.sgy",)
    assert report.validation["total_files"] == 2
