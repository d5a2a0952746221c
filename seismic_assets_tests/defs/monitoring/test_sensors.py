"""What sets monitoring off and what tells people, evaluated as the daemon does, with a real webhook."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG
from deltalake import DeltaTable
from pydantic import SecretStr

from seismic_assets.alerts import AlertState
from seismic_assets.defs.monitoring.retraining import RETRAINING_TAG
from seismic_assets.defs.monitoring.sensors import (
    monitoring_schedule,
    report_alerts_sensor,
    retraining_sensor,
    run_alerts_sensors,
    served_sensor,
)
from seismic_assets.defs.monitoring.telling import CheckOutcome, alerter_of, tell_report, tell_run
from seismic_assets.defs.partitions import ONE_RUN, SEGY_FILES
from seismic_assets.lake import DRIFT_VERDICTS, RETRAINING_DECISIONS, Lake
from seismic_assets.monitoring import MonitoringReport, alerts_of, feature_drift_part
from seismic_assets.serving.recording import Recorder
from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file
from seismic_assets_tests.alerts.receivers import Hook, hook
from seismic_assets_tests.defs.monitoring.building import NOW, settings_in
from seismic_assets_tests.monitoring.drifted import file_drift
from seismic_assets_tests.monitoring.reports import NORTH, calm, troubled
from seismic_assets_tests.monitoring.test_sql import frame_of
from seismic_assets_tests.serving.recording.building import make_call


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "home")) as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path / "place").model_copy(update={"alert_budget_seconds": 2.0, "monitoring_requests": 10})


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as made:
        yield made


def told(settings: Settings, receiver: Hook) -> Settings:
    return settings.model_copy(update={"alert_urls": (SecretStr(receiver.url),)})


def said(receiver: Hook) -> list[tuple[str, str]]:
    return [(post["key"], post["status"]) for post in receiver.posts]


def champion(instance: dg.DagsterInstance) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization("champion"))


def sense(sensor: dg.SensorDefinition, instance: dg.DagsterInstance, cursor: str | None = None):
    return sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=cursor, sensor_name=sensor.name))


def write_report(settings: Settings, report: MonitoringReport, minutes: int = 0) -> None:
    """As the asset does: under its time and as the latest."""
    report = report.model_copy(update={"timestamp": report.timestamp + timedelta(minutes=minutes)})
    folder = settings.reports_dir / "monitoring"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (f"{report.timestamp:%Y%m%dT%H%M%SZ}", "latest"):
        replace_file(folder / f"{name}.json", report.to_json())


def keys_of(report: MonitoringReport) -> set[str]:
    """Those that people are told of: drift by file."""
    drifted = {f"monitoring/feature_drift/{NORTH}"} if report.feature_drift.severity == "high" else set()
    return {f"monitoring/{each.key}" for each in report.alerts if each.key != "feature_drift"} | drifted


# The schedule


def test_the_schedule_waits_for_a_champion(settings: Settings, instance: dg.DagsterInstance) -> None:
    schedule = monitoring_schedule(settings)

    before = schedule.evaluate_tick(dg.build_schedule_context(instance=instance))
    champion(instance)
    after = schedule.evaluate_tick(dg.build_schedule_context(instance=instance))

    assert before.run_requests == []
    assert before.skip_message == "there is no champion yet to compare with"
    assert len(after.run_requests or ()) == 1
    assert schedule.cron_schedule == settings.monitoring_cron


# What was served


def serve(settings: Settings, count: int) -> None:
    recorder = Recorder(settings.serving_dir, clock=lambda: NOW)
    recorder.start()
    for number in range(count):
        recorder.record(make_call(number))
    assert recorder.stop(30)


def test_enough_requests_ask_for_a_report_once(settings: Settings, instance: dg.DagsterInstance) -> None:
    champion(instance)
    sensor = served_sensor(settings)
    serve(settings, 4)
    few = sense(sensor, instance)
    serve(settings, 8)

    enough = sense(sensor, instance, few.cursor)
    again = sense(sensor, instance, enough.cursor)

    assert few.skip_message == "4 of 10 requests since the last report"
    assert [each.run_key for each in enough.run_requests] == ["served-12-after-0"]
    assert again.run_requests == []
    assert again.skip_message == "0 of 10 requests since the last report"


def test_what_was_served_before_a_report_of_anyone_counts_no_more(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    champion(instance)
    sensor = served_sensor(settings)
    serve(settings, 9)
    first = sense(sensor, instance)
    write_report(settings, calm())
    after = sense(sensor, instance, first.cursor)
    serve(settings, 4)

    few = sense(sensor, instance, after.cursor)
    serve(settings, 6)
    enough = sense(sensor, instance, after.cursor)

    assert after.skip_message == "0 of 10 requests since the last report"
    assert few.skip_message == "4 of 10 requests since the last report"
    assert len(enough.run_requests) == 1


def test_before_the_first_request_and_before_a_champion_nothing_is_asked_for(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    sensor = served_sensor(settings)

    assert sense(sensor, instance).skip_message == "0 of 10 requests since the last report"
    serve(settings, 12)
    assert sense(sensor, instance).skip_message == "there is no champion yet to compare with"


def test_the_count_goes_down_when_old_rows_are_dropped(settings: Settings, instance: dg.DagsterInstance) -> None:
    champion(instance)
    serve(settings, 12)
    asked = sense(served_sensor(settings), instance)
    DeltaTable(str(settings.serving_dir / "inference_log")).delete("latency_ms < 9")

    fewer = sense(served_sensor(settings), instance, asked.cursor)

    assert fewer.run_requests == []
    serve(settings, 10)
    assert [each.run_key for each in sense(served_sensor(settings), instance, fewer.cursor).run_requests] == [
        "served-13-after-0"
    ]


# Retraining


def ask(settings: Settings, *numbers: int | None, ago: timedelta = timedelta(minutes=1)) -> None:
    rows = [
        {"decided_at": datetime.now(UTC) - ago + timedelta(seconds=place), "number": number,
         "retrain": number is not None,
         "reason": f"because of {number} " + "x" * 300}
        for place, number in enumerate(numbers)
    ]  # fmt: skip
    Lake(settings.lake_dir).replace(RETRAINING_DECISIONS, frame_of(RETRAINING_DECISIONS, *rows))


def test_a_retraining_is_started_once_for_each_number(settings: Settings, instance: dg.DagsterInstance) -> None:
    sensor = retraining_sensor(settings)
    assert sense(sensor, instance).skip_message == "no retraining is asked for"
    ask(settings, 1, None)

    first = sense(sensor, instance)
    again = sense(sensor, instance, first.cursor)
    ask(settings, 1, None, 2, None)
    second = sense(sensor, instance, first.cursor)

    assert [(each.run_key, each.tags[RETRAINING_TAG]) for each in first.run_requests] == [("retraining-1", "1")]
    assert first.run_requests[0].tags["seismic/reason"].startswith("because of 1 x")
    assert again.run_requests == []
    assert [each.run_key for each in second.run_requests] == ["retraining-2"]


def test_a_retraining_that_nobody_started_in_time_is_not_started_late(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    sensor = retraining_sensor(settings)
    ask(settings, 1, ago=timedelta(hours=2))

    late = sense(sensor, instance)
    ask(settings, 1, 2)

    assert late.run_requests == []
    assert "was not started in time; the next report decides anew" in str(late.skip_message)
    assert [each.run_key for each in sense(sensor, instance, late.cursor).run_requests] == ["retraining-2"]


# Reports


def test_people_are_told_of_a_report_once_and_when_it_is_over(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook
) -> None:
    settings = told(settings, receiver)
    sensor = report_alerts_sensor(settings)
    assert sense(sensor, instance).skip_message == "there is no report yet; 0 messages delivered, 0 wait"
    write_report(settings, troubled())

    first = sense(sensor, instance)
    keys = [key for key, _ in said(receiver)]
    again = sense(sensor, instance, first.cursor)

    assert set(keys) == keys_of(troubled())
    assert len(keys) == len(troubled().alerts)
    assert first.skip_message == f"{len(keys)} messages delivered, 0 wait"
    assert again.skip_message == "0 messages delivered, 0 wait"
    write_report(settings, calm())
    sense(sensor, instance, again.cursor)
    assert sorted(said(receiver)[len(keys) :]) == sorted((key, "resolved") for key in keys)


def drifting(*names: str) -> MonitoringReport:
    """Nothing is wrong but that so many files drifted."""
    part = feature_drift_part(
        [file_drift("f.sgy", 11, moved=4, start=60).model_copy(update={"name": n}) for n in names]
    )
    report = calm().model_copy(update={"feature_drift": part})
    return report.model_copy(update={"alerts": alerts_of(report)})


def test_a_further_file_that_drifts_is_told_and_the_one_that_is_well_again(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook
) -> None:
    settings = told(settings, receiver)
    tell_report(settings, drifting("a.sgy"))
    assert len(receiver.posts) == 1

    tell_report(settings, drifting("a.sgy", "b.sgy"))
    standing = [each.alert.key for each in alerter_of(settings).standing()]
    tell_report(settings, drifting("b.sgy"))

    assert standing == ["monitoring/feature_drift/a.sgy", "monitoring/feature_drift/b.sgy"]
    assert alerter_of(settings).say().waiting == 1  # b.sgy, gathered with whatever more comes within minutes
    assert said(receiver) == [("monitoring/feature_drift/a.sgy", status) for status in ("firing", "resolved")]


def test_a_survey_that_drifts_as_a_whole_is_one_message(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook
) -> None:
    settings = told(settings, receiver)
    survey = [f"{number:02d}.sgy" for number in range(40)]

    tell_report(settings, drifting(*survey))
    tell_report(settings, calm())

    began, ended = receiver.posts
    assert (began["key"], began["title"]) == ("monitoring/feature_drift", "Feature drift: 40 files or samples")
    assert began["sentence"].startswith("00.sgy, 01.sgy, 02.sgy and 37 more: Other than the training data is 00.sgy: ")
    assert (len(began["keys"]), began["details"]["model version"]) == (40, "7")
    assert (ended["status"], ended["keys"]) == ("resolved", began["keys"])


def test_what_drifted_and_does_not_fit_into_a_report_is_not_over(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook
) -> None:
    rows = [
        {"subject": name, "kind": "file", "severity": severity, "drift_ratio": 0.2, "features_tested": 10,
         "features_drifted": 2, "farthest": "rms, envelope"}
        for name, severity in (("a.sgy", "high"), ("beside.sgy", "medium"), ("well.sgy", "none"))
    ]  # fmt: skip
    Lake(settings.lake_dir).replace(DRIFT_VERDICTS, frame_of(DRIFT_VERDICTS, *rows))

    tell_report(settings, drifting("a.sgy"))

    standing = {each.alert.key: each.alert for each in alerter_of(settings).standing()}
    assert standing.keys() == {f"monitoring/feature_drift/{name}" for name in ("a.sgy", "beside.sgy")}
    sentence = standing["monitoring/feature_drift/beside.sgy"].sentence
    assert sentence == "Other than the training data is beside.sgy: 2 of 10 features (rms, envelope): investigate."


def test_what_was_critical_in_a_report_that_was_replaced_before_a_look_is_told_and_that_it_is_over(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook
) -> None:
    settings = told(settings, receiver)
    sensor = report_alerts_sensor(settings)
    write_report(settings, calm())
    first = sense(sensor, instance)
    write_report(settings, troubled(), minutes=1)
    write_report(settings, calm(), minutes=2)

    second = sense(sensor, instance, first.cursor)
    third = sense(sensor, instance, second.cursor)

    critical = {
        key for key in keys_of(troubled()) if key.split("/")[1] in {"feature_drift", "performance", "error_rate"}
    }
    assert {key for key, status in said(receiver) if status == "firing"} == critical
    assert {key for key, status in said(receiver) if status == "resolved"} == critical
    assert len(said(receiver)) == 2 * len(critical)
    assert third.skip_message == "0 messages delivered, 0 wait"


def test_a_damaged_report_among_those_that_were_replaced_is_passed_over(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook
) -> None:
    settings = told(settings, receiver)
    write_report(settings, calm())
    first = sense(report_alerts_sensor(settings), instance)
    write_report(settings, troubled(), minutes=1)
    next(path for path in (settings.reports_dir / "monitoring").glob("2*01*.json")).write_text("{")
    write_report(settings, troubled(), minutes=2)

    sense(report_alerts_sensor(settings), instance, first.cursor)

    assert {key for key, _ in said(receiver)} == keys_of(troubled())


def test_a_webhook_that_is_down_is_told_later(settings: Settings, instance: dg.DagsterInstance, receiver: Hook) -> None:
    settings = told(settings, receiver)
    sensor = report_alerts_sensor(settings)
    write_report(settings, troubled())
    receiver.down = True

    first = sense(sensor, instance)
    receiver.down = False
    second = sense(sensor, instance, first.cursor)

    count = len(troubled().alerts)
    assert first.skip_message == f"0 messages delivered, {count} wait"
    assert second.skip_message == f"{count} messages delivered, 0 wait"


def test_sql_alerts_are_told_though_there_is_no_report(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("- {name: many_asked, severity: warning, sentence: 'asked {rows} times', sql: "
                   "select * from retraining_decisions where retrain}\n")  # fmt: skip
    settings = told(settings, receiver).model_copy(update={"sql_alerts": own})
    first = sense(report_alerts_sensor(settings), instance)
    assert said(receiver) == []
    ask(settings, 1)

    sense(report_alerts_sensor(settings), instance, first.cursor)

    assert said(receiver) == [("sql/many_asked", "firing")]
    assert "asked 1 times" in receiver.posts[0]["sentence"]


def test_a_wrong_address_is_one_sentence_and_no_failure(settings: Settings, instance: dg.DagsterInstance) -> None:
    settings = settings.model_copy(update={"alert_urls": (SecretStr("nonsense-with-a-secret"),)})
    write_report(settings, troubled())

    tick = sense(report_alerts_sensor(settings), instance)

    assert "SEISMIC_ALERT_URLS" in str(tick.skip_message)
    assert "secret" not in str(tick.skip_message)
    assert "\n" not in str(tick.skip_message)


def test_a_damaged_report_is_one_sentence_and_is_told_of_once_it_is_mended(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook
) -> None:
    settings = told(settings, receiver)
    write_report(settings, troubled())
    path = settings.reports_dir / "monitoring" / "latest.json"
    path.write_text("{")

    tick = sense(report_alerts_sensor(settings), instance)

    assert "latest.json: this is no monitoring report" in str(tick.skip_message)
    write_report(settings, troubled())
    sense(report_alerts_sensor(settings), instance, tick.cursor)
    assert len(said(receiver)) == len(troubled().alerts)


def test_broken_sql_alerts_are_one_sentence_and_the_report_is_told_all_the_same(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook, tmp_path: Path
) -> None:
    settings = told(settings, receiver).model_copy(update={"sql_alerts": tmp_path / "missing.yaml"})
    write_report(settings, troubled())

    tick = sense(report_alerts_sensor(settings), instance)

    assert "missing.yaml cannot be read" in str(tick.skip_message)
    assert len(said(receiver)) == len(troubled().alerts)


# Runs and checks


class Trouble:
    """What goes wrong in the assets below."""

    fails: str | None = None
    passes = True
    severity = dg.AssetCheckSeverity.ERROR


@dg.asset
def bronze_traces() -> None:
    if Trouble.fails is not None:
        raise dg.Failure(Trouble.fails)


@dg.asset(deps=[bronze_traces])
def trace_features() -> None:
    pass


@dg.asset_check(asset=bronze_traces)
def rows_alike() -> dg.AssetCheckResult:
    said = "" if Trouble.passes else "3 rows differ; see them"
    return dg.AssetCheckResult(passed=Trouble.passes, severity=Trouble.severity, description=said)


ASSETS = [bronze_traces, trace_features, rows_alike]


@dg.asset(partitions_def=SEGY_FILES, backfill_policy=ONE_RUN)
def trace_attributes() -> None:
    if Trouble.fails is not None:
        raise dg.Failure(Trouble.fails)


def run(settings: Settings, instance: dg.DagsterInstance, fails: str | None = None, passes: bool = True) -> None:
    """A run, and what the daemon does after it."""
    Trouble.fails, Trouble.passes = fails, passes
    look_after(settings, instance, dg.materialize(ASSETS, instance=instance, raise_on_error=False))


def run_files(
    settings: Settings, instance: dg.DagsterInstance, first: str, last: str, fails: str | None = None
) -> None:
    """A run of a range of files, and what the daemon does after it."""
    Trouble.fails = fails
    tags = {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}
    job = dg.Definitions(assets=[trace_attributes]).resolve_implicit_global_asset_job_def()
    look_after(settings, instance, job.execute_in_process(instance=instance, tags=tags, raise_on_error=False))


def look_after(settings: Settings, instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> None:
    failed, succeeded = run_alerts_sensors(settings)
    sensor = succeeded if result.success else failed
    context = dg.build_run_status_sensor_context(
        sensor_name=sensor.name,
        dagster_event=result.get_run_success_event() if result.success else result.get_run_failure_event(),
        dagster_instance=instance,
        dagster_run=result.dagster_run,
    )
    sensor(context if result.success else context.for_run_failure())


def test_a_run_that_failed_is_told_once_with_its_reason_and_a_later_success_is_its_end(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook
) -> None:
    settings = told(settings, receiver)

    for _ in range(2):
        run(settings, instance, fails="the disk is full; make room")
    before = said(receiver)
    run(settings, instance)
    run(settings, instance)

    assert before == [("run/bronze_traces", "firing")]
    assert (receiver.posts[0]["sentence"], receiver.posts[0]["severity"]) == ("the disk is full; make room", "critical")
    assert said(receiver)[1:] == [("run/bronze_traces", "resolved")]


def test_a_check_that_failed_is_told_until_it_passes(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook
) -> None:
    settings = told(settings, receiver)

    run(settings, instance, passes=False)
    run(settings, instance, passes=False)
    run(settings, instance)

    assert said(receiver) == [
        ("check/bronze_traces/rows_alike", "firing"),
        ("check/bronze_traces/rows_alike", "resolved"),
    ]
    assert receiver.posts[0]["sentence"] == "3 rows differ; see them"


@pytest.mark.parametrize(
    ("severity", "told_as"),
    [(dg.AssetCheckSeverity.ERROR, "critical"), (dg.AssetCheckSeverity.WARN, "warning")],
)
def test_a_check_whose_failure_is_an_error_is_critical(
    settings: Settings,
    instance: dg.DagsterInstance,
    receiver: Hook,
    monkeypatch: pytest.MonkeyPatch,
    severity: dg.AssetCheckSeverity,
    told_as: str,
) -> None:
    monkeypatch.setattr(Trouble, "severity", severity)

    run(told(settings, receiver), instance, passes=False)

    assert [post["severity"] for post in receiver.posts] == [told_as]


def test_a_check_of_one_file_is_told_by_file(settings: Settings, receiver: Hook) -> None:
    settings = told(settings, receiver)

    def found(file: str, passed: bool) -> CheckOutcome:
        return CheckOutcome(("trace_attributes", file), "finite", passed, True, "" if passed else "2 are not")

    tell_run(settings, {}, [], [found("a.sgy", False), found("b.sgy", False)])
    tell_run(settings, {}, [], [found("b.sgy", True)])

    key = "check/trace_attributes/finite"
    assert said(receiver) == [(key, "firing"), (f"{key}/b.sgy", "resolved")]
    assert [each.alert.key for each in alerter_of(settings).standing()] == [f"{key}/a.sgy"]


# Runs of files


@pytest.fixture
def survey(instance: dg.DagsterInstance) -> list[str]:
    """Forty files."""
    names = [f"{number:02d}.sgy" for number in range(40)]
    instance.add_dynamic_partitions(str(SEGY_FILES.name), names)
    return names


def test_a_file_that_could_not_be_made_stands_until_it_is_made_itself(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook, survey: list[str]
) -> None:
    settings = told(settings, receiver)

    run_files(settings, instance, "07.sgy", "07.sgy", fails="its traces differ in length")
    run_files(settings, instance, "08.sgy", "09.sgy")
    others = said(receiver)
    run_files(settings, instance, "07.sgy", "07.sgy")

    assert others == [("run/trace_attributes/07.sgy", "firing")]
    assert receiver.posts[0]["title"] == "trace_attributes could not be made: 07.sgy"
    assert receiver.posts[0]["sentence"] == "its traces differ in length"
    assert said(receiver)[1:] == [("run/trace_attributes/07.sgy", "resolved")]


def test_forty_files_that_fail_in_one_run_are_one_message_and_so_is_their_end(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook, survey: list[str]
) -> None:
    settings = told(settings, receiver)

    run_files(settings, instance, survey[0], survey[-1], fails="the disk is full")
    run_files(settings, instance, survey[0], survey[-1])

    assert said(receiver) == [("run/trace_attributes", "firing"), ("run/trace_attributes", "resolved")]
    assert receiver.posts[0]["title"] == "trace_attributes could not be made: 40 files"
    assert receiver.posts[0]["sentence"] == "00.sgy, 01.sgy, 02.sgy and 37 more: the disk is full."


def test_files_that_fail_in_a_run_each_are_no_flood(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook, survey: list[str]
) -> None:
    settings = told(settings, receiver)

    for name in survey[:4]:
        run_files(settings, instance, name, name, fails="the disk is full")

    assert said(receiver) == [("run/trace_attributes/00.sgy", "firing")]
    assert alerter_of(settings).say().waiting == 1
    assert len(alerter_of(settings).standing()) == 4


def test_what_was_wrong_with_a_file_that_is_gone_is_over(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook, survey: list[str]
) -> None:
    settings = told(settings, receiver)
    run_files(settings, instance, "07.sgy", "07.sgy", fails="its traces differ in length")
    sense(report_alerts_sensor(settings), instance)
    assert len(receiver.posts) == 1

    instance.delete_dynamic_partition(str(SEGY_FILES.name), "07.sgy")
    sense(report_alerts_sensor(settings), instance)

    assert said(receiver)[1:] == [("run/trace_attributes/07.sgy", "resolved")]


def test_a_run_that_died_without_a_failed_step_is_told_by_what_is_missing(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook
) -> None:
    settings = told(settings, receiver)
    job = dg.Definitions(assets=ASSETS).resolve_implicit_global_asset_job_def()
    started = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    instance.report_run_failed(started, message="the process was killed")
    events = instance.all_logs(started.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)

    failed, _ = run_alerts_sensors(settings)
    context = dg.build_run_status_sensor_context(
        sensor_name=failed.name,
        dagster_event=events[0].dagster_event,
        dagster_instance=instance,
        dagster_run=instance.get_run_by_id(started.run_id),
    )
    failed(context.for_run_failure())

    assert sorted(said(receiver)) == [("run/bronze_traces", "firing"), ("run/trace_features", "firing")]
    assert receiver.posts[0]["sentence"] == "the process was killed"
    run(settings, instance)
    assert sorted(said(receiver)[2:]) == [("run/bronze_traces", "resolved"), ("run/trace_features", "resolved")]


def test_a_webhook_that_is_down_fails_no_sensor_of_runs(
    settings: Settings, instance: dg.DagsterInstance, receiver: Hook
) -> None:
    settings = told(settings, receiver)
    receiver.down = True

    run(settings, instance, fails="no disk", passes=False)
    assert receiver.tries
    receiver.down = False
    run(settings, instance, fails="no disk")

    assert ("run/bronze_traces", "firing") in said(receiver)


@pytest.mark.parametrize("fails", [None, "no disk"], ids=["success", "failure"])
def test_a_wrong_address_fails_no_sensor_of_runs(
    settings: Settings, instance: dg.DagsterInstance, fails: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings.model_copy(update={"alert_urls": (SecretStr("nonsense"),)})

    run(settings, instance, fails=fails)

    assert "SEISMIC_ALERT_URLS" in "".join(capsys.readouterr())


def test_without_any_address_what_is_on_is_kept(settings: Settings, instance: dg.DagsterInstance) -> None:
    run(settings, instance, fails="no disk")

    standing = AlertState(settings.storage_root / "monitoring" / "alerts.json").standing()
    assert [each.alert.key for each in standing] == ["run/bronze_traces"]
