"""SEG-Y files into bronze and the quality table: whatever the threads, segments and faults of single files."""

import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from seismic_assets.frames import FileIngest, IngestOptions, ingest_files
from seismic_assets.lake import BRONZE_TRACES, TRACE_QUALITY, Lake, to_array
from seismic_assets.quality import SAMPLE_COUNTS, QualityFigures, score_of, score_parts
from seismic_assets.segy import ChangedSegyError, HeaderMap, SegyReader, inspect_file, open_segy, resample_traces
from seismic_assets_tests.frames.building import (
    BROKEN,
    COUNT,
    DEAD,
    FILE,
    INTERVAL_US,
    SAMPLES,
    cut_files_into,
    traces,
    write_file,
)
from seismic_assets_tests.segy.building import patch, write_cube, write_line

SEGMENTS = [(1000, 1000), (9, 4), (1, 1)]


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def ingest(lake, files, **options):
    return dict(ingest_files(lake, files, IngestOptions(**options)))


def samples_of(lake, file_id=FILE):
    return to_array(lake.read(BRONZE_TRACES, [file_id])["samples"])


def many_files(folder, count=12):
    """Files of differing shape and format, by their ids."""
    folder.mkdir(exist_ok=True)
    write = {
        f"f{number}.sgy": partial(
            write_line, count=3 + 5 * number, num_samples=20 + number, sample_format=("ibm", "ieee")[number % 2]
        )
        for number in range(count)
    }
    return {file_id: each(folder / file_id) for file_id, each in write.items()}


def parts_in(lake, table=BRONZE_TRACES):
    return set(lake.path(table).rglob("*.parquet"))


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize(("segment", "block"), SEGMENTS)
def test_rows_are_the_traces_of_the_files_to_the_last_bit(lake, tmp_path, monkeypatch, workers, segment, block):
    cut_files_into(monkeypatch, segment=segment, block=block, num_samples=20)
    files = many_files(tmp_path / "landing") | {FILE: write_file(tmp_path / FILE)}
    ingest(lake, files, workers=workers)
    for file_id, path in files.items():
        with open_segy(path) as reader:
            rows = lake.read(BRONZE_TRACES, [file_id])
            assert to_array(rows["samples"]).tobytes() == reader.traces().tobytes()
            assert rows["trace_index"].to_list() == list(range(reader.num_traces))
            for name in ("inline", "crossline", "cdp", "offset", "cdp_x", "cdp_y", "start_ms"):
                assert rows[name].to_list() == getattr(reader.headers(), name).tolist()


@pytest.mark.parametrize(("segment", "block"), SEGMENTS)
def test_dead_and_broken_traces_are_marked_whatever_the_segments(lake, tmp_path, monkeypatch, segment, block):
    cut_files_into(monkeypatch, segment=segment, block=block)
    ingest(lake, {FILE: write_file(tmp_path / FILE)}, workers=2)
    rows = lake.read(BRONZE_TRACES)
    assert rows.filter("is_dead")["trace_index"].to_list() == sorted(set(DEAD) - set(BROKEN))
    assert rows.filter("has_nan")["trace_index"].to_list() == sorted(BROKEN)


def test_a_file_of_several_segments_is_as_many_parts_that_follow_each_other(lake, tmp_path, monkeypatch):
    cut_files_into(monkeypatch, segment=9, block=4)
    ingest(lake, {FILE: write_file(tmp_path / FILE)}, workers=3)
    assert [segment.rows for segment in lake.segments(BRONZE_TRACES, [FILE])] == [8, 8, 8, 1]


def noisy_file(path):
    """A cube with a fault of each kind, 30 traces."""
    amplitudes = np.random.default_rng(5).normal(size=(30, 200)).astype(np.float32) * 100
    amplitudes[3] = 0
    amplitudes[4] = 12.5
    amplitudes[5, 7], amplitudes[6, 9] = np.nan, np.inf
    amplitudes[7, 20:24] = 5000
    amplitudes[8, 50] = -90_000
    amplitudes[25] = amplitudes[2]
    places = {"inline": np.repeat(np.arange(1, 6), 6), "crossline": np.tile(np.arange(1, 7), 5)}
    places["crossline"][29] = 5  # the position of trace 28
    return write_line(path, amplitudes, **places, sample_format="ieee")


