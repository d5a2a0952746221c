"""The page of a judgement of predictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from seismic_assets.evaluation.document import Paragraph, Section, Table
from seismic_assets.insights.gathering import Gathering
from seismic_assets.insights.wording import counted, figure, percent
from seismic_assets.judges.calibration import SampleCalibration
from seismic_assets.judges.predictions import EDGE_CASES, PredictionSample, edge_cases, rule_verdict
from seismic_assets.judges.sampling import Sampling


def drawn_section(samples: Sequence[PredictionSample], sampling: Sampling, gathering: Gathering) -> Section:
    """What was judged."""
    files = len({each.file_id for each in samples})
    windows = gathering.count("samples", "windows judged", len(samples), "windows")
    versions = sorted({each.model_version for each in samples if each.model_version})
    for version in versions:
        gathering.name(f"model_version.{version}", "version of the model that predicted", version)
    how = {
        "random": "drawn at random",
        "uncertain": "those of least confidence: the figures are of these, and only what holds of each is checked",
        "stratified": "drawn of every file and class alike, and weighted by how many windows each stands for",
    }[sampling.strategy]
    by = f"; predicted by version {', '.join(versions)}" if versions else ""
    text = f"{windows} of {counted(files, 'file')}, {how} (seed {sampling.seed}){by}."
    return Section("Sample", (Paragraph(text),))


def calibration_section(found: SampleCalibration | None) -> Section:
    """Confidence against labels, in bins."""
    title = "Confidence and truth"
    if found is None:
        return Section(title, (Paragraph("Too few of the windows have a label to compare confidence and truth."),))
    origin = "that the model did not learn from" if found.held_out else "of which the model may have learnt"
    rows = tuple(
        (f"{each.low:.1f} to {each.high:.1f}", figure(each.windows), percent(each.confidence), percent(each.right))
        for each in found.bins
    )
    said = f"{counted(found.windows, 'labelled window')} {origin}."
    return Section(title, (Paragraph(said), Table(("Confidence", "Windows", "Mean confidence", "Right"), rows)))


def edge_section(samples: Sequence[PredictionSample], gathering: Gathering) -> Section:
    """How many of each kind of edge case."""
    counts = Counter(case for each in samples for case in edge_cases(each))
    rows = tuple(
        (case, gathering.count(f"edge_case.{number}", f"windows: {case}", counts[case]))
        for number, case in enumerate(EDGE_CASES, 1)
    )
    return Section("Edge cases", (Table(("Case", "Windows"), rows),))


def verdict_section(samples: Sequence[PredictionSample], gathering: Gathering) -> Section:
    """The rules' verdicts beside the labels, which they did not see."""
    found: dict[str, list[PredictionSample]] = {}
    for each in samples:
        if said := rule_verdict(each):
            found.setdefault(said, []).append(each)
    rows = []
    for verdict, members in sorted(found.items()):
        known = [each.right for each in members if each.right is not None]
        number = gathering.count(f"rules.{verdict}", f"windows that the rules find {verdict}", len(members))
        rows.append((verdict, number, percent(sum(known) / len(known)) if known else "-"))
    return Section("Verdicts of the rules", (Table(("Verdict", "Windows", "Right by the label"), tuple(rows)),))


def worst_cells(samples: Sequence[PredictionSample], worst: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Class, label and confidence of samples, as a table shows them."""
    return {
        each.id: (each.class_name or "-", each.truth or "-", figure(each.confidence))
        for each in samples
        if each.id in worst
    }
