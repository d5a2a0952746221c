"""The sensor that watches the landing folder."""

import json

import dagster as dg

from seismic_assets.defs.partitions import SEGY_FILES
from seismic_assets.defs.raw.discovery import discover
from seismic_assets.segy import LandingFolderError, StockEntry
from seismic_assets.settings import Settings

_MOST_BYTES = 8 << 30  # Dagster gives a sensor a minute, and a disk may deliver no more than 200 MB a second


def landing_sensor(settings: Settings) -> dg.SensorDefinition:
    """The discovery sensor of a deployment: new, changed and vanished files, labels and settings."""

    @dg.sensor(
        name="landing_folder_sensor",
        minimum_interval_seconds=settings.sensor_interval_s,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Looks for new, changed and vanished SEG-Y files and labels.",
    )
    def landing_folder_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        previous = [StockEntry.from_dict(entry) for entry in json.loads(context.cursor or "[]")]
        try:
            found = discover(
                context.instance,
                settings,
                previous,
                most_new=settings.sensor_new_files,
                most_bytes=_MOST_BYTES,
                settle_seconds=settings.settle_seconds,
            )
        except LandingFolderError as error:
            return dg.SkipReason(str(error))
        return dg.SensorResult(
            asset_events=list(found.events),
            dynamic_partitions_requests=[
                SEGY_FILES.build_add_request(list(found.new)),
                SEGY_FILES.build_delete_request(list(found.gone)),
            ],
            cursor=json.dumps([entry.as_dict() for entry in found.stock.entries]),
            skip_reason=None if found.events or found.new or found.gone else dg.SkipReason("nothing new"),
        )

    return landing_folder_sensor
