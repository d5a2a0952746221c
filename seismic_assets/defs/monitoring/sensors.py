"""What sets monitoring off, starts a retraining that was asked for, and tells people."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import structlog
from deltalake import DeltaTable

from seismic_assets.defs.cron import check_cron
from seismic_assets.defs.failures import failure_sentence
from seismic_assets.defs.monitoring.retraining import RETRAINING_TAG, last_asked
from seismic_assets.defs.monitoring.telling import (
    UNSAID,
    CheckOutcome,
    Target,
    missed_reports,
    name_of,
    tell_gone,
    tell_report,
    tell_run,
    tell_sql,
)
from seismic_assets.defs.partitions import SEGY_FILES
from seismic_assets.lake import Lake
from seismic_assets.monitoring import MonitoringError, MonitoringReport
from seismic_assets.settings import Settings

_NO_CHAMPION = "there is no champion yet to compare with"
_log = structlog.get_logger(__name__)
_WATCHED = dg.AssetSelection.groups("monitoring")
_RETRAINED = dg.AssetSelection.assets(
    "tuning_study", "seismic_classifier", "evaluation_report", "promotion_gate", "champion", "model_card"
)
_LONGEST = 500
_RUNNING = dg.DefaultSensorStatus.RUNNING


def monitoring_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """A report now and then, once there is a champion.

    Raises:
        SettingsError: the cron line cannot be used.
    """
    check_cron("SEISMIC_MONITORING_CRON", settings.monitoring_cron, "17 * * * *")

    @dg.schedule(
        name="monitoring_schedule",
        target=_WATCHED,
        cron_schedule=settings.monitoring_cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Judges what came in and what was served, and reports.",
    )
    def monitoring_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if not _has_champion(context.instance):
            return dg.SkipReason(_NO_CHAMPION)
        return dg.RunRequest()

    return monitoring_schedule


def served_sensor(settings: Settings) -> dg.SensorDefinition:
    """A report before its time, when much was served since the last."""

    @dg.sensor(
        name="served_sensor",
        target=_WATCHED,
        minimum_interval_seconds=settings.sensor_interval_s,
        default_status=_RUNNING,
        description="Asks for a report when enough requests were served since the last.",
    )
    def served_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        rows, report, known = _rows_served(settings), _stamp(_latest(settings)), _remembered(context.cursor)
        seen = int(known.get("rows", 0))
        cursor = json.dumps({"rows": rows, "report": report})
        # Whoever asked for a report, what was served before it counts no more; nor do old days that were dropped.
        if report != known.get("report") or rows < seen:
            why = f"0 of {settings.monitoring_requests} requests since the last report"
            return dg.SensorResult(skip_reason=why, cursor=cursor)
        if rows - seen < settings.monitoring_requests:
            return dg.SkipReason(f"{rows - seen} of {settings.monitoring_requests} requests since the last report")
        if not _has_champion(context.instance):
            return dg.SkipReason(_NO_CHAMPION)
        return dg.SensorResult([dg.RunRequest(run_key=f"served-{rows}-after-{report or 0}")], cursor=cursor)

    return served_sensor


def retraining_sensor(settings: Settings) -> dg.SensorDefinition:
    """Starts a retraining that was asked for, once."""

    @dg.sensor(
        name="retraining_sensor",
        target=_RETRAINED,
        minimum_interval_seconds=settings.sensor_interval_s,
        default_status=_RUNNING,
        description="Starts the search for a model that a decision asked for; its reason is a tag of the run.",
    )
    def retraining_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        asked = last_asked(Lake(settings.lake_dir))
        if asked is None or asked.number <= int(context.cursor or 0):
            return dg.SkipReason("no retraining is asked for")
        if not asked.in_time(datetime.now(UTC)):
            why = f"the retraining asked for at {asked.decided_at:%Y-%m-%d %H:%M} UTC was not started in time"
            return dg.SensorResult(skip_reason=f"{why}; the next report decides anew", cursor=str(asked.number))
        request = dg.RunRequest(
            run_key=f"retraining-{asked.number}",
            tags={RETRAINING_TAG: str(asked.number), "seismic/reason": asked.reason[:200]},
        )
        return dg.SensorResult([request], cursor=str(asked.number))

    return retraining_sensor


def report_alerts_sensor(settings: Settings) -> dg.SensorDefinition:
    """Tells people of what a report says is wrong, and of the SQL alerts."""

    @dg.sensor(
        name="report_alerts_sensor",
        minimum_interval_seconds=settings.sensor_interval_s,
        default_status=_RUNNING,
        description="Tells people of the alerts of the latest report, and of the SQL alerts.",
    )
    def report_alerts_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        path, cursor, said, unsaid = _latest(settings), context.cursor, [], []
        stamp, known = _stamp(path), _remembered(context.cursor)
        try:
            if stamp is not None and stamp != known.get("stamp"):
                report, last = _read_report(path), known.get("told")
                said.append(tell_report(settings, report, missed_reports(settings, last, report)))
                cursor = json.dumps({"stamp": stamp, "told": name_of(report)})
        except UNSAID as error:
            unsaid.append(str(error))
        try:
            tell_gone(settings, lambda: context.instance.get_dynamic_partitions(str(SEGY_FILES.name)))
            said.append(tell_sql(settings))
        except UNSAID as error:
            unsaid.append(str(error))
        if unsaid:
            _log.error("people were not told of all that is wrong", reasons=unsaid)
            return dg.SensorResult(skip_reason="; ".join(unsaid), cursor=cursor)
        figures = f"{sum(each.delivered for each in said)} messages delivered, {said[-1].waiting} wait"
        return dg.SensorResult(
            skip_reason=figures if stamp is not None else f"there is no report yet; {figures}", cursor=cursor
        )

    return report_alerts_sensor


def _read_report(path: Path) -> MonitoringReport:
    try:
        return MonitoringReport.from_json(path.read_bytes())
    except MonitoringError as error:
        raise MonitoringError(f"{path}: {error}") from error


def run_alerts_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """Tell people of runs and checks that failed, and of those that are well again."""

    @dg.run_failure_sensor(
        name="run_failure_sensor", default_status=_RUNNING, description="Tells people of runs that failed."
    )
    def run_failure_sensor(context: dg.RunFailureSensorContext) -> None:
        _tell(settings, _failed(context), _made(context), context)

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        name="run_success_sensor",
        default_status=_RUNNING,
        description="Tells people of checks that failed, and of what is well again.",
    )
    def run_success_sensor(context: dg.RunStatusSensorContext) -> None:
        _tell(settings, {}, {*_made(context), (context.dagster_run.job_name, None)}, context)

    return [run_failure_sensor, run_success_sensor]


def _tell(
    settings: Settings, failed: Mapping[Target, str], made: Collection[Target], context: dg.RunStatusSensorContext
) -> None:
    """An alert that cannot be said is logged; the sensor goes on."""
    try:
        tell_run(settings, failed, made, _checked(context))
    except UNSAID as error:
        _log.error("people were not told of a run", run_id=context.dagster_run.run_id, reason=str(error))


def _failed(context: dg.RunFailureSensorContext) -> dict[Target, str]:
    """By asset and file whose step failed, why; where no step did, as when the process was killed, by what is missing.

    What was only not reached stays unsaid: one failure is one alert. A run without assets goes by its job's name.
    """
    steps = {str(event.step_key): failure_sentence(event) for event in context.get_step_failure_events()}
    planned = {
        (event.asset_key.to_user_string(), event.partition): event.step_key
        for event in _events(context, dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
        if event.asset_key is not None
    }
    made = _made(context)
    of_steps = {target: steps[step] for target, step in planned.items() if step in steps}
    unmade = {target: why for target, why in of_steps.items() if target not in made}
    reason = next(iter(steps.values()), context.failure_event.message or "it failed")
    left = [target for target in planned if target not in made] or [(context.dagster_run.job_name, None)]
    return {target: why[:_LONGEST] for target, why in (unmade or of_steps or dict.fromkeys(left, reason)).items()}


def _made(context: dg.RunStatusSensorContext) -> set[Target]:
    events = _events(context, dg.DagsterEventType.ASSET_MATERIALIZATION)
    return {(event.asset_key.to_user_string(), event.partition) for event in events if event.asset_key is not None}


def _checked(context: dg.RunStatusSensorContext) -> Iterable[CheckOutcome]:
    """Of each check the last that it found."""
    found = {}
    for event in _events(context, dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        evaluation = event.asset_check_evaluation_data
        target = (evaluation.asset_key.to_user_string(), evaluation.partition)
        blocking = evaluation.severity == dg.AssetCheckSeverity.ERROR
        found[target, evaluation.check_name] = CheckOutcome(
            target, evaluation.check_name, evaluation.passed, blocking, evaluation.description or ""
        )
    return found.values()


def _events(context: dg.RunStatusSensorContext, kind: dg.DagsterEventType) -> list[dg.DagsterEvent]:
    records = context.instance.all_logs(context.dagster_run.run_id, of_type=kind)
    return [record.dagster_event for record in records if record.dagster_event is not None]


def _has_champion(instance: dg.DagsterInstance) -> bool:
    return instance.get_latest_materialization_event(dg.AssetKey("champion")) is not None


def _rows_served(settings: Settings) -> int:
    folder = settings.serving_dir / "inference_log"
    if not DeltaTable.is_deltatable(str(folder)):
        return 0
    return int(sum(DeltaTable(str(folder)).get_add_actions(flatten=True)["num_records"].to_pylist()))


def _latest(settings: Settings) -> Path:
    return settings.reports_dir / "monitoring" / "latest.json"


def _stamp(report: Path) -> str | None:
    """What changes with each report; None where there is none."""
    return str(report.stat().st_mtime_ns) if report.exists() else None


def _remembered(cursor: str | None) -> dict[str, Any]:
    """A cursor; one of another form, as of an earlier version, says nothing."""
    try:
        found = json.loads(cursor or "{}")
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
