"""`seismic features`: the catalogue of features, their values, and what was known when."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from seismic_assets.cli.features_catalogue import (
    Online,
    consumers_of,
    entry_of,
    nothing_yet,
    plain,
    print_entries,
    print_feature,
    print_json,
    read_catalogue,
    say,
)
from seismic_assets.cli.features_catalogue import (
    as_json as feature_as_json,
)
from seismic_assets.cli.folders import StorageRoot
from seismic_assets.feature_store.errors import FeatureStoreError, UnknownFeatureError
from seismic_assets.settings import load_settings

if TYPE_CHECKING:
    from seismic_assets.cli.features_reader import Reader
    from seismic_assets.settings import Settings

features = typer.Typer(
    help="Find a feature, look it up by trace, and ask what was known of it at a time.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
_Trace = Annotated[
    int | None, typer.Option("--trace", min=0, max=2**63 - 1, help="Id of a trace, unique over all files.")
]
_File = Annotated[str | None, typer.Option("--file", help="A SEG-Y file, by its path in the landing folder.")]
_Place = Annotated[
    int | None, typer.Option("--trace-index", min=0, max=2**32 - 1, help="Place of the trace in the file, from 0.")
]


@features.command(name="list")
def list_features(
    view: Annotated[str | None, typer.Option(help="Only the features of a view.")] = None,
    drifted: Annotated[bool, typer.Option("--drifted", help="Only those that drifted in some file.")] = False,
    storage_root: StorageRoot = None,
    as_json: _Json = False,
) -> None:
    """List the features: view, unit, which model versions look at each, in how many files it drifted.

    [bold]Examples[/]

      seismic features list --storage-root store/

      seismic features list --view seismic_statistical_features

      seismic features list --drifted --json | jq -r '.[].feature'
    """
    settings = load_settings(storage_root=storage_root)
    entries = read_catalogue(settings)
    if not entries:
        raise FeatureStoreError(nothing_yet(settings))
    if view is not None:
        views = list(dict.fromkeys(each.view for each in entries))
        if view not in views:
            raise UnknownFeatureError(f"the catalogue has no view {view!r}; it has {', '.join(views)}")
        entries = [each for each in entries if each.view == view]
    chosen = [each for each in entries if each.drifted_in or not drifted]
    if as_json:
        print_json([asdict(each) for each in chosen])
    elif chosen:
        print_entries(chosen)
    else:
        judged = any(each.files_judged for each in entries)
        say("no feature drifted" if judged else "no file was judged yet: drift needs a model in production")


@features.command()
def show(
    feature: Annotated[str, typer.Argument(help="Name of a feature, as of `seismic features list`.")],
    storage_root: StorageRoot = None,
    as_json: _Json = False,
) -> None:
    """Show one feature: what it is, which model versions look at it, and the files and the code it is from.

    [bold]Examples[/]

      seismic features show dominant_frequency --storage-root store/

      seismic features show energy --json | jq '.lineage[] | {segy, digest, code}'
    """
    from seismic_assets.deployment import store_place_of
    from seismic_assets.feature_store.lineage import latest_of, origins_of
    from seismic_assets.feature_store.repository import read_spec
    from seismic_assets.feature_store.served import history_table
    from seismic_assets.lake import Lake

    settings = load_settings(storage_root=storage_root)
    entry = entry_of(settings, feature)
    spec = read_spec(store_place_of(settings).folder)
    online, problem = _online(settings)
    consumers = consumers_of(spec, feature, online)
    latest = latest_of(origins_of(Lake(settings.lake_dir), history_table(spec)))
    lineage = sorted(latest.values(), key=lambda each: each.file_id)
    if as_json:
        print_json(feature_as_json(entry, consumers, lineage, problem))
    else:
        print_feature(entry, consumers, lineage, problem)


@features.command()
def get(
    trace: _Trace = None,
    file: _File = None,
    trace_index: _Place = None,
    feature: Annotated[list[str] | None, typer.Option(help="A feature; repeat for more, by default all.")] = None,
    online: Annotated[
        bool | None, typer.Option("--online/--offline", help="What is served now (default), or what the lake has.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="What was known at a moment, such as 2026-03-01T12:00 (UTC); from the lake.")
    ] = None,
    storage_root: StorageRoot = None,
    as_json: _Json = False,
) -> None:
    """Show the features of the windows of a trace, and the file and the code that they are from.

    Of the past --as-of takes what Feast's point-in-time join takes: of what had been acquired by then the latest, and
    of that what was made last. Generations that are no longer kept (SEISMIC_FEATURE_GENERATIONS) cannot be asked for.

    [bold]Examples[/]

      seismic features get --file line.sgy --trace-index 17 --storage-root store/

      seismic features get --trace 6088743615327109137 --feature energy --feature dominant_frequency

      seismic features get --file line.sgy --trace-index 17 --as-of 2026-03-01T12:00 --json
    """
    moment = None if as_of is None else _moment(as_of)
    if moment is not None and online:
        raise typer.BadParameter("--as-of asks the lake for the past; leave --online out")
    _check_one_trace(trace, file, trace_index)
    from seismic_assets.cli.features_reader import Reader
    from seismic_assets.cli.features_values import print_found

    reader = Reader(storage_root)
    names, trace_id = reader.checked(feature or []), _trace_id(reader, trace, file, trace_index)
    if moment is None and online is not False:
        found = reader.online(trace_id, names)
    else:
        found = reader.offline(trace_id, names, moment)
    if as_json:
        print_json(found.as_json())
    else:
        print_found(found)


@features.command()
def history(
    file: _File = None,
    feature: Annotated[str | None, typer.Option(help="A feature, whose values of a trace are shown.")] = None,
    trace: _Trace = None,
    trace_index: _Place = None,
    storage_root: StorageRoot = None,
    as_json: _Json = False,
) -> None:
    """Show what was known of each file and when; with --feature the values of a trace in each generation.

    A generation is added when a file, its labels, the embedder or the settings changed what is known of its windows.

    [bold]Examples[/]

      seismic features history --storage-root store/

      seismic features history --file line.sgy

      seismic features history --feature energy --file line.sgy --trace-index 17
    """
    if feature is None and (trace is not None or trace_index is not None):
        raise typer.BadParameter("name the --feature whose values of the trace are to be shown")
    if feature is not None:
        _check_one_trace(trace, file, trace_index)
    from seismic_assets.cli.features_reader import Reader, known_file
    from seismic_assets.cli.features_values import print_changes, print_generations
    from seismic_assets.feature_store.lineage import origins_of
    from seismic_assets.lake import Lake

    if feature is not None:
        reader = Reader(storage_root)
        changes = reader.changes(_trace_id(reader, trace, file, trace_index), str(reader.checked([feature])[0]))
        if as_json:
            print_json(changes.as_json())
        else:
            print_changes(changes)
        return
    settings = load_settings(storage_root=storage_root)
    origins = origins_of(Lake(settings.lake_dir))
    if not origins:
        raise FeatureStoreError(nothing_yet(settings))
    if file is not None:
        wanted = known_file(file, origins)
        origins = [each for each in origins if each.file_id == wanted]
    if as_json:
        print_json([plain(each) for each in origins])
    else:
        print_generations(origins)


def _check_one_trace(trace: int | None, file: str | None, place: int | None) -> None:
    by_place = file is not None and place is not None
    if (trace is not None) == by_place or (trace is not None and (file is not None or place is not None)):
        raise typer.BadParameter("name one trace: give --trace, or --file and --trace-index")


def _trace_id(reader: Reader, trace: int | None, file: str | None, place: int | None) -> int:
    if file is not None and place is not None:
        return reader.trace_of(file, place)
    if trace is None:
        raise typer.BadParameter("name one trace: give --trace, or --file and --trace-index")
    return trace


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(
            f"--as-of is a moment such as 2026-03-01T12:00 (UTC) or 2026-03-01T12:00+01:00, not {text!r}"
        ) from error


def _online(settings: Settings) -> tuple[Online, str]:
    """What is online; and why that is not known."""
    from seismic_assets.deployment import store_place_of
    from seismic_assets.feature_store.backends import SERVED
    from seismic_assets.feature_store.lookup import backend_of

    place = store_place_of(settings)
    if place.redis is None and not place.online.exists():
        return Online(), ""
    backend = backend_of(place)
    try:
        files, views = backend.files(), backend.views()
    except FeatureStoreError as error:
        return Online(), f"What is online is not known: {error}."
    finally:
        backend.close()
    return Online([each.making for name, each in files.items() if not name.startswith(SERVED)], views), ""