@pytest.mark.parametrize("workers", [1, 3])
def test_the_quality_row_is_the_figures_of_the_whole_file(lake, tmp_path, workers):
    path = noisy_file(tmp_path / FILE)
    row = ingest(lake, {FILE: path}, workers=workers)[FILE]
    figures = QualityFigures()
    with open_segy(path) as reader:
        figures.add(reader.traces())
    assert {name: row[name] for name in SAMPLE_COUNTS} == figures.counts()
    assert (row["dead_traces"], row["constant_traces"], row["nan_traces"], row["infinite_traces"]) == (2, 1, 2, 1)
    assert (row["clipped_traces"], row["spiked_traces"], row["duplicate_traces"]) == (1, 1, 1)
    assert {name: row[name] for name in figures.amplitudes()} == pytest.approx(figures.amplitudes(), rel=1e-12)
    assert (row["status"], row["traces"], row["traces_declared"], row["num_samples"]) == ("read", 30, 30, 200)
    assert (row["repeated_positions"], row["missing_positions"], row["traces_without_position"]) == (1, 1, 0)
    parts = score_parts(row, 0)
    assert {name: row[f"score_{name}"] for name in parts} == parts
    assert row["score"] == score_of(parts)


@pytest.mark.parametrize("segment", [10, 3, 1])
def test_the_quality_row_does_not_depend_on_the_segments(tmp_path, monkeypatch, segment):
    path = noisy_file(tmp_path / FILE)
    whole = ingest(Lake(tmp_path / "whole"), {FILE: path})[FILE]
    cut_files_into(monkeypatch, segment=segment, block=min(segment, 4), num_samples=200)
    cut = ingest(Lake(tmp_path / "cut"), {FILE: path}, workers=3)[FILE]
    amplitudes = ("mean_amplitude", "std_amplitude")
    assert {name: cut[name] for name in amplitudes} == pytest.approx({name: whole[name] for name in amplitudes})
    exact = cut.keys() - set(amplitudes)
    assert {name: cut[name] for name in exact} == {name: whole[name] for name in exact}


def test_the_quality_table_holds_the_rows_that_are_given_back(lake, tmp_path):
    files = many_files(tmp_path / "landing", 4) | {"bad.sgy": tmp_path / "missing.sgy"}
    rows = ingest(lake, files)
    stored = lake.read(TRACE_QUALITY)
    assert stored["file_id"].to_list() == sorted(files)
    for row in stored.iter_rows(named=True):
        known = rows[row.pop("file_id")]
        assert row == dict.fromkeys(row) | known


def test_the_amplitude_scale_is_that_of_an_inspection(lake, tmp_path):
    path = noisy_file(tmp_path / FILE)
    row = ingest(lake, {FILE: path})[FILE]
    assert row["amplitude_scale"] == pytest.approx(inspect_file(path).amplitudes.scale)


def test_the_spike_ratio_is_used(lake, tmp_path):
    path = noisy_file(tmp_path / FILE)
    assert ingest(lake, {FILE: path}, spike_ratio=13.9)[FILE]["spiked_traces"] == 1
    assert ingest(lake, {FILE: path}, spike_ratio=14.2)[FILE]["spiked_traces"] == 0  # sqrt(200) is the most there is


def test_what_the_headers_contradict_is_noted_and_lowers_the_score(lake, tmp_path):
    path = patch(write_cube(tmp_path / FILE), 3600 + 250 + 115, b"\x00\x63")  # within the samples of the first trace
    patch(path, 3600 + 280 + 117, (2000).to_bytes(2, "big"))
    row = ingest(lake, {FILE: path})[FILE]
    assert "1 of 30 traces declare another sample interval than 4000 us" in row["notes"]
    assert row["score_headers"] == pytest.approx(0.95)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_bad_file_fails_alone_with_its_reason(lake, tmp_path, workers):
    files = many_files(tmp_path / "landing", 5)
    (tmp_path / "text.sgy").write_text("not SEG-Y at all")
    bad = {"text.sgy": tmp_path / "text.sgy", "missing.sgy": tmp_path / "missing.sgy", "gone.sgy": None}
    rows = ingest(lake, {"a.sgy": files["f0.sgy"]} | bad | files, workers=workers)
    assert {file_id for file_id, row in rows.items() if row["status"] == "failed"} == set(bad)
    assert "is not SEG-Y" in rows["text.sgy"]["reason"]
    assert rows["missing.sgy"]["reason"] == "does not exist; check the path"
    assert rows["gone.sgy"]["reason"] == "is no longer in the landing folder; copy it there again"
    assert lake.file_ids(BRONZE_TRACES) == sorted({"a.sgy"} | files.keys())
    assert lake.read(TRACE_QUALITY, list(bad))["traces"].to_list() == [0, 0, 0]


