"""What the API takes where the features of traces are looked up instead of the traces being sent."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from seismic_assets.serving.schemas import MAX_TRACES

LARGEST_ID = 2**63 - 1
LARGEST_INDEX = 2**32 - 1
_LONGEST_NUMBER = 19  # digits of the largest id


def parse_trace_ids(value: Any) -> tuple[int, ...]:
    """Turn whole numbers, or texts of their digits, into ids.

    Raises:
        ValueError: a sentence that says which id is wrong.
    """
    if not isinstance(value, list):
        raise ValueError("give an array of ids")
    if not value:
        raise ValueError("there is no id; give at least one")
    if len(value) > MAX_TRACES:
        raise ValueError(f"{len(value)} ids are more than the {MAX_TRACES} of one request; send them in parts")
    return tuple(_parse_id(place, each) for place, each in enumerate(value))


def _parse_id(place: int, value: Any) -> int:
    if type(value) is int:
        number = value
    elif isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER:
        number = int(value)
    else:
        raise ValueError(f"id {place} is no whole number from 0 to 2^63 - 1, nor a string of its digits; correct it")
    if not 0 <= number <= LARGEST_ID:
        raise ValueError(f"id {place} is not from 0 to 2^63 - 1; correct it")
    return number


TraceIds = Annotated[
    tuple[int, ...],
    PlainValidator(parse_trace_ids),
    WithJsonSchema(
        {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_TRACES,
            "items": {
                "anyOf": [
                    {"type": "integer", "minimum": 0, "maximum": LARGEST_ID},
                    {"type": "string", "pattern": f"^[0-9]{{1,{_LONGEST_NUMBER}}}$"},
                ]
            },
        }
    ),
]


class LookupRequest(BaseModel):
    """Traces whose features the online feature store has."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    return_features: bool = Field(False, description="Give the features of each window too.")


class ById(LookupRequest):
    """Traces by their ids."""

    trace_ids: TraceIds = Field(
        description="Ids of the traces in the feature store, as whole numbers or as strings of digits: JavaScript "
        "rounds whole numbers above 2^53. The answer's own `trace_id` is the place in this array."
    )


class ByPlace(LookupRequest):
    """Traces by their file and their places in it."""

    file_id: str = Field(min_length=1, max_length=1000, description="File, as `seismic features` names it.")
    trace_index: list[Annotated[int, Field(ge=0, le=LARGEST_INDEX)]] = Field(
        min_length=1,
        max_length=MAX_TRACES,
        description="Places of the traces in the file, counted from 0. The answer's `trace_id` is the place in this "
        "array.",
    )


LOOKUP_KEYS = ("trace_ids", "file_id", "trace_index")
"""A body that has one of these asks for a look-up."""


def parse_lookup(given: dict[str, Any]) -> LookupRequest:
    """The look-up that decoded JSON asks for.

    Raises:
        ValueError: it asks for traces too, or for others.
        ValidationError: something in it is wrong.
    """
    if "traces" in given:
        raise ValueError("the body has traces and says which ones to look up; give one of the two")
    if "trace_ids" in given and ("file_id" in given or "trace_index" in given):
        raise ValueError("the body names traces twice; give trace_ids, or file_id with trace_index")
    return ById.model_validate(given) if "trace_ids" in given else ByPlace.model_validate(given)
