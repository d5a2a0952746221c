"""The named SQL alerts of a deployment."""

from seismic_assets.alerts import Alert
from seismic_assets.monitoring.sql import find_tables
from seismic_assets.monitoring.sql_alerts import evaluate_alerts, shipped_and_own
from seismic_assets.settings import Settings


def evaluate_sql_alerts(settings: Settings) -> list[Alert]:
    """Those that are on, and those that cannot be asked: a broken one would never be heard of.

    Raises:
        SqlError: the file of SEISMIC_SQL_ALERTS cannot be used.
    """
    tables = find_tables(settings.lake_dir, settings.serving_dir)
    found = evaluate_alerts(shipped_and_own(settings.sql_alerts), tables)
    on = [
        Alert(f"sql/{each.name}", each.severity, each.name.replace("_", " "), each.sentence)  # type: ignore[arg-type]
        for each in found
        if each.status == "on"
    ]
    broken = [
        Alert(f"sql/{each.name}", "warning", f"the SQL alert {each.name} is broken", each.sentence)
        for each in found
        if each.status == "broken"
    ]
    return on + broken
