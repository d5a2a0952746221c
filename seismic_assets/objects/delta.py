"""Delta tables in a folder or in an object store, told by their logs without opening them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import pyarrow.fs as arrow

from seismic_assets.objects.address import Place
from seismic_assets.objects.files import filesystem_of, listed, path_in

LOG = "_delta_log"
Mark: TypeAlias = tuple[int, str, int, int]


def delta_tables(folder: Place) -> dict[str, Place]:
    """Folders of the Delta tables in a folder, by name and sorted; empty where there is no such folder.

    Raises:
        OSError: it cannot be listed.
    """
    names = sorted(info.base_name for info in listed(folder) if info.type == arrow.FileType.Directory)
    if not names:
        return {}
    logs = filesystem_of(folder).get_file_info([path_in(folder / name / LOG) for name in names])
    return {name: folder / name for name, log in zip(names, logs, strict=True) if log.type == arrow.FileType.Directory}


def log_mark(table: Place) -> Mark:
    """What changes when a table gets another version, or its log is meddled with; costs no look into the log.

    Raises:
        OSError: there is no log, or it cannot be read.
    """
    log = table / LOG
    if isinstance(log, Path):
        last = max((path.name for path in log.iterdir() if path.suffix == ".json"), default="")
        status = (log / last).stat()
        return log.stat().st_mtime_ns, last, status.st_size, status.st_mtime_ns
    entries = [info for info in listed(log) if info.base_name.endswith(".json")]
    if not entries:
        raise FileNotFoundError(f"{log} is not there")
    newest = max(entries, key=lambda info: info.base_name)
    return len(entries), newest.base_name, newest.size, newest.mtime_ns
