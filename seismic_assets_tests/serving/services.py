"""Services of a model, as the tests of their parts need them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from deltalake import DeltaTable
from starlette.testclient import TestClient

from seismic_assets.registry import Bundle
from seismic_assets.segy import write_segy
from seismic_assets.serving.app import create_app
from seismic_assets.serving.config import Recording, ServiceConfig
from seismic_assets.serving.keys import Role, create_key
from seismic_assets.serving.sources import Source
from seismic_assets_tests.inference.building import INTERVAL_US, make_traces

BODY = {"traces": make_traces(3).tolist()}
ALL = Recording(inputs_share=1.0)


@contextmanager
def service(
    source: Source | Callable[[], tuple[str, Bundle]], second: Source | None = None, **config: Any
) -> Iterator[TestClient]:
    """A service that looks for another model only when it is told to."""
    app = create_app(source, poll_seconds=None, second=second, config=ServiceConfig(**config))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def new_key(folder: Path, *roles: Role) -> str:
    """The text of a new key."""
    return create_key(folder / "keys.json", "test", roles, datetime.now(UTC)).text


def bearer(key: str) -> dict[str, str]:
    """The header that presents a key."""
    return {"Authorization": f"Bearer {key}"}


def rows(folder: Path, table: str = "inference_log") -> list[dict[str, Any]]:
    """The rows of a service that has ended, in the order of their requests."""
    path = folder / table
    if not DeltaTable.is_deltatable(str(path)):
        return []
    return pl.DataFrame(pl.scan_delta(str(path)).sort("received_at").collect()).to_dicts()


def segy_bytes(folder: Path, traces: np.ndarray | None = None, sample_interval_us: int = INTERVAL_US) -> bytes:
    """A SEG-Y file of 30 traces, or of those given."""
    samples = make_traces(30) if traces is None else traces
    number, path = np.arange(1, len(samples) + 1), folder / "line.sgy"
    places = {"inline": number, "crossline": number + 100, "cdp_x": number * 12.5, "cdp_y": number * 25.0}
    write_segy(path, samples, **places, sample_interval_us=sample_interval_us)
    return path.read_bytes()
