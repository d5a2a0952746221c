"""A small graph with a real Dagster history, and what an exposition says."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import dagster as dg
from prometheus_client.core import Metric

from seismic_assets.exporter.graph import Graph
from seismic_assets.exporter.parts import Look

GRAPH = Graph(
    groups={"catalogue": "raw", "traces": "bronze", "never": "bronze"},
    checks=(("catalogue", "sound"), ("traces", "finite")),
)


class Switches(dg.Config):
    """What goes wrong in a run."""

    fail: bool = False
    unsound: bool = False


@dg.asset(group_name="raw")
def catalogue(config: Switches) -> None:
    if config.fail:
        raise ValueError("no folder")


@dg.asset(group_name="bronze", deps=[catalogue])
def traces() -> None:
    pass


@dg.asset_check(asset=catalogue)
def sound(config: Switches) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=not config.unsound, severity=dg.AssetCheckSeverity.ERROR)


@dg.asset_check(asset=traces)
def finite() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)


JOB = dg.Definitions([catalogue, traces], asset_checks=[sound, finite]).resolve_implicit_global_asset_job_def()


def prepare(home: Path) -> Path:
    """A home with the project's configuration."""
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_bytes(files("seismic_assets").joinpath("dagster.yaml").read_bytes())
    return home


@contextmanager
def instance_of(home: Path) -> Iterator[dg.DagsterInstance]:
    """The instance as the one who runs has it."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def run(home: Path, *assets: str, fail: bool = False, unsound: bool = False) -> None:
    """Materialise some assets, in one run."""
    switches = {"config": {"fail": fail, "unsound": unsound}}
    configured = {"catalogue": switches, "catalogue_sound": switches} if "catalogue" in assets else {}
    with instance_of(home) as instance:
        JOB.execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(asset) for asset in assets],
            run_config={"ops": configured, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )


def values(metrics: Look | Iterable[Metric]) -> dict[str, float]:
    """The value of each sample by its name and labels."""
    families = metrics.metrics if isinstance(metrics, Look) else metrics
    return {f"{each.name}{_written(each.labels)}": each.value for family in families for each in family.samples}


def _written(labels: dict[str, str]) -> str:
    return "{" + ",".join(f"{name}={value}" for name, value in sorted(labels.items())) + "}" if labels else ""
