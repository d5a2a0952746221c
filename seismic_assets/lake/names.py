"""Names of all tables that a lake can come to have."""

from seismic_assets.lake import history_tables, monitoring_tables, quality_history, tables

_MODULES = (tables, monitoring_tables, history_tables, quality_history)
_FIXED = [each for module in _MODULES for each in vars(module).values()]
_MADE = [
    tables.trace_attributes_table,
    tables.trace_features_table,
    tables.predictions_table,
    history_tables.window_features_table,
]

TABLE_NAMES: frozenset[str] = frozenset(
    [*(each.name for each in _FIXED if isinstance(each, tables.Table)), *(make(()).name for make in _MADE)]
)
"""Also of those that no asset has made yet."""
