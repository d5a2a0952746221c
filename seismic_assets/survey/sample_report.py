"""What a sample of a survey consists of and how it was made, as an object and as JSON beside its files."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.impute import ColumnImputation

METADATA_NAME = "sample_metadata.json"


@dataclass(frozen=True)
class SubVolume:
    """A contiguous part of a survey, both ends included."""

    inline_min: int
    inline_max: int
    crossline_min: int
    crossline_max: int

    def __str__(self) -> str:
        return f"inlines {self.inline_min}-{self.inline_max}, crosslines {self.crossline_min}-{self.crossline_max}"


@dataclass(frozen=True)
class SampledFile:
    """One file of the sample."""

    name: str
    traces: int


@dataclass(frozen=True)
class SampleReport:
    """A finished sample.

    Attributes:
        source: File name of the survey, without its folder.
        source_digest: BLAKE2b of its bytes.
        source_traces: Traces it has.
        mode: Random traces, or a contiguous part.
        requested_traces: What was asked for; None for a sub-volume.
        sampled_traces: What was written.
        seed: Of the random choice.
        window: The sub-volume, or None.
        sample_format: Of the files written.
        imputation: What was filled in over all headers of the source, per column.
        imputation_method: The same in words.
        notes: What a person should know, such as fewer traces than asked.
        files: In the order of the source's traces.
    """

    source: str
    source_digest: str
    source_traces: int
    mode: Literal["random traces", "sub-volume"]
    requested_traces: int | None
    sampled_traces: int
    seed: int
    window: SubVolume | None
    sample_format: Literal["ibm", "ieee"]
    imputation: dict[str, ColumnImputation]
    imputation_method: str
    notes: tuple[str, ...]
    files: tuple[SampledFile, ...]

    def to_json(self) -> str:
        """The report as indented JSON, the same text for the same sample."""
        return json.dumps(asdict(self), indent=2) + "\n"


def listed_files(folder: Path) -> set[str]:
    """Names of the files that the metadata in a folder lists; empty where there is no sample.

    Raises:
        SurveyError: The metadata cannot be understood.
    """
    metadata = folder / METADATA_NAME
    if not metadata.exists():
        return set()
    try:
        names = {Path(entry["name"]).name for entry in json.loads(metadata.read_text())["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise SurveyError(
            f"{metadata} is not the metadata of a sample ({error}): remove it or choose another folder"
        ) from error
    return {name for name in names if name.startswith("sample_") and name.endswith(".sgy")}
