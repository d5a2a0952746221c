"""What is looked up: the latest generation of each file that is to be served, and nothing that is there already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from seismic_assets.feature_store.backends import SERVED, OnlineBackend, OnlineFile, WindowBlock
from seismic_assets.feature_store.keys import parts_of
from seismic_assets.feature_store.spec import ViewSpec
from seismic_assets.lake.history_tables import TRACE_ID, WINDOW


@dataclass(frozen=True)
class Materialised:
    """What became of a round.

    Attributes:
        written: files whose windows were written, with the number of windows.
        kept: files that were there already.
        removed: files that are no longer to be served.
        expired: requests whose features were kept long enough.
    """

    written: dict[str, int]
    kept: tuple[str, ...]
    removed: tuple[str, ...]
    expired: int


def materialise(
    backend: OnlineBackend,
    views: Sequence[ViewSpec],
    wanted: Mapping[str, OnlineFile],
    rows_of: Callable[[OnlineFile], Iterable[pl.DataFrame]],
    *,
    now: datetime,
    keep_served: timedelta,
    say: Callable[[str], None] = lambda _: None,
) -> Materialised:
    """Bring the online store up to date, file by file; killed, the next round goes on with the file it was at.

    Args:
        backend: the store.
        views: that are served.
        wanted: the latest generation of each file that is to be served, by file id.
        rows_of: windows of a generation: `trace_id`, `window_index` and the features of the views, block by block.
        now: aware.
        keep_served: how long features of traces that were just served are kept.
        say: told how far it is.

    Raises:
        FeatureStoreError: the store cannot be reached.
    """
    backend.begin(views)
    there = backend.files()
    expired = [name for name, file in there.items() if name.startswith(SERVED) and now - file.created > keep_served]
    gone = [name for name in there if not name.startswith(SERVED) and name not in wanted]
    for name in (*expired, *gone):
        backend.remove(name)
    due = [file for name, file in wanted.items() if name not in there or not same_rows(there[name], file)]
    written = {}
    for number, file in enumerate(due, 1):
        say(f"online features: {number} of {len(due)} files, {file.file_id}")
        backend.replace(file, _blocks(views, rows_of(file)))
        written[file.file_id] = file.rows
    kept = tuple(name for name in wanted if name not in written)
    return Materialised(written, kept, tuple(gone), len(expired))


def served_file(name: str, making: str, block: WindowBlock, facts: tuple[int, int], now: datetime) -> OnlineFile:
    """The entry of the traces of a request.

    Args:
        name: id of the request.
        making: what its features were made with.
        block: its windows.
        facts: samples of a trace, and microseconds between them.
        now: aware.
    """
    traces = parts_of(int(block.trace_ids.max()))[1] + 1
    windows = int(block.window_index.max()) + 1
    return OnlineFile(f"{SERVED}{name}", 0, making, len(block.trace_ids), traces, windows, *facts, now, now)


def same_rows(there: OnlineFile, wanted: OnlineFile) -> bool:
    """Whether what is there is what is wanted."""
    return (there.generation, there.making, there.created) == (wanted.generation, wanted.making, wanted.created)


def _blocks(views: Sequence[ViewSpec], rows: Iterable[pl.DataFrame]) -> Iterator[WindowBlock]:
    for block in rows:
        features = {view.name: block.select(view.names).to_numpy().astype(np.float32, copy=False) for view in views}
        yield WindowBlock(block[TRACE_ID].to_numpy(), block[WINDOW].to_numpy(), features)
