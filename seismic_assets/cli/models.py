"""`seismic model`: the versions of the model, and which one is in production."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from seismic_assets.cli.folders import StorageRoot, check_storage_root
from seismic_assets.cli.model_export import export
from seismic_assets.cli.render import errors, facts_table, output
from seismic_assets.settings import load_settings

if TYPE_CHECKING:
    from seismic_assets.evaluation import Verdict
    from seismic_assets.registry import AuditEntry, ModelRegistry, ModelVersion
    from seismic_assets.settings import Settings

model = typer.Typer(
    help="List, promote and roll back the versions of the model.", no_args_is_help=True, rich_markup_mode="rich"
)
model.command()(export)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
_Reason = Annotated[str, typer.Option(help="Why; kept in the audit trail.")]
_SCORE = "test_f1_macro"
_THEN = "Services follow within seconds, predictions of files with the next `seismic run` or the daemon's next look."


@model.command(name="list")
def list_versions(storage_root: StorageRoot = None, as_json: _Json = False) -> None:
    """Show all versions: stage, family, score on the test blocks, age.

    [bold]Examples[/]

      seismic model list --storage-root store/

      seismic model list --json | jq '.[] | select(.stage == "production") | .version'
    """
    registry = _registry(storage_root)
    versions = registry.versions()
    if as_json:
        _print_json([_plain(each) for each in versions])
    elif versions:
        output.print(_versions_table(registry.model_name, versions))
        for each in versions:
            if note := _note(each):
                output.print(f"version {each.version} {note}", highlight=False, soft_wrap=True)
    else:
        _say(f"no version of {registry.model_name} is registered; train one with `seismic run` on labelled files")


@model.command()
def show(
    version: Annotated[str | None, typer.Argument(help="A version; by default the one in production.")] = None,
    storage_root: StorageRoot = None,
    as_json: _Json = False,
) -> None:
    """Show one version: where it comes from, its parameters and its scores.

    [bold]Example[/]

      seismic model show 3 --storage-root store/
    """
    registry = _registry(storage_root)
    found = registry.version_info(version or _in_production(registry))
    if as_json:
        _print_json(_plain(found))
        return
    output.print(facts_table(f"{registry.model_name} version {found.version}", _facts(found)))
    if found.metrics:
        scores = {name: f"{value:.4g}" for name, value in sorted(found.metrics.items())}
        output.print(facts_table("Scores", scores))
    if found.params:
        output.print(facts_table("Parameters", dict(sorted(found.params.items()))))


@model.command()
def compare(
    version: Annotated[str | None, typer.Argument(help="A version; by default the one in staging.")] = None,
    storage_root: StorageRoot = None,
    as_json: _Json = False,
) -> None:
    """Put a version to the gate: would it take the place of the one in production, and why (not)?

    Both answer the test windows that neither was fitted on. Nothing is changed, and the status is 0 either way: scripts
    read `promote` of --json.

    [bold]Example[/]

      seismic model compare 3 --storage-root store/
    """
    settings = load_settings(storage_root=storage_root)
    from seismic_assets.registry import STAGING

    registry = _registry(storage_root)
    verdict = _verdict(settings, registry, version or registry.version_of(STAGING) or _in_production(registry))
    if as_json:
        _print_json(asdict(verdict))
    else:
        output.print(_verdict_table(verdict))
        if verdict.version == registry.version_of():
            _say(f"version {verdict.version} is in production")
            return
        _say(f"{'It may be promoted' if verdict.promote else 'It is refused'}: {verdict.reason}")


@model.command()
def promote(
    version: Annotated[str, typer.Argument(help="The version to put into production.")],
    reason: _Reason = "",
    override: Annotated[bool, typer.Option("--override", help="Although the gate refuses it; needs --reason.")] = False,
    storage_root: StorageRoot = None,
    as_json: _Json = False,
) -> None:
    """Put a version into production through the gate; the one before is archived.

    [bold]Example[/]

      seismic model promote 3 --reason "better on the north of the survey" --storage-root store/
    """
    settings, registry = load_settings(storage_root=storage_root), _registry(storage_root)
    before = registry.version_of()
    if override and not reason:
        raise typer.BadParameter("--override needs --reason: it is kept in the audit trail")
    if not override and version != before:
        verdict = _verdict(settings, registry, version)
        if not verdict.promote:
            _refuse(verdict, before, as_json)
    registry.promote(version, by=login_name(), reason=f"gate overridden: {reason}" if override else reason)
    now = _decided(settings, registry, reason)
    if as_json:
        _print_json({"production": now, "previous": before})
    elif now == before:
        _say(f"version {now} is in production already")
    else:
        _say(f"version {now} is in production now{_instead_of(before)}")
        _say(_THEN)


@model.command()
def rollback(reason: _Reason = "", storage_root: StorageRoot = None, as_json: _Json = False) -> None:
    """Undo the last promotion; once more undoes the one before. A running service follows.

    [bold]Example[/]

      seismic model rollback --reason "confuses channels with faults" --storage-root store/
    """
    registry = _registry(storage_root)
    before = registry.version_of()
    registry.rollback(by=login_name(), reason=reason)
    now = _decided(load_settings(storage_root=storage_root), registry, reason)
    if as_json:
        _print_json({"production": now, "previous": before})
    else:
        _say(f"version {now} is in production again{_instead_of(before)}")
        _say(_THEN)


@model.command()
def history(storage_root: StorageRoot = None, as_json: _Json = False) -> None:
    """Show the audit trail: who moved which version where, when and why.

    [bold]Example[/]

      seismic model history --storage-root store/
    """
    entries = _registry(storage_root).history()
    if as_json:
        _print_json([entry.model_dump(mode="json") for entry in entries])
    elif entries:
        for line in _history_lines(entries):
            output.print(line, highlight=False, soft_wrap=True)
    else:
        _say("no version was staged or promoted yet")


def login_name() -> str:
    """Who runs the command, for the audit trail."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"uid {os.getuid()}"


