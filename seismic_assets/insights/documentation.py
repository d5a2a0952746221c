"""A model in plain language, from its card: what it does, on what, how good it is, its limits, how to use it."""

from __future__ import annotations

from collections.abc import Mapping

from seismic_assets.evaluation import Importance, ModelCard
from seismic_assets.evaluation.document import Block, Bullets, Paragraph, Section, Table
from seismic_assets.insights.gathering import Gathering, fact_name
from seismic_assets.insights.insight import Insight
from seismic_assets.insights.wording import BASELINES, counted, figure, listed, percent, sentence, shown_parameters

__all__ = ["documentation_insight"]

NAME = "model_documentation"
_FOLDS = ("train", "validation", "test", "buffer")
_MOST_CLASSES, _MOST_IMPORTANT, _MOST_NAMED = 6, 5, 6

_FAMILIES: Mapping[str, str] = {
    "hist_gradient_boosting": "many small decision trees, each correcting those before it, on binned features",
    "lightgbm": "many small decision trees, each correcting those before it, on binned features",
    "gradient_boosting": "many small decision trees, each correcting those before it",
    "random_forest": "many decision trees on random parts of the windows and features, which vote",
    "decision_tree": "one decision tree: a sequence of questions about single features",
    "logistic_regression": "a weighted sum of the features for each class",
    "deep_cnn": "a convolutional network on the samples of a window",
}

_OF_THE_FIT: Mapping[str, str] = {
    "temperature": "temperature of the calibration",
    "hyperparameters from": "hyperparameters from",
    "macro-F1 on the folds of the search": "macro-F1 on the folds of the search",
    "windows fitted on": "windows fitted on",
    "seed": "seed",
}
"""What a card names among the parameters and is none that a search would choose."""


def documentation_insight(card: ModelCard) -> Insight:
    """Documentation of a version for its users, complete without any language model."""
    gathered = Gathering()
    summary = _summary(gathered, card)
    _facts(gathered, card)
    sections = (
        Section("What it does", _purpose(card)),
        Section("What it was made of", _data(card)),
        Section("How it was evaluated", _evaluation(card)),
        Section("What it looks at", _features(card)),
        Section("Limits", _limits(card)),
        Section("How to use it", _usage(card)),
        Section("How to make it again", _origin(card)),
    )
    return Insight(NAME, f"{card.name} version {card.version}, in plain words", summary, "", gathered.facts, sections)


def windows_by_fold(card: ModelCard) -> dict[str, dict[str, int]]:
    """Windows by fold, then by class name, whichever of the two the card names first."""
    given = {outer: dict(inner) for outer, inner in card.class_windows.items()}
    if not given or any(outer in _FOLDS for outer in given):
        return given
    folds = dict.fromkeys(fold for counts in given.values() for fold in counts)
    return {fold: {name: counts.get(fold, 0) for name, counts in given.items()} for fold in folds}


def _summary(gathered: Gathering, card: ModelCard) -> str:
    name = gathered.name("model", "name of the model", card.name)
    version = gathered.name("version", "version of the model", card.version)
    classes = gathered.count("classes", "classes that it tells apart", len(card.scores.per_class))
    f1 = gathered.measure("f1", "macro-F1 on test blocks", card.f1.value)
    blocks = gathered.count("test_blocks", "spatial blocks of the test", card.f1.blocks)
    return (
        f"{name} version {version} names the class of windows of seismic traces, one of {classes} classes, with "
        f"a macro-F1 of {f1} on {blocks} spatial blocks that it was not fitted on."
    )


