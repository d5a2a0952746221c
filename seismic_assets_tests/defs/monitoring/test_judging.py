"""Which files are judged anew, and what of them is in the tables."""

import polars as pl
import pytest

from seismic_assets.defs.monitoring.judging import forget
from seismic_assets.lake import BRONZE_TRACES, DRIFT_TILES, DRIFT_VERDICTS, FEATURE_DRIFT, PREDICTION_DRIFT, Table
from seismic_assets_tests.defs.monitoring.building import NOW, TRAINING, Place, earth, served_calls

TABLES = (DRIFT_VERDICTS, FEATURE_DRIFT, DRIFT_TILES, PREDICTION_DRIFT)
SMOOTHER = 11


@pytest.fixture
def place(place: Place) -> Place:
    """With a healthy file and one of other frequencies beside the file that was trained on."""
    place.add("healthy.sgy", earth(1))
    place.add("smooth.sgy", earth(2, smooth=SMOOTHER))
    return place


def verdicts(place: Place) -> dict[str, dict]:
    return {row["subject"]: row for row in place.lake.read(DRIFT_VERDICTS).to_dicts()}


def subjects(place: Place) -> list[set[str]]:
    return [set(place.lake.read(table)["subject"]) for table in TABLES]


def test_a_healthy_file_has_no_drift_and_one_of_other_frequencies_has_much(place: Place) -> None:
    found = place.judge()

    rows = verdicts(place)
    assert (found.judged, found.kept, found.left) == (3, 0, 0)
    assert {name: row["severity"] for name, row in rows.items()} == {
        "healthy.sgy": "none",
        "smooth.sgy": "high",
        TRAINING: "none",
    }
    assert rows["smooth.sgy"]["features_drifted"] >= len(rows["smooth.sgy"]["farthest"].split(", ")) == 5
    assert all(row["model_version"] == "1" and row["kind"] == "file" for row in rows.values())
    tiles = place.lake.read(DRIFT_TILES).filter(pl.col("subject") == "smooth.sgy")
    assert (tiles["inline"].min(), tiles["inline"].max()) == (11 + 3.5, 11 + 19.5)
    assert (tiles["crossline"].min(), tiles["crossline"].max()) == (100 + 7, 100 + 2 * 27.5)


def test_what_did_not_change_is_kept(place: Place) -> None:
    place.judge()
    before = [place.lake.read(table) for table in TABLES]

    found = place.judge()

    assert (found.judged, found.kept) == (0, 3)
    assert all(place.lake.read(table).equals(old) for table, old in zip(TABLES, before, strict=True))


def test_a_file_that_changed_is_judged_anew_alone(place: Place) -> None:
    place.judge()
    before = verdicts(place)
    place.add("healthy.sgy", earth(3, smooth=SMOOTHER))

    found = place.judge()

    after = verdicts(place)
    assert (found.judged, found.kept) == (1, 2)
    assert after["healthy.sgy"]["severity"] == "high"
    assert after["healthy.sgy"]["identity"] != before["healthy.sgy"]["identity"]
    assert after["smooth.sgy"] == before["smooth.sgy"]
    assert place.lake.read(FEATURE_DRIFT).group_by("subject").len()["len"].unique().to_list() == [
        len(place.bundle.manifest.feature_names) + 1
    ]


def test_a_file_that_vanished_leaves_every_table(place: Place) -> None:
    place.judge()
    assert subjects(place) == [{"healthy.sgy", "smooth.sgy", TRAINING}] * 4
    place.drop("smooth.sgy")

    found = place.judge()

    assert found.judged == 0
    assert subjects(place) == [{"healthy.sgy", TRAINING}] * 4


def test_a_file_in_quarantine_is_not_judged(place: Place) -> None:
    place.catalogue("smooth.sgy")

    place.judge()

    assert "smooth.sgy" in place.lake.file_ids(BRONZE_TRACES)
    assert subjects(place) == [{"healthy.sgy", TRAINING}] * 4


@pytest.mark.parametrize(
    ("setting", "value"),
    [("drift_traces", 512), ("drift_effect", 0.3), ("drift_false_discoveries", 0.01), ("classic_ks", True)],
)
def test_other_limits_judge_every_file_anew(place: Place, setting: str, value: object) -> None:
    place.judge()

    found = place.judge(**{setting: value})

    assert (found.judged, found.kept) == (3, 0)


def test_the_classic_test_is_made_where_it_is_asked_for(place: Place) -> None:
    place.judge(classic_ks=True)

    assert verdicts(place)["smooth.sgy"]["classic_alarm"] is True
    features = place.lake.read(FEATURE_DRIFT).filter(pl.col("feature") != "dead_traces")
    assert features["classic_p"].null_count() == 0


def test_of_a_large_file_about_as_many_traces_are_looked_at_as_asked_for(place: Place) -> None:
    place.judge(drift_traces=512)

    assert {name: row["traces"] for name, row in verdicts(place).items()} == {
        "healthy.sgy": 512,
        "smooth.sgy": 512,
        TRAINING: 512,
    }


