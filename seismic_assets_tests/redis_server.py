"""A real Redis for the tests that need one."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seismic_assets_tests.extras import require


class Redis:
    """A Redis server on a port of the loopback interface, to be stopped and started."""

    def __init__(self, program: str, folder: Path, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.uri = f"redis://{self.address}/0"
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self._command += options
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        pytest.fail("the Redis server did not start")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[Redis]:
    """A server with options of its command line; without the program a test is skipped, in CI it fails."""
    require("redis", "redis")
    program = shutil.which("redis-server")
    if program is None:
        needed = "needs a redis-server: apt-get install redis-server"
        if os.environ.get("CI"):
            pytest.fail(f"{needed}; CI must run the tests of every extra")
        pytest.skip(needed)
    server = Redis(program, folder, *options)
    try:
        yield server
    finally:
        server.stop()
