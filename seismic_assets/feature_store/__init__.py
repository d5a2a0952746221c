"""The feature store: Feast over the lake."""
