"""The feature store in the graph."""
