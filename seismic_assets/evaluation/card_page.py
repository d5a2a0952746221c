"""A model card as Markdown and as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seismic_assets.evaluation.bootstrap import Interval
from seismic_assets.evaluation.card import SPLIT_MAP_FILE, ModelCard
from seismic_assets.evaluation.document import (
    Block,
    Bullets,
    Paragraph,
    Picture,
    Section,
    Table,
    document_html,
    document_markdown,
)

_MOST_FILES = 50
_MOST_FEATURES = 10
_MOST_PARTS = 60


def card_markdown(card: ModelCard) -> str:
    """The card as Markdown; its map is referred to as `SPLIT_MAP_FILE`, to lie beside it. All text is escaped."""
    return document_markdown(_title(card), _sections(card))


def card_html(card: ModelCard) -> str:
    """The card as one HTML file with its map inside; nothing is loaded from elsewhere. All text is escaped."""
    return document_html(_title(card), _sections(card))


def _title(card: ModelCard) -> str:
    return f"Model card: {card.name} version {card.version}"


def _sections(card: ModelCard) -> list[Section]:
    return [
        _at_a_glance(card),
        Section("Intended use", (Bullets(tuple(card.intended_use)),)),
        Section("Out of scope", (Bullets(tuple(card.out_of_scope)),)),
        *_data(card),
        _model(card),
        *_quality(card),
        _explanation(card),
        Section("Known failures", _sentences(card.failures, "None was looked for.")),
        _promotion(card),
        *_origin(card),
    ]


def _at_a_glance(card: ModelCard) -> Section:
    return Section(
        "At a glance",
        (
            _facts(
                {
                    "model": card.name,
                    "version": card.version,
                    "date": card.date,
                    "family": card.family,
                    "classes": ", ".join(card.scores.per_class),
                    "macro-F1 on test blocks": card.f1.text(),
                    "licence": card.licence,
                }
            ),
        ),
    )


def _data(card: ModelCard) -> list[Section]:
    files = tuple(
        (each.name, each.digest, f"{each.traces:,}", f"{each.sample_interval_us:,}")
        for each in card.files[:_MOST_FILES]
    )
    blocks: list[Block] = [Table(("file", "digest", "traces", "sample interval [us]"), files, words=2)]
    if len(card.files) > _MOST_FILES:
        traces = sum(each.traces for each in card.files)
        blocks.append(
            Paragraph(
                f"The first {_MOST_FILES} of {len(card.files):,} files with {traces:,} traces "
                "in all; the digest of the training set covers every one."
            )
        )
    labels = tuple((each.name, each.kind, each.digest) for each in card.labels)
    sections = [
        Section("Data", tuple(blocks)),
        Section("Labels", (Table(("source", "kind", "digest"), labels, words=3),), level=3),
        Section("Split", (*_windows_by_fold(card), *_split_map(card)), level=3),
    ]
    if card.delta_versions:
        versions = tuple((name, str(version)) for name, version in card.delta_versions.items())
        sections.append(Section("Tables", (Table(("table", "Delta version"), versions),), level=3))
    return sections


def _windows_by_fold(card: ModelCard) -> tuple[Block, ...]:
    folds = tuple(card.class_windows)
    classes = dict.fromkeys(name for counts in card.class_windows.values() for name in counts)
    rows = [(name, *(f"{card.class_windows[fold].get(name, 0):,}" for fold in folds)) for name in classes]
    rows.append(("all", *(f"{sum(card.class_windows[fold].values()):,}" for fold in folds)))
    text = "Folds are spatial blocks with a gap between them; the figures below are windows."
    return Paragraph(text), Table(("class", *folds), tuple(rows))


def _split_map(card: ModelCard) -> tuple[Block, ...]:
    return () if card.split_map is None else (Picture("Positions by fold", SPLIT_MAP_FILE, card.split_map),)


def _model(card: ModelCard) -> Section:
    parameters = {name: str(value) for name, value in card.parameters.items()}
    return Section(
        "Model",
        (
            Paragraph(f"{card.family} on the {len(card.features)} features of the set {card.feature_set}."),
            _facts(parameters or {"hyperparameters": "the defaults of the family"}),
            Paragraph(f"Features: {', '.join(card.features)}."),
        ),
    )


def _quality(card: ModelCard) -> list[Section]:
    scores, calibration = card.scores, card.calibration
    area = "-" if scores.roc_auc_macro is None else f"{scores.roc_auc_macro:.3f}"
    overall = {
        "macro-F1": card.f1.text(),
        "weighted F1": f"{scores.f1_weighted:.3f}",
        "accuracy": f"{scores.accuracy:.3f}",
        "balanced accuracy": f"{scores.balanced_accuracy:.3f}",
        "area under the ROC curve, macro": area,
        "expected calibration error": f"{calibration.expected_error:.3f}",
        "Brier score (0 to 2)": f"{calibration.brier:.3f}",
        "log loss": f"{calibration.log_loss:.3f}",
    }
    overall |= {f"macro-F1 of {name}": f"{value:.3f}" for name, value in card.baselines.items()}
    by_class = tuple(
        (
            name,
            f"{values['precision']:.3f}",
            f"{values['recall']:.3f}",
            f"{values['f1']:.3f}",
            _ends(card.class_f1.get(name)),
            f"{values['support']:,.0f}",
        )
        for name, values in scores.per_class.items()
    )
    header = ("class", "precision", "recall", "F1", "interval", "windows")
    intro = (
        f"{scores.windows:,} windows of test blocks that the model was not fitted on; intervals resample the blocks."
    )
    sections = [
        Section("Quality", (Paragraph(intro), _facts(overall))),
        Section("By class", (Table(header, by_class),), level=3),
    ]
    if card.slices:
        sections.append(_by_part(card))
    return sections


def _by_part(card: ModelCard) -> Section:
    shown = list(card.slices)
    cut: tuple[Block, ...] = ()
    if len(shown) > _MOST_PARTS:
        shown = sorted(shown, key=lambda each: each.f1.value)[:_MOST_PARTS]
        cut = (Paragraph(f"The {_MOST_PARTS} of {len(card.slices):,} parts with the lowest macro-F1."),)
    rows = tuple(
        (
            each.slicing,
            each.part,
            f"{each.f1.value:.3f}",
            _ends(each.f1),
            f"{each.accuracy:.3f}",
            f"{each.windows:,}",
            f"{each.f1.blocks:,}",
        )
        for each in shown
    )
    header = ("by", "part", "macro-F1", "interval", "accuracy", "windows", "blocks")
    return Section("By part of the data", (*cut, Table(header, rows, words=2)), level=3)


def _explanation(card: ModelCard) -> Section:
    if not card.importance:
        return Section("What it leans on", (Paragraph("Not computed."),))
    ranks = {each.name: each.rank_text() for each in card.changes}
    rows = tuple(
        (each.name, f"{each.fall.value:+.3f}", _ends(each.fall, signed=True), ranks.get(each.name, str(place)))
        for place, each in enumerate(card.importance[:_MOST_FEATURES], 1)
    )
    intro = "Fall of macro-F1 when a feature, or a group of them, is exchanged among the test windows."
    gone = [f"{each.name}: {each.rank_text()}" for each in card.changes if (each.rank or len(rows) + 1) > len(rows)]
    anew = [each.name for each in card.changes if each.rank and each.old_rank and each.distance is None]
    risks = [each.risk for each in card.changes if each.risk]
    blocks: list[Block] = [Paragraph(intro), Table(("feature", "fall", "interval", "rank"), rows)]
    if gone:
        blocks.append(Paragraph(f"Leant on by the version before: {'; '.join(gone)}."))
    if anew:
        blocks.append(Paragraph(f"Defined anew, so that distributions cannot be compared: {', '.join(anew)}."))
    none = (
        "No important feature that can be compared has moved."
        if card.changes
        else "There is no version before to compare with."
    )
    return Section("What it leans on, and what is at risk", (*blocks, *_sentences(risks, none)))


def _promotion(card: ModelCard) -> Section:
    if card.verdict is None:
        return Section("Promotion", (Paragraph("This version has not been put to the gate."),))
    outcome = "Promoted" if card.verdict.promote else "Refused"
    rows = tuple(
        (each.name.replace("_", " "), "passed" if each.passed else "failed", each.sentence)
        for each in card.verdict.findings
    )
    return Section(
        "Promotion",
        (
            Paragraph(f"{outcome}: {card.verdict.reason.rstrip('.')}."),
            Table(("question", "answer", "figures"), rows, words=3),
        ),
    )


def _origin(card: ModelCard) -> list[Section]:
    sections = [Section("Licence", (Paragraph(card.licence),))]
    if card.environment:
        sections.append(Section("Environment", (_facts(card.environment),)))
    if card.runs:
        sections.append(Section("Runs", (_facts(card.runs),)))
    return sections


def _facts(facts: Mapping[str, str]) -> Table:
    return Table(("", ""), tuple(facts.items()), words=2)


def _sentences(items: Sequence[str], none: str) -> tuple[Block, ...]:
    return (Bullets(tuple(items)),) if items else (Paragraph(none),)


def _ends(interval: Interval | None, *, signed: bool = False) -> str:
    if interval is None or interval.low is None or interval.high is None:
        return "-"
    form = "+.3f" if signed else ".3f"
    return f"{interval.low:{form}} to {interval.high:{form}}"
