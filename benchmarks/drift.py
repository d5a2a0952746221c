"""False alarms and power of the drift detector on synthetic surveys, beside the classic test; time and memory.

Same-survey health: the reference is about 70 % of the blocks of a survey (at most 256 tiles of 8 x 8 traces), the
sample is made of other traces of that survey: one rectangle, neighbouring inlines, separate squares, or single traces.
The drifted samples are the same traces of the same earth: louder, with another wavelet, noisier, or with dead traces.

Ctrl-C gives the figures of the surveys that are done.

python -m benchmarks.drift --json
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import typer
from threadpoolctl import threadpool_limits

from benchmarks.drift_surveys import NAMES, Survey, placed
from seismic_assets.drift import Sample, build_reference, feature_drift

INTERRUPTED = 130


@dataclass(frozen=True)
class Case:
    """Samples of one kind, repeated `repeats` times on each survey."""

    traces: int
    shape: str
    repeats: int


@dataclass(frozen=True)
class Place:
    """A survey of inlines x crosslines and the samples that are taken from it."""

    seed: int
    grid: tuple[int, int]
    block: int
    cases: tuple[Case, ...]

    @property
    def name(self) -> str:
        return f"{self.grid[0]}x{self.grid[1]}"


CLUSTERED = ("rectangle", "inlines", "squares")
SMALL = tuple(Case(n, shape, 1) for n in (200, 500, 1000) for shape in ("rectangle", "squares", "scattered"))
MIDDLE = tuple(Case(n, shape, 3) for n in (200, 2000, 5000) for shape in (*CLUSTERED, "scattered"))
LARGE = (
    *(Case(100_000, shape, 3) for shape in ("rectangle", "scattered")),
    *(Case(n, shape, 2) for n in (20_000, 2000) for shape in (*CLUSTERED, "scattered")),
)
# The largest first: two at work end at about the same time. Seeds below these were used to make the detector.
PLACES = (
    *(Place(seed, (360, 480), 48, LARGE) for seed in range(3001, 3005)),
    *(Place(seed, (120, 160), 24, MIDDLE) for seed in range(2004, 2012)),
    *(Place(seed, (60, 80), 16, SMALL) for seed in range(1010, 1030)),
)


def wanted(scale: float, traces: int | None) -> list[Place]:
    """Some of the surveys of each size, with the cases of one size of sample or all."""
    found = []
    for grid in dict.fromkeys(place.grid for place in PLACES):
        alike = [place for place in PLACES if place.grid == grid]
        for place in alike[: max(1, round(len(alike) * scale))]:
            cases = tuple(case for case in place.cases if traces in (None, case.traces))
            found += [Place(place.seed, grid, place.block, cases)] if cases else []
    return found


def compare(place: Place, kinds: Sequence[str], with_domain: bool) -> list[dict[str, Any]]:
    """One row a repetition and kind."""
    rows: list[dict[str, Any]] = []
    with threadpool_limits(limits=1):
        survey = Survey(place.seed, place.grid, place.block)
        for case in place.cases:
            start = time.perf_counter()
            for repeat in range(case.repeats):
                rows += _compare_once(survey, place, case, repeat, kinds, with_domain)
            took = time.perf_counter() - start
            typer.echo(
                f"{place.name} {place.seed}: {case.traces} {case.shape} x {case.repeats}, {took:.0f} s", err=True
            )
    return rows


def _compare_once(
    survey: Survey, place: Place, case: Case, repeat: int, kinds: Sequence[str], with_domain: bool
) -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng([101, place.seed, repeat, case.traces, len(case.shape)])
    known, here = placed(place.grid, place.block, case.traces, case.shape, rng)
    reference = build_reference(survey.sample(known, "healthy", rng), NAMES)
    for kind in ("healthy", *kinds):
        sample = survey.sample(here, kind, rng)
        # Of the classic test the false alarms are asked for.
        found = feature_drift(sample, reference, NAMES, with_classic=kind == "healthy", with_domain=with_domain)
        yield {
            "case": f"{case.traces}-{case.shape}-{place.name}",
            "traces": case.traces,
            "shape": case.shape,
            "kind": kind,
            "severity": str(found.severity),
            "alarm": found.severity.alarms,
            "classic": found.classic_alarm,
            "domain": bool(found.domain and found.domain.differs) if with_domain else None,
        }


def compare_all(
    places: Sequence[Place], kinds: Sequence[str], with_domain: bool, processes: int
) -> tuple[list[dict[str, Any]], bool]:
    """Rows of all surveys, a process for each of some of them at a time; and whether that was interrupted."""
    rows: list[dict[str, Any]] = []
    start = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_leave_interrupts) as pool:
        tasks = [pool.submit(compare, place, kinds, with_domain) for place in places]
        try:
            for done, task in enumerate(as_completed(tasks), 1):
                rows += task.result()
                minutes = (time.perf_counter() - start) / 60
                typer.echo(f"{done} of {len(tasks)} surveys, {len(rows)} comparisons, {minutes:.1f} min", err=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in multiprocessing.active_children():
                child.terminate()
            typer.echo(f"interrupted: the figures are of {len(rows)} comparisons", err=True)
            return rows, True
    return rows, False


def _leave_interrupts() -> None:
    """Ctrl-C is for the process that waits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def budget(windows: int = 600_000) -> tuple[float, float]:
    """Seconds and peak resident megabytes of one comparison of 600,000 windows x 40 features."""
    rng = np.random.default_rng(0)
    per_trace = 13
    traces = -(-windows // per_trace)
    wide = 240

    def made(count: int) -> Sample:
        features = rng.standard_normal((count * per_trace, len(NAMES)), dtype=np.float32)
        places = np.stack(np.divmod(np.arange(count), wide), axis=1).astype(np.float64)
        return Sample(features, np.repeat(np.arange(count), per_trace), np.zeros(count, bool), places)

    reference, sample = build_reference(made(wide * 64), NAMES), made(traces)
    start = time.perf_counter()
    feature_drift(sample, reference, NAMES)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def share(rows: Sequence[dict[str, Any]], key: str, **which: object) -> float | None:
    """Share of the rows with these values for which `key` holds; None where there is none."""
    some = [row[key] for row in rows if all(row[name] == value for name, value in which.items())]
    return round(float(np.mean(some)), 4) if some else None


def report(rows: Sequence[dict[str, Any]], kinds: Sequence[str]) -> dict[str, Any]:
    """The figures: of false alarms on healthy samples, of power on drifted ones."""
    sizes = sorted({row["traces"] for row in rows})
    healthy = [row for row in rows if row["kind"] == "healthy"]
    names = sorted({row["case"] for row in rows}, key=lambda name: (int(name.split("-")[0]), name))
    return {
        "repetitions": len(healthy),
        "repetitions_by_size": {str(n): sum(row["traces"] == n for row in healthy) for n in sizes},
        "false_alarm_rate_pooled": share(healthy, "alarm"),
        "false_alarm_rate": {name: share(healthy, "alarm", case=name) for name in names},
        "false_alarm_rate_by_size": {str(n): share(healthy, "alarm", traces=n) for n in sizes},
        "false_alarm_rate_by_shape": {
            shape: share(healthy, "alarm", shape=shape) for shape in dict.fromkeys(row["shape"] for row in rows)
        },
        "false_alarm_severities": {
            severity: sum(row["severity"] == severity for row in healthy)
            for severity in ("none", "low", "medium", "high", "undecided")
        },
        "power": {kind: share(rows, "alarm", kind=kind) for kind in kinds},
        "power_by_size": {kind: {str(n): share(rows, "alarm", kind=kind, traces=n) for n in sizes} for kind in kinds},
        "classic_false_alarm_rate": share(healthy, "classic"),
        "domain_false_alarm_rate": share(healthy, "domain") if healthy and healthy[0]["domain"] is not None else None,
    }


def main(
    as_json: Annotated[bool, typer.Option("--json", help="Figures as JSON alone.")] = False,
    scale: Annotated[float, typer.Option(help="Share of the surveys.")] = 1.0,
    traces: Annotated[int | None, typer.Option(help="Only samples of so many traces.")] = None,
    kinds: Annotated[str, typer.Option(help="What is drifted, besides the healthy.")] = "gain,frequency,noise,dead",
    domain: Annotated[bool, typer.Option(help="Also the test of all features together.")] = False,
    processes: Annotated[int, typer.Option(help="Surveys at a time; up to 4 GB each.")] = min(2, os.cpu_count() or 1),
) -> None:
    """Measure false alarms, power, time and memory."""
    asked = tuple(each for each in kinds.split(",") if each)
    start = time.perf_counter()
    with threadpool_limits(limits=1):
        seconds, peak = budget()
    rows, interrupted = compare_all(wanted(scale, traces), asked, domain, processes)
    figures = report(rows, asked) | {
        "seconds_600k": round(seconds, 2),
        "peak_rss_mb": round(peak),
        "seconds_in_all": round(time.perf_counter() - start),
    }
    if as_json:
        print(json.dumps(figures, indent=2))
    else:
        from rich.console import Console

        Console().print_json(json.dumps(figures))
    if interrupted:
        raise typer.Exit(INTERRUPTED)


if __name__ == "__main__":
    typer.run(main)
