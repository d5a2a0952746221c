from typing import Any

import polars as pl
import pytest

from seismic_assets_tests.insights.quality.building import by_name, codes, grid, made, sentence

SOUND: dict[str, dict[str, Any]] = {"a.sgy": {}, "b.sgy": {}, "c.sgy": {}}


def judged(files: dict[str, dict[str, Any]], **more: Any):
    return by_name(made(files, **more))["domain"]


def with_file(**changes: Any):
    return judged({**SOUND, "odd.sgy": changes})


def placed(*frames: pl.DataFrame):
    return judged({name: {} for frame in frames for name in frame["file_id"].unique()}, positions=frames)


def test_sound_files_pass() -> None:
    result = judged(SOUND)

    assert (result.verdict, result.findings) == ("PASS", ())
    assert result.facts["spacing"].shown() == "25"
    assert result.facts["interval_shortest"].shown() == "4 ms"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"amplitude_scale": 90_000.0}, "amplitude_outlier", "odd.sgy (100)"),
        ({"amplitude_scale": 9.0}, "amplitude_outlier", "odd.sgy (0.01)"),
        ({"max_amplitude": 9e7}, "wide_range", "odd.sgy (100,000)"),
        ({"mean_amplitude": 500.0}, "shifted_mean", "odd.sgy (0.5)"),
        ({"min_amplitude": 0.0, "mean_amplitude": 700.0}, "one_sign", "odd.sgy (700)"),
        ({"amplitude_scale": float("nan")}, "unmeasured_amplitudes", "odd.sgy (100)"),
        (
            {"max_amplitude": 32767.0, "clipped_traces": 40, "std_amplitude": 9e3},
            "integer_limit",
            "odd.sgy (32,767)",
        ),
        ({"source_interval_us": 8000}, "interval_outside", "odd.sgy (8 ms)"),
        ({"source_interval_us": 4}, "interval_unit", "odd.sgy (4 us)"),
        ({"sample_interval_us": 2000}, "mixed_intervals", "than the 4 ms of most files: odd.sgy (2 ms)"),
        ({"num_samples": 20}, "record_short", "odd.sgy (80 ms)"),
        ({"num_samples": 60_000}, "record_long", "odd.sgy (240,000 ms)"),
        ({"traces_without_position": 10}, "no_position", "odd.sgy (10 %)"),
        ({"repeated_positions": 50}, "repeated_positions", "odd.sgy (50 %)"),
        ({"missing_positions": 100}, "grid_holes", "odd.sgy (50 %)"),
    ],
)  # fmt: skip
def test_an_odd_file_among_others_is_named_with_its_figure(changes: dict[str, Any], code: str, words: str) -> None:
    result = with_file(**changes)

    assert result.verdict == "WARN"
    assert words in sentence(result, code)
    assert all(not each.files or each.files == ("odd.sgy",) for each in result.findings)


def test_samples_as_of_another_format_fail() -> None:
    assert codes(with_file(max_amplitude=1e14))["undecoded"] == "fail"


def test_of_two_files_of_different_amplitudes_neither_is_the_outlier() -> None:
    result = judged({"a.sgy": {}, "b.sgy": {"amplitude_scale": 9e5}})

    assert sentence(result, "amplitude_spread") == "The amplitudes of b.sgy are 1,000 times those of a.sgy."


def test_amplitudes_of_dead_files_are_not_judged() -> None:
    dead = {
        "dead_traces": 100,
        "amplitude_scale": 0.0,
        "min_amplitude": 0.0,
        "max_amplitude": 0.0,
        "std_amplitude": 0.0,
    }

    assert codes(with_file(**dead)) == {}


def test_a_small_hole_in_the_grid_is_only_mentioned() -> None:
    assert codes(with_file(missing_positions=2)) == {"grid_holes": "info"}


def test_files_without_any_position_fail_when_they_are_all_there_is() -> None:
    assert codes(judged({"a.sgy": {"traces_without_position": 100}}))["no_position"] == "fail"


