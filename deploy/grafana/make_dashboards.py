"""Write the dashboards: `python -m deploy.grafana.make_dashboards`, from the repository's root; `--check` compares.

What a panel shows stands here once; Grafana's JSON is mostly layout. The tests hold every metric to those that exist.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "dashboards"
_SOURCE = {"type": "prometheus", "uid": "prometheus"}
_HEIGHT, _HALF, _WHOLE = 8, 12, 24


@dataclass(frozen=True)
class Panel:
    """A picture of some queries.

    Attributes:
        title: above it.
        queries: of Prometheus, each with the legend of its lines.
        unit: as Grafana names it.
        kind: timeseries, stat or table.
        width: of 24.
    """

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = _HALF


SERVICE = (
    Panel(
        "Version that answers",
        (("max by (version, family) (seismic_model_info)", "{{version}} {{family}}"),),
        kind="stat",
    ),
    Panel(
        "Alerts that fire",
        (
            (
                'sum by (alertname, severity) (ALERTS{alertstate="firing", alertname!="SeismicWatchdog"})',
                "{{alertname}} {{severity}}",
            ),
        ),
        kind="stat",
    ),
    Panel("Requests to predict a second", (("seismic:predict_requests:rate5m", "{{instance}}"),), "reqps"),
    Panel("Share of them that fail", (("seismic:predict_errors:ratio5m", "{{instance}}"),), "percentunit"),
    Panel(
        "Time of an answer",
        (
            ("seismic:prediction_latency_seconds:p50_5m", "median {{endpoint}}"),
            ("seismic:prediction_latency_seconds:p99_5m", "99th percentile {{endpoint}}"),
        ),
        "s",
    ),
    Panel(
        "Requests turned away a second",
        (("sum by (reason) (rate(seismic_rejected_total[5m]))", "{{reason}}"),),
        "reqps",
    ),
    Panel("Requests that wait", (("seismic_requests_waiting", "{{instance}}"),)),
    Panel("Loads of a version", (("sum by (outcome) (increase(seismic_model_reloads_total[1h]))", "{{outcome}}"),)),
    Panel(
        "Rows of the inference table", (("sum by (outcome) (rate(seismic_recorder_calls_total[5m]))", "{{outcome}}"),)
    ),
    Panel("Processes that serve", (('seismic_processes{job="seismic-api"}', "{{instance}}"),)),
    Panel("Memory of the processes", (("seismic_process_resident_memory_bytes", "{{job}} {{instance}}"),), "bytes"),
    Panel("Processor of the machine", (("seismic_system_cpu_percent", "{{instance}}"),), "percent"),
)

PIPELINE = (
    Panel("Files admitted", (("seismic_pipeline_files_admitted", ""),), kind="stat", width=6),
    Panel("Files in quarantine", (("seismic_pipeline_files_quarantined", ""),), kind="stat", width=6),
    Panel("Rows predicted", (('seismic_pipeline_table_rows{table="predictions"}', ""),), kind="stat", width=6),
    Panel("Checks that fail", (('seismic_pipeline_asset_checks{status="failed"}', ""),), kind="stat", width=6),
    Panel("Runs that ended, an hour", (("sum by (status) (increase(seismic_pipeline_runs_total[1h]))", "{{status}}"),)),
    Panel(
        "Runs at work and waiting",
        (("seismic_pipeline_runs_in_progress", "at work"), ("seismic_pipeline_runs_queued", "waiting")),
    ),
    Panel(
        "Time of the last run that succeeded",
        (('seismic_pipeline_run_last_duration_seconds{status="success"}', "{{group}}"),),
        "s",
    ),
    Panel("Since a daemon gave a sign", (("seismic_pipeline_daemon_heartbeat_age_seconds", "{{daemon}}"),), "s"),
    Panel("Rows of tables", (("seismic_pipeline_table_rows", "{{table}}"),)),
    Panel(
        "Age of tables",
        (('seismic_pipeline_table_age_seconds{table=~"bronze_traces|trace_features|predictions"}', "{{table}}"),),
        "s",
    ),
    Panel("Features that drifted", (("seismic:drift_score:max", "share"),), "percentunit"),
    Panel("Accuracy on what was labelled since", (("seismic:model_accuracy:min", "accuracy"),), "percentunit"),
    Panel(
        "Disk of the storage root",
        (("seismic_pipeline_storage_free_bytes", "free"), ("seismic_pipeline_lake_bytes", "lake")),
        "bytes",
    ),
    Panel(
        "Parts that cannot be read",
        (("sum by (part) (increase(seismic_pipeline_scrape_errors_total[5m]))", "{{part}}"),),
    ),
    Panel(
        "Checks that fail, by asset",
        (("seismic_pipeline_asset_check_failed == 1", "{{asset}} {{check}} {{severity}}"),),
        kind="table",
        width=_WHOLE,
    ),
)

DASHBOARDS = {
    "service.json": ("seismic-service", "Prediction service", SERVICE),
    "pipeline.json": ("seismic-pipeline", "Pipeline", PIPELINE),
}


def dashboard(identity: str, title: str, panels: tuple[Panel, ...]) -> dict[str, Any]:
    """A dashboard as Grafana reads it, panels from left to right."""
    placed, left, top = [], 0, 0
    for number, panel in enumerate(panels, 1):
        if left + panel.width > _WHOLE:
            left, top = 0, top + _HEIGHT
        placed.append(_as_json(number, panel, left, top))
        left += panel.width
    return {
        "uid": identity,
        "title": title,
        "tags": ["seismic"],
        "timezone": "browser",
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "annotations": {"list": []},
        "templating": {"list": []},
        "panels": placed,
    }


def _as_json(number: int, panel: Panel, left: int, top: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": {"h": _HEIGHT, "w": panel.width, "x": left, "y": top},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _SOURCE,
                "expr": query,
                "legendFormat": legend,
                "instant": panel.kind != "timeseries",
                "range": panel.kind == "timeseries",
                **({"format": "table"} if panel.kind == "table" else {}),
            }
            for place, (query, legend) in enumerate(panel.queries)
        ],
    }


def written() -> dict[Path, str]:
    """What each file should hold."""
    return {FOLDER / name: json.dumps(dashboard(*described), indent=2) + "\n" for name, described in DASHBOARDS.items()}


def main() -> None:
    """Write the files, or say which differ."""
    if "--check" not in sys.argv[1:]:
        for path, content in written().items():
            path.write_text(content)
        return
    if stale := [path.name for path, content in written().items() if path.read_text() != content]:
        sys.exit(f"{', '.join(stale)}: write them anew with python -m deploy.grafana.make_dashboards")


if __name__ == "__main__":
    main()
