"""When upkeep is done."""

import dagster as dg

from seismic_assets.defs.cron import check_cron
from seismic_assets.settings import Settings


def upkeep_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Upkeep once a day, or as the settings say.

    Raises:
        SettingsError: the cron line cannot be used.
    """
    check_cron("SEISMIC_UPKEEP_CRON", settings.upkeep_cron, "43 3 * * *")
    return dg.ScheduleDefinition(
        name="upkeep_schedule",
        target=dg.AssetSelection.groups("upkeep"),
        cron_schedule=settings.upkeep_cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Merges small parts of tables, frees disk, removes old runs and pages.",
    )
