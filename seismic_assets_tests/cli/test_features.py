"""`seismic features` on a small store: found, looked up, asked for the past."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from seismic_assets.attributes import fit_embedder
from seismic_assets.cli.main import app, main
from seismic_assets.cli.render import output
from seismic_assets.defs.store.catalogue import catalogue_rows, write_catalogue
from seismic_assets.deployment import registry_of, store_place_of
from seismic_assets.feature_store.backends import WindowBlock
from seismic_assets.feature_store.errors import StaleFeaturesError, UnknownFeatureError
from seismic_assets.feature_store.keys import trace_ids
from seismic_assets.feature_store.lookup import Lookup
from seismic_assets.feature_store.making import making_of
from seismic_assets.feature_store.online import materialise, served_file
from seismic_assets.feature_store.repository import read_spec, write_repository
from seismic_assets.feature_store.served import rows_of, served_files
from seismic_assets.feature_store.spec import VersionSpec, ViewSpec
from seismic_assets.feature_store.sqlite_backend import SqliteBackend
from seismic_assets.lake import DRIFT_VERDICTS, FEATURE_DRIFT, SEGY_CATALOGUE, Lake, Table
from seismic_assets.registry import save_embedder
from seismic_assets.segy import file_id_of
from seismic_assets.settings import load_settings
from seismic_assets_tests.commands import environment
from seismic_assets_tests.feature_store.building import (
    APRIL,
    FEBRUARY,
    JANUARY,
    MARCH,
    NAMES,
    SPEC,
    TABLE,
    add,
    add_labels,
    brought,
    place_of,
    rows_of_file,
)

FEW = ("energy", "dominant_frequency")
A_TRACE = int(trace_ids("a.sgy", [2])[0])
SERVED_TRACE = int(trace_ids("served:request", [0])[0])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A storage root: a.sgy came in January and again in March; b.sgy in February, made by another embedder."""
    root = tmp_path_factory.mktemp("made")
    lake, settings = Lake(root / "lake"), load_settings(storage_root=root)
    windows = np.random.default_rng(0).standard_normal((200, 64)).astype(np.float32)
    embedder = fit_embedder([windows], 4)
    save_embedder(settings.embedder_file, embedder)
    making = making_of(embedder.digest(), 64, settings.window_step, settings.normalise)
    add(lake, "a.sgy", 0, JANUARY, making=making)
    add(lake, "a.sgy", 7, MARCH, making=making)
    add(lake, "b.sgy", 1, FEBRUARY, making="another")
    add_labels(lake, "a.sgy", [1] * 12, JANUARY)
    fill(lake, SEGY_CATALOGUE, [segy("a.sgy", "a.sgy", 100.0), segy("b.sgy", "north/b.sgy", 0.0)])
    fill(lake, DRIFT_VERDICTS, [{"subject": "a.sgy", "severity": "high"}, {"subject": "b.sgy", "severity": "none"}])
    fill(lake, FEATURE_DRIFT, [{"subject": "a.sgy", "feature": "energy", "drifted": True}])
    spec = replace(SPEC, versions={"1": VersionSpec(NAMES, making), "2": VersionSpec(NAMES[:8], "yet another")})
    place = place_of(root, lake)
    write_repository(place, spec)
    write_catalogue(settings, catalogue_rows(lake, registry_of(settings), spec))
    backend = SqliteBackend(place.online)
    brought(backend, lake)
    features = {view.name: np.full((2, len(view.names)), 3, np.float32) for view in SPEC.views}
    block = WindowBlock(np.array([SERVED_TRACE] * 2), np.arange(2), features)
    backend.replace(served_file("request", making, block, (128, 4000), APRIL), [block])
    backend.close()
    return root


@pytest.fixture
def storage(made: Path, tmp_path: Path) -> Path:
    """The same for a test of its own."""
    return Path(shutil.copytree(made, tmp_path / "storage"))


def segy(file_id: str, relative: str, start_ms: float) -> dict[str, Any]:
    came = {"a.sgy": MARCH, "b.sgy": FEBRUARY}[file_id]
    digest = f"bytes of {came.isoformat()}"
    return {"file_id": file_id, "relative": relative, "digest": digest, "admitted": True, "start_ms": start_ms}


