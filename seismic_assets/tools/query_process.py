"""The process that one query is computed in: it may use so much memory and time, and may write no file."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

from seismic_assets.objects import Place
from seismic_assets.objects.address import place_of
from seismic_assets.tools.plain import plain


def main() -> None:
    """Read a request as JSON from the standard input, write the answer, or why there is none, to the standard output.

    The argument is the number of a pipe that closes when the process that asks is no more; then this one ends too. The
    request holds `sql`, `tables` (folder by name), `limit`, `bytes` (of the rows in JSON), `memory` (bytes) and
    `seconds`; the answer `columns`, `rows`, `truncated`, or `error`.
    """
    threading.Thread(target=_end_with, args=(int(sys.argv[1]),), daemon=True).start()
    asked = json.load(sys.stdin)
    _confine(asked["memory"], asked["seconds"])
    # As late as this, so that the libraries are confined too.
    from seismic_assets.monitoring.sql import SqlError

    try:
        answer = _answer(asked["sql"], {name: place_of(path) for name, path in asked["tables"].items()}, asked)
    except SqlError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": "the query needs more memory than it may have; ask for less"}
    json.dump(answer, sys.stdout)


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    signal.raise_signal(signal.SIGKILL)  # as if the system had ended it: nobody reads an answer


def _confine(memory: int, seconds: float) -> None:
    """Hold this process to its memory and time; no file may grow, so that nothing can be written or spilt."""
    threads = int(os.environ.get("POLARS_MAX_THREADS", "1"))
    for what, limit in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_CPU, int(seconds * threads) + 5),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def _answer(sql: str, tables: Mapping[str, Place], asked: Mapping[str, Any]) -> dict[str, Any]:
    import polars as pl

    from seismic_assets.monitoring.sql import ask

    answer = ask(sql, tables)
    with answer.sentences():
        schema = answer.frame.collect_schema()
        sizes = [
            pl.format("<{} bytes>", pl.col(name).bin.size()).alias(name)
            for name, kind in schema.items()
            if kind == pl.Binary
        ]
        frame = answer.frame.head(asked["limit"] + 1).with_columns(sizes).collect()
    rows: list[list[Any]] = []
    room, truncated = asked["bytes"], ""
    for row in frame.head(asked["limit"]).iter_rows():
        shown = [plain(value) for value in row]
        room -= len(json.dumps(shown))
        if room < 0:
            truncated = f"the rows beyond {asked['bytes']:,} bytes are left out; select fewer columns"
            break
        rows.append(shown)
    if not truncated and frame.height > asked["limit"]:
        truncated = f"there are more than {asked['limit']:,} rows; aggregate, or use LIMIT and OFFSET"
    columns = [{"name": name, "type": str(kind)} for name, kind in schema.items()]
    return {"columns": columns, "rows": rows, "truncated": truncated}


if __name__ == "__main__":
    main()