def test_the_rows_of_a_file_that_became_bad_are_gone(lake, tmp_path):
    files = many_files(tmp_path / "landing", 3)
    ingest(lake, files)
    files["f1.sgy"].write_text("overwritten")
    assert ingest(lake, files)["f1.sgy"]["status"] == "failed"
    assert lake.file_ids(BRONZE_TRACES) == ["f0.sgy", "f2.sgy"]
    assert lake.read(TRACE_QUALITY)["status"].to_list() == ["read", "failed", "read"]


def append_to(path):
    with path.open("ab") as stream:
        stream.write(b"more")


def overwrite(path):
    with path.open("r+b") as stream:
        stream.seek(5000)
        stream.write(b"other")
    later = path.stat().st_mtime_ns + 10**9  # a clock may be coarser than this test is fast
    os.utime(path, ns=(later, later))


def replace(path):
    shutil.copy(path, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (append_to, "changed while it was read"),
        (overwrite, "changed while it was read"),
        (replace, "changed while it was read"),
        (lambda path: os.truncate(path, 4000), "while it was read"),  # shorter or changed, as another thread sees it
        (Path.unlink, "does not exist"),
    ],
)
def test_a_file_that_changes_while_it_is_read_has_no_rows_but_its_reason(
    lake, tmp_path, monkeypatch, change, reason, workers
):
    cut_files_into(monkeypatch, segment=8, block=4)
    files = {**many_files(tmp_path / "landing", 3), FILE: write_file(tmp_path / FILE)}
    ingest(lake, files)
    before = parts_in(lake)
    read = SegyReader.read

    def read_and_change(self, start, stop, out=None):
        if self.path == files[FILE] and start == 12:
            change(self.path)
        return read(self, start, stop, out)

    monkeypatch.setattr(SegyReader, "read", read_and_change)
    row = ingest(lake, files, workers=workers)[FILE]
    assert (row["status"], row["traces"]) == ("failed", 0)
    assert reason in row["reason"]
    assert lake.file_ids(BRONZE_TRACES) == ["f0.sgy", "f1.sgy", "f2.sgy"]
    assert not any(FILE in str(part) for part in parts_in(lake) - before)
    stored = lake.read(TRACE_QUALITY, [FILE]).row(0, named=True)
    assert (stored["status"], stored["reason"], stored["score"]) == ("failed", row["reason"], None)


def test_a_change_that_shows_after_the_last_segment_alone_undoes_all_of_them(lake, tmp_path, monkeypatch):
    cut_files_into(monkeypatch, segment=8, block=8)
    checks = iter([None, None, None, ChangedSegyError("line.sgy", "changed while it was read")])

    def check(self):
        if (error := next(checks)) is not None:
            raise error

    monkeypatch.setattr(SegyReader, "check_unchanged", check)
    row = ingest(lake, {FILE: write_file(tmp_path / FILE)})[FILE]
    assert (row["status"], row["reason"]) == ("failed", "changed while it was read")
    assert lake.row_counts(BRONZE_TRACES) == {}
    assert parts_in(lake) == set()


def test_figures_are_taken_with_the_last_trace_whatever_becomes_of_the_file_after_it(tmp_path):
    path = write_line(tmp_path / FILE, count=50, num_samples=101)
    with open_segy(path) as reader:
        prepared = FileIngest(reader, FILE, 4000)
        for task in prepared.tasks():
            list(task.blocks())
        os.truncate(path, path.stat().st_size - 333)
        row = prepared.quality()
    assert (row["status"], row["traces"]) == ("read", 50)


def test_a_file_of_traces_of_different_lengths_fails_and_leaves_no_rows(lake, tmp_path):
    content = write_line(tmp_path / "alike.sgy", count=3, num_samples=10).read_bytes()
    records = []
    for number, samples in enumerate((10, 5, 15)):  # as many bytes as three of ten
        header = bytearray(content[3600 + 280 * number :][:240])
        header[114:116] = samples.to_bytes(2, "big")
        records.append(bytes(header) + bytes(4 * samples))
    (tmp_path / FILE).write_bytes(content[:3600] + b"".join(records))
    files = {"alike.sgy": tmp_path / "alike.sgy", FILE: tmp_path / FILE}
    row = ingest(lake, files)[FILE]
    assert row["status"] == "failed"
    assert "traces of different lengths (5 to 15 samples)" in row["reason"]
    assert lake.row_counts(BRONZE_TRACES) == {"alike.sgy": 3}


