"""Advice on models before a search: which families suit the training set, in which order, and where to begin.

It is a prior for the search, never a decision: the search tries every family of the settings whatever is said here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seismic_assets.evaluation.document import Block, Bullets, Paragraph, Section, Table
from seismic_assets.insights.advice_rules import (
    KINDS,
    WEIGHED,
    RankedFamily,
    TrainingProfile,
    best_by_family,
    parameters_in_space,
    profile_of,
    ranked_families,
)
from seismic_assets.insights.advice_starts import Parameters, starts_of
from seismic_assets.insights.gathering import Gathering, fact_name
from seismic_assets.insights.insight import Insight, Verdict
from seismic_assets.insights.wording import counted, figure, listed, shown_parameters
from seismic_assets.training import DEFAULT_PARAMETERS, TrialReport
from seismic_assets.training.search import DEFAULT_FAMILY

__all__ = ["Advice", "TrainingProfile", "advice_insight", "advise", "merge_ranking", "prior_trials", "profile_of"]

NAME, TITLE = "model_advice", "Models to begin with"
_BY_RULES = "rules"
_MOST_CLASSES = 8
_MOST_STARTED = 3


@dataclass(frozen=True)
class Advice:
    """In which order to try families, and with what.

    Attributes:
        families: names, the most promising first.
        starts: hyperparameters to try after a family's defaults, by family; none where the defaults are the start.
        by: who put the families in their order: `rules`, or the name of a language model.
        ranked: the families with their reasons, in the rules' own order.
    """

    families: tuple[str, ...]
    starts: Mapping[str, tuple[Parameters, ...]] = field(default_factory=dict)
    by: str = _BY_RULES
    ranked: tuple[RankedFamily, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON; the reasons are for the page only."""
        starts = {family: [dict(each) for each in found] for family, found in self.starts.items()}
        return {"families": list(self.families), "starts": starts, "by": self.by}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Advice:
        """The inverse of `to_dict`. Families and starts that the search does not know are left out."""
        families = tuple(each for each in values["families"] if each in DEFAULT_PARAMETERS)
        given = values.get("starts", {})
        starts = {
            family: tuple(dict(each) for each in given.get(family, ()) if parameters_in_space(family, each))
            for family in families
        }
        return cls(families, starts, str(values.get("by", _BY_RULES)))


def advise(profile: TrainingProfile, families: Sequence[str], past: Sequence[TrialReport] = ()) -> Advice:
    """The order of the families by rules and by what earlier searches on such data measured.

    Args:
        profile: of the training set.
        families: of the settings; each is in the advice, and no other.
        past: trials of earlier searches on the same training set.
    """
    ranked = ranked_families(profile, families, past)
    best = best_by_family(past)
    starts = {each.family: starts_of(each.family, profile, best.get(each.family)) for each in ranked}
    return Advice(tuple(each.family for each in ranked), starts, _BY_RULES, tuple(ranked))


def merge_ranking(advice: Advice, ranked_by_model: Sequence[str], by: str = "a language model") -> Advice:
    """The same families in the order of a language model.

    What it names that is not among them, or twice, is passed over; what it does not name keeps its order behind.

    Args:
        advice: of the rules.
        ranked_by_model: names of families.
        by: the model.
    """
    named = [each for each in dict.fromkeys(ranked_by_model) if each in advice.families]
    if not named:
        return advice
    order = (*named, *(each for each in advice.families if each not in named))
    return replace(advice, families=order, by=by)


def prior_trials(advice: Advice) -> list[dict[str, Any]]:
    """What the search is to try first, as Optuna enqueues it: `family`, and `<family>.<parameter>` for each of its own.

    The defaults of every family come first, since the search tries all families; those of histogram gradient boosting
    before the others, so that a search that is cut short is never worse on the folds than that default. The starts of
    the three most promising families follow, the first of each before the second of any.
    """
    families = sorted(advice.families, key=lambda family: family != DEFAULT_FAMILY)
    trials = [_trial(family, DEFAULT_PARAMETERS[family]) for family in families]
    most = max((len(each) for each in advice.starts.values()), default=0)
    for place in range(most):
        for family in advice.families[:_MOST_STARTED]:
            trials += [_trial(family, each) for each in advice.starts.get(family, ())[place : place + 1]]
    return trials


def _trial(family: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"family": family, **{f"{family}.{name}": value for name, value in parameters.items()}}


def advice_insight(advice: Advice, profile: TrainingProfile) -> Insight:
    """What is advised, and why.

    Args:
        advice: of `advise`, with its order changed by a model or not.
        profile: that it was made of.
    """
    gathered = Gathering()
    verdict: Verdict = "WARN" if len(profile.held) < 2 else "PASS"
    summary = _summary(gathered, advice, profile)
    _facts(gathered, advice, profile)
    sections = (
        Section("The training set", _data_blocks(profile)),
        Section("Families, the most promising first", _family_blocks(advice)),
        Section("Where to begin", _start_blocks(advice)),
    )
    return Insight(NAME, TITLE, summary, verdict, gathered.facts, sections)