def _facts(gathered: Gathering, card: ModelCard) -> None:
    folds = windows_by_fold(card)
    gathered.name("date", "date of the card", card.date)
    gathered.name("family", "family of the model", card.family)
    gathered.name("feature_set", "set of features", card.feature_set)
    gathered.count("features", "features of a window", len(card.features))
    gathered.count("files", "SEG-Y files of the training set", len(card.files), "files")
    gathered.count("traces", "traces in those files", sum(each.traces for each in card.files), "traces")
    gathered.count("labels", "label sources", len(card.labels))
    for fold in _FOLDS:
        if fold in folds:
            words = "windows left out between the folds" if fold == "buffer" else f"windows of the fold {fold}"
            gathered.count(f"windows.{fold}", words, sum(folds[fold].values()), "windows")
    gathered.measure("f1.low", "lower end of the macro-F1's interval", card.f1.low)
    gathered.measure("f1.high", "upper end of the macro-F1's interval", card.f1.high)
    gathered.share("accuracy", "test windows that are right", card.scores.accuracy)
    gathered.measure("calibration_error", "expected calibration error", card.calibration.expected_error)
    for name, values in list(card.scores.per_class.items())[:_MOST_CLASSES]:
        gathered.measure(fact_name("f1", "class", name), f"F1 of {name}", values["f1"])
    for name, value in list(card.baselines.items())[:_MOST_NAMED]:
        gathered.measure(fact_name("baseline", name), f"macro-F1 of the baseline {name}", value)
    for place, each in enumerate(card.importance[:_MOST_IMPORTANT], 1):
        gathered.name(f"important.{place}", f"feature in place {place} by importance", each.name)
    gathered.verdict("gate", "what the gate said", _gate_word(card))
    gathered.name("licence", "licence", card.licence)


def _gate_word(card: ModelCard) -> str:
    if card.verdict is None:
        return "not asked"
    return "promoted" if card.verdict.promote else "refused"


def _purpose(card: ModelCard) -> tuple[Block, ...]:
    family = _FAMILIES.get(card.family)
    kind = f"It is a model of the family {card.family}{f': {family}' if family else ''}."
    classes = listed(list(card.scores.per_class), 12)
    told = f"For each window of a trace it gives a probability of each class: {classes}. {kind}"
    blocks: list[Block] = [Paragraph(told), Bullets(tuple(map(sentence, card.intended_use)))]
    if card.out_of_scope:
        blocks += [Paragraph("It is not meant for:"), Bullets(tuple(map(sentence, card.out_of_scope)))]
    return tuple(blocks)


def _data(card: ModelCard) -> tuple[Block, ...]:
    traces = sum(each.traces for each in card.files)
    intervals = sorted({each.sample_interval_us for each in card.files})
    sampled = f", sampled every {listed([f'{each / 1000:g} ms' for each in intervals])}" if intervals else ""
    files = listed([each.name for each in card.files], _MOST_NAMED)
    named = f": {files}" if card.files else ""
    kinds = listed(list(dict.fromkeys(each.kind for each in card.labels)))
    labels = (
        f"Its classes come from {counted(len(card.labels), 'label source')} ({kinds})."
        if card.labels
        else ("Where its classes come from is not recorded.")
    )
    folds = windows_by_fold(card)
    header = ("class", *folds)
    names = dict.fromkeys(name for counts in folds.values() for name in counts)
    rows = [(name, *(f"{folds[fold].get(name, 0):,}" for fold in folds)) for name in names]
    rows.append(("all", *(f"{sum(counts.values()):,}" for counts in folds.values())))
    split = (
        "Training, validation and test lie in different places: whole spatial blocks, with a buffer between them that "
        "takes no part, since neighbouring traces show the same reflectors. Windows by fold:"
    )
    text = f"{counted(len(card.files), 'SEG-Y file')} with {counted(traces, 'trace')}{sampled}{named}. {labels}"
    return (Paragraph(text), Paragraph(split), Table(header, tuple(rows))) if folds else (Paragraph(text),)


