"""Machine learning on seismic data as one graph of Dagster assets."""