def _registry(storage_root: str | None) -> ModelRegistry:
    settings = load_settings(storage_root=storage_root)
    if settings.mlflow_tracking_uri is None:  # elsewhere a registry needs no folder here
        check_storage_root(settings.local_root)
    from seismic_assets.deployment import registry_of

    return registry_of(settings)


def _verdict(settings: Settings, registry: ModelRegistry, version: str) -> Verdict:
    from seismic_assets.defs.model.gate import judge_version
    from seismic_assets.lake import Lake

    with errors.status(f"asking version {version} and the one in production"):
        return judge_version(Lake(settings.lake_dir), registry, settings, version)


def _refuse(verdict: Verdict, production: str | None, as_json: bool) -> None:
    from seismic_assets.registry import RegistryError

    if as_json:
        _print_json({"production": production, "refused": asdict(verdict)})
    else:
        output.print(_verdict_table(verdict))
    loads = verdict.findings[0].passed
    advice = "; to put it into production all the same give --override and --reason" if loads else ""
    raise RegistryError(f"version {verdict.version} is refused by the gate: {verdict.reason}{advice}")


def _decided(settings: Settings, registry: ModelRegistry, reason: str) -> str | None:
    from seismic_assets.driver.decisions import tell_graph

    now = registry.version_of()
    tell_graph(settings, str(now), reason)
    return now


def _in_production(registry: ModelRegistry) -> str:
    from seismic_assets.registry import RegistryError

    version = registry.version_of()
    if version is None:
        raise RegistryError(f"no version of {registry.model_name} is in production; name a version")
    return version


def _instead_of(before: str | None) -> str:
    return "" if before is None else f"; version {before} is archived"


def _versions_table(name: str, versions: list[ModelVersion]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=escape(name), title_justify="left")
    table.add_column("version", justify="right")
    for column in ("stage", "family"):
        table.add_column(column, no_wrap=True)
    table.add_column("test macro-F1", justify="right")
    table.add_column("created", no_wrap=True)
    for each in versions:
        score = f"{each.metrics[_SCORE]:.3f}" if _SCORE in each.metrics else ""
        style = {"production": "bold green", "staging": "yellow"}.get(each.stage)
        table.add_row(
            each.version, each.stage, escape(each.family), score, f"{each.created:%Y-%m-%d %H:%M}", style=style
        )
    return table


def _note(version: ModelVersion) -> str:
    if version.rejected_because is not None:
        return escape(f"rejected: {version.rejected_because}")
    if version.rolled_back_because is not None:
        return escape(f"rolled back: {version.rolled_back_because}")
    return ""


def _verdict_table(verdict: Verdict) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=f"The gate on version {verdict.version}", title_justify="left")
    for column in ("question", "passed", "answer"):
        table.add_column(column)
    for each in verdict.findings:
        passed = "[green]yes[/]" if each.passed else "[bold red]no[/]"
        table.add_row(each.name.replace("_", " "), passed, escape(each.sentence))
    return table


def _facts(version: ModelVersion) -> dict[str, str]:
    facts = {
        "stage": version.stage,
        "aliases": ", ".join(version.aliases),
        "created": f"{version.created:%Y-%m-%d %H:%M:%S} UTC",
        "family": version.family,
        "dataset digest": version.dataset_digest,
        "MLflow run": version.run_id,
        "MLflow status": version.status,
        "rejected because": version.rejected_because or "",
        "rolled back because": version.rolled_back_because or "",
    }
    return {name: value for name, value in facts.items() if value}


def _history_lines(entries: list[AuditEntry]) -> Iterator[str]:
    for each in entries:
        action = each.action if each.took_effect else f"{each.action} [red](did not finish)[/]"
        instead = f" (before: {each.previous})" if each.previous else ""
        head = f"[bold]{each.time:%Y-%m-%d %H:%M:%S}[/] {action} {each.version}{instead}"
        yield f"{head} by {escape(each.by)}: {escape(each.reason) or 'no reason was given'}"


def _plain(version: ModelVersion) -> Mapping[str, Any]:
    return {**asdict(version), "created": version.created.isoformat()}


def _print_json(value: Any) -> None:
    output.print_json(json.dumps(value))


def _say(sentence: str) -> None:
    output.print(sentence, highlight=False, markup=False, soft_wrap=True)
