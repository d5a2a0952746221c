from seismic_assets.lake import TABLE_NAMES


def test_every_table_is_named_whoever_makes_it() -> None:
    fixed, made_by_features, of_monitoring = "dataset_split", "trace_features", "monitoring_history"

    assert {fixed, made_by_features, of_monitoring, "predictions", "trace_attributes"} < TABLE_NAMES
    assert "inference_log" not in TABLE_NAMES
