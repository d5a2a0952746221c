"""`seismic dev` on a deployment, for as long as a picture takes."""

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deployment import Deployment
from pictures import SEISMIC, free_port, wait_until

WORKSPACE = Path(__file__).parents[1] / "seismic_assets" / "workspace.yaml"


@contextmanager
def dagster_page(deployment: Deployment, *, daemon: bool = True) -> Iterator[str]:
    """`seismic dev` on a free port until the block ends, or its page alone, which runs nothing; yields its address."""
    port = free_port()
    page = [SEISMIC.with_name("dagster-webserver"), "-w", WORKSPACE, "-h", "127.0.0.1"]
    command = [*([SEISMIC, "dev"] if daemon else page), "--port", str(port)]
    environment = {
        **deployment.environment,
        "SEISMIC_SENSOR_INTERVAL_S": "5",
        "SEISMIC_SETTLE_SECONDS": "0",
        "DAGSTER_HOME": str(deployment.storage / "dagster"),
    }
    with (deployment.storage / "dev.log").open("w") as log:
        # A session of its own, so that the daemon and the code server end with it.
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: _answers(url) or server.poll() is not None, "the Dagster page did not come up", 300)
            if server.poll() is not None:
                raise RuntimeError(f"the Dagster page did not come up:\n{Path(log.name).read_text()}")
            yield url
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGINT)
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def ask(url: str, query: str) -> dict:
    """What the page's GraphQL answers."""
    request = urllib.request.Request(
        f"{url}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.load(answer)["data"])


def _answers(url: str) -> bool:
    try:
        return "workspaceOrError" in ask(url, "{workspaceOrError {__typename}}")
    except OSError:
        return False