def test_refused_files_are_named_with_their_reason_and_fail_when_they_are_most() -> None:
    some = judged(SOUND, quarantined={"q.sgy": "ends early"})
    most = judged(
        {"a.sgy": {}, "f.sgy": {"status": "failed", "traces": 0, "reason": "is gone"}}, quarantined={"q.sgy": "x"}
    )

    assert sentence(some, "refused") == "Quarantined or not readable: q.sgy (ends early)."
    assert codes(some) == {"refused": "warn"}
    assert sentence(most, "mostly_refused") == "2 of 3 files could not be used."
    assert most.verdict == "FAIL"


def test_a_long_reason_is_cut() -> None:
    assert len(sentence(judged(SOUND, quarantined={"q.sgy": "x" * 5000}), "refused")) < 250


def test_copies_of_a_file_are_named() -> None:
    inputs = made(SOUND)
    same = pl.when(pl.col("file_id") != "b.sgy").then(pl.lit("same")).otherwise("digest").alias("digest")
    copied = type(inputs)(**{**vars(inputs), "catalogue": inputs.catalogue.with_columns(same)})

    assert sentence(by_name(copied)["domain"], "same_bytes") == "Files that are copies of each other: a.sgy = c.sgy."


def test_admitted_files_that_were_not_read_yet_are_counted() -> None:
    inputs = made(SOUND)
    later = type(inputs)(**{**vars(inputs), "quality": inputs.quality.head(1)})

    assert sentence(by_name(later)["domain"], "waiting") == "2 admitted files have not been read yet."


def test_missing_coordinates_are_told() -> None:
    none = grid("a.sgy").with_columns(cdp_x=pl.lit(0.0), cdp_y=pl.lit(0.0))

    assert "a.sgy (100 %)" in sentence(placed(none), "no_coordinates")


def test_coordinates_that_are_all_the_same_are_a_placeholder() -> None:
    result = placed(grid("a.sgy").with_columns(cdp_x=pl.lit(7.0), cdp_y=pl.lit(8.0)))

    assert "a.sgy (100)" in sentence(result, "one_place")


def test_rounded_coordinates_repeat() -> None:
    assert "a.sgy (50 %)" in sentence(
        placed(grid("a.sgy").with_columns(cdp_x=(pl.col("cdp_x") / 50).floor() * 50)), "repeated_coordinates"
    )


def test_a_scalar_that_changes_within_a_file_is_a_jump() -> None:
    changed = pl.when(pl.col("inline") > 104).then(pl.col("cdp_x") * 100).otherwise("cdp_x")

    result = placed(grid("a.sgy").with_columns(cdp_x=changed))
    assert "a.sgy (" in sentence(result, "coordinate_jumps")
    assert result.verdict == "WARN"


def test_a_scalar_that_differs_between_files_is_told_as_a_factor() -> None:
    scaled = grid("c.sgy").with_columns(pl.col("cdp_x", "cdp_y") * 100)

    assert "c.sgy (100)" in sentence(placed(grid("a.sgy"), grid("b.sgy"), scaled), "coordinate_scale")


def test_another_bin_size_is_only_mentioned() -> None:
    fine = grid("c.sgy").with_columns(cdp_x=1e6 + (pl.col("cdp_x") - 4e5) / 2)

    assert codes(placed(grid("a.sgy"), grid("b.sgy").with_columns(pl.col("cdp_x") + 1e4), fine)) == {
        "other_spacing": "info"
    }


def test_files_on_the_same_ground_are_mentioned_and_crossing_lines_are_not() -> None:
    line = grid("l.sgy", 1, 10)

    result = placed(grid("a.sgy"), grid("b.sgy").with_columns(pl.col("cdp_x") + 50), line)
    assert sentence(result, "overlap") == "Files that cover the same ground: a.sgy and b.sgy."


def test_a_line_without_numbers_is_not_blamed_for_lacking_a_grid() -> None:
    zero = pl.lit(0, pl.Int32)

    assert codes(placed(grid("a.sgy", 1, 40).with_columns(inline=zero, crossline=zero))) == {}
