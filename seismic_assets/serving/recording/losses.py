"""What processes took to record and never wrote: counted once they are gone, and kept."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seismic_assets.serving.recording.rows import TABLES
from seismic_assets.serving.recording.table_writer import rows_committed
from seismic_assets.serving.recording.tally import DeadTally, dead_tally, remove_unlocked

TALLY = "tally"
_LOSSES = "losses.jsonl"


def settle(folder: Path) -> int:
    """Count what processes that are no more have lost, note it and remove their tallies; rows newly found lost.

    One process at a time may do so; the caller sees to that. A process killed in the midst of it counts nothing twice.

    Args:
        folder: of the service.

    Raises:
        OSError: a file cannot be read or written.
        RecordingError: a table cannot be read.
    """
    for path in (folder / TALLY).glob("*.new"):
        remove_unlocked(path)
    lost = 0
    for path in sorted((folder / TALLY).glob("*.tally")):
        tally = dead_tally(path)
        if tally is None:
            continue
        try:
            lost += _settle_one(folder, tally)
        finally:
            tally.close()
    return lost


def rows_lost(folder: Path) -> int:
    """Rows of processes that are no more which were taken and never written."""
    return sum(entry["lost"] for entry in _entries(folder / _LOSSES))


def _settle_one(folder: Path, tally: DeadTally) -> int:
    path = folder / _LOSSES
    tables = {
        table.name: {
            "accepted": counts.accepted,
            # Killed between its commit and its note, a process has written more than it says.
            "written": max(counts.written, rows_committed(folder / table.name, tally.app_id)),
            "refused": counts.refused,
            "dropped": counts.dropped,
        }
        for table, counts in zip(TABLES, tally.tables, strict=False)
    }
    lost = sum(max(0, each["accepted"] - each["written"] - each["refused"]) for each in tables.values())
    known = any(entry["process"] == tally.app_id for entry in _entries(path))
    if not known and any(each["accepted"] > each["written"] or each["dropped"] for each in tables.values()):
        _add(path, {"process": tally.app_id, "settled_at": datetime.now(UTC).isoformat(), "lost": lost, **tables})
    tally.remove()
    return 0 if known else lost


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        # The last line is torn where a process was killed as it wrote it: then its tally is still there.
        with suppress(json.JSONDecodeError):
            yield json.loads(line)


def _add(path: Path, entry: dict[str, Any]) -> None:
    """Add a line, whole and on the disk, or not at all."""
    with path.open("ab+", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        torn = end > 0 and os.pread(file.fileno(), 1, end - 1) != b"\n"
        line = (b"\n" if torn else b"") + json.dumps(entry).encode() + b"\n"
        try:
            if file.write(line) < len(line):
                raise OSError(errno.ENOSPC, "no space left on the disk")
            os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), end)
            raise
