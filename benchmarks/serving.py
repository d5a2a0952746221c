"""The service under load: ours in three forms, an endpoint that does nothing, and `mlflow models serve`.

python -m benchmarks.serving --json

The load generator is wrk (a Debian package), on the same machine: it takes a part of a core from each of them. Every
server is one process with uvicorn's fast loop and parser. Ours is `seismic serve` as it is run: a key is asked for, a
row is recorded of each request, and it is counted, audited and answered with an id.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import httpx
import numpy as np
import psutil
import pyarrow as pa
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.serving_models import INTERVAL_US, SAMPLES, example, whole_trace_model, windowed_model
from benchmarks.synthetic_windows import labelled_survey
from seismic_assets.registry import Bundle, ModelRegistry, load_bundle
from seismic_assets.survey.spec import SurveySpec

CONNECTIONS = (1, 8, 32)
_BATCH = 256
_BATCH_CONNECTIONS = (1, 2, 4)
_REST_SECONDS = 0.5  # in which a server ends what wrk left it with, so that the next one has the machine to itself
_BIN = Path(sys.executable).parent
_NO_WORK = """
from fastapi import FastAPI, Request
app = FastAPI()

@app.post("/predict")
async def predict(request: Request):
    await request.body()
    return {"predictions": []}
"""
_SCRIPT = """wrk.method = "POST"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
file:close()
{headers}
local other = {{}}
function response(status) if status ~= 200 then other[status] = (other[status] or 0) + 1 end end
"""


@dataclass(frozen=True)
class Load:
    """What one run of wrk saw.

    Attributes:
        rate: answers a second that were not refused.
        p99_ms: of all answers.
        refused: answers with another status than 2xx or 3xx.
    """

    rate: float
    p99_ms: float
    refused: int


@dataclass(frozen=True)
class Request_:
    """A request as wrk sends it."""

    path: str
    script: Path


def requests(folder: Path, traces: np.ndarray, bundle: Bundle, key: str) -> dict[str, Request_]:
    """One trace in each form, many in raw form, and the features of one for MLflow."""
    one = traces[:1]
    table = pa.table({"samples": pa.FixedSizeListArray.from_arrays(pa.array(one.ravel()), SAMPLES)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    # As a program writes float32: the shortest decimals that give the same number again.
    numbers = "[" + ",".join(str(each) for each in one[0]) + "]"
    key_header = {"Authorization": f"Bearer {key}"}
    raw = {"Content-Type": "application/octet-stream", **key_header}
    of_json = {"Content-Type": "application/json"}
    bodies = {
        "json": ("/v1/predict", f'{{"traces":[{numbers}]}}'.encode(), {**of_json, **key_header}),
        "raw": ("/v1/predict", one.tobytes(), {**raw, "X-Shape": f"1,{SAMPLES}"}),
        "arrow": (
            "/v1/predict",
            sink.getvalue().to_pybytes(),
            {"Content-Type": "application/vnd.apache.arrow.stream", **key_header},
        ),
        "batch": ("/v1/predict", traces[:_BATCH].tobytes(), {**raw, "X-Shape": f"{_BATCH},{SAMPLES}"}),
        "nowork": ("/predict", one.tobytes(), raw),
        "mlflow": ("/invocations", json.dumps({"inputs": example(bundle, one).tolist()}).encode(), of_json),
    }
    return {
        name: Request_(path, _script(folder, name, body, headers)) for name, (path, body, headers) in bodies.items()
    }


def _script(folder: Path, name: str, body: bytes, headers: Mapping[str, str]) -> Path:
    content, script = folder / f"{name}.body", folder / f"{name}.lua"
    content.write_bytes(body)
    lines = "\n".join(f'wrk.headers["{header}"] = "{value}"' for header, value in headers.items())
    script.write_text(_SCRIPT.format(body=content, headers=lines))
    return script


def load(port: int, request: Request_, connections: int, seconds: float) -> Load:
    """Run wrk once."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency", "-s", str(request.script)]
    found = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{request.path}"], capture_output=True, text=True, check=True
    ).stdout
    rate = float(re.findall(r"Requests/sec:\s+([\d.]+)", found)[0])
    number, unit = re.findall(r"99%\s+([\d.]+)(us|ms|s)", found)[0]
    refused = sum(int(each) for each in re.findall(r"Non-2xx or 3xx responses: (\d+)", found))
    total = int(re.findall(r"(\d+) requests in", found)[0])
    return Load(rate * (1 - refused / max(total, 1)), float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit], refused)


