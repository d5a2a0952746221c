"""What each tool takes, and what is said of arguments that it does not take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from seismic_assets.llm.tool_use import ToolError

MOST_ROWS = 1000
MOST_SAMPLES = 65_535
_FILE_ID = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$"
ReportName = Literal[
    "quality",
    "quality_report",
    "schema_report",
    "model_card",
    "model_documentation",
    "model_advice",
    "evaluation",
    "evaluation_insight",
    "tuning_insight",
    "prediction_judgement",
    "answer_judgement",
    "monitoring",
    "monitoring_insight",
    "feature_catalogue",
    "insights",
]
REPORT_NAMES: tuple[ReportName, ...] = get_args(ReportName)
FileId = Annotated[str, Field(pattern=_FILE_ID, description="Id of the file, as list_files gives it; never a path.")]
_A = TypeVar("_A", bound="Arguments")


class Arguments(BaseModel):
    """Of any tool: nothing that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListFiles(Arguments):
    """Which files, and how many of them."""

    status: Literal["all", "admitted", "quarantined"] = Field("all", description="Which files to list.")
    offset: int = Field(0, ge=0, le=10_000_000, description="Files to pass over: next_offset of the answer before.")
    limit: int = Field(50, ge=1, le=200, description="Files at most.")


class OneFile(Arguments):
    """A file."""

    file_id: FileId


class Nothing(Arguments):
    """No arguments."""


class Query(Arguments):
    """A query in SQL."""

    sql: str = Field(
        min_length=1,
        max_length=10_000,
        description="One SELECT (or WITH ... SELECT) over the tables that list_tables names.",
    )
    limit: int = Field(100, ge=1, le=MOST_ROWS, description="Rows at most.")


class Report(Arguments):
    """A part of a report."""

    name: ReportName = Field(description="Which report.")
    part: int = Field(1, ge=1, le=10_000, description="Part of a long report, from 1 to `parts` of the answer.")


class Trace(Arguments):
    """A trace of a file, or samples."""

    file_id: FileId | None = Field(None, description="Id of the file whose trace to predict.")
    trace_index: int | None = Field(None, ge=0, le=2**40, description="Index of the trace in the file, from 0.")
    samples: (
        Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=1, max_length=MOST_SAMPLES)]
        | None
    ) = Field(None, description="Amplitudes of a trace, instead of file_id and trace_index.")
    sample_interval_us: int | None = Field(
        None, ge=1, le=1_000_000, description="Sample interval of the samples in microseconds; needed with them."
    )

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Trace:
        by_file = (self.file_id, self.trace_index)
        by_samples = (self.samples, self.sample_interval_us)
        given = [any(each is not None for each in pair) for pair in (by_file, by_samples)]
        whole = [all(each is not None for each in pair) for pair in (by_file, by_samples)]
        if given != whole or sum(given) != 1:
            raise ValueError("give file_id and trace_index, or samples and sample_interval_us")
        return self


class Ask(Arguments):
    """A question to the documents."""

    question: str = Field(min_length=1, max_length=1000, description="The question, in plain words.")
    k: int = Field(5, ge=1, le=20, description="Passages at most.")


def parse(kind: type[_A], arguments: Mapping[str, Any]) -> _A:
    """The arguments of a tool.

    Raises:
        ToolError: a sentence that says which of them is wrong and why; what was given is not repeated.
    """
    try:
        return kind.model_validate(dict(arguments))
    except ValidationError as error:
        raise ToolError(_sentence(kind, error)) from None


def _sentence(kind: type[Arguments], error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    takes = ", ".join(kind.model_fields) or "nothing"
    if not problem["loc"]:
        return str(problem.get("ctx", {}).get("error", problem["msg"]))
    name = str(problem["loc"][0])[:50]
    if problem["type"] == "extra_forbidden":
        return f"there is no argument {name!r}; the tool takes {takes}"
    if problem["type"] == "missing":
        return f"the argument {name!r} is missing; the tool takes {takes}"
    if name == "file_id" and problem["type"] == "string_pattern_mismatch":
        return "file_id is no id of a file; list_files names them, and paths are not taken"
    if name == "samples" and len(problem["loc"]) > 1:
        return f"sample {_place(problem['loc'])} is not a finite number; impute or drop it"
    return f"{name!r}: {problem['msg'][0].lower()}{problem['msg'][1:]}"


def _place(location: tuple[int | str, ...]) -> str:
    return str(next((each for each in location[1:] if isinstance(each, int)), "?"))
