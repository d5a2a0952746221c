import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets_tests.insights.quality.building import by_name, codes, made, sentence


def judged(files: dict[str, dict[str, Any]], **more: Any):
    return by_name(made(files, **more))["statistics"]


def test_sound_files_pass_with_their_figures() -> None:
    result = judged({"a.sgy": {}, "b.sgy": {"dead_traces": 3, "score": 97.0}}, classes={"salt": 30, "sand": 10})

    assert (result.verdict, result.findings) == ("PASS", ())
    facts = result.facts.to_dict()
    assert (facts["files"], facts["traces"], facts["dead_traces"]) == (2, 200, 3)
    assert facts["lost_share"] == pytest.approx(0.015)
    assert facts["score_mean"] == pytest.approx(98.0)
    assert facts["class_share.salt"] == pytest.approx(0.75)
    assert facts["score.b.sgy"] == 97.0


def test_the_mean_score_counts_traces_not_files() -> None:
    result = judged({"a.sgy": {"traces": 900, "traces_declared": 900, "score": 100.0}, "b.sgy": {"score": 0.0}})

    assert result.facts["score_mean"].value == pytest.approx(90.0)


def test_files_beyond_a_limit_are_named_the_worst_first() -> None:
    result = judged(
        {"a.sgy": {"dead_traces": 6}, "b.sgy": {"dead_traces": 4, "nan_traces": 5}, "c.sgy": {}, "d.sgy": {}}
    )

    assert result.verdict == "WARN"
    assert sentence(result, "lost_traces") == "Dead or broken traces: b.sgy (9 %), a.sgy (6 %)."


def test_sixty_percent_dead_traces_fail() -> None:
    result = judged({"a.sgy": {"dead_traces": 60}})

    assert codes(result)["lost_traces_overall"] == "fail"
    assert sentence(result, "lost_traces_overall") == "Dead or broken traces: 60 % of all traces."


def test_a_single_broken_trace_is_mentioned() -> None:
    result = judged({"a.sgy": {"nan_traces": 1}, "b.sgy": {}})

    assert result.verdict == "PASS"
    assert codes(result) == {"broken_traces": "info", "no_labels": "info"}


def test_one_file_without_a_live_trace_warns_and_only_such_files_fail() -> None:
    dead = {"dead_traces": 99, "nan_traces": 1, "score": 0.0, "amplitude_scale": 0.0}

    assert codes(judged({"a.sgy": dead} | {f"{n}.sgy": {} for n in range(9)}))["no_live_trace"] == "warn"
    assert codes(judged({"a.sgy": dead}))["no_live_trace"] == "fail"


def test_no_file_warns_and_only_refused_ones_fail() -> None:
    assert codes(judged({})) == {"no_files": "warn", "no_labels": "info"}
    assert codes(judged({}, quarantined={"q.sgy": "is no SEG-Y"}))["nothing_read"] == "fail"
    assert codes(judged({"a.sgy": {"status": "failed", "traces": 0, "reason": "ends early"}}))["nothing_read"] == "fail"


def test_traces_that_are_missing_at_the_end_are_told() -> None:
    assert "a.sgy (20 %)" in sentence(judged({"a.sgy": {"traces_declared": 125}}), "missing_traces")


def test_of_one_class_nothing_can_be_learned_and_a_rare_one_is_named() -> None:
    assert codes(judged({"a.sgy": {}}, classes={"salt": 30})) == {"one_class": "warn"}
    assert "salt is rare: 0.4 %" in sentence(judged({"a.sgy": {}}, classes={"salt": 4, "sand": 996}), "rare_class")


def test_of_many_files_the_facts_stay_few() -> None:
    few = judged({f"{n:03}.sgy": {"dead_traces": 20, "score": 10.0} for n in range(20)})
    many = judged({f"{n:03}.sgy": {"dead_traces": 20, "score": 10.0} for n in range(300)})

    assert len(many.facts) == len(few.facts)
    assert "and 297 more" in sentence(many, "lost_traces")


scores = st.one_of(st.none(), st.just(math.nan), st.floats(0, 100))
reals = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(reals, reals, scores, st.integers(0, 2**60)), min_size=1, max_size=4))
def test_whatever_the_amplitudes_every_fact_is_finite_and_the_agents_do_not_fail(rows) -> None:
    files = {
        f"{n}.sgy": {"mean_amplitude": a, "amplitude_scale": b, "score": c, "traces": count, "traces_declared": count}
        for n, (a, b, c, count) in enumerate(rows)
    }

    for result in by_name(made(files)).values():
        assert result.failed == ""
        assert all(math.isfinite(fact.value) for fact in result.facts if not isinstance(fact.value, str))
