"""A batch prediction as a whole: plan, predict unit by unit in threads, put the output together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from threadpoolctl import threadpool_limits

from seismic_assets.inference.batch import predict_block
from seismic_assets.inference.batch_assembly import Prepared, assemble
from seismic_assets.inference.batch_finding import Refused, find_inputs
from seismic_assets.inference.batch_inputs import ReadOptions
from seismic_assets.inference.batch_outputs import Output
from seismic_assets.inference.batch_parts import OutputError, PartFolder
from seismic_assets.inference.batch_plan import BatchOptions, Plan, facts_of, plan_inputs, rows_of
from seismic_assets.inference.predictor import PredictionError, Predictor
from seismic_assets.registry import Bundle
from seismic_assets.segy import SegyError


@dataclass(frozen=True)
class PredictedInput:
    """An input whose predictions were written.

    Attributes:
        path: of the input.
        name: its `file_id`, where the output needs one.
        traces, rows: how many were read and written.
        output: where its rows are.
    """

    path: Path
    name: str
    traces: int
    rows: int
    output: Path


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch.

    Attributes:
        inputs: those that were predicted.
        refused: those that were not, with the reason.
        resumed_traces: traces whose predictions an earlier run had left.
        dropped: a sentence on parts of an earlier run that could not be used, or nothing.
    """

    inputs: list[PredictedInput]
    refused: list[Refused]
    resumed_traces: int
    dropped: str


def run_batch(
    bundle: Bundle,
    version: str,
    paths: Sequence[Path],
    output: Output,
    options: BatchOptions,
    progress: Callable[[int, int], None] | None = None,
) -> BatchResult:
    """Predict inputs and write the predictions, whole or not at all; a run that was killed goes on where it was.

    An input that cannot be predicted is left out and told of; the others are written. The rows are the same for any
    number of workers.

    Args:
        bundle: the model.
        version: its name, for the reader of the manifest.
        paths: SEG-Y files, folders of them, Parquet files, Delta tables.
        output: where to.
        options: how.
        progress: called with (traces done, traces in all), from any thread.

    Raises:
        OutputError: the output cannot be written, or is that of another run; parts that are done are kept.
    """
    output.check_apart(paths)
    options = replace(options, read=_read_options(bundle, options))
    predictor = Predictor(bundle, threads=1)  # several workers ask: threads of its own would only get in their way
    found = find_inputs(paths, options.read)
    parts = PartFolder(output.path)
    with parts.held(), threadpool_limits(limits=1):
        plans, refused = plan_inputs(predictor, found, output, options)
        dropped = parts.begin(facts_of(bundle, version, options, plans), [plan.key for plan in plans])
        work = _Work(predictor, parts, options, plans, progress)
        resumed = work.run()
        ready = [Prepared(plan.source, plan.key, plan.schema) for plan in plans if not plan.refused]
        refused += [Refused(plan.source.path, plan.refused) for plan in plans if plan.refused]
        written = assemble(ready, parts, output, named=len(found) > 1, version=version)
        parts.remove()
    return BatchResult(
        [
            PredictedInput(each.source.path, each.source.name, each.source.num_traces, rows, target)
            for each, (rows, target) in zip(ready, written, strict=True)
        ],
        refused,
        resumed,
        dropped,
    )


def _read_options(bundle: Bundle, options: BatchOptions) -> ReadOptions:
    interval_us = bundle.manifest.sample_interval_us
    return replace(options.read, interval_us=interval_us, columns=options.per == "trace")


class _Work:
    """The units of a batch, each predicted once by one of several threads."""

    def __init__(
        self,
        predictor: Predictor,
        parts: PartFolder,
        options: BatchOptions,
        plans: Sequence[Plan],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._predictor = predictor
        self._parts = parts
        self._options = options
        self._plans = plans
        self._progress = progress
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._done = 0
        self._total = sum(plan.source.num_traces for plan in plans)

    def run(self) -> int:
        """Do what is not done yet; returns the traces that were done before.

        Raises:
            OutputError: a part cannot be written.
        """
        left: list[tuple[Plan, range]] = []
        for plan in self._plans:
            open_units = [unit for unit in plan.source.units() if not self._parts.done(plan.key, unit)]
            plan.open_units = len(open_units)
            left += [(plan, unit) for unit in open_units]
        resumed = self._total - sum(len(unit) for _, unit in left)
        self._advance(resumed)
        with ThreadPoolExecutor(self._options.workers) as pool:
            try:
                self._submit(pool, left)
            except BaseException:  # Ctrl-C too: the units under way are given up, those that are done stay
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise
        return resumed

    def _submit(self, pool: ThreadPoolExecutor, left: Iterable[tuple[Plan, range]]) -> None:
        """Hand out units, a few ahead of the threads, and take what they raise."""
        waiting: set[Future[None]] = set()
        for plan, unit in left:
            waiting.add(pool.submit(self._do, plan, unit))
            if len(waiting) >= 2 * self._options.workers:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for each in done:
                    each.result()
        for each in waiting:
            each.result()

    def _do(self, plan: Plan, unit: range) -> None:
        try:
            if not plan.refused:
                self._parts.write(plan.key, unit, self._frames(plan, unit), plan.schema)
        except OutputError:
            raise
        except (PredictionError, SegyError) as error:
            plan.refused = plan.refused or str(error)
        finally:
            with plan.lock:
                plan.open_units -= 1
                if plan.open_units == 0:
                    plan.source.close()

    def _frames(self, plan: Plan, unit: range) -> Iterator[pl.DataFrame]:
        for block in plan.source.blocks(unit):
            if self._stop.is_set():
                raise OutputError(f"{self._parts.out} was given up; run the same command again to go on")
            predicted = predict_block(self._predictor, plan.source, block)
            yield rows_of(self._predictor.classes, plan.source, block, predicted, self._options)
            self._advance(len(block.rows))

    def _advance(self, traces: int) -> None:
        with self._lock:
            self._done += traces
            if self._progress is not None:
                self._progress(self._done, self._total)
