"""False alarms and power of the drift detector on synthetic surveys, beside the classic test; time and memory.

Same-survey health: the reference is about 70 % of the blocks of a survey (at most 256 tiles of 8 x 8 traces), the
sample is made of other traces of that survey: one rectangle, neighbouring inlines, separate squares, or single traces.
The drifted samples are the same traces of the same earth: louder, with another wavelet, noisier, or with dead traces.

python -m benchmarks.drift --json
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.ndimage import binary_dilation
from threadpoolctl import threadpool_limits

from seismic_assets.attributes import Embedder, WindowGrid, feature_names, features_of, fit_embedder, usable_traces
from seismic_assets.drift import Sample, build_reference, feature_drift
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey

GRID, COMPONENTS, GAP, TILE, MOST_TILES = WindowGrid(64, 32), 32, 3, 8, 256
NAMES = feature_names(COMPONENTS)
RECORDED = {"gain": {"gain": 1.2}, "frequency": {"peak_frequency_hz": 27.2}, "noise": {"signal_to_noise": 3.0}}
DEAD_SHARE = 0.05


@dataclass(frozen=True)
class Case:
    """Samples of one kind: repeated `repeats` times on each of some surveys of inlines x crosslines."""

    traces: int
    shape: str
    grid: tuple[int, int]
    block: int
    seeds: tuple[int, ...]
    repeats: int

    @property
    def name(self) -> str:
        return f"{self.traces}-{self.shape}-{self.grid[0]}x{self.grid[1]}"


SMALL, MIDDLE, LARGE = ((60, 80), 16), ((120, 160), 24), ((360, 480), 48)


def cases(scale: float) -> list[Case]:
    def some(first: int, count: int, total: int) -> tuple[tuple[int, ...], int]:
        count = max(1, min(count, round(count * scale)))
        return tuple(range(first, first + count)), max(1, round(total * scale / count))

    wanted = [
        *((n, shape, SMALL, 1010, 20, 20) for n in (200, 500, 1000) for shape in ("rectangle", "squares", "scattered")),
        *(
            (n, s, MIDDLE, 2004, 8, 24)
            for n in (200, 2000, 5000)
            for s in ("rectangle", "inlines", "squares", "scattered")
        ),
        *((n, s, LARGE, 3001, 3, 6) for n in (2000, 20_000) for s in ("rectangle", "inlines", "squares", "scattered")),
        *((100_000, s, LARGE, 3001, 3, 3) for s in ("rectangle", "scattered")),
    ]
    return [
        Case(n, s, grid, block, *some(first, surveys, total)) for n, s, (grid, block), first, surveys, total in wanted
    ]


class Survey:
    """Recordings of one earth, made when asked for."""

    def __init__(self, seed: int, grid: tuple[int, int]) -> None:
        self.seed, self.grid = seed, grid
        self._traces: dict[str, NDArray[np.float32]] = {}

    def recorded(self, kind: str) -> NDArray[np.float32]:
        how = kind if kind in ("frequency", "noise") else "healthy"
        if how not in self._traces:
            self._traces[how] = self._make(how)
        return self._traces[how]

    def _make(self, how: str) -> NDArray[np.float32]:
        spec = SurveySpec(seed=self.seed, inlines=self.grid[0], crosslines=self.grid[1], **RECORDED.get(how, {}))
        return make_survey(spec).traces

    def sample(self, mask: NDArray[np.bool_], embedder: Embedder, kind: str, rng: np.random.Generator) -> Sample:
        number = np.flatnonzero(mask)
        traces = self.recorded(kind).reshape(mask.size, -1)[number]
        if kind == "gain":
            traces = traces * np.float32(RECORDED["gain"]["gain"])
        if kind == "dead":
            traces[rng.random(len(traces)) < DEAD_SHARE] = 0
        usable = usable_traces(traces)
        windows = GRID.cut(traces[usable])
        trace = np.repeat(np.flatnonzero(usable), len(windows) // max(int(usable.sum()), 1))
        places = np.stack(np.divmod(number, mask.shape[1]), axis=1).astype(np.float64)
        return Sample(features_of(windows, 4000, embedder), trace, ~usable, places)

    def embedder(self, mask: NDArray[np.bool_], rng: np.random.Generator) -> Embedder:
        number = np.flatnonzero(mask)
        traces = self.recorded("healthy").reshape(mask.size, -1)[np.sort(rng.permutation(number)[:3000])]
        return fit_embedder([GRID.cut(traces[usable_traces(traces)])], COMPONENTS)


def chosen(grid: tuple[int, int], traces: int, shape: str, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Where a sample of one shape lies."""
    inlines, crosslines = grid
    mask = np.zeros(grid, bool)
    if shape == "rectangle":
        height = int(
            np.clip(round(np.sqrt(traces * np.exp(rng.uniform(-0.7, 0.7)))), -(-traces // crosslines), inlines)
        )
        width = min(crosslines, max(1, round(traces / height)))
    else:
        height = max(1, round(traces / crosslines))
        width = min(crosslines, traces // height)
    if shape in ("rectangle", "inlines"):
        first, second = rng.integers(0, inlines - height + 1), rng.integers(0, crosslines - width + 1)
        mask[first : first + height, second : second + width] = True
        return mask
    while mask.sum() < traces:
        edge = int(rng.integers(8, 13))
        first, second = rng.integers(0, inlines - edge + 1), rng.integers(0, crosslines - edge + 1)
        mask[first : first + edge, second : second + edge] = True
    return mask


def placed(case: Case, rng: np.random.Generator) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Masks of the reference and of the sample: never a trace in common, nor one within the gap."""
    edge = case.block if case.shape != "scattered" else TILE
    cells = rng.random((-(-case.grid[0] // edge), -(-case.grid[1] // edge))) < (
        0.7 if case.shape != "scattered" else 0.35 if case.traces > 50_000 else 0.6
    )
    reference = np.kron(cells, np.ones((edge, edge), bool))[: case.grid[0], : case.grid[1]]
    if case.shape == "scattered":
        sample = np.zeros(reference.size, bool)
        free = np.flatnonzero(~reference)
        sample[rng.permutation(free)[: case.traces]] = True
        return reference, sample.reshape(reference.shape)
    sample = chosen(case.grid, case.traces, case.shape, rng)
    return reference & ~binary_dilation(sample, iterations=GAP), sample


def some_tiles(mask: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """At most `MOST_TILES` tiles of the reference, so that features are made of no more than are kept."""
    first, second = np.indices(mask.shape) // TILE
    tile = first * (second.max() + 1) + second
    heard = np.unique(tile[mask])
    return mask & np.isin(tile, rng.permutation(heard)[:MOST_TILES])


def run(case: Case, kinds: Sequence[str], with_domain: bool) -> list[dict[str, Any]]:
    """One row a repetition and kind."""
    rows = []
    for seed in case.seeds:
        survey = Survey(seed, case.grid)
        for repeat in range(case.repeats):
            rng = np.random.default_rng([101, seed, repeat, case.traces, len(case.shape)])
            mask, here = placed(case, rng)
            mask = some_tiles(mask, rng)
            embedder = survey.embedder(mask, rng)
            reference = build_reference(survey.sample(mask, embedder, "healthy", rng), NAMES)
            for kind in ("healthy", *kinds):
                sample = survey.sample(here, embedder, kind, rng)
                found = feature_drift(sample, reference, NAMES, with_classic=True, with_domain=with_domain)
                rows.append(
                    {
                        "case": case.name,
                        "traces": case.traces,
                        "shape": case.shape,
                        "grid": case.grid[0],
                        "kind": kind,
                        "severity": str(found.severity),
                        "alarm": found.severity.alarms,
                        "classic": found.classic_alarm,
                        "drifted": found.drifted[:5],
                        "domain": bool(found.domain and found.domain.differs) if with_domain else None,
                    }
                )
    return rows


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


def share(rows: list[dict[str, Any]], key: str, **which: object) -> float:
    some = [row[key] for row in rows if all(row[name] == value for name, value in which.items())]
    return round(float(np.mean(some)), 4) if some else float("nan")


def report(rows: list[dict[str, Any]], kinds: Sequence[str]) -> dict[str, Any]:
    names = list(dict.fromkeys(row["case"] for row in rows))
    sizes = sorted({row["traces"] for row in rows})
    healthy = [row for row in rows if row["kind"] == "healthy"]
    return {
        "repetitions": len(healthy),
        "false_alarm_rate_pooled": share(healthy, "alarm"),
        "false_alarm_rate": {name: share(healthy, "alarm", case=name) for name in names},
        "false_alarm_rate_by_size": {str(n): share(healthy, "alarm", traces=n) for n in sizes},
        "false_alarm_rate_by_shape": {
            s: share(healthy, "alarm", shape=s) for s in dict.fromkeys(r["shape"] for r in rows)
        },
        "false_alarm_severities": {
            s: sum(r["severity"] == s for r in healthy) for s in ("none", "low", "medium", "high", "undecided")
        },
        "power": {k: share(rows, "alarm", kind=k) for k in kinds},
        "power_by_size": {k: {str(n): share(rows, "alarm", kind=k, traces=n) for n in sizes} for k in kinds},
        "classic_false_alarm_rate": share(healthy, "classic"),
        "domain_false_alarm_rate": share(healthy, "domain") if healthy and healthy[0]["domain"] is not None else None,
    }


def main(
    as_json: Annotated[bool, typer.Option("--json", help="Figures as JSON alone.")] = False,
    scale: Annotated[float, typer.Option(help="Share of the repetitions.")] = 1.0,
    traces: Annotated[int | None, typer.Option(help="Only samples of so many traces.")] = None,
    kinds: Annotated[str, typer.Option(help="What is drifted, besides the healthy.")] = "gain,frequency,noise,dead",
    domain: Annotated[bool, typer.Option(help="Also the test of all features together.")] = False,
) -> None:
    """Measure false alarms, power, time and memory."""
    asked = tuple(each for each in kinds.split(",") if each)
    console = Console(stderr=True, quiet=as_json)
    with threadpool_limits(limits=1):
        seconds, peak = budget()
        wanted = [case for case in cases(scale) if traces in (None, case.traces)]
        rows = [row for case in track(wanted, "cases", console=console) for row in run(case, asked, domain)]
    figures = report(rows, asked) | {"seconds_600k": round(seconds, 2), "peak_rss_mb": round(peak)}
    if as_json:
        print(json.dumps(figures, indent=2))
    else:
        Console().print_json(json.dumps(figures))


if __name__ == "__main__":
    typer.run(main)