def _summary(gathered: Gathering, advice: Advice, profile: TrainingProfile) -> str:
    unit = "window" if profile.windows == 1 else "windows"
    windows = gathered.count("windows", "labelled training windows", profile.windows, unit)
    classes = gathered.count("classes", "classes with training windows", len(profile.held))
    features = gathered.count("features", "features of a window", profile.features)
    if profile.windows == 0:
        return "There are no labelled training windows yet: a search has nothing to learn from."
    if len(profile.held) == 1:
        name = gathered.name("only_class", "the only class", profile.rarest[0])
        said = f"{windows} is all there is" if profile.windows == 1 else f"All {windows} are of one class"
        return f"{said}, {name}: label a second class before a search."
    first = gathered.name("first", "family to try first", advice.families[0])
    of = f"{windows} of {classes} classes on {features} features"
    others = advice.families[1:3]
    return f"For {of}, {first} is the most promising family{f', before {listed(others)}' if others else ''}."


def _facts(gathered: Gathering, advice: Advice, profile: TrainingProfile) -> None:
    gathered.name("by", "who ranked the families", advice.by)
    if profile.blocks:
        gathered.count("blocks", "spatial blocks of the training windows", profile.blocks, "blocks")
    if profile.files:
        gathered.count("files", "surveys that they come from", profile.files, "files")
    for name, count in sorted(profile.held.items(), key=lambda item: item[1])[:_MOST_CLASSES]:
        gathered.share(fact_name("share", name), f"share of {name} among the windows", count / profile.windows)
    gathered.name("rarest", "rarest class", profile.rarest[0])
    for place, family in enumerate(advice.families, 1):
        gathered.name(f"rank.{place}", f"family in place {place}", family)
    for each in advice.ranked:
        if each.measured is not None:
            gathered.measure(f"measured.{each.family}", f"best macro-F1 of {each.family} before", each.measured)
        gathered.name(f"kind.{each.family}", f"kind of model of {each.family}", KINDS[each.family])
        weights = "supported" if each.family in WEIGHED else "not supported"
        gathered.verdict(f"class_weights.{each.family}", f"class weights of {each.family}", weights)


def _data_blocks(profile: TrainingProfile) -> tuple[Block, ...]:
    if profile.windows == 0:
        return (Paragraph("No window is labelled. Put an interpretation beside the SEG-Y files, and run again."),)
    rows = tuple(
        (name, f"{count:,}", f"{100 * count / profile.windows:.1f} %") for name, count in profile.class_windows.items()
    )
    lies = [counted(profile.blocks, "spatial block")] if profile.blocks else []
    lies += [counted(profile.files, "survey")] if profile.files else []
    where = f" They lie in {listed(lies)}." if lies else ""
    text = f"{counted(profile.windows, 'window')} with {counted(profile.features, 'feature')} each.{where}"
    return Paragraph(text), Table(("class", "windows", "share"), rows)


def _family_blocks(advice: Advice) -> tuple[Block, ...]:
    told = {each.family: each for each in advice.ranked}
    rows = [
        (str(place), family, figure(told[family].measured) if family in told else "-", _why(told.get(family)))
        for place, family in enumerate(advice.families, 1)
    ]
    intro = (
        f"Ranked by {'rules' if advice.by == _BY_RULES else advice.by}. With SEISMIC_TUNING_PRIOR=true this orders the "
        "first trials of a search; it tries every family, and its scores decide."
    )
    reasons = Bullets(tuple(f"{family}: {why}" for _, family, _, why in rows))
    if all(each.measured is None for each in advice.ranked):
        return Paragraph(intro), Table(("place", "family"), tuple(row[:2] for row in rows), words=2), reasons
    table = Table(("place", "family", "macro-F1 in an earlier search"), tuple(row[:3] for row in rows), words=2)
    return Paragraph(intro), table, reasons


def _why(ranked: RankedFamily | None) -> str:
    return f"{'; '.join(ranked.reasons)}." if ranked is not None and ranked.reasons else "no rule speaks of it."


def _start_blocks(advice: Advice) -> tuple[Block, ...]:
    first = advice.families[:_MOST_STARTED]
    rows = tuple((family, shown_parameters(start)) for family in first for start in advice.starts.get(family, ()))
    intro = "A search begins with the defaults of each family."
    if not rows:
        return (Paragraph(f"{intro} Nothing about this training set asks for other parameters to begin with."),)
    follow = f"With SEISMIC_TUNING_PRIOR=true these follow, of the first {_MOST_STARTED} families at most:"
    return Paragraph(f"{intro} {follow}"), Table(("family", "parameters"), rows, words=2)
