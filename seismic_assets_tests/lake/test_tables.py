import pytest

from seismic_assets import lake
from seismic_assets.attributes import HANDCRAFTED, FeatureSet
from seismic_assets.lake import (
    TRACE_ATTRIBUTES,
    Table,
    predictions_table,
    trace_attributes_table,
    trace_features_table,
)

TABLES = [table for table in vars(lake).values() if isinstance(table, Table)]
TABLES += [trace_features_table(["mean_amplitude", "embedding_0"]), predictions_table(["sand", "salt"])]
TABLES += [trace_attributes_table(FeatureSet("lateral").attributes)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_key_of_a_table_is_among_its_columns_and_a_file_s_table_starts_with_its_id(table):
    assert set(table.key) <= set(table.schema.names)
    assert len(set(table.schema.names)) == len(table.schema.names)
    if table.per_file:
        assert table.key[0] == table.schema.names[0] == "file_id"


def test_predictions_have_a_probability_for_each_class():
    names = predictions_table(["sand", "salt"]).schema.names
    assert [name for name in names if name.startswith("prob_")] == ["prob_sand", "prob_salt"]


def test_attributes_stand_behind_the_times_of_the_window_in_their_order():
    names = FeatureSet("lateral").attributes
    table = trace_attributes_table(names)
    assert table.schema.names == ["file_id", "trace_index", "window_index", "start_ms", "end_ms", *names]
    assert {str(table.schema.field(name).type) for name in names} == {"float"}


def test_every_set_of_attributes_is_of_one_table_that_begins_with_the_handcrafted_ones():
    assert trace_attributes_table(HANDCRAFTED) == TRACE_ATTRIBUTES
    larger = trace_attributes_table(FeatureSet("extended").attributes)
    assert larger.name == TRACE_ATTRIBUTES.name
    assert larger.schema.names[: len(TRACE_ATTRIBUTES.schema.names)] == TRACE_ATTRIBUTES.schema.names
