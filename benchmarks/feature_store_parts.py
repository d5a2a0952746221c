"""The parts of the benchmark of the feature store: each brings windows online one way and looks them up."""

from __future__ import annotations

import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.feature_store_lake import (
    ACQUIRED,
    FILES,
    NAMES,
    SPEC,
    Ground,
    any_windows,
    brought,
    bytes_on_disk,
    keep,
    values_of,
)
from seismic_assets.feature_store.lookup import Lookup, backend_of
from seismic_assets.feature_store.repository import apply, objects_of, open_store

_LATER = ACQUIRED + timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """What a part is to do: `ground` is its own, `lookups` how many."""

    ground: Ground
    lookups: int


def stock(asked: Asked) -> dict[str, Any]:
    """Feast's own SQLite store, materialised by Feast."""
    from feast import FeatureStore

    place = asked.ground.place
    store = FeatureStore(repo_path=str(place.folder))
    store.apply(objects_of(place.folder))
    return _by_feast(asked, store)


def feast(asked: Asked) -> dict[str, Any]:
    """Our store for Feast, materialised by Feast."""
    apply(asked.ground.place, SPEC)
    return _by_feast(asked, open_store(asked.ground.place))


def _by_feast(asked: Asked, store: Any) -> dict[str, Any]:
    started = time.perf_counter()
    store.materialize(ACQUIRED - timedelta(days=1), ACQUIRED + timedelta(days=1))
    seconds = time.perf_counter() - started
    return {
        **_speed(asked.ground.rows, seconds),
        "bytes_per_row": bytes_on_disk(asked.ground.place.online) / asked.ground.rows,
        "lookup": _window_lookups(asked, store, FILES),
    }


def ours(asked: Asked) -> dict[str, Any]:
    """Rounds of `online_features` into SQLite: all, one of ten files changed, nothing changed."""
    ground = asked.ground
    with closing(backend_of(ground.place)) as backend:
        _, seconds = brought(ground, backend)
        peak = _peak_rss_mb()
        size = bytes_on_disk(ground.place.online)
        keep(ground, 0, _LATER)
        changed, changed_seconds = brought(ground, backend)
        same, same_seconds = brought(ground, backend)
        if (len(changed.written), len(same.written)) != (1, 0):
            raise RuntimeError(f"{len(changed.written)} and {len(same.written)} files were written, not 1 and 0")
        keep(ground, 0, ACQUIRED)  # the look-ups meet the values of the first round
        brought(ground, backend)
    return {
        **_speed(ground.rows, seconds),
        "peak_rss_mb": peak,
        "bytes_per_row": size / ground.rows,
        "one_of_ten_seconds": changed_seconds,
        "one_of_ten_ratio": changed_seconds / seconds,
        "unchanged_seconds": same_seconds,
    }


def lookups(asked: Asked) -> dict[str, Any]:
    """Look-ups in what `ours` left: of a window by Feast, of a trace by `Lookup`."""
    traces = _trace_lookups(asked, FILES)  # before Feast is imported, as in the service
    apply(asked.ground.place, SPEC)
    return {"window": _window_lookups(asked, open_store(asked.ground.place), FILES), "trace": traces}


def redis(asked: Asked, files: int) -> dict[str, Any]:
    """A round of `online_features` into Redis, of the first files, and look-ups there."""
    ground = asked.ground
    apply(ground.place, SPEC)
    with closing(backend_of(ground.place)) as backend:
        done, seconds = brought(ground, backend, files)
    rows = sum(done.written.values())
    return {
        **_speed(rows, seconds),
        "bytes_per_row": _redis_bytes(str(ground.redis)) / rows,
        "window": _window_lookups(asked, open_store(ground.place), files),
        "trace": _trace_lookups(asked, files),
    }


def _window_lookups(asked: Asked, store: Any, files: int) -> dict[str, float]:
    wanted = [f"{view.name}:{name}" for view in SPEC.views for name in view.names]

    def look(trace: int, window: int) -> np.ndarray:
        found = store.get_online_features(wanted, [{"trace_id": trace, "window_index": window}]).to_dict()
        return np.array([[found[name][0] for name in NAMES]], np.float32)

    return _timed(asked, files, look, lambda values, window: values[window : window + 1])


def _trace_lookups(asked: Asked, files: int) -> dict[str, float]:
    with closing(Lookup(asked.ground.place)) as lookup:
        return _timed(asked, files, lambda trace, _: lookup.trace(trace, NAMES).features, lambda values, _: values)


def _timed(
    asked: Asked,
    files: int,
    look: Callable[[int, int], np.ndarray],
    expected: Callable[[np.ndarray, int], np.ndarray],
) -> dict[str, float]:
    """Milliseconds of look-ups at random, each compared with what was written."""
    known = [values_of(asked.ground, number) for number in range(files)]
    taken = []
    for number, place, window, trace in any_windows(asked.ground, asked.lookups + 20, files):
        started = time.perf_counter()
        found = look(trace, window)
        taken.append(1e3 * (time.perf_counter() - started))
        np.testing.assert_array_equal(found, expected(known[number][place], window))
    p50, p99 = np.percentile(taken[20:], (50, 99))  # the first ones open files
    return {"count": asked.lookups, "p50_ms": float(p50), "p99_ms": float(p99)}


def _speed(rows: int, seconds: float) -> dict[str, float]:
    return {"rows": rows, "seconds": seconds, "rows_per_s": rows / seconds}


def _peak_rss_mb() -> float:
    # ru_maxrss of a child begins at what its parent had: the kernel's own high-water mark of this program is right.
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _redis_bytes(address: str) -> int:
    from redis import Redis

    host, port = address.split(":")
    with Redis(host, int(port)) as client:
        return int(client.info("memory")["used_memory_dataset"])


def part(name: str, asked: Asked, files: int = FILES) -> dict[str, Any]:
    """A part, in this process."""
    if name == "redis":
        return redis(asked, files)
    return {"stock": stock, "feast": feast, "ours": ours, "lookups": lookups}[name](asked)


@contextmanager
def redis_server(folder: Path) -> Iterator[str | None]:
    """HOST:PORT of a server; None where the program is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("the redis-server did not start")
