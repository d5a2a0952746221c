"""What the labels say: how many windows have a class, and how the classes share them."""

from __future__ import annotations

from seismic_assets.evaluation.document import Block, Paragraph
from seismic_assets.insights.quality.findings import Finding
from seismic_assets.insights.quality.inputs import QualityInputs
from seismic_assets.insights.quality.limits import QualityLimits
from seismic_assets.insights.quality.shown import facts_table, short_table
from seismic_assets.insights.quality.snapshot import Snapshot
from seismic_assets.llm.facts import Fact

_FOLDS = ("train", "validation", "test", "buffer")


def label_findings(snapshot: Snapshot, limits: QualityLimits) -> list[Finding]:
    """Whether there are labels, of more than one class, none of them rare."""
    if snapshot.labelled_windows == 0:
        return [Finding("no_labels", "info", "No window has a class: a model can predict here, but not learn.")]
    if len(snapshot.class_shares) == 1:
        (name,) = snapshot.class_shares
        return [
            Finding("one_class", "warn", f"Every labelled window is {name}: nothing can be learned from one class.")
        ]
    rare = {name: share for name, share in snapshot.class_shares.items() if share < limits.rare_class}
    found = []
    for name, share in sorted(rare.items(), key=lambda each: each[1]):
        figure = Fact(f"rare_class.{name}", f"share of the rare class {name}", share, "share")
        sentence = f"The class {name} is rare: {figure.shown()} of the labelled windows."
        found.append(Finding("rare_class", "warn", sentence, (), (figure,)))
    return found


def label_facts(inputs: QualityInputs, snapshot: Snapshot) -> list[Fact]:
    """Labelled windows, their share of all, and the share of each class."""
    facts = [Fact("labelled_windows", "windows with a class", snapshot.labelled_windows, "count", "windows")]
    if inputs.windows:
        covered = min(1.0, snapshot.labelled_windows / inputs.windows)
        facts.append(Fact("labelled_share", "share of the windows that have a class", covered, "share"))
    for name, share in snapshot.class_shares.items():
        facts.append(Fact(f"class_share.{name}", f"share of the labelled windows of class {name}", share, "share"))
    return facts


def label_blocks(inputs: QualityInputs, facts: list[Fact]) -> list[Block]:
    """The shares, and the classes in each part of the split.

    Raises:
        QualityInputError: a frame could not be had.
    """
    blocks: list[Block] = [Paragraph("Labels:"), facts_table(("labels", "value"), facts)]
    folds = inputs.take("folds", "fold", "class", "windows")
    classes = inputs.take("classes", "class", "class_name")
    names = dict(classes.unique(["class", "class_name"]).sort("class").select("class", "class_name").iter_rows())
    if folds.is_empty() or not names:
        return blocks
    counts = {(fold, number): windows for fold, number, windows in folds.iter_rows()}
    rows = [
        (fold, *(f"{counts.get((fold, number), 0):,}" for number in names))
        for fold in _FOLDS
        if any(key == fold for key, _ in counts)
    ]
    return [*blocks, *short_table(("windows of", *names.values()), rows)]
