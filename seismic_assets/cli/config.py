"""`seismic config`: the settings in force, whence they are, and what differs between the environments."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from seismic_assets.cli.folders import LandingDir, StorageRoot
from seismic_assets.cli.render import errors, output
from seismic_assets.settings import Settings, load_settings
from seismic_assets.settings.origins import (
    SettingInForce,
    differences,
    settings_in_force,
    shown,
    unknown_secret_files,
    unknown_variables,
    variables_of,
)

config = typer.Typer(help="Show the settings in force.", no_args_is_help=True, rich_markup_mode="rich")


@config.callback()
def _group() -> None:
    """Keeps `show` a command of its own while it is the only one."""


@config.command()
def show(
    env: Annotated[
        Literal["dev", "staging", "prod", "development", "production"] | None,
        typer.Option(help="Profile to look at; SEISMIC_ENV."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show the settings that have their default too.")] = False,
    landing_dir: LandingDir = None,
    storage_root: StorageRoot = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with every setting.")] = False,
) -> None:
    """Show what the environments set, and each setting in force with what set it; secrets are not shown.

    A variable goes before a file of secrets, that before the profile, and that before the default.

    [bold]Examples[/]

      seismic config show

      seismic config show --env prod --all
    """
    options = {"env": env, "landing_dir": landing_dir, "storage_root": storage_root}
    settings = load_settings(**options)
    given = frozenset(name for name, value in options.items() if value is not None)
    rows = settings_in_force(settings, given)
    if as_json:
        output.print_json(json.dumps(_as_json(settings, rows)))
        return
    output.print(_profiles(settings.env))
    told = [row for row in rows if everything or row.kind != "default"]
    if told:
        output.print(_in_force(told, settings.env))
    if len(told) < len(rows):
        output.print(f"{len(rows) - len(told)} settings have their default: --all shows them.", highlight=False)
    for name, meant in {**unknown_variables(), **unknown_secret_files()}.items():
        errors.print(
            f"{name} is no setting{f'; {meant} is' if meant else ''}.", markup=False, highlight=False, soft_wrap=True
        )


def _as_json(settings: Settings, rows: list[SettingInForce]) -> dict[str, Any]:
    return {
        "env": settings.env,
        "profiles": {
            name: {each: shown(value) for each, value in values.items()} for name, values in differences().items()
        },
        "unknown": {**unknown_variables(), **unknown_secret_files()},
        "settings": {
            row.variable: {key: each for key, each in asdict(row).items() if key != "variable"} for row in rows
        },
    }


def _profiles(env: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="What the environments set", title_justify="left")
    table.add_column("variable")
    for name in ("dev", "staging", "prod"):
        table.add_column(f"{name} (this)" if name == env else name, style="bold" if name == env else None)
    for name, values in differences().items():
        table.add_row(variables_of(name)[0], *(_text(shown(each)) for each in values.values()))
    return table


def _in_force(rows: list[SettingInForce], env: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=f"Settings in force in {env}", title_justify="left")
    table.add_column("variable", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("set by", overflow="fold")
    for row in rows:
        table.add_row(row.variable, _text(row.value), escape(" ".join((row.kind, row.origin)).strip()))
    return table


def _text(value: Any) -> str:
    if isinstance(value, list):
        return escape(",".join(map(str, value)))
    return "" if value is None else escape(str(value).lower() if isinstance(value, bool) else str(value))