def _evaluation(card: ModelCard) -> tuple[Block, ...]:
    scores = card.scores
    found = (
        f"On {counted(scores.windows, 'window')} of the test blocks its macro-F1, the mean of the F1 of all classes, "
        f"is {card.f1.text()}; {percent(scores.accuracy)} of the windows are right."
    )
    sure = (
        "Its confidence differs from the share of windows that are right by "
        f"{100 * card.calibration.expected_error:.1f} percentage points on average (expected calibration error)."
    )
    by_class = tuple(
        (
            name,
            percent(values["recall"]),
            percent(values["precision"]),
            f"{values['f1']:.3f}",
            f"{values['support']:,.0f}",
        )
        for name, values in scores.per_class.items()
    )
    table = Table(("class", "found", "right when named", "F1", "windows"), by_class)
    read = Paragraph(
        "Found: the share of the windows of a class that get it (recall). Right when named: the share of the windows "
        "that get it and are of it (precision)."
    )
    beside = tuple((BASELINES.get(name, name), f"{value:.3f}") for name, value in card.baselines.items())
    blocks: list[Block] = [Paragraph(found), Paragraph(sure), table, read]
    if beside:
        blocks += [Paragraph("On the same windows, for comparison:"), Table(("", "macro-F1"), beside)]
    return (*blocks, Paragraph(_gate(card)))


def _gate(card: ModelCard) -> str:
    if card.verdict is None:
        return "It has not been put to the gate, so that it is not known whether it may go to production."
    outcome = "let it into production" if card.verdict.promote else "refused it"
    return f"The gate {outcome}: {card.verdict.reason.rstrip('.')}."


def _features(card: ModelCard) -> tuple[Block, ...]:
    intro = f"{counted(len(card.features), 'feature')} of the set {card.feature_set}, computed of each window."
    if not card.importance:
        return (Paragraph(f"{intro} What it leans on was not computed."),)
    rows = tuple((_importance_name(each), f"{each.fall.value:.3f}") for each in card.importance[:_MOST_IMPORTANT])
    told = "It leans most on these: by so much the macro-F1 falls when one is exchanged among the test windows."
    return Paragraph(f"{intro} {told}"), Table(("feature", "fall of macro-F1"), rows)


def _importance_name(importance: Importance) -> str:
    together = len(importance.features)
    return importance.name if together == 1 else f"{importance.name} (its {together:,} components together)"


def _limits(card: ModelCard) -> tuple[Block, ...]:
    risks = [each.risk for each in card.changes if each.risk]
    told = {
        "Where it is known to fail:": list(card.failures),
        "What has moved since the version before:": risks,
    }
    blocks = [block for intro, items in told.items() if items for block in (Paragraph(intro), Bullets(tuple(items)))]
    return tuple(blocks) or (Paragraph("None is recorded."),)


def _usage(card: ModelCard) -> tuple[Block, ...]:
    commands = (
        ("predict files", "seismic predict line.sgy -o predictions.parquet"),
        ("serve it, with a page to look at a section", "seismic serve"),
        ("send a SEG-Y file", "curl --data-binary @line.sgy localhost:8000/v1/predict/segy"),
        ("ask what the model takes", "curl localhost:8000/v1/model_info"),
        ("see its versions", "seismic model list"),
        ("go back to the version before", "seismic model rollback"),
    )
    refused = card.verdict is not None and not card.verdict.promote
    text = (
        f"These take the version that is in production{'; the gate refused this one' if refused else ''}. A window is "
        "answered with a probability of each class; the class of a trace is that of the largest mean over its windows. "
        "Where an answer proved wrong, send the true class to /v1/feedback: it counts in the monitoring."
    )
    return Table(("to", "type"), commands, words=2), Paragraph(text)


def _origin(card: ModelCard) -> tuple[Block, ...]:
    shown = shown_parameters({name: value for name, value in card.parameters.items() if name not in _OF_THE_FIT})
    rows = [("hyperparameters", shown or "the defaults of the family")]
    rows += [(words, figure(card.parameters[name])) for name, words in _OF_THE_FIT.items() if name in card.parameters]
    rows += [(f"table {name}", f"Delta version {version}") for name, version in card.delta_versions.items()]
    rows += list(card.runs.items())
    rows += [(name, version) for name, version in card.environment.items()]
    return Table(("", ""), (*rows, ("licence", card.licence)), words=2), Paragraph(
        "The same tables, packages and seed give the same model."
    )
