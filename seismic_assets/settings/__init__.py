"""Every knob of the project, read from the environment."""

from seismic_assets.settings.deployment import Settings
from seismic_assets.settings.loading import SettingsError, load_settings, variable_of

__all__ = ["Settings", "SettingsError", "load_settings", "variable_of"]
