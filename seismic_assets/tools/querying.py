"""Read-only SQL over the tables of a deployment, each query in a process of its own that can be ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

import seismic_assets
from seismic_assets.llm.tool_use import ToolError
from seismic_assets.monitoring.sql import SqlError, find_tables, open_table, refuse_what_is_no_query
from seismic_assets.objects import Place
from seismic_assets.tools import answers
from seismic_assets.tools.turns import when_given_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seismic_assets.settings import Settings

_THREADS = 2
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class QueryLimits:
    """What a query may use.

    Attributes:
        seconds: from its start to its answer.
        memory: bytes.
        answer: bytes of the rows in JSON.
        concurrent: queries at a time.
        waiting_seconds: for a turn.
    """

    seconds: float = 20.0
    memory: int = 2 << 30
    answer: int = 200_000
    concurrent: int = 2
    waiting_seconds: float = 10.0


class Tables:
    """The tables of a deployment, for reading."""

    def __init__(self, settings: Settings, limits: QueryLimits | None = None) -> None:
        self._settings = settings
        self._limits = limits or QueryLimits()
        self._turns = threading.BoundedSemaphore(self._limits.concurrent)

    def all(self) -> answers.Tables:
        """Name, rows and columns of each table; one that cannot be opened says why."""
        return answers.Tables(tables=[_described(name, path) for name, path in self._found().items()])

    def query(self, sql: str, limit: int) -> answers.Rows:
        """The rows that a query gives.

        Raises:
            SqlError: the query is refused before anything is computed.
            ToolError: it is not understood, fails, takes too long, or needs too much memory.
        """
        refuse_what_is_no_query(sql)
        request = {
            "sql": sql,
            "tables": {name: str(path) for name, path in self._found().items()},
            "limit": limit,
            "bytes": self._limits.answer,
            "memory": self._limits.memory,
            "seconds": self._limits.seconds,
        }
        with self._turn():
            answer = _computed(request, self._limits.seconds)
        if "error" in answer:
            raise ToolError(answer["error"])
        return answers.Rows(**answer, row_count=len(answer["rows"]))

    def _found(self) -> Mapping[str, Place]:
        found = find_tables(self._settings.lake_dir, self._settings.serving_dir)
        if not found:
            raise ToolError("the deployment holds no table yet; `seismic run` makes them")
        return found

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._limits.waiting_seconds):
            raise ToolError("other queries are being computed; ask again later")
        try:
            yield
        finally:
            self._turns.release()


def _described(name: str, path: Place) -> answers.Table:
    import polars as pl

    try:
        delta = open_table(name, path)
    except SqlError as error:
        return answers.Table(name=name, rows=0, version=0, columns={}, problem=str(error))
    columns = {column: str(kind) for column, kind in pl.scan_delta(delta).collect_schema().items()}
    return answers.Table(name=name, rows=delta.count(), version=delta.version(), columns=columns, problem="")


def _computed(request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """What the process of a query answers.

    Raises:
        ToolError: it took too long, was ended by the system because of its memory, or failed.
    """
    # Nothing else of the environment: a query needs no secret.
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(seismic_assets.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "POLARS_MAX_THREADS": str(_THREADS),
    }
    with _lifeline() as lifeline:
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "seismic_assets.tools.query_process", str(lifeline)],
                input=json.dumps(request).encode(),
                capture_output=True,
                env=environment,
                timeout=seconds,
                check=False,
                pass_fds=(lifeline,),
            )
        except subprocess.TimeoutExpired:
            raise ToolError(f"the query was ended after {seconds:g} s; ask for less, or join on keys") from None
    if done.returncode < 0:  # by a signal: of the clock, of the kernel, or its own when it was given no more memory
        raise ToolError("the query was ended: it needs more memory or time than it may have; ask for less")
    if done.returncode > 0:
        _log.error("query_process_failed", status=done.returncode, stderr=done.stderr[-2000:].decode(errors="replace"))
        raise ToolError(
            "the query could not be computed: its process failed, and the log of this server has the reason"
        )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@contextmanager
def _lifeline() -> Iterator[int]:
    """The end of a pipe that closes when nobody waits for the answer any more, and with this process."""
    theirs, ours = os.pipe()
    with os.fdopen(theirs, "rb"), os.fdopen(ours, "wb") as open_end, when_given_up(open_end.close):
        yield theirs
