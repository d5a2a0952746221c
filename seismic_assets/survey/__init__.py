"""The synthetic survey, sampling of a large survey, and the spatial split."""

from seismic_assets.survey.blocks import group_files, lay_out
from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.outcome import SplitOutcome, split_or_say_why
from seismic_assets.survey.sample import sample_survey
from seismic_assets.survey.sample_report import SampleReport, SubVolume
from seismic_assets.survey.split import SplitResult, spatial_split, training_digest
from seismic_assets.survey.split_checks import check_split, leakage, shares

__all__ = [
    "SampleReport",
    "SplitOutcome",
    "SplitResult",
    "SubVolume",
    "SurveyError",
    "check_split",
    "group_files",
    "lay_out",
    "leakage",
    "sample_survey",
    "shares",
    "spatial_split",
    "split_or_say_why",
    "training_digest",
]
