import pytest

from seismic_assets.lake import FEATURE_DRIFT, MONITORING_TABLES, Table


@pytest.mark.parametrize("table", MONITORING_TABLES, ids=lambda table: table.name)
def test_meanings_are_of_columns_that_are_there(table: Table) -> None:
    assert set(table.meanings) <= set(table.schema.names)


def test_every_figure_of_a_feature_is_explained() -> None:
    assert set(FEATURE_DRIFT.meanings) == set(FEATURE_DRIFT.schema.names)