def test_too_few_traces_decide_nothing_and_say_so(place: Place) -> None:
    place.add("tiny.sgy", earth(5, 4, 5), 4, 5)

    place.judge()

    row = verdicts(place)["tiny.sgy"]
    assert (row["severity"], row["drift_ratio"]) == ("undecided", None)
    assert row["reason"].startswith("20 usable traces in 1 tile are too few to decide")
    answer = place.lake.read(PREDICTION_DRIFT).filter(pl.col("subject") == "tiny.sgy").to_dicts()[0]
    assert (answer["decided"], answer["drifted"]) == (False, None)
    assert "too few to decide" in answer["reason"]


def test_what_was_served_is_judged_from_the_log(place: Place) -> None:
    place.record(
        *served_calls(place, earth(7, smooth=SMOOTHER)[:512]), *served_calls(place, earth(8)[:64], version="2")
    )

    found = place.judge()

    row = verdicts(place)["served"]
    assert found.judged == 4
    assert (row["kind"], row["severity"], row["traces"]) == ("served", "high", 512)
    assert row["inline"] is None
    assert "served" in set(place.lake.read(PREDICTION_DRIFT)["subject"])
    assert "served" not in set(place.lake.read(DRIFT_TILES)["subject"])


def test_what_was_served_and_looks_like_training_has_not_drifted(place: Place) -> None:
    place.record(*served_calls(place, earth(9)[:512]))

    place.judge()

    assert verdicts(place)["served"]["severity"] == "none"
    served = place.lake.read(PREDICTION_DRIFT).filter(pl.col("subject") == "served").to_dicts()[0]
    assert (served["decided"], served["drifted"]) == (True, False)


def test_what_was_served_is_judged_anew_each_time_and_gone_when_it_is_old(place: Place) -> None:
    place.record(*served_calls(place, earth(9)[:128]))
    place.judge()

    assert place.judge().judged == 1
    assert "served" in verdicts(place)
    assert place.judge(NOW.replace(day=20)).judged == 0
    assert all("served" not in each for each in subjects(place))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_tables_that_lost_a_file_are_found_out_again(place: Place, table: Table) -> None:
    place.judge()
    before = verdicts(place)
    for part in place.lake.path(table).glob("**/*.parquet"):
        part.unlink()

    found = place.judge()

    assert (found.judged, found.kept) == (3, 0)
    assert verdicts(place) == before
    assert all(place.lake.is_whole(each) for each in TABLES)


def test_a_log_that_cannot_be_read_holds_no_file_back_and_its_last_verdict_stands(place: Place) -> None:
    place.record(*served_calls(place, earth(7, smooth=SMOOTHER)[:512]))
    place.judge()
    before = verdicts(place)["served"]
    place.add("healthy.sgy", earth(3))
    for part in (place.settings.serving_dir / "inference_log").rglob("*.parquet"):
        part.unlink()

    found = place.judge()

    assert (found.judged, found.kept) == (1, 2)
    assert verdicts(place)["served"] == before


def test_few_served_traces_decide_nothing_and_say_so(place: Place) -> None:
    place.record(*served_calls(place, earth(9)[:32]))

    place.judge()

    row = verdicts(place)["served"]
    assert row["severity"] == "undecided"
    assert "32 usable traces in 1 tile are too few" in row["reason"]


def test_rows_of_the_log_that_do_not_fit_are_left_out(place: Place) -> None:
    good = served_calls(place, earth(9)[:128])
    place.record(
        *good,
        *served_calls(place, earth(9)[:64], num_features=3),
        *served_calls(place, earth(9)[:64], features=b"torn"),
        *served_calls(place, earth(9)[:64], features=None, num_features=None),
        *served_calls(place, earth(9)[:64], status=503),
    )

    place.judge()

    assert verdicts(place)["served"]["traces"] == 128


def test_only_the_latest_of_what_was_served_is_looked_at(place: Place) -> None:
    place.record(*served_calls(place, earth(9)[:512]))

    place.judge(drift_traces=200)

    assert verdicts(place)["served"]["traces"] == 192


def test_where_the_time_does_not_suffice_new_files_come_first_and_old_verdicts_stay(place: Place) -> None:
    place.judge()
    place.add("another.sgy", earth(4))
    place.add("healthy.sgy", earth(3, smooth=SMOOTHER))

    found = place.judge(drift_minutes=1e-9)

    assert (found.judged, found.kept, found.left) == (0, 2, 2)
    assert verdicts(place)["healthy.sgy"]["severity"] == "none"
    assert place.judge().judged == 2


def test_among_many_healthy_files_the_answers_on_few_have_drifted(place: Place) -> None:
    for number in range(12):
        place.add(f"more_{number}.sgy", earth(100 + number, 16, 16), 16, 16)

    place.judge()

    answers = place.lake.read(PREDICTION_DRIFT).filter(pl.col("subject").str.starts_with("more"))
    assert answers["decided"].all()
    assert answers["drifted"].sum() == 0


def test_without_references_nothing_of_another_version_is_left(place: Place) -> None:
    place.judge()

    forget(place.lake)

    assert subjects(place) == [set()] * 4
