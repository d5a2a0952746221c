"""What is advised before a search: by rules, in the order of a language model where one answers."""

from __future__ import annotations

import json
from pathlib import Path

from seismic_assets.defs.knowledge.publishing import Language
from seismic_assets.defs.knowledge.sources import training_profile
from seismic_assets.defs.model.trials import load_trials
from seismic_assets.insights.advice import Advice, TrainingProfile, advice_insight, advise, merge_ranking, prior_trials
from seismic_assets.lake import Lake
from seismic_assets.llm.explaining import ask
from seismic_assets.llm.explanation import Explanation
from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file


def advised(lake: Lake, settings: Settings, language: Language) -> tuple[Advice, TrainingProfile, Explanation]:
    """The advice, the training set that it is for, and what a language model says of it.

    A model may put the families in another order; the rules' starts stay.
    """
    profile, past = training_profile(lake, settings), load_trials(settings)
    advice = advise(profile, settings.model_families, () if past is None else past.trials)
    facts = advice_insight(advice, profile).facts
    families = ", ".join(settings.model_families)
    answer = ask(language.for_a_report(settings), "model_advice", facts, families=families)
    ranked = merge_ranking(advice, answer.data.get("families", ()), answer.explanation.model)
    return ranked, profile, answer.explanation


def save_advice(settings: Settings, advice: Advice) -> None:
    """Write it, whole or not at all."""
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(advice.to_dict(), indent=1))


def prior_of(settings: Settings) -> tuple[dict[str, object], ...]:
    """What the search is to begin with: nothing where the settings do not ask for it, or nothing was advised yet."""
    path = _path(settings)
    if not settings.tuning_prior or not path.exists():
        return ()
    advice = Advice.from_dict(json.loads(path.read_bytes()))
    return tuple(each for each in prior_trials(advice) if each["family"] in settings.model_families)


def _path(settings: Settings) -> Path:
    return settings.local_root / "tuning" / "advice.json"
