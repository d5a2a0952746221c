"""Cron lines of schedules."""

from dagster._utils.schedules import is_valid_cron_string  # what the schedule itself asks, in a sentence of its own

from seismic_assets.settings import SettingsError


def check_cron(variable: str, line: str, example: str) -> None:
    """Go on where a cron line can be used.

    Raises:
        SettingsError: it cannot; names the variable.
    """
    if not is_valid_cron_string(line):
        raise SettingsError(
            f"{variable}={line!r} is no cron line: give minute, hour, day, month and weekday, such as '{example}'."
        )