@pytest.mark.parametrize(("wanted", "num_samples"), [(1000, 200), (4000, 50), (3000, 67), (2000, 100)])
def test_traces_of_another_interval_are_resampled_to_the_survey_s(lake, tmp_path, wanted, num_samples):
    row = ingest(lake, {FILE: write_file(tmp_path / FILE)}, interval_us=wanted)[FILE]
    frame = lake.read(BRONZE_TRACES)
    expected = resample_traces(traces(), INTERVAL_US, wanted)
    assert expected.shape == (COUNT, num_samples)
    # Where the file's own interval is wanted, its bits are kept, those of broken traces too.
    np.testing.assert_array_equal(samples_of(lake), expected)
    assert frame.select("num_samples", "sample_interval_us", "start_ms").unique().rows() == [(num_samples, wanted, 40)]
    assert frame.filter("has_nan")["trace_index"].to_list() == sorted(BROKEN)
    assert frame.filter("is_dead")["trace_index"].to_list() == sorted(set(DEAD) - set(BROKEN))
    stated = (row["num_samples"], row["sample_interval_us"], row["source_interval_us"])
    assert stated == (num_samples, wanted, INTERVAL_US)


def test_figures_are_those_of_the_file_and_not_of_what_was_resampled(tmp_path):
    path = noisy_file(tmp_path / FILE)
    as_it_is = ingest(Lake(tmp_path / "as_it_is"), {FILE: path})[FILE]
    resampled = ingest(Lake(tmp_path / "resampled"), {FILE: path}, interval_us=8000)[FILE]
    changed = {name for name in as_it_is if as_it_is[name] != resampled[name]}
    assert changed == {"num_samples", "sample_interval_us"}


def test_positions_are_taken_from_the_bytes_of_the_mapping(lake, tmp_path):
    path = write_cube(tmp_path / FILE)
    swapped = HeaderMap(inline=193, crossline=189, cdp_x=185, cdp_y=181)
    ingest(lake, {"standard.sgy": path})
    ingest(lake, {"swapped.sgy": path}, mapping=swapped)
    names = ["inline", "crossline", "cdp_x", "cdp_y"]
    standard, other = (lake.read(BRONZE_TRACES, [file_id], names) for file_id in ("standard.sgy", "swapped.sgy"))
    assert other.select("crossline", "inline", "cdp_y", "cdp_x").rows() == standard.rows()
    assert standard["inline"].n_unique() > 1


def test_many_small_files_are_one_commit_of_each_table(lake, tmp_path):
    ingest(lake, many_files(tmp_path / "landing", 2))
    before = [lake.version(table) for table in (BRONZE_TRACES, TRACE_QUALITY)]
    ingest(lake, many_files(tmp_path / "landing", 30), workers=2)
    assert [lake.version(table) for table in (BRONZE_TRACES, TRACE_QUALITY)] == [version + 1 for version in before]
    assert len(lake.file_ids(BRONZE_TRACES)) == 30


def test_a_file_that_is_taken_in_again_replaces_its_rows_and_no_others(lake, tmp_path):
    files = many_files(tmp_path / "landing", 3)
    ingest(lake, files)
    others = lake.read(BRONZE_TRACES, ["f0.sgy", "f2.sgy"])
    write_line(files["f1.sgy"], count=4, num_samples=SAMPLES)
    ingest(lake, {"f1.sgy": files["f1.sgy"]})
    assert lake.row_counts(BRONZE_TRACES)["f1.sgy"] == 4
    assert lake.read(BRONZE_TRACES, ["f0.sgy", "f2.sgy"]).equals(others)


def test_the_same_file_gives_the_same_table(tmp_path):
    path = noisy_file(tmp_path / FILE)
    lakes = [Lake(tmp_path / name) for name in ("first", "second")]
    for lake, workers in zip(lakes, (1, 3), strict=True):
        ingest(lake, {FILE: path}, workers=workers)
    for table in (BRONZE_TRACES, TRACE_QUALITY):
        first, second = (lake.read(table) for lake in lakes)
        assert first.equals(second, null_equal=True)


def test_no_file_is_no_commit(lake):
    assert ingest(lake, {}) == {}
    assert not lake.root.exists()
