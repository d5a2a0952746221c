"""`seismic dev` on a storage root, for as long as a picture takes."""

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pictures import SEISMIC, free_port, wait_until

WORKSPACE = Path(__file__).parents[1] / "seismic_assets" / "workspace.yaml"


def greet_nobody(storage: Path) -> None:
    """Dagster greets a new user with a letter to subscribe to, which would lie over every picture."""
    with (storage / "dagster" / "dagster.yaml").open("a") as configuration:
        configuration.write("\nnux:\n  enabled: false\n")


@contextmanager
def dagster_page(landing: Path, storage: Path, settings: Mapping[str, str], *, daemon: bool = True) -> Iterator[str]:
    """`seismic dev` on a free port until the block ends, or its page alone, which runs nothing; yields its address."""
    port = free_port()
    page = [SEISMIC.with_name("dagster-webserver"), "-w", WORKSPACE, "-h", "127.0.0.1"]
    command = [*([SEISMIC, "dev"] if daemon else page), "--port", str(port)]
    environment = {
        **os.environ,
        **settings,
        "SEISMIC_LANDING_DIR": str(landing),
        "SEISMIC_STORAGE_ROOT": str(storage),
        "SEISMIC_SENSOR_INTERVAL_S": "5",
        "SEISMIC_SETTLE_SECONDS": "0",
        "DAGSTER_HOME": str(storage / "dagster"),
    }
    with (storage / "dev.log").open("w") as log:
        # A session of its own, so that the daemon and the code server end with it.
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: _answers(url), "the Dagster page did not come up", 120)
            yield url
        finally:
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
