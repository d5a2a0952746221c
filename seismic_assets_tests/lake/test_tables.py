import pytest

from seismic_assets import lake
from seismic_assets.lake import Table, predictions_table, trace_features_table

TABLES = [table for table in vars(lake).values() if isinstance(table, Table)]
TABLES += [trace_features_table(["mean_amplitude", "embedding_0"]), predictions_table(["sand", "salt"])]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_key_of_a_table_is_among_its_columns_and_a_file_s_table_starts_with_its_id(table):
    assert set(table.key) <= set(table.schema.names)
    assert len(set(table.schema.names)) == len(table.schema.names)
    if table.per_file:
        assert table.key[0] == table.schema.names[0] == "file_id"


def test_predictions_have_a_probability_for_each_class():
    names = predictions_table(["sand", "salt"]).schema.names
    assert [name for name in names if name.startswith("prob_")] == ["prob_sand", "prob_salt"]
