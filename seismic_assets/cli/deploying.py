"""`seismic deploy`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from seismic_assets.cli.folders import LandingDir, StorageRoot
from seismic_assets.cli.models import login_name
from seismic_assets.cli.render import errors, output
from seismic_assets.settings import load_settings

if TYPE_CHECKING:
    from seismic_assets.driver.deploying import Planned
    from seismic_assets.releasing import Deploy
    from seismic_assets.releasing.journal import Target

_PROFILES = {"staging": "staging", "production": "prod"}
_TARGETS: dict[str, Target] = {"staging": "staging", "production": "production", "prod": "production"}


def _service_address(url: str | None) -> str | None:
    """An address as it was given; one that is none would be found out at the last step of a deploy."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        right = False
    if not right:
        raise typer.BadParameter(f"{url} is no address of a service; give one such as http://127.0.0.1:8000")
    return url


def deploy(
    env: Annotated[
        Literal["staging", "production", "prod"], typer.Option("--env", help="Where to; chooses the profile.")
    ],
    skip_training: Annotated[bool, typer.Option("--skip-training", help="Without a run of the graph.")] = False,
    skip_build: Annotated[bool, typer.Option("--skip-build", help="Without wheel and images.")] = False,
    migrate_tables: Annotated[
        bool, typer.Option("--migrate-tables", help="Bring tables of an older version to this one.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and change nothing.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a deploy that was killed.")] = False,
    roll_back: Annotated[bool, typer.Option("--roll-back", help="Take back a deploy that was killed.")] = False,
    url: Annotated[
        str | None, typer.Option(callback=_service_address, help="A service that must serve the version at the end.")
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds that the service is given.")] = 60.0,
    landing_dir: LandingDir = None,
    storage_root: StorageRoot = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Bring this code to an environment: check, build, migrate, train, promote, look whether it works.

    Where a step fails the alias goes back to the version that it named before. The status is 0 where all went well, 1
    where a step failed, 2 where nothing was begun.

    [bold]Examples[/]

      seismic deploy --env staging --dry-run

      seismic deploy --env production --skip-training --url http://127.0.0.1:8000
    """
    if sum((dry_run, resume, roll_back)) > 1:
        raise typer.BadParameter("give one of --dry-run, --resume and --roll-back")
    target = _TARGETS[env]
    settings = load_settings(env=_PROFILES[target], landing_dir=landing_dir, storage_root=storage_root)
    from seismic_assets.deployment import check_object_stores

    check_object_stores(settings)
    # Dagster takes seconds to import.
    from seismic_assets.driver import deploying
    from seismic_assets.releasing import RolledBackError, StepFailedError

    wishes = deploying.Wishes(target, login_name(), skip_training, skip_build, migrate_tables, url, wait)
    if dry_run:
        plan = deploying.plan_of(settings, wishes)
        _print_plan(plan, as_json)
        raise typer.Exit(2 if plan.wrong else 0)
    try:
        with deploying.deploying_alone(settings), errors.status("deploying") as status:
            if roll_back:
                done = deploying.roll_back(settings, wishes)
            else:
                begin = deploying.resume if resume else deploying.start
                done = begin(settings, wishes, lambda step: status.update(f"deploying: {step}"))
    except (RolledBackError, StepFailedError) as error:
        errors.print(f"[bold red]Error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    _print_done(done, as_json)


def _print_plan(plan: Planned, as_json: bool) -> None:
    if as_json:
        output.print_json(json.dumps(plan.as_dict()))
        return
    checks = Table(box=box.SIMPLE_HEAD, title=f"Checks for {plan.target}", title_justify="left")
    for column in ("check", "right", "what was found"):
        checks.add_column(column)
    for check in plan.checks:
        checks.add_row(check.name, "[green]yes[/]" if check.right else "[bold red]no[/]", escape(check.sentence))
    output.print(checks)
    steps = Table(box=box.SIMPLE_HEAD, title=f"Plan of {escape(plan.code)}", title_justify="left")
    for column in ("", "step", "what it would do"):
        steps.add_column(column)
    for number, step in enumerate(plan.steps, 1):
        what = f"[dim]left out: {escape(step.skipped)}[/]" if step.skipped else escape(step.what)
        steps.add_row(str(number), step.name, what)
    output.print(steps)
    output.print("Nothing was changed.")


def _print_done(done: Deploy, as_json: bool) -> None:
    if as_json:
        output.print_json(done.model_dump_json())
        return
    table = Table(box=box.SIMPLE_HEAD, title=f"Deploy {done.id} to {done.target}: {done.status}", title_justify="left")
    for column in ("step", "what was done"):
        table.add_column(column)
    for each in done.done:
        table.add_row(each.step, escape(each.sentence))
    output.print(table)
    if done.undone:
        output.print(done.undone, highlight=False, markup=False, soft_wrap=True)
