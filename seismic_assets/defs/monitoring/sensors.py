"""What sets monitoring off, starts a retraining that was asked for, and tells people."""

from collections.abc import Iterable, Mapping

import dagster as dg
import structlog
from deltalake import DeltaTable

from seismic_assets.defs.failures import failure_sentence
from seismic_assets.defs.monitoring.retraining import RETRAINING_TAG, last_asked
from seismic_assets.defs.monitoring.telling import UNSAID, tell_checks, tell_report, tell_runs, tell_sql
from seismic_assets.lake import Lake
from seismic_assets.monitoring import MonitoringReport
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
    """A report now and then, once there is a champion."""

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
        rows, seen = _rows_served(settings), int(context.cursor or 0)
        if rows < seen:  # old days were dropped
            return dg.SensorResult(skip_reason="rows were dropped", cursor=str(rows))
        if rows - seen < settings.monitoring_requests:
            return dg.SkipReason(f"{rows - seen} of {settings.monitoring_requests} requests since the last report")
        if not _has_champion(context.instance):
            return dg.SkipReason(_NO_CHAMPION)
        return dg.SensorResult([dg.RunRequest(run_key=f"served-{rows}")], cursor=str(rows))

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
        if asked is None or asked[0] <= int(context.cursor or 0):
            return dg.SkipReason("no retraining is asked for")
        number, reason = asked
        request = dg.RunRequest(
            run_key=f"retraining-{number}", tags={RETRAINING_TAG: str(number), "seismic/reason": reason[:200]}
        )
        return dg.SensorResult([request], cursor=str(number))

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
        path = settings.reports_dir / "monitoring" / "latest.json"
        if not path.exists():
            return dg.SkipReason("there is no report yet")
        stamp = str(path.stat().st_mtime_ns)
        said = []
        try:
            if stamp != context.cursor:
                said.append(tell_report(settings, MonitoringReport.from_json(path.read_bytes())))
            said.append(tell_sql(settings))
        except UNSAID as error:
            _log.error("people were not told of all that is wrong", reason=str(error))
            return dg.SensorResult(skip_reason=str(error), cursor=stamp if said else context.cursor)
        figures = f"{sum(each.delivered for each in said)} messages delivered, {said[-1].waiting} wait"
        return dg.SensorResult(skip_reason=figures, cursor=stamp)

    return report_alerts_sensor


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
        _tell(settings, {}, {*_made(context), context.dagster_run.job_name}, context)

    return [run_failure_sensor, run_success_sensor]


def _tell(
    settings: Settings, failed: Mapping[str, str], made: Iterable[str], context: dg.RunStatusSensorContext
) -> None:
    """An alert that cannot be said is logged; the sensor goes on."""
    found = {}
    for event in _events(context, dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        evaluation = event.asset_check_evaluation_data
        found[f"{evaluation.asset_key.to_user_string()}/{evaluation.check_name}"] = evaluation
    wrong = {name: each.description or "" for name, each in found.items() if not each.passed}
    try:
        tell_runs(settings, failed, made)
        tell_checks(settings, wrong, [name for name in found if name not in wrong])
    except UNSAID as error:
        _log.error("people were not told of a run", run_id=context.dagster_run.run_id, reason=str(error))


def _failed(context: dg.RunFailureSensorContext) -> dict[str, str]:
    """By asset whose step failed, why; where no step did, as when the process was killed, by asset that is missing.

    What was only not reached stays unsaid: one failure is one alert. A run without assets goes by its job's name.
    """
    steps = {str(event.step_key): failure_sentence(event) for event in context.get_step_failure_events()}
    planned = {
        event.asset_key.to_user_string(): event.step_key
        for event in _events(context, dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
        if event.asset_key is not None
    }
    of_steps = {asset: steps[step] for asset, step in planned.items() if step in steps}
    reason = next(iter(steps.values()), context.failure_event.message or "it failed")
    left = [asset for asset in planned if asset not in _made(context)] or [context.dagster_run.job_name]
    return {asset: why[:_LONGEST] for asset, why in (of_steps or dict.fromkeys(left, reason)).items()}


def _made(context: dg.RunStatusSensorContext) -> set[str]:
    events = _events(context, dg.DagsterEventType.ASSET_MATERIALIZATION)
    return {event.asset_key.to_user_string() for event in events if event.asset_key is not None}


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
