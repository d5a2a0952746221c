"""`seismic key`: who may use the service."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from seismic_assets.cli.folders import StorageRoot, check_storage_root
from seismic_assets.cli.render import errors, output
from seismic_assets.settings import Settings, load_settings

if TYPE_CHECKING:
    from seismic_assets.serving.keys import KeyRecord, NewKey

key = typer.Typer(
    help="Make, list, revoke and rotate the API keys of the service.", no_args_is_help=True, rich_markup_mode="rich"
)

_Id = Annotated[str, typer.Argument(metavar="ID", help="The id of a key, as `seismic key list` shows it.")]
_LONGEST_DAYS = 36_500
_SOON = "Running services follow within seconds."


@key.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for, such as the application that uses it.")],
    role: Annotated[
        Literal["predict", "admin"], typer.Option(help="`admin` may predict too, and reload the model.")
    ] = "predict",
    expires_days: Annotated[
        int | None, typer.Option(min=1, max=_LONGEST_DAYS, help="Days until it expires; by default it does not.")
    ] = None,
    storage_root: StorageRoot = None,
) -> None:
    """Make a key and print it, this once: only a digest is kept. The key alone is on the standard output.

    [bold]Examples[/]

      seismic key create --name viewer --storage-root store/

      SEISMIC_CLIENT_KEY=$(seismic key create --name nightly --role predict --expires-days 90)
    """
    from seismic_assets.serving.keys import create_key

    lifetime = None if expires_days is None else timedelta(days=expires_days)
    made = create_key(_path(load_settings(storage_root=storage_root)), name, (role,), _now(), lifetime)
    _hand_over(made)
    _note(f"Key {made.record.id} of {name} with the role {role}{_until(made.record)}. {_SOON}")


@key.command(name="list")
def list_keys(
    storage_root: StorageRoot = None, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Show all keys: id, name, roles, whether they are accepted and until when; --json says more of each.

    [bold]Examples[/]

      seismic key list --storage-root store/

      seismic key list --json | jq -r '.[] | select(.state == "active") | .id'
    """
    from seismic_assets.serving.keys import read_records

    path, now = _known_path(storage_root), _now()
    records = read_records(path)
    if as_json:
        output.print_json(json.dumps([_plain(each, now) for each in records]))
    elif records:
        output.print(_table(records, now))
    else:
        _say("there is no key; make one with `seismic key create --name NAME`")


@key.command()
def revoke(key_id: _Id, storage_root: StorageRoot = None) -> None:
    """Refuse a key from now on.

    [bold]Example[/]

      seismic key revoke 5f0c2a91d3 --storage-root store/
    """
    from seismic_assets.serving.keys import revoke_key

    revoked = revoke_key(_known_path(storage_root), key_id, _now())
    _say(f"Key {revoked.id} of {revoked.name} is revoked since {_minute(revoked.revoked_at)}. {_SOON}")


@key.command()
def rotate(
    key_id: _Id,
    keep_hours: Annotated[
        float, typer.Option(min=0, max=24 * _LONGEST_DAYS, help="Hours that the key before is still accepted.")
    ] = 24.0,
    storage_root: StorageRoot = None,
) -> None:
    """Make a key of the same name and roles and print it, this once; the one before goes on for a while.

    [bold]Example[/]

      seismic key rotate 5f0c2a91d3 --keep-hours 1 --storage-root store/
    """
    from seismic_assets.serving.keys import read_records, rotate_key

    path = _known_path(storage_root)
    made = rotate_key(path, key_id, _now(), timedelta(hours=keep_hours))
    _hand_over(made)
    before = next(each for each in read_records(path) if each.id == key_id)
    _note(f"Key {made.record.id} of {made.record.name}{_until(made.record)}. {_SOON}")
    _note(f"Key {before.id} is accepted until {_minute(before.expires_at)}.")


def _path(settings: Settings) -> Path:
    return settings.serving_dir / "keys.json"


def _known_path(storage_root: str | None) -> Path:
    settings = load_settings(storage_root=storage_root)
    check_storage_root(settings.local_root)  # or else that it has no key would be said of a misspelt folder
    return _path(settings)


def _now() -> datetime:
    return datetime.now(UTC)


def _hand_over(made: NewKey) -> None:
    """The key, alone on the standard output for `$(...)`."""
    _say(made.text)
    _note("Keep the key above: it cannot be shown again.")


def _table(records: list[KeyRecord], now: datetime) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="API keys", title_justify="left")
    for column in ("id", "name", "roles", "state", "until"):
        table.add_column(column, no_wrap=column != "name")
    for each in records:
        state = each.state(now)
        style = {"active": None, "expired": "dim", "revoked": "dim"}[state]
        end = each.revoked_at or each.expires_at
        table.add_row(each.id, escape(each.name), ", ".join(each.roles), state, _minute(end), style=style)
    return table


def _plain(record: KeyRecord, now: datetime) -> dict[str, Any]:
    return {**record.model_dump(mode="json", exclude={"digest"}), "state": record.state(now)}


def _until(record: KeyRecord) -> str:
    return "" if record.expires_at is None else f", until {_minute(record.expires_at)}"


def _minute(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _say(sentence: str) -> None:
    output.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _note(sentence: str) -> None:
    errors.print(sentence, highlight=False, markup=False, soft_wrap=True)
