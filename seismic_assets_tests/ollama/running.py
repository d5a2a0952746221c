"""The small model's server as a process of its own, once for all tests of a process."""

import atexit
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache

import httpx

from seismic_assets_tests.ollama.weights import assembled, weights_folder

NAME = "gemma3:270m"
_SECONDS_TO_START = 240.0


@dataclass(frozen=True)
class SmallModel:
    """Where the small model is.

    Attributes:
        host: address of the server, as ClientConfig takes it.
        name: of the model.
    """

    host: str
    name: str

    def generating(self) -> int:
        """How many answers are being made right now."""
        return int(httpx.get(f"{self.host}/test/generating", trust_env=False).json()["generating"])

    def answered(self) -> int:
        """How many questions came so far."""
        return int(httpx.get(f"{self.host}/test/generating", trust_env=False).json()["asked"])


@cache
def started() -> SmallModel:
    """The server; it ends with this process, however that ends."""
    weights = assembled(weights_folder())
    command = [sys.executable, "-m", "seismic_assets_tests.ollama.small_model", "--weights", str(weights)]
    # It ends when its standard input does, which the kernel closes with this process.
    process = subprocess.Popen(
        [*command, "--port", "0", "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    atexit.register(process.kill)
    assert process.stdout is not None
    port = process.stdout.readline().strip()  # is written when it listens
    if not port:
        raise RuntimeError(f"the small model's server ended with status {process.wait()} before it listened")
    model = SmallModel(f"http://127.0.0.1:{port}", NAME)
    _wait_until_ready(model)
    return model


def _wait_until_ready(model: SmallModel) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{model.host}/api/version", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError("the small model's server did not become ready")
