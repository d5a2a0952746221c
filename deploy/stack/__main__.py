"""`python -m deploy.stack up`, from the repository's root: the services of docker-compose.yml as processes.

Everything listens on the loopback interface and keeps its files below one folder.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from deploy.stack import running
from deploy.stack.errors import StackError
from deploy.stack.preparing import Asked

stack = typer.Typer(help=__doc__, no_args_is_help=True)
_output, _errors = Console(), Console(stderr=True)
_Work = Annotated[Path, typer.Option(help="Folder of the stack: data, secrets, logs.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_FOLDER = Path("stack")


@stack.command()
def up(
    work: _Work = _FOLDER,
    env: Annotated[Literal["dev", "staging", "prod"], typer.Option(help="Overlay of deploy/compose.")] = "dev",
    profile: Annotated[list[str] | None, typer.Option(help="Further services, such as redis.")] = None,
    port: Annotated[list[str] | None, typer.Option(metavar="NAME=N", help="Port of a service.")] = None,
    free_ports: Annotated[bool, typer.Option("--free-ports", help="Take ports that are free.")] = False,
    settings: Annotated[Path | None, typer.Option(help="File of settings for our services.")] = None,
    as_json: _Json = False,
) -> None:
    """Bring the stack up, and return when every service is healthy."""
    with _one_sentence():
        asked = Asked(work.resolve(), env, tuple(profile or ()), _given_ports(port or []), free_ports, settings)
        states = running.up(asked, lambda text: _errors.print(text, highlight=False))
        _show(states, as_json)
        _errors.print(f"Drop SEG-Y files into {running.landing(work.resolve())}.", highlight=False, soft_wrap=True)


@stack.command()
def status(work: _Work = _FOLDER, as_json: _Json = False) -> None:
    """Say how each service stands; status 1 where one is not healthy."""
    with _one_sentence():
        states = running.status(work.resolve())
        _show(states, as_json)
    if any(each.state != "healthy" for each in states):
        sys.exit(1)


@stack.command()
def stop(work: _Work = _FOLDER) -> None:
    """End every process of the stack; its data stay."""
    with _one_sentence():
        killed = running.stop(work.resolve())
        _output.print(f"stopped{f'; {killed} processes had to be killed' if killed else ''}", highlight=False)


def _show(states: list[running.State], as_json: bool) -> None:
    if as_json:
        _output.print_json(json.dumps({each.name: asdict(each) for each in states}))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("service", "state", "address", "process"):
        table.add_column(title)
    for each in states:
        table.add_row(each.name, each.state, each.address or "", str(each.process or ""))
    _output.print(table)


def _given_ports(given: list[str]) -> dict[str, int]:
    pairs = [each.partition("=") for each in given]
    if wrong := next((each for each in pairs if not each[2].isdecimal() or not 0 < int(each[2]) < 65536), None):
        raise StackError(f"--port {''.join(wrong)} is none; give NAME=N, such as api=8080.")
    return {name: int(number) for name, _, number in pairs}


@contextmanager
def _one_sentence() -> Iterator[None]:
    """What is wrong, on the error stream, and status 2."""
    try:
        yield
    except StackError as error:
        _errors.print(str(error), highlight=False, markup=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    stack()
