"""What a deployment says of itself: the reports below its storage root."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from seismic_assets.knowledge.documents import Document, Loaded
from seismic_assets.knowledge.plain import html_text, json_text
from seismic_assets.knowledge.reading import Unreadable, first_heading, read_text

# Of a report in two forms the first that can be read counts: both say the same. Most of an evaluation's numbers are in
# its model card; confusion matrix and importance alone are figures without words.
_SINGLE = (
    ("monitoring/latest.json", "monitoring/latest.html"),
    ("monitoring/decision.json",),
    ("features/feature_catalog.json",),
)
_OF_A_VERSION = (("model_card.md", "model_card.html"), ("evaluation_results.json",), ("gate.json",))
_TITLES = {
    "latest.json": "The latest monitoring report",
    "latest.html": "The latest monitoring report",
    "decision.json": "The latest decision on retraining",
    "feature_catalog.json": "The catalogue of features",
    "evaluation_results.json": "Evaluation results",
    "gate.json": "The gate's verdict",
}


def load_reports(storage_root: Path) -> Loaded:
    """Quality pages, evaluations with their model cards, the latest monitoring, the feature catalogue, and insights.

    Args:
        storage_root: of the deployment; reports that were not made yet are not missed.

    Returns:
        Documents whose `source` is the path below the storage root, and a sentence for each file that could not be
        read.
    """
    reports = storage_root / "reports"
    documents, problems = [], []
    for forms in _wanted(reports):
        for path in forms:
            try:
                documents.append(_document(path, storage_root))
                break
            except Unreadable as problem:
                problems.append(str(problem))
    return Loaded(tuple(sorted(documents, key=lambda each: each.source)), tuple(problems))


def _wanted(reports: Path) -> Iterator[tuple[Path, ...]]:
    """The files of each report that are there, the preferred form first."""
    folders = [path for path in sorted(reports.glob("evaluation/v*")) if path.is_dir()]
    wanted = [tuple(reports / name for name in names) for names in _SINGLE]
    wanted += [tuple(folder / name for name in names) for folder in folders for names in _OF_A_VERSION]
    wanted += [(path,) for path in sorted(reports.glob("quality/**/*.md"))]
    stems = sorted({path.with_suffix("") for kind in ("md", "json") for path in reports.glob(f"insights/**/*.{kind}")})
    wanted += [tuple(stem.with_name(f"{stem.name}.{kind}") for kind in ("md", "json")) for stem in stems]
    for forms in wanted:
        there = tuple(path for path in forms if path.exists())
        if there:
            yield there


def _document(path: Path, storage_root: Path) -> Document:
    source = path.relative_to(storage_root).as_posix()
    text = read_text(path, source)
    suffix = path.suffix
    if suffix == ".md":
        return Document(source, first_heading(text, source), text, "report")
    title = _TITLES.get(path.name, path.stem.replace("_", " "))
    version = path.parent.name if path.parent.parent.name == "evaluation" else ""
    title = f"{title} of version {version.removeprefix('v')}" if version else title
    return Document(source, title, html_text(text) if suffix == ".html" else _json(text, source), "report")


def _json(text: str, source: str) -> str:
    try:
        return json_text(json.loads(text))
    except (json.JSONDecodeError, RecursionError) as error:
        raise Unreadable(f"{source}: it is no JSON ({error}); it is left out") from error
