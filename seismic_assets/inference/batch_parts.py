"""The part files of a batch prediction: what a killed run has done already is not done again."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from seismic_assets.inference.predictor import PredictionError

_MANIFEST, _LOCK = "manifest.json", "lock"
_OTHERS = {
    "model": "they are of another model",
    "settings": "they were made with other settings",
    "inputs": "the inputs are others or have changed",
}


class OutputError(PredictionError):
    """The predictions cannot be written: where, why and what to do."""


def digest_of(facts: Any) -> str:
    """A short digest of what JSON can hold."""
    return hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=8).hexdigest()


class PartFolder:
    """A hidden folder beside an output with an Arrow file for each unit that is done.

    The name of a part holds a digest of all that its rows follow from: model, settings, input. Parts of anything else
    are dropped.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.path = out.with_name(f".{out.name}.parts")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder: two runs that write the same output would take each other's parts away.

        Raises:
            OutputError: another run holds it, or it cannot be written.
        """
        with self.writable():
            self.path.mkdir(exist_ok=True)
            stream = (self.path / _LOCK).open("w")
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise OutputError(
                    f"{self.out} is being written by another run; wait for it, or give another output"
                ) from error
            yield

    def begin(self, facts: Mapping[str, Any], keys: Iterable[str]) -> str:
        """Keep what the parts follow from, and drop those of anything else.

        Args:
            facts: of this run: `model`, `settings` and `inputs`.
            keys: digests that the names of its parts begin with.

        Returns:
            A sentence on what was dropped and why, or nothing.
        """
        known = set(keys)
        stale = [path for path in self.path.glob("*.arrow") if path.name.partition("-")[0] not in known]
        before = self._manifest()
        with self.writable():
            for path in [*stale, *self.path.glob("*.tmp")]:
                path.unlink(missing_ok=True)
            temporary = self.path / f"{_MANIFEST}.tmp"
            temporary.write_text(json.dumps(facts, indent=2))
            temporary.replace(self.path / _MANIFEST)
        if not stale:
            return ""
        changed = [sentence for name, sentence in _OTHERS.items() if before.get(name) != facts[name]]
        return f"{len(stale)} parts of an earlier run are dropped: {', '.join(changed) or 'they are damaged'}"

    def done(self, key: str, unit: range) -> bool:
        """Whether the part of a unit is there and whole."""
        try:
            with pa.memory_map(str(self._part(key, unit))) as stream:
                pa.ipc.open_file(stream)
        except (FileNotFoundError, pa.ArrowInvalid):
            return False
        return True

    def write(self, key: str, unit: range, frames: Iterable[pl.DataFrame], schema: pa.Schema) -> None:
        """Write the part of a unit, whole or not at all.

        Raises:
            OutputError: the disk is full or not writable.
        """
        target = self._part(key, unit)
        temporary = target.with_suffix(".tmp")
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with self.writable():
            writer = pa.ipc.new_file(str(temporary), schema, options=options)
        try:
            for frame in frames:
                with self.writable():
                    writer.write_table(frame.to_arrow().cast(schema).combine_chunks())
        finally:
            with self.writable():
                writer.close()
        with self.writable():
            temporary.replace(target)

    def batches(self, key: str, units: Iterable[range]) -> Iterator[pa.RecordBatch]:
        """Rows of some units, in order, as they were written."""
        for unit in units:
            with pa.memory_map(str(self._part(key, unit))) as stream:
                reader = pa.ipc.open_file(stream)
                for number in range(reader.num_record_batches):
                    yield reader.get_batch(number)

    def drop(self, key: str) -> None:
        """Drop the parts of an input."""
        for path in self.path.glob(f"{key}-*"):
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder: the output is whole."""
        shutil.rmtree(self.path, ignore_errors=True)

    @contextmanager
    def writable(self) -> Iterator[None]:
        """Around what writes: a full disk is one sentence."""
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written ({error.strerror or error}); free space or fix the rights, "
                "then run the same command again: it goes on where it was"
            ) from error

    def _part(self, key: str, unit: range) -> Path:
        return self.path / f"{key}-{unit.start:012d}.arrow"

    def _manifest(self) -> Mapping[str, Any]:
        try:
            return dict(json.loads((self.path / _MANIFEST).read_text()))
        except (OSError, ValueError):
            return {}
