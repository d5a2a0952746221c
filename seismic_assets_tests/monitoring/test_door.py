"""A new file against those before it: what is told, and what is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.monitoring.door import (
    Arrival,
    ClassFigures,
    DoorLimits,
    FileFigures,
    Finding,
    Severity,
    amplitude_finding,
    class_finding,
    interval_finding,
    newcomers,
    volume_finding,
)
from seismic_assets.monitoring.errors import MonitoringError

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LIMITS = DoorLimits()
CLASSES = ("sand", "shale")


def file(traces: int = 1000, scale: float = 1.0, interval_us: int = 2000) -> FileFigures:
    return FileFigures("new.sgy", NOW, traces, scale, interval_us)


def files(*traces: int) -> list[FileFigures]:
    return [file(each) for each in traces]


def scaled(*scales: float) -> list[FileFigures]:
    return [file(scale=each) for each in scales]


def labelled(share: float, parts: int = 16, traces: int = 1000, jitter: float = 0.0, seed: int = 0) -> ClassFigures:
    """A file with a share of sand, which differs by so much from part to part."""
    shares = np.clip(share + np.random.default_rng(seed).normal(size=parts) * jitter, 0, 1)
    sand = np.round(1000 * shares).astype(np.int64)
    return ClassFigures("new.sgy", NOW, traces, np.column_stack([sand, 1000 - sand]))


def severity(finding: Finding | None) -> str | None:
    return None if finding is None else finding.severity.value


@pytest.mark.parametrize("severity", list(Severity))
def test_low_passes_medium_warns_and_high_fails(severity: Severity) -> None:
    assert severity.verdict == {"LOW": "PASS", "MEDIUM": "WARN", "HIGH": "FAIL"}[severity.name]


@pytest.mark.parametrize(
    ("traces", "expected"),
    [
        (1000, None),
        (1190, None),
        (810, None),
        (1210, "medium"),
        (790, "medium"),
        (1601, "high"),
        (399, "high"),
        (0, "high"),
    ],
)
def test_the_volume_of_a_file_counts_from_a_fifth_on(traces: int, expected: str | None) -> None:
    assert severity(volume_finding(file(traces), files(1000, 1000, 1000, 1001), LIMITS)) == expected


def test_a_change_of_volume_is_told_with_its_figures() -> None:
    finding = volume_finding(file(400), files(1000, 1000, 1000), LIMITS)

    assert finding is not None
    assert finding.sentence == (
        "new.sgy has 400 traces, 60% less than the median of the 3 files before it (1,000); see whether it is whole, "
        "and one file"
    )
    assert (finding.file_id, finding.what, finding.value, finding.before) == ("new.sgy", "volume", 400, 1000)


def test_where_files_are_of_all_sizes_only_an_extreme_one_is_told() -> None:
    assert volume_finding(file(400), files(100, 5000, 700, 30_000), LIMITS) is None
    assert severity(volume_finding(file(2_000_000_000), files(100, 5000, 700, 30_000), LIMITS)) == "high"


@pytest.mark.parametrize("before", [0, 1, 2])
def test_with_too_few_files_before_it_there_is_no_verdict(before: int) -> None:
    finding = volume_finding(file(5), files(*[1000] * before), LIMITS)

    assert severity(finding) == "low"
    assert finding is not None
    assert finding.sentence == f"new.sgy: no verdict on its traces: {before} files came before it, and it takes 3"
    assert severity(amplitude_finding(file(scale=100), scaled(*[1.0] * before), LIMITS)) == "low"


@pytest.mark.parametrize(
    ("scale", "expected"),
    [(1.0, None), (1.45, None), (0.7, None), (1.6, "medium"), (0.6, "medium"), (10.0, "high"), (0.1, "high")],
)
def test_amplitudes_count_from_half_as_much_again(scale: float, expected: str | None) -> None:
    assert severity(amplitude_finding(file(scale=scale), scaled(1.0, 1.01, 0.99, 1.0), LIMITS)) == expected


def test_amplitudes_within_what_files_differ_by_are_not_told() -> None:
    assert amplitude_finding(file(scale=5.0), scaled(0.2, 1.0, 4.0, 0.5, 9.0), LIMITS) is None


def test_one_odd_file_among_many_hides_no_other() -> None:
    earlier = scaled(*[1.0, 1.02, 0.98] * 5, 1000.0)

    assert severity(amplitude_finding(file(scale=10.0), earlier, LIMITS)) == "high"


def test_a_shift_of_amplitudes_does_not_count_where_they_are_normalised() -> None:
    finding = amplitude_finding(file(scale=10.0), scaled(1.0, 1.0, 1.0), LIMITS, normalised=True)

    assert finding is not None
    assert finding.severity is Severity.LOW
    assert finding.sentence == (
        "new.sgy: its amplitudes are 10 times the median of the 3 files before it (robust scale 10 against 1), which "
        "does not count: each file is divided by its scale"
    )


def test_files_without_amplitudes_say_nothing_and_are_no_history() -> None:
    assert amplitude_finding(file(scale=0.0), scaled(1.0, 1.0, 1.0), LIMITS) is None
    assert severity(amplitude_finding(file(scale=10.0), scaled(1.0, 1.0, 0.0), LIMITS)) == "low"


@given(st.lists(st.floats(0.01, 100), min_size=3, max_size=40), st.floats(0.01, 100), st.floats(0.001, 1000))
def test_the_unit_of_amplitudes_does_not_matter(before: list[float], scale: float, unit: float) -> None:
    once = amplitude_finding(file(scale=scale), scaled(*before), LIMITS)
    again = amplitude_finding(file(scale=scale * unit), scaled(*[each * unit for each in before]), LIMITS)

    assert severity(once) == severity(again)


def test_healthy_files_are_seldom_told() -> None:
    random = np.random.default_rng(5)
    for known in (3, 5, 9, 10, 20):
        scales = np.exp(0.5 * random.normal(size=(400, known + 1)))
        told = [amplitude_finding(file(scale=row[0]), scaled(*row[1:]), LIMITS) is not None for row in scales]
        assert np.mean(told) < 0.05


def test_another_share_of_a_class_is_told() -> None:
    earlier = [labelled(0.5, jitter=0.05, seed=seed) for seed in range(4)]

    finding = class_finding(labelled(0.75, jitter=0.05), earlier, CLASSES, LIMITS)

    assert finding is not None
    assert finding.severity is Severity.MEDIUM
    assert finding.sentence.startswith("new.sgy: 73.7% of its labelled windows are sand, against 49.4%")
    assert "in the median of the 4 labelled files before it" in finding.sentence
    assert severity(class_finding(labelled(0.95), earlier, CLASSES, LIMITS)) == "high"
    assert class_finding(labelled(0.55, jitter=0.05), earlier, CLASSES, LIMITS) is None


def test_a_share_that_differs_from_part_to_part_is_not_sure_enough() -> None:
    earlier = [labelled(0.5) for _ in range(4)]

    assert severity(class_finding(labelled(0.65), earlier, CLASSES, LIMITS)) == "medium"
    assert class_finding(labelled(0.65, jitter=0.45, seed=3), earlier, CLASSES, LIMITS) is None


def test_shares_that_differ_from_file_to_file_are_not_told() -> None:
    earlier = [labelled(share) for share in (0.2, 0.5, 0.8, 0.4)]

    assert class_finding(labelled(0.7), earlier, CLASSES, LIMITS) is None


@pytest.mark.parametrize(("parts", "traces"), [(1, 5000), (5, 5000), (16, 99)])
def test_labels_of_few_traces_or_in_a_corner_give_no_verdict(parts: int, traces: int) -> None:
    finding = class_finding(labelled(1.0, parts, traces), [labelled(0.1)] * 5, CLASSES, LIMITS)

    assert finding is not None
    assert finding.severity is Severity.LOW
    assert finding.sentence == (
        f"new.sgy: no verdict on its classes: {traces:,} of its traces have labels, in {parts} of 16 parts of it; it "
        "takes 100 in 6"
    )


def test_files_with_few_labels_are_no_history() -> None:
    earlier = [labelled(0.1), labelled(0.1), labelled(0.1, traces=10)]

    finding = class_finding(labelled(0.9), earlier, CLASSES, LIMITS)

    assert finding is not None
    assert finding.sentence.endswith("no verdict on its classes: 2 labelled files came before it, and it takes 3")


@pytest.mark.parametrize(
    ("interval_us", "expected"), [(500, None), (2000, None), (4000, None), (250, "medium"), (8000, "medium")]
)
def test_the_sample_interval_is_usual_from_half_a_millisecond_to_four(interval_us: int, expected: str | None) -> None:
    finding = interval_finding(file(interval_us=interval_us), LIMITS)

    assert severity(finding) == expected
    assert finding is None or f"a sample interval of {interval_us / 1000:g} ms, outside the usual 0.5 to 4 ms" in (
        finding.sentence
    )


def test_limits_can_be_changed() -> None:
    assert volume_finding(file(1400), files(1000, 1000, 1000), replace(LIMITS, volume_change=0.5)) is None
    assert interval_finding(file(interval_us=8000), replace(LIMITS, interval_us=(500, 8000))) is None
    assert severity(volume_finding(file(1400), files(1000, 1000), replace(LIMITS, least_files=2))) == "medium"


@pytest.mark.parametrize("limits", [{"least_files": 1}, {"least_parts": 1}, {"amplitude_ratio": 1.0}, {"chance": 0.0}])
def test_limits_that_allow_no_verdict_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(MonitoringError, match="the limits of the door make no verdict possible"):
        DoorLimits(**limits)


def arrived(*days: float) -> list[Arrival]:
    return [Arrival(f"{number}.sgy", NOW + timedelta(days=day)) for number, day in enumerate(days)]


def names(pairs: list[tuple[Arrival, list[Arrival]]]) -> dict[str, list[str]]:
    return {file.file_id: [each.file_id for each in earlier] for file, earlier in pairs}


def test_the_last_files_are_compared_with_those_before_them() -> None:
    assert names(newcomers(arrived(0, 1, 2, 5))) == {"3.sgy": ["0.sgy", "1.sgy", "2.sgy"]}


def test_files_of_one_look_are_not_before_each_other() -> None:
    assert names(newcomers(arrived(5, 0, 5))) == {"0.sgy": ["1.sgy"], "2.sgy": ["1.sgy"]}


def test_files_of_the_last_day_are_all_new() -> None:
    assert names(newcomers(arrived(0, 4.5, 5))) == {"1.sgy": ["0.sgy"], "2.sgy": ["0.sgy", "1.sgy"]}


def test_history_is_the_fifty_files_before() -> None:
    ((_, earlier),) = newcomers(arrived(*range(0, 200, 2)))

    assert [each.file_id for each in earlier] == [f"{number}.sgy" for number in range(49, 99)]
    assert newcomers([]) == []
