"""Files of other programs: real surveys, reference files of segyio and seismic-zfp, and malformed ones."""

import csv
import re

import numpy as np
import pytest
import segyio

from seismic_assets.segy import inspect_file, open_segy, take_stock

pytestmark = pytest.mark.real_data

# What the manifest says about them: contradictions between headers and size, or headers alone.
REFUSED = {
    "segy/malformed/broken.sgy": "ends 188 bytes before the end of trace 4.*copy or export it again",
    "segy/malformed/text.sgy": "holds no trace after its headers; export it again or remove it",
    "segy/reference/increment.sgy": "no valid sample interval in bytes 3217-3218.*correct the binary header",
}
# segyio cannot open it, so that the manifest does not know its traces.
ONLY_HERE = "segy/reference/rotated-small-rev2.sgy"
# The manifest has the binary header's interval as an unsigned number; it is negative, and the trace header's holds.
INTERVALS = {"segy/malformed/interval-neg-bin-pos-trace.sgy": 4000}


def traces_of(path):
    with open_segy(path) as reader:
        return reader.traces()


@pytest.fixture(scope="module")
def manifest(real_data):
    with (real_data / "MANIFEST.tsv").open() as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return [row for row in rows if row["file"].startswith("segy/")]


def test_every_file_on_disk_is_in_the_manifest(real_data, manifest):
    on_disk = {path.relative_to(real_data).as_posix() for path in (real_data / "segy").rglob("*.sgy")}
    assert on_disk == {row["file"] for row in manifest}
    assert len(on_disk) > 35


def test_counts_interval_and_format_are_those_of_the_manifest(real_data, manifest):
    for row in manifest:
        name = row["file"]
        if name in REFUSED:
            continue
        report = inspect_file(real_data / name)
        assert report.admitted, f"{name}: {report.problems}"
        facts = (report.traces, report.samples, report.sample_interval_us)
        traces = 25 if name == ONLY_HERE else int(row["traces"])
        assert facts == (traces, int(row["samples"]), INTERVALS.get(name, int(row["dt_us"]))), name
        words = {1: "4-byte IBM", 2: "4-byte integer", 3: "2-byte", 5: "4-byte IEEE", 6: "8-byte IEEE", 8: "1-byte"}
        assert report.format.startswith(words[int(row["format"])]), name
        assert report.endian == ("little" if "little-endian" in row["notes"] else "big"), name


@pytest.mark.parametrize("name", REFUSED)
def test_a_malformed_file_is_refused_with_reason_and_remedy(real_data, name):
    report = inspect_file(real_data / name)
    assert not report.admitted
    (problem,) = report.problems
    assert re.search(REFUSED[name], problem)
    assert ";" in problem, "a refusal names its remedy after a semicolon"


def test_samples_are_those_that_segyio_reads(real_data, manifest):
    for row in manifest:
        if row["file"] in (*REFUSED, ONLY_HERE):
            continue
        endian = "little" if "little-endian" in row["notes"] else "big"
        with segyio.open(str(real_data / row["file"]), ignore_geometry=True, endian=endian) as handle:
            expected = np.stack([np.array(trace, dtype=np.float32) for trace in handle.trace])
        found = traces_of(real_data / row["file"])
        assert found.dtype == np.float32
        # Below float32's normal range segyio garbles IBM floats: see the test of the formula.
        normal = ~(np.abs(found) < 1.2e-38) | (found == 0) if row["format"] == "1" else np.ones(found.shape, bool)
        assert found[normal].tobytes() == expected[normal].tobytes(), row["file"]


def test_ibm_samples_are_those_of_the_formula_everywhere(real_data, manifest):
    below_normal = 0
    for row in manifest:
        if row["file"] in REFUSED or row["format"] != "1":
            continue
        with open_segy(real_data / row["file"]) as reader:
            layout, found = reader.layout, reader.traces()
            size = layout.num_traces * layout.trace_bytes
            records = np.frombuffer(reader.bytes_at(layout.data_offset, size), np.uint8).reshape(layout.num_traces, -1)
        order = ">u4" if layout.endian == "big" else "<u4"
        words = np.ascontiguousarray(records[:, layout.header_bytes :]).view(order).astype(np.int64)
        fraction, exponent = (words & 0xFFFFFF) / 2.0**24, ((words >> 24) & 0x7F) - 64.0
        with np.errstate(over="ignore"):
            expected = (np.where(words >> 31, -1.0, 1.0) * fraction * 16.0**exponent).astype(np.float32)
        assert found.tobytes() == expected.tobytes(), row["file"]
        below_normal += int(((found != 0) & (np.abs(found) < 1.17e-38)).sum())
    assert below_normal > 0, "zfp_padding_5x7.sgy has such samples"


