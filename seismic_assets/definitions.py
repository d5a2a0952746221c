"""The code location that Dagster loads: the definitions of the deployment that the environment describes."""

from seismic_assets.defs.build import build_definitions
from seismic_assets.settings import load_settings

defs = build_definitions(load_settings())
