"""Every history in a real PostgreSQL, with MLflow behind a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from seismic_assets_tests.mlflow_server import mlflow_server
from seismic_assets_tests.postgres import postgres


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """Settings that name a database each for Dagster, MLflow's server and searches, until the block ends."""
    with postgres() as address:
        url = make_url(address)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        addresses = {}
        for name in ("dagster", "mlflow", "optuna"):
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            addresses[name] = url.set(database=name).render_as_string(hide_password=False)
        engine.dispose()
        with mlflow_server(addresses["mlflow"], folder) as mlflow:
            yield {
                "dagster_database": addresses["dagster"],
                "mlflow_tracking_uri": mlflow,
                "tuning_storage": addresses["optuna"],
                "tuning_trials": "2",
            }