@contextmanager
def running(command: list[str], port: int, path: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen]:
    """A server, once it answers."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **environment}, start_new_session=True
        )
        try:
            _wait_for(process, port, path, log)
            yield process
        finally:
            os.killpg(process.pid, 15)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)


def _wait_for(process: subprocess.Popen, port: int, path: str, log: Any) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}{path}", timeout=5, trust_env=False).status_code < 500:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    log.seek(0)
    raise SystemExit(f"the server did not start:\n{log.read().decode()[-2000:]}")


def ours(folder: Path, bundle: Path, port: int, key: str) -> Any:
    """`seismic serve` of a bundle, with a key, recording and audit."""
    environment = {
        "SEISMIC_STORAGE_ROOT": str(folder / f"storage_{bundle.name}"),
        "SEISMIC_API_KEY": key,
        "SEISMIC_API_RATE_PER_MINUTE": "0",
        "SEISMIC_ENV": "prod",
    }
    command = [str(_BIN / "seismic"), "serve", "--model", str(bundle), "--port", str(port)]
    return running(command, port, "/v1/health", environment)


def no_work(folder: Path, port: int) -> Any:
    """A FastAPI endpoint that reads the body and answers a constant."""
    (folder / "no_work.py").write_text(_NO_WORK)
    command = [str(_BIN / "uvicorn"), "no_work:app", "--app-dir", str(folder), "--port", str(port)]
    return running([*command, "--no-access-log", "--log-level", "warning"], port, "/", {})


def mlflow_serve(folder: Path, bundle: Path, port: int, features: np.ndarray) -> Any:
    """`mlflow models serve` of the same graph, which takes features that somebody else made."""
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    registry = ModelRegistry(uri, folder / "artifacts", "benchmark", "SeismicClassifier")
    with registry.run("benchmark", {}):
        version = registry.register(bundle, features, {})
    command = [str(_BIN / "mlflow"), "models", "serve", "-m", f"models:/SeismicClassifier/{version}", "-p", str(port)]
    environment = {"MLFLOW_TRACKING_URI": uri, "PATH": f"{_BIN}:{os.environ['PATH']}"}
    return running([*command, "--env-manager", "local", "--workers", "1"], port, "/ping", environment)


def rates(sent: Mapping[str, Request_], ports: Mapping[str, int], seconds: float, rounds: int) -> dict[str, Any]:
    """Rates and 99th percentiles by what answers and the number of connections; medians of rounds taken in turn."""
    seen: dict[str, dict[int, list[Load]]] = {name: {each: [] for each in CONNECTIONS} for name in ports}
    for _ in range(rounds):
        for connections in CONNECTIONS:
            for name, port in ports.items():
                seen[name][connections].append(load(port, sent[name], connections, seconds))
                time.sleep(_REST_SECONDS)
    return {
        name: {
            connections: {
                "rate": median(each.rate for each in loads),
                "p99_ms": median(each.p99_ms for each in loads),
                "refused": sum(each.refused for each in loads),
            }
            for connections, loads in by.items()
        }
        for name, by in seen.items()
    }


def _soak(process: subprocess.Popen, port: int, request: Request_, minutes: float) -> dict[str, float]:
    """Resident memory after the first tenth of some minutes of load, and at their end."""
    load(port, request, 8, max(6.0, minutes * 6))
    before = _resident(process)
    load(port, request, 8, minutes * 54)
    after = _resident(process)
    return {"before_mb": before / 1e6, "after_mb": after / 1e6, "growth": after / before - 1}


def _resident(process: subprocess.Popen) -> int:
    return psutil.Process(process.pid).memory_info().rss


def measure(folder: Path, seconds: float, rounds: int, minutes: float) -> dict[str, Any]:
    """All figures."""
    windowed_model(folder / "windows_of_64")
    whole_trace_model(folder / "whole_traces")
    bundles = {name: load_bundle(folder / name) for name in ("windows_of_64", "whole_traces")}
    traces = labelled_survey(SurveySpec(seed=7)).traces.samples.astype("<f4")
    key = f"benchmark-{secrets.token_urlsafe(16)}"
    result: dict[str, Any] = {"machine": {"cores": os.cpu_count()}}
    for name, bundle in bundles.items():
        sent = requests(folder, traces, bundle, key)
        ports = {each: _free_port() for each in ("nowork", "ours", "mlflow")}
        started = time.perf_counter()
        with ours(folder, folder / name, ports["ours"], key) as process:
            cold = _first_answer(ports["ours"], traces[:1], key, started)
            with (
                no_work(folder, ports["nowork"]),
                mlflow_serve(folder, folder / name, ports["mlflow"], example(bundle, traces[:1])),
            ):
                taken = {"nowork": ports["nowork"], "mlflow": ports["mlflow"]}
                taken |= dict.fromkeys(("raw", "json", "arrow"), ports["ours"])
                seen = rates(sent, taken, seconds, rounds)
            batches = [load(ports["ours"], sent["batch"], each, seconds).rate for each in _BATCH_CONNECTIONS]
            result[name] = {
                **_ratios(seen),
                "rates": seen,
                "cold_start_seconds": cold,
                "batch_windows_per_s": max(batches) * _BATCH * bundle.manifest.window.count(SAMPLES),
            }
            if name == "windows_of_64":
                result["memory"] = _soak(process, ports["ours"], sent["raw"], minutes)
    return {
        **{each: result["windows_of_64"][each] for each in ("raw_vs_nowork", "json_vs_nowork", "arrow_vs_nowork")},
        "vs_mlflow_serve": result["windows_of_64"]["vs_mlflow_serve"],
        "p99_ms": result["windows_of_64"]["p99_ms"],
        "batch_windows_per_s": result["whole_traces"]["batch_windows_per_s"],
        "rss_growth": result["memory"]["growth"],
        "cold_start_seconds": result["windows_of_64"]["cold_start_seconds"],
        **result,
    }


def _ratios(seen: Mapping[str, Mapping[int, Mapping[str, float]]]) -> dict[str, Any]:
    """Of the best rates over the connections: what a server can do at most."""
    best = {name: max(each["rate"] for each in by.values()) for name, by in seen.items()}
    return {
        **{f"{form}_vs_nowork": best[form] / best["nowork"] for form in ("raw", "json", "arrow")},
        "vs_mlflow_serve": best["raw"] / best["mlflow"],
        "json_vs_mlflow_serve": best["json"] / best["mlflow"],
        "p99_ms": {str(connections): each["p99_ms"] for connections, each in seen["raw"].items()},
        "p99_ms_json": {str(connections): each["p99_ms"] for connections, each in seen["json"].items()},
    }


def _first_answer(port: int, trace: np.ndarray, key: str, started: float) -> float:
    body = {"traces": trace.tolist(), "sample_interval_us": INTERVAL_US}
    headers = {"X-API-Key": key}
    answer = httpx.post(f"http://127.0.0.1:{port}/predict", json=body, headers=headers, timeout=30, trust_env=False)
    answer.raise_for_status()
    return time.perf_counter() - started


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main(
    as_json: Annotated[bool, typer.Option("--json", help="Figures as JSON alone.")] = False,
    seconds: Annotated[float, typer.Option(help="Seconds of load of each run.")] = 4.0,
    rounds: Annotated[int, typer.Option(help="Runs of each, taken in turn.")] = 3,
    minutes: Annotated[float, typer.Option(help="Minutes of load for the memory.")] = 10.0,
) -> None:
    """Measure the service under load."""
    if shutil.which("wrk") is None:
        raise SystemExit("this needs wrk, the load generator: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), seconds, rounds, minutes)
    if as_json:
        print(json.dumps(figures, indent=2))
        return
    console = Console()
    for name in ("windows_of_64", "whole_traces"):
        table = Table(title=f"Requests a second of one trace, {name.replace('_', ' ')}", title_justify="left")
        table.add_column("")
        for each in CONNECTIONS:
            table.add_column(f"{each} connections", justify="right")
        for server, by in figures[name]["rates"].items():
            cells = [f"{by[each]['rate']:,.0f} (p99 {by[each]['p99_ms']:.1f} ms)" for each in CONNECTIONS]
            table.add_row(server, *cells)
        console.print(table)
    plain = {key: value for key, value in figures.items() if key not in ("windows_of_64", "whole_traces")}
    console.print_json(json.dumps(plain))


if __name__ == "__main__":
    typer.run(main)