def fill(lake: Lake, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    empty = pl.DataFrame(pl.from_arrow(table.schema.empty_table()))
    lake.replace(table, pl.concat([empty, pl.DataFrame(rows)], how="diagonal_relaxed"))


def bring(root: Path, views: Sequence[ViewSpec]) -> None:
    """Bring some views online, and no others."""
    lake, backend = Lake(root / "lake"), SqliteBackend(root / "feature_store/online.db")
    materialise(
        backend,
        views,
        served_files(lake, TABLE, ["*"]),
        lambda file: rows_of(lake, TABLE, file, views),
        now=APRIL,
        keep_served=timedelta(hours=1),
    )
    backend.close()


def features(root: Path, *arguments: str | int, width: int = 160) -> str:
    output.width = width
    result = CliRunner().invoke(
        app, ["features", *map(str, arguments), "--storage-root", str(root)], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output


def features_json(root: Path, *arguments: str | int) -> Any:
    return json.loads(features(root, *arguments, "--json"))


def refused(
    root: Path, *arguments: str | int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """What a command that ends with status 2 says, in one line."""
    command = ["seismic", "features", *map(str, arguments), "--storage-root", str(root)]
    monkeypatch.setattr(sys, "argv", command)
    monkeypatch.setenv("COLUMNS", "300")
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 2, said
    assert "Traceback" not in said.err
    return " ".join(said.err.split())


@pytest.mark.parametrize("command", ["list", "show", "get", "history"])
def test_the_help_of_each_command_shows_an_example(command: str) -> None:
    output.width = 160
    said = CliRunner().invoke(app, ["features", command, "--help"]).output
    assert f"seismic features {command} " in said.split("Example")[1]


def test_list_tells_unit_consumers_and_drift_of_each_feature(made: Path) -> None:
    listed = {each["feature"]: each for each in features_json(made, "list")}
    shown = features(made, "list", width=80)

    assert list(listed) == list(NAMES)
    assert (listed["energy"]["unit"], listed["energy"]["consumers"]) == ("amplitude^2", ["1", "2"])
    assert (listed["energy"]["drifted_in"], listed["embedding_3"]["consumers"]) == (["a.sgy"], ["1"])
    lines = {line.split()[0]: " ".join(line.split()) for line in shown.splitlines() if line.split()}
    assert lines["energy"] == "energy amplitude^2 1, 2 1 of 2"
    assert lines["dominant_frequency"] == "dominant_frequency Hz 1, 2 0 of 2"
    assert "seismic_energy_frequency_features" in lines
    assert max(map(len, shown.splitlines())) <= 80


def test_list_may_be_of_a_view_or_of_what_drifted(made: Path) -> None:
    view = "seismic_energy_frequency_features"

    assert [each["feature"] for each in features_json(made, "list", "--drifted")] == ["energy"]
    assert [each["feature"] for each in features_json(made, "list", "--view", view)] == list(NAMES[5:8])
    assert features(made, "list", "--drifted", "--view", "seismic_embedding_features").strip() == "no feature drifted"


@pytest.mark.parametrize("arguments", [("list",), ("history",), ("show", "energy"), ("get", "--trace", A_TRACE)])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_before_the_first_run_one_sentence_says_what_to_do(
    arguments: tuple[str | int, ...],
    form: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = refused(tmp_path, *arguments, *form, monkeypatch=monkeypatch, capsys=capsys)

    assert "has no feature store yet; `seismic run` makes it" in said
    assert list(tmp_path.iterdir()) == []


def test_show_tells_what_each_version_wants_and_whether_it_is_online(made: Path) -> None:
    found = features_json(made, "show", "energy")
    shown = features(made, "show", "energy", width=80)

    assert [(each["version"], each["service"], each["online"], each["files"]) for each in found["versions"]] == [
        ("1", "seismic_classifier_v1", 1, 2),
        ("2", "seismic_classifier_v2", 0, 2),
    ]
    assert "sum(x^2)" in shown
    assert "1 of 2: a.sgy" in shown
    assert "made so in 1 of 2 files" in shown
    assert "made otherwise" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("why", ["the store lacks a feature", "a view is not online"])
def test_show_says_where_features_of_a_version_are_not_here_as_a_look_up_does(why: str, storage: Path) -> None:
    place = store_place_of(load_settings(storage_root=storage))
    spec = read_spec(place.folder)
    making = spec.versions["1"].making
    wanted = (*NAMES, "envelope_mean") if why == "the store lacks a feature" else NAMES
    write_repository(
        place, replace(spec, versions={"1": VersionSpec(NAMES[:8], making), "3": VersionSpec(wanted, making)})
    )
    if why == "a view is not online":
        bring(storage, SPEC.views[:2])

    first, third = features_json(storage, "show", "energy")["versions"]
    lines = [line for line in features(storage, "show", "energy").splitlines() if "1 of 2" in line or "not all" in line]

    assert (first["online"], first["missing"], third["online"]) == (1, [], 0)
    assert third["missing"] == (["envelope_mean"] if why == "the store lacks a feature" else list(NAMES[8:]))
    assert "made so in 1 of 2 files" in " ".join(lines) and lines[-1].split()[0] == "3"
    assert lines[-1].rstrip().endswith("not all are here")
    assert Lookup(place).trace(A_TRACE, NAMES[:8], making).window_index.tolist() == [0, 1, 2]
    with pytest.raises((UnknownFeatureError, StaleFeaturesError)):  # which the service answers with 409
        Lookup(place).trace(A_TRACE, wanted, making)


def test_show_leads_from_a_feature_to_file_bytes_code_and_version(made: Path) -> None:
    found = features_json(made, "show", "energy")["lineage"]

    assert [(each["segy"], each["digest"], each["code"]) for each in found] == [
        ("a.sgy", f"bytes of {MARCH.isoformat()}", "commit"),
        ("north/b.sgy", f"bytes of {FEBRUARY.isoformat()}", "commit"),
    ]
    assert [(each["acquired"], each["generation"]) for each in found] == [
        (MARCH.isoformat(), 2),
        (FEBRUARY.isoformat(), 1),
    ]
    assert len({each["source_version"] for each in found}) == 2


def test_show_names_some_of_many_files(storage: Path) -> None:
    lake = Lake(storage / "lake")
    for number in range(21):
        add(lake, f"line_{number:02}.sgy", number, MARCH, traces=1)

    shown = features(storage, "show", "energy")

    assert "line_17.sgy (gone since)" in shown
    assert "line_18.sgy" not in shown
    assert "And 3 more files; --json has them." in shown


def test_show_goes_on_where_what_is_online_is_damaged(storage: Path) -> None:
    (storage / "feature_store/online.db").write_bytes(b"this is no database" * 300)

    shown = features(storage, "show", "energy")

    assert "What is online is not known: " in shown
    assert "not known" in shown.split("seismic_classifier_v1")[1].splitlines()[0]
    assert "north/b.sgy" in shown


def test_get_looks_the_windows_of_a_trace_up(made: Path) -> None:
    by_id = features_json(made, "get", "--trace", A_TRACE)
    by_place = features_json(made, "get", "--file", "a.sgy", "--trace-index", 2)

    assert by_id == by_place
    expected = rows_of_file("a.sgy", 4, 7).filter(pl.col("trace_id") == A_TRACE)
    assert [each["features"] for each in by_id["windows"]] == expected.select(NAMES).to_dicts()
    times = [(each["window_index"], each["start_ms"], each["end_ms"]) for each in by_id["windows"]]
    assert times == [(0, 100.0, 356.0), (1, 228.0, 484.0), (2, 356.0, 612.0)]
    assert (by_id["source"], by_id["trace_id"], by_id["trace_index"]) == ("online", A_TRACE, 2)
    assert (by_id["origin"]["segy"], by_id["origin"]["code"], by_id["notes"]) == ("a.sgy", "commit", [])


def test_a_file_may_be_named_by_its_path_in_the_landing_folder(storage: Path) -> None:
    add(Lake(storage / "lake"), file_id_of("north/d.sgy"), 4, MARCH)

    found = features_json(storage, "get", "--file", "north/d.sgy", "--trace-index", 0, "--offline")

    assert found["origin"]["file_id"] == file_id_of("north/d.sgy")


def test_few_features_are_columns_and_many_are_rows(made: Path) -> None:
    few = features(made, "get", "--trace", A_TRACE, "--feature", FEW[0], "--feature", FEW[1], width=80)
    many = features(made, "get", "--trace", A_TRACE, width=80)
    narrow = features(made, "get", "--trace", A_TRACE, width=40)
    wide = features(made, "get", "--trace", A_TRACE, width=300)

    expected = rows_of_file("a.sgy", 4, 7).filter(pl.col("trace_id") == A_TRACE)
    first = expected.row(0, named=True)
    assert f"0 100 356 {first['energy']:.5g} {first['dominant_frequency']:.5g}" in " ".join(few.split())
    energies = [f"{value:.5g}" for value in expected["energy"]]
    assert f"energy {' '.join(energies)}" in " ".join(many.split())
    assert "100-356" in many
    assert "The first 1 of 3 windows; name some --feature, or give --json, for all of them." in narrow
    assert f"energy {energies[0]} zero" in " ".join(narrow.split())
    assert wide.splitlines()[1].split()[:7] == ["window", "from", "ms", "to", "ms", *NAMES[:2]]
    for shown in (few, many):
        assert max(map(len, shown.splitlines())) <= 80


def test_get_tells_where_the_values_are_from(made: Path) -> None:
    shown = " ".join(features(made, "get", "--trace", A_TRACE, "--feature", "energy").split())

    assert f"trace {A_TRACE} place in the file 2 SEG-Y file a.sgy digest bytes of {MARCH.isoformat()}" in shown
    assert "acquired 2026-03-01 00:00 UTC made 2026-03-01 00:00 UTC generation 2 code commit" in shown
    assert "another embedder" not in shown


def test_windows_that_were_made_by_something_else_are_said_to_be(made: Path) -> None:
    shown = features(made, "get", "--file", "b.sgy", "--trace-index", 0)

    assert "These features were made by another embedder or of other windows" in shown


def test_offline_gives_the_same_as_online(made: Path) -> None:
    online = features_json(made, "get", "--trace", A_TRACE)
    offline = features_json(made, "get", "--trace", A_TRACE, "--offline")

    assert (online.pop("source"), offline.pop("source")) == ("online", "lake")
    assert online == offline


@pytest.mark.parametrize(
    ("moment", "seed"),
    [("2026-01-01", 0), ("2026-02-28T23:59", 0), ("2026-03-01T00:00", 7), ("2026-03-01T00:30+01:00", 0)],
)
def test_the_past_is_what_had_come_by_then(made: Path, moment: str, seed: int) -> None:
    found = features_json(made, "get", "--trace", A_TRACE, "--as-of", moment)

    expected = rows_of_file("a.sgy", 4, seed).filter(pl.col("trace_id") == A_TRACE)
    assert [each["features"] for each in found["windows"]] == expected.select(NAMES).to_dicts()
    assert found["origin"]["generation"] == (1 if seed == 0 else 2)
    assert found["origin"]["changed"] is (seed == 0)


def test_what_is_online_of_an_earlier_generation_is_said_to_be(storage: Path) -> None:
    add(Lake(storage / "lake"), "a.sgy", 9, APRIL)

    found = features_json(storage, "get", "--trace", A_TRACE)

    assert found["origin"]["generation"] == 2
    assert "The lake has generation 3 of this file by now" in " ".join(found["notes"])


def test_a_trace_that_was_just_served_can_be_looked_up(made: Path) -> None:
    found = features_json(made, "get", "--trace", SERVED_TRACE)
    shown = features(made, "get", "--file", "served:request", "--trace-index", 0, "--feature", "energy")

    assert [set(each["features"].values()) for each in found["windows"]] == [{3.0}, {3.0}]
    assert found["origin"] is None
    assert "served:request" in shown
    assert "2026-04-01 00:00 UTC" in shown


def test_history_shows_the_generations_the_newest_first(made: Path) -> None:
    found = features_json(made, "history")
    shown = features(made, "history", width=80)

    assert [(each["file_id"], each["table"], each["generation"]) for each in found] == [
        ("a.sgy", "window_features", 2),
        ("b.sgy", "window_features", 1),
        ("a.sgy", "window_features", 1),
        ("a.sgy", "window_labels", 1),
    ]
    of_a = shown.split("a.sgy: features")[1].split("a.sgy: labels")[0]
    assert of_a.index("2026-03-01 00:00") < of_a.index("2026-01-01 00:00")
    assert shown.index("a.sgy: labels") < shown.index("b.sgy: features")
    assert max(map(len, shown.splitlines())) <= 80


def test_history_names_some_of_many_files(storage: Path) -> None:
    lake = Lake(storage / "lake")
    for number in range(20):
        add(lake, f"line_{number:02}.sgy", number, APRIL, traces=1)

    shown = features(storage, "history")

    assert "line_19.sgy: features" in shown
    assert "a.sgy: features" not in shown
    assert "And 2 more files; --file shows one, --json all." in shown


def test_history_may_be_of_a_file(made: Path) -> None:
    assert {each["file_id"] for each in features_json(made, "history", "--file", "b.sgy")} == {"b.sgy"}


def test_history_tells_of_windows_that_are_gone(storage: Path) -> None:
    add(Lake(storage / "lake"), "b.sgy", 5, APRIL, traces=3)

    assert "9, 3 gone" in features(storage, "history", "--file", "b.sgy")


def test_history_puts_the_values_of_a_trace_side_by_side(storage: Path) -> None:
    add(Lake(storage / "lake"), "a.sgy", 9, APRIL, traces=2)

    found = features_json(storage, "history", "--feature", "energy", "--trace", A_TRACE)
    shown = features(storage, "history", "--feature", "energy", "--file", "a.sgy", "--trace-index", 2)

    values = {seed: rows_of_file("a.sgy", 4, seed).filter(pl.col("trace_id") == A_TRACE)["energy"] for seed in (0, 7)}
    expected = [[None, None, None], values[7].to_list(), values[0].to_list()]
    assert [each["values"] for each in found["generations"]] == expected
    assert found["start_ms"] == [100.0, 228.0, 356.0]
    assert "energy of trace 2 of a.sgy" in shown
    assert shown.index("generation 3") < shown.index("generation 2") < shown.index("generation 1")
    assert f"0 100 356 {values[7][0]:.5g} {values[0][0]:.5g}" in " ".join(shown.split())
    assert "cannot be compared" in shown  # `add` made the last by something else


BAD = [
    (("show", "enrgy"), "there is no feature 'enrgy'; did you mean energy?"),
    (("show", "zzz"), "there is no feature 'zzz'; `seismic features list` names those there are"),
    (("list", "--view", "v"), "the catalogue has no view 'v'; it has seismic_statistical_features,"),
    (("get", "--trace", A_TRACE, "--feature", "ENERGY"), "did you mean energy?"),
    (("get", "--trace", 3), "neither a file that is online nor one of the lake has the trace 3"),
    (("get", "--trace", 3, "--offline"), "no file of the lake has the trace 3;"),
    (("get", "--trace", -3), "Invalid value for '--trace'"),
    (("get", "--trace", 2**63), "Invalid value for '--trace'"),
    (("get", "--file", "aa.sgy", "--trace-index", 0), "no features of a file 'aa.sgy'; it has a.sgy"),
    (("get", "--file", "a.sgy", "--trace-index", 4), "has no features of trace 4"),
    (("get", "--file", "a.sgy", "--trace-index", 4, "--offline"), "none of dead or broken traces"),
    (("get", "--file", "a.sgy"), "name one trace: give --trace, or --file and --trace-index"),
    (("get", "--file", "a.sgy", "--trace", 3, "--trace-index", 1), "name one trace"),
    (("get",), "name one trace"),
    (("get", "--trace", A_TRACE, "--as-of", "March"), "--as-of is a moment such as 2026-03-01T12:00"),
    (("get", "--trace", A_TRACE, "--as-of", "2026-03-01", "--online"), "leave --online out"),
    (("get", "--trace", A_TRACE, "--as-of", "2025-12-31"), "nothing was known of a.sgy at 2025-12-31 00:00 UTC"),
    (("history", "--trace", 3), "name the --feature"),
    (("history", "--feature", "energy"), "name one trace"),
    (("history", "--feature", "energy", "--trace", 3), "no file of the lake has the trace 3;"),
    (("history", "--feature", "energy", "--file", "a.sgy", "--trace-index", 9), "has features of trace 9"),
    (("history", "--file", "zz.sgy"), "no features of a file 'zz.sgy'; it has b.sgy, a.sgy"),
]


@pytest.mark.parametrize(("arguments", "sentence"), BAD)
def test_bad_input_is_one_sentence_and_status_two(
    made: Path,
    arguments: tuple[str | int, ...],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert sentence in refused(made, *arguments, monkeypatch=monkeypatch, capsys=capsys)


def test_a_file_that_is_not_online_is_told_apart_from_one_that_is_unknown(
    storage: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add(Lake(storage / "lake"), "c.sgy", 3, MARCH)
    monkeypatch.setenv("SEISMIC_ONLINE_FILES", "a*,b*")

    said = refused(storage, "get", "--file", "c.sgy", "--trace-index", 0, monkeypatch=monkeypatch, capsys=capsys)

    assert "c.sgy is not online; SEISMIC_ONLINE_FILES says which files are to be (now `a*,b*`)" in said
    assert features_json(storage, "get", "--file", "c.sgy", "--trace-index", 0, "--offline")["windows"]


def test_nothing_is_online_yet(
    storage: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in (storage / "feature_store").glob("online.db*"):
        part.unlink()

    assert "a.sgy is not online" in refused(storage, "get", "--trace", A_TRACE, monkeypatch=monkeypatch, capsys=capsys)
    assert "nothing is online" in features(storage, "show", "energy")
    assert not list((storage / "feature_store").glob("online.db*"))


def test_views_that_no_served_version_looks_at_are_not_online(
    storage: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(storage, SPEC.views[:2])

    assert list(features_json(storage, "get", "--trace", A_TRACE)["windows"][0]["features"]) == list(NAMES[:8])
    said = refused(
        storage, "get", "--trace", A_TRACE, "--feature", "embedding_1", monkeypatch=monkeypatch, capsys=capsys
    )
    assert "embedding_1 is not online: no model version" in said
    assert "--offline reads it" in said


def test_damaged_files_are_one_sentence(
    storage: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in (storage / "feature_store").glob("online.db*"):
        part.unlink()
    (storage / "feature_store/online.db").write_bytes(b"this is no database" * 300)
    said = refused(storage, "get", "--trace", A_TRACE, monkeypatch=monkeypatch, capsys=capsys)
    assert "online.db cannot be used" in said
    assert "`seismic run` sets it aside and makes it anew" in said

    load_settings(storage_root=storage).feature_catalogue.write_text('{"features": [{')
    said = refused(storage, "list", monkeypatch=monkeypatch, capsys=capsys)
    assert "materialise feature_catalogue again" in said

    (storage / "feature_store/specification.json").write_text("{torn")
    said = refused(storage, "get", "--trace", A_TRACE, "--offline", monkeypatch=monkeypatch, capsys=capsys)
    assert "materialise feature_catalogue again" in said


def test_no_command_waits_for_feast(made: Path) -> None:
    commands = [
        ["list"],
        ["show", "energy"],
        ["get", "--trace", str(A_TRACE)],
        ["get", "--trace", str(A_TRACE), "--as-of", "2026-02-01"],
        ["history"],
        ["history", "--feature", "energy", "--trace", str(A_TRACE)],
    ]
    program = (
        "import sys\nfrom typer.testing import CliRunner\nfrom seismic_assets.cli.main import app\n"
        f"for command in {commands!r}:\n"
        f"    result = CliRunner().invoke(app, ['features', *command, '--storage-root', {str(made)!r}])\n"
        "    assert result.exit_code == 0, result.output\n"
        "assert not {'feast', 'dagster', 'mlflow'} & sys.modules.keys(), sys.modules.keys()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert ended.returncode == 0, ended.stderr
