"""Addresses of databases and servers that cannot be read are refused, and no password is told."""

import pytest

from seismic_assets.settings import SettingsError, load_settings

DATABASES = ["SEISMIC_DAGSTER_DATABASE", "SEISMIC_MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_URI", "SEISMIC_TUNING_STORAGE"]
WRITTEN = "give postgresql://USER:PASSWORD@HOST:PORT/NAME"


@pytest.mark.parametrize("variable", DATABASES)
@pytest.mark.parametrize("place", ["127.0.0.1:notaport", "[::1", "db:70000", "db:0"])
def test_a_database_that_cannot_be_read_is_refused_without_its_password(variable, place, monkeypatch):
    monkeypatch.setenv(variable, f"postgresql://u:hush@{place}/x")

    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == f"{variable}: {WRITTEN}."


@pytest.mark.parametrize("variable", ["SEISMIC_MLFLOW_TRACKING_URI", "SEISMIC_S3_ENDPOINT", "SEISMIC_RAY_JOBS"])
@pytest.mark.parametrize("place", ["host:notaport", "[::1", "host:70000"])
def test_a_server_whose_port_is_none_is_refused(variable, place, monkeypatch):
    monkeypatch.setenv(variable, f"http://{place}")

    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == f"{variable}: give http://HOST:PORT."


@pytest.mark.parametrize("variable", DATABASES)
@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:pw@127.0.0.1:5432/x",
        "postgresql://u:p#w@db/x",
        "postgresql+psycopg2://u:p%40w@[::1]:5432/x?sslmode=require",
    ],
)
def test_a_database_that_can_be_read_is_taken(variable, address, monkeypatch):
    monkeypatch.setenv(variable, address)

    taken = load_settings()
    assert address in (taken.mlflow_uri, taken.studies_uri, getattr(taken.dagster_database, "_secret_value", None))


@pytest.mark.parametrize("address", ["databricks", "databricks://a b", "/srv/mlflow", "file:///srv/m", "http://h:5000"])
def test_a_tracking_store_that_is_no_database_is_taken(address):
    assert load_settings(mlflow_tracking_uri=address).mlflow_uri == address
