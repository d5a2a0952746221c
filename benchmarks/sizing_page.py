"""The page docs/sizing.md from measured figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill

from benchmarks.sizing_arithmetic import (
    Measured,
    Survey,
    bytes_by_table,
    core_hours,
    cores_for,
    history_hours,
    hours_on,
    labelled_share,
    log_bytes,
    opening_seconds,
    parts_of,
    records,
    split_gigabytes,
)

SIZES = (10_000_000, 100_000_000, 1_000_000_000)
CORES = (1, 16, 128)
DEADLINE_HOURS = (1, 8, 24)
TRACES_A_FILE, SMALL_FILE = 500_000, 5_000
MEMORY_GB = 24
_NAMES = {10_000_000: "10 M", 100_000_000: "100 M", 1_000_000_000: "1 G"}


def page_of(measured: Measured) -> str:
    """The whole page."""
    large = [Survey(traces, TRACES_A_FILE) for traces in SIZES]
    blocks = (
        "# What a survey costs",
        "<!-- Written by `python -m benchmarks.sizing --write` from figures of one run; do not edit by hand. -->",
        *_head(measured),
        "## Measured",
        *_measured(measured),
        "## Hours",
        *_hours_text(),
        _hours(measured, large),
        _deadlines(measured, large),
        "## Storage",
        _storage(measured, large),
        *_storage_text(measured),
        "## Where it would break",
        _breaks(measured),
        _breaks_text(measured),
    )
    return "\n\n".join(blocks) + "\n"


def _head(measured: Measured) -> Iterator[str]:
    yield _filled(
        f"How many cores, hours and gigabytes 10 million, 100 million and a billion traces of {measured.samples} "
        f"samples take, with windows of 64 samples every 32, {measured.windows} a trace (the default), and a boosted "
        "model. Everything but what stands under Measured is arithmetic: the largest survey that was ever run is ten "
        "million traces ([operator.md](operator.md#large-surveys-and-many-files)), and with whole traces as windows. "
        "Take what is said of larger ones as what to expect if nothing unexpected comes."
    )


def _measured(measured: Measured) -> Iterator[str]:
    yield _filled(
        f"One thread over {measured.traces:,} traces, by processor time, beside other work on 2 shared cores: the time "
        f"that a process waits for the disk is not in it. At most {measured.peak_mb:,.0f} MB of resident memory."
    )
    rows = [
        (
            f"`{stage.name}`",
            f"{measured.rate(stage):,.0f}",
            f"{stage.cpu_seconds:.1f}",
            f"{stage.bytes / measured.traces:,.0f}",
            f"{stage.parts}",
            f"{stage.log_bytes / stage.parts:,.0f}",
        )
        for stage in measured.stages
    ]
    heads = ("Step", "Traces a second and core", "Seconds", "Bytes a trace", "Parts", "Bytes of log a part")
    yield _table(heads, rows)
    other = measured.event_seconds_postgres
    postgres = "" if other is None else f", {1000 * other:.1f} ms in PostgreSQL on the same machine"
    yield _filled(
        f"The SEG-Y file takes {measured.segy_bytes / measured.traces:,.0f} bytes a trace. Recording that an asset of "
        f"a file was made in Dagster's history takes {1000 * measured.event_seconds:.1f} ms and "
        f"{measured.event_bytes / 1000:,.1f} kB in SQLite{postgres}, and {measured.assets_a_file} assets are made a "
        "file (the fastest tenth; beside other work most take longer). Listing a file of the landing folder takes "
        f"{1e6 * measured.listing_seconds:,.0f} µs on a local disk, opening a table of {measured.opened_parts:,} parts "
        f"{measured.opening_seconds:.2f} s from a log without a checkpoint, "
        f"drawing the windows of a fit {measured.split_bytes:,.0f} bytes of memory a labelled window."
    )


def _hours_text() -> Iterator[str]:
    yield _filled(
        f"Files of {TRACES_A_FILE:,} traces. Hours on several cores are those of one, divided: files are independent "
        "of each other, and threads share the parts of a file; but nobody has run it on 128 cores. What is done one by "
        "one is added, the records in Dagster's history, by the slower of its databases. "
        "Not in it: the look at the files at the start (a digest of "
        "every byte, as fast as the disk reads); the search and the fit, which do not grow with the survey "
        "(`SEISMIC_TUNING_MINUTES`, `SEISMIC_MAX_TRAINING_WINDOWS`); labels, checks, drift, the feature store, reports."
    )


def _hours(measured: Measured, surveys: Sequence[Survey]) -> str:
    stages = [
        (f"`{stage.name}`, core hours", *(_hour(core_hours(measured, each)[stage.name]) for each in surveys))
        for stage in measured.stages
    ]
    together = [
        (f"all, hours on {_plural(cores, 'core')}", *(_hour(hours_on(measured, each, cores)) for each in surveys))
        for cores in CORES
    ]
    history = ("the history, of it", *(_hour(history_hours(measured, each)) for each in surveys))
    return _table(("", *_heads(surveys)), [*stages, *together, history])


def _deadlines(measured: Measured, surveys: Sequence[Survey]) -> str:
    rows = [
        (
            f"cores to be done in {_plural(hours, 'hour')}",
            *(_cores(cores_for(measured, each, hours)) for each in surveys),
        )
        for hours in DEADLINE_HOURS
    ]
    return _table(("", *_heads(surveys)), rows)


def _cores(number: int | None) -> str:
    return "none is enough" if number is None else f"{number:,}"


def _storage(measured: Measured, surveys: Sequence[Survey]) -> str:
    sizes = [bytes_by_table(measured, each) for each in surveys]
    rows = [
        ("SEG-Y files" if name == "SEG-Y" else f"`{name}`", *(_size(each[name]) for each in sizes)) for name in sizes[0]
    ]
    return _table(("", *_heads(surveys)), [*rows, ("together", *(_size(sum(each.values())) for each in sizes))])


def _storage_text(measured: Measured) -> Iterator[str]:
    features = next(stage for stage in measured.stages if stage.name == "trace_features")
    yield _filled(
        "A table that is replaced is there twice until `seismic tidy` takes the old files away. Not measured, and no "
        "small thing: the feature store keeps `trace_features` again as `window_features`, up to three generations of "
        f"it (`SEISMIC_FEATURE_GENERATIONS`), {features.bytes / measured.traces / 1000:,.1f} kB a trace each if they "
        "take what that table does; for a large survey switch it off (`SEISMIC_FEATURE_STORE=false`). Predictions are "
        "there a second time as Parquet exports. With whole traces as windows there is one row a trace, not "
        f"{measured.windows}: ten million traces took 18.8 GB of bronze, 0.4 GB of attributes, 1.7 GB of features and "
        "0.3 GB of predictions (`benchmarks.ten_million`)."
    )


def _breaks(measured: Measured) -> str:
    bronze = measured.stages[0]
    large = [Survey(traces, TRACES_A_FILE) for traces in SIZES]
    small = [Survey(traces, SMALL_FILE) for traces in SIZES]
    parts = [parts_of(measured, each, bronze) for each in large]
    fine = [parts_of(measured, each, bronze) for each in small]
    rows: list[tuple[str, ...]] = [
        ("parts of `bronze_traces`", *(f"{each:,}" for each in parts)),
        ("its log", *(_size(log_bytes(measured, each, bronze)) for each in parts)),
        ("to open it", *(_seconds(opening_seconds(measured, each)) for each in parts)),
        (f"parts with files of {SMALL_FILE:,} traces", *(f"{each:,}" for each in fine)),
        ("to open it then", *(_seconds(opening_seconds(measured, each)) for each in fine)),
        ("SEG-Y files, partitions of Dagster", *(f"{each.files:,}" for each in large)),
        (f"with files of {SMALL_FILE:,} traces", *(f"{each.files:,}" for each in small)),
        ("history of these, hours", *(_hour(history_hours(measured, each)) for each in small)),
        ("history of these, on disk", *(_size(records(measured, each) * measured.event_bytes) for each in small)),
        ("to list these", *(_seconds(each.files * measured.listing_seconds) for each in small)),
        ("memory to draw a fit, all labelled", *(_size(1e9 * split_gigabytes(measured, each, 1)) for each in large)),
        (
            f"windows that may be labelled in {MEMORY_GB} GB",
            *(f"{labelled_share(measured, each, MEMORY_GB):.1%}" for each in large),
        ),
    ]
    return _table(("", *_heads(large)), rows)


def _breaks_text(measured: Measured) -> str:
    billion = Survey(SIZES[-1], TRACES_A_FILE)
    commits = bytes_by_table(measured, billion)["SEG-Y"] / 1e9
    points = (
        "**Labels.** The split is one table that is read whole to draw the windows of a fit, "
        f"{measured.split_bytes:,.0f} bytes a labelled window: of a billion traces "
        f"{labelled_share(measured, billion, MEMORY_GB):.1%} of the windows may be labelled on a machine of "
        f"{MEMORY_GB} GB. Where more are, the split would have to be drawn from block by block.",
        "**Small files.** Each is a partition, a record of history for each of its assets, and a part of each table at "
        "least. A run writes its records one by one; in PostgreSQL several runs write at once, in SQLite they wait for "
        "one another. Join lines into larger files before they land. Dagster's page and conditions look at every "
        "partition; five thousand files are the most that was tried.",
        "**One machine a run.** A run takes its files with a thread for each core of its machine, and two runs go on "
        "at a time (`max_concurrent_runs` in Dagster's home). On Kubernetes a run is a pod; raise that number there. "
        "This was not tried on more than one machine.",
        "**Commits.** Runs that write one table commit one by one, and read its log first. A commit takes up to 256 "
        f"files or a gigabyte, so that a billion traces are some {commits:,.0f} commits a table. Each opens a log as "
        "long as the table says, less what a checkpoint saves, which is not in the figures.",
        f"**Memory of a run** hardly grows: {measured.peak_mb:,.0f} MB here, 1,076 MB for ten million traces "
        "(`benchmarks.ten_million`), some 30 bytes a trace of the file that is read.",
        "**The landing folder** is listed whole at each look, every 30 seconds. An object store gives a thousand names "
        "a request, which was not measured here.",
        "**The shared claim.** On Kubernetes all pods write to one file system; its throughput is not in any figure "
        "here, as these are of a local disk and of the processor.",
    )
    return "In the order in which it would be met:\n\n" + "\n".join(
        fill(f"{number}. {point}", 120, subsequent_indent="   ", break_on_hyphens=False, break_long_words=False)
        for number, point in enumerate(points, 1)
    )


def _filled(text: str) -> str:
    return fill(text, 120, break_on_hyphens=False, break_long_words=False)


def _plural(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''}"


def _heads(surveys: Iterable[Survey]) -> tuple[str, ...]:
    return tuple(f"{_NAMES[each.traces]} traces" for each in surveys)


def _hour(hours: float) -> str:
    return f"{hours:,.1f}" if hours >= 1 else f"{hours:.2g}"


def _seconds(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:,.0f} s"
    return f"{seconds / 60:,.0f} min"


def _size(size: float) -> str:
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}" if size < 100 * factor else f"{size / factor:,.0f} {unit}"
    return f"{size / 1e3:,.0f} kB"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    aligned = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, aligned, *rows))
