"""The catalogue of features in the terminal: all of them, and one with all that is known of it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from rich import box
from rich.markup import escape
from rich.table import Table

from seismic_assets.cli.render import facts_table, output
from seismic_assets.feature_store.errors import FeatureStoreError, UnknownFeatureError

if TYPE_CHECKING:
    from seismic_assets.feature_store.lineage import Origin
    from seismic_assets.feature_store.spec import StoreSpec
    from seismic_assets.settings import Settings

MOST_FILES = 20
SHORT = 7
"""Digits of a digest that are shown."""
_MOMENT = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Entry:
    """A feature as the catalogue has it.

    Attributes:
        feature: name.
        view: that has it.
        group: of features that it belongs to.
        unit: of its values.
        formula: in words and symbols.
        source: of the formula; empty where it is common.
        consumers: model versions that look at it.
        files_judged: how many files were asked whether it drifted.
        drifted_in: those in which it did, and `served`.
    """

    feature: str
    view: str
    group: str
    unit: str
    formula: str
    source: str
    consumers: Sequence[str]
    files_judged: int
    drifted_in: Sequence[str]

    @property
    def drift(self) -> str:
        """In how many of the files that were judged it drifted."""
        return f"{len(self.drifted_in)} of {self.files_judged}" if self.files_judged else "not judged"


@dataclass(frozen=True)
class Online:
    """What is online.

    Attributes:
        makings: what the features of each file were made with.
        views: names of the features of each view.
    """

    makings: Sequence[str] = ()
    views: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Consumer:
    """A model version that looks at a feature.

    Attributes:
        version: of the model.
        service: feature service; empty where the store lacks a feature of the version.
        making: what it wants features to be made with, as of `making_of`.
        missing: features of the version that cannot be looked up, as the store has not or does not serve them.
        online: of how many of the files that are online the features were made so; of none where some are missing.
        files: how many files are online.
    """

    version: str
    service: str
    making: str
    missing: Sequence[str]
    online: int
    files: int


def read_catalogue(settings: Settings) -> list[Entry]:
    """The catalogue; empty where none was made yet.

    Raises:
        FeatureStoreError: the file is damaged.
    """
    path = settings.feature_catalogue
    if not path.exists():
        return []
    try:
        rows = json.loads(path.read_text())["features"]
        return [Entry(**{each.name: row[each.name] for each in fields(Entry)}) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise FeatureStoreError(f"{path} cannot be used ({error}); materialise feature_catalogue again") from error


def entry_of(settings: Settings, name: str) -> Entry:
    """What the catalogue has of a feature.

    Raises:
        UnknownFeatureError: there is no such feature.
        FeatureStoreError: there is no catalogue yet, or it is damaged.
    """
    entries = read_catalogue(settings)
    if not entries:
        raise FeatureStoreError(nothing_yet(settings))
    for each in entries:
        if each.feature == name:
            return each
    raise unknown_feature(name, [each.feature for each in entries])


def unknown_feature(name: str, names: Sequence[str]) -> UnknownFeatureError:
    """The error of a feature that is not there, with those that are called nearly so."""
    close = difflib.get_close_matches(name.lower(), names, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else "`seismic features list` names those there are"
    return UnknownFeatureError(f"there is no feature {name!r}; {hint}")


def nothing_yet(settings: Settings) -> str:
    """What is to be done where there is no feature store."""
    return (
        f"{settings.storage_root} has no feature store yet; `seismic run` makes it, unless SEISMIC_FEATURE_STORE is off"
    )


def consumers_of(spec: StoreSpec, feature: str, online: Online) -> list[Consumer]:
    """The model versions that look at a feature.

    Args:
        spec: of the store.
        feature: its name.
        online: what is online.
    """
    # Of a view that is online as it was before nothing can be looked up.
    there = {name for view in spec.views if online.views.get(view.name) == view.names for name in view.names}
    found = []
    for version, each in spec.versions.items():
        if feature in each.features:
            service = f"seismic_classifier_v{version}" if version in spec.served_versions else ""
            missing = [name for name in each.features if name not in there]
            made_so = 0 if missing else sum(making == each.making for making in online.makings)
            found.append(Consumer(version, service, each.making, missing, made_so, len(online.makings)))
    return found


def print_entries(entries: Sequence[Entry]) -> None:
    """A table for each view."""
    for view in dict.fromkeys(each.view for each in entries):
        table = Table(box=box.SIMPLE_HEAD, title=escape(view), title_justify="left")
        table.add_column("feature", overflow="fold")
        for column in ("unit", "model versions", "drifted in"):
            table.add_column(column)
        for each in entries:
            if each.view == view:
                style = "yellow" if each.drifted_in else None
                cells = (each.feature, each.unit, ", ".join(each.consumers), each.drift)
                table.add_row(*map(escape, cells), style=style)
        output.print(table)


def print_feature(entry: Entry, consumers: Sequence[Consumer], lineage: Sequence[Origin], problem: str) -> None:
    """All that is known of a feature.

    Args:
        entry: of the catalogue.
        consumers: model versions that look at it.
        lineage: the latest generation of each file.
        problem: why it is not known what is online; empty where it is.
    """
    facts = {
        "view": entry.view,
        "group": entry.group.replace("_", " "),
        "unit": entry.unit,
        "formula": entry.formula,
        "source": entry.source,
        "drifted in": f"{entry.drift}{_named(entry.drifted_in)}",
    }
    output.print(facts_table(entry.feature, {name: value for name, value in facts.items() if value}))
    if consumers:
        output.print(_consumers_table(consumers, online_known=not problem))
    else:
        say("No model version looks at it.")
    if problem:
        say(problem)
    if lineage:
        output.print(_lineage_table(lineage[:MOST_FILES]))
        more = len(lineage) - MOST_FILES
        say(f"{f'And {more:,} more files; --json has them. ' if more > 0 else ''}{legend(lineage)}")


def as_json(entry: Entry, consumers: Iterable[Consumer], lineage: Iterable[Origin], problem: str) -> dict[str, Any]:
    """The same for programs."""
    return {
        **asdict(entry),
        "versions": [asdict(each) for each in consumers],
        "online_problem": problem or None,
        "lineage": [plain(each) for each in lineage],
    }


def plain(origin: Origin) -> Mapping[str, Any]:
    """An origin as JSON holds it."""
    return {**asdict(origin), "acquired": origin.acquired.isoformat(), "made": origin.made.isoformat()}


def moment(at: Any) -> str:
    """A time as it is shown, to the minute."""
    return f"{at:{_MOMENT}}"


def short_code(code: str) -> str:
    """A commit cut short; the version of a package as it is."""
    commit, _, changed = code.partition("-")
    return f"{commit[:SHORT]}{'+' if changed else ''}" if len(commit) == 40 else code


def legend(origins: Iterable[Origin]) -> str:
    """What the tables of origins do not say by themselves."""
    changed = any(short_code(each.code).endswith("+") for each in origins)
    return "Times are UTC." + (" + is code with changes that were not committed." if changed else "")


def narrow_table(title: str) -> Table:
    """A table with little space between its columns, for many of them in 80 characters."""
    return Table(box=box.SIMPLE_HEAD, title=escape(title), title_justify="left", collapse_padding=True, pad_edge=False)


def print_json(value: Any) -> None:
    """JSON for programs."""
    output.print_json(json.dumps(value))


def say(sentence: str) -> None:
    """A sentence as it is."""
    output.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _named(subjects: Sequence[str]) -> str:
    if not subjects:
        return ""
    more = f" and {len(subjects) - MOST_FILES:,} more" if len(subjects) > MOST_FILES else ""
    return f": {', '.join(subjects[:MOST_FILES])}{more}"


def _consumers_table(consumers: Sequence[Consumer], *, online_known: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Model versions that look at it", title_justify="left")
    table.add_column("version", justify="right")
    table.add_column("feature service", overflow="fold")
    table.add_column("made with", no_wrap=True)
    table.add_column("features online")
    for each in consumers:
        online = _online(each) if online_known else "not known"
        table.add_row(each.version, each.service or "none: the store lacks others", each.making[:SHORT], online)
    return table


def _online(consumer: Consumer) -> str:
    if consumer.files == 0:
        return "nothing is online"
    if consumer.missing:
        return "not all are here"
    if consumer.online in (0, consumer.files):
        return "made so" if consumer.online else "made otherwise"
    return f"made so in {consumer.online} of {consumer.files} files"


def _lineage_table(lineage: Sequence[Origin]) -> Table:
    table = narrow_table("Where it is from; version is that of the table trace_features")
    table.add_column("SEG-Y file", overflow="fold")
    for column in ("digest", "acquired", "made", "code"):
        table.add_column(column, no_wrap=True)
    table.add_column("version", justify="right")
    for each in lineage:
        cells = (segy_of(each), each.digest[:SHORT], moment(each.acquired), moment(each.made), short_code(each.code))
        table.add_row(*map(escape, cells), f"{each.source_version}")
    return table


def segy_of(origin: Origin) -> str:
    """The SEG-Y file, with what became of it since."""
    if not origin.segy:
        return f"{origin.file_id} (gone since)"
    return f"{origin.segy} (changed since)" if origin.changed else origin.segy