def test_a_file_of_revision_2_that_segyio_refuses_has_its_traces_and_extended_coordinates(real_data):
    with open_segy(real_data / ONLY_HERE) as rotated, open_segy(real_data / "segy/reference/small.sgy") as small:
        ours, theirs = rotated.headers(), small.headers()
        assert rotated.layout.revision == (2, 0)
        assert rotated.layout.extra_trace_headers == 1
        assert (rotated.num_traces, rotated.num_samples) == (25, 50)
        assert rotated.traces().tobytes() == small.traces().tobytes()
    assert (ours.inline.tolist(), ours.crossline.tolist()) == (theirs.inline.tolist(), theirs.crossline.tolist())
    assert (ours.cdp_x.min(), ours.cdp_x.max()) == (2016, 2100)
    assert (ours.cdp_y.min(), ours.cdp_y.max()) == (0, 84)


@pytest.mark.parametrize(
    "name", ["Format1msb", "Format1lsb", "Format2msb", "Format3msb", "Format5msb", "Format5lsb", "Format6msb"]
)
def test_another_sample_format_holds_the_same_amplitudes_and_headers(real_data, name):
    with (
        open_segy(real_data / "segy/real/f3.sgy") as f3,
        open_segy(real_data / f"segy/multiformats/{name}.sgy") as other,
    ):
        assert f3.traces().tobytes() == other.traces().tobytes()
        ours, theirs = f3.headers(), other.headers()
    for field in ("inline", "crossline", "cdp", "cdp_x", "cdp_y", "start_ms"):
        assert (getattr(ours, field) == getattr(theirs, field)).all(), field


def test_the_one_byte_file_holds_the_amplitudes_modulo_256(real_data):
    f3 = traces_of(real_data / "segy/real/f3.sgy").astype(np.int32)
    found = traces_of(real_data / "segy/multiformats/Format8msb.sgy")
    assert (found == f3.astype(np.int8)).all()


def test_byte_order_does_not_change_what_is_read(real_data):
    for big, little in (("real/f3", "real/f3-lsb"), ("reference/small", "reference/small-lsb")):
        first, second = (traces_of(real_data / f"segy/{name}.sgy") for name in (big, little))
        assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize(
    ("name", "kind", "inline", "crossline", "per_position"),
    [
        ("real/f3.sgy", "3D", (111, 133), (875, 892), 1),
        ("real/F3_very_small.sgy", "3D", (200, 210), (400, 410), 1),
        ("real/penobscot_xl1155.sgy", "2D", (1000, 1600), (1155, 1155), 1),
        ("real/31_81_PR.sgy", "2D", (0, 0), (0, 0), 534),
        ("reference/small-ps.sgy", "3D", (1, 4), (1, 3), 2),
        ("reference/zfp_small_negative_il_xl.sgy", "3D", (-5, -1), (-24, -20), 1),
        ("reference/1x1.sgy", "none", (0, 0), (0, 0), 4),
    ],
)
def test_the_geometry_is_that_of_the_manifest(real_data, name, kind, inline, crossline, per_position):
    geometry = inspect_file(real_data / "segy" / name).geometry
    assert (geometry.kind, geometry.inline, geometry.crossline) == (kind, inline, crossline)
    assert geometry.traces_per_position == per_position


def test_start_times_and_their_scalar_are_read(real_data):
    assert inspect_file(real_data / "segy/real/f3.sgy").start_ms == 4
    assert inspect_file(real_data / "segy/reference/delay-scalar.sgy").start_ms == 1000


def test_coordinates_are_the_stored_integers_over_the_scalar(real_data):
    with open_segy(real_data / "segy/real/f3.sgy") as reader:
        x = reader.headers().cdp_x
    assert (x == np.round(x, 1)).all()
    assert (x.min(), x.max()) == (620181.9, 620622.1)


def test_a_survey_of_the_real_files_admits_all_of_them(real_data):
    stock = take_stock(real_data / "segy" / "real")
    assert (len(stock.admitted), stock.survey_interval_us, stock.quarantined) == (5, 4000, ())


def test_a_landing_folder_of_everything_quarantines_the_bad_and_the_foreign_and_loses_none(real_data, manifest):
    stock = take_stock(real_data / "segy")
    assert stock.survey_interval_us == 4000
    foreign = {row["file"] for row in manifest if row["dt_us"] in ("1000", "5000")}
    refused = {f"segy/{entry.relative}" for entry in stock.quarantined}
    assert refused == foreign | set(REFUSED)
    assert len(stock.entries) == len(manifest)
