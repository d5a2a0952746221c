"""JSON schemas of what tools take and give, as clients read them: without the titles that pydantic makes up."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel


def schema_of(kind: type[BaseModel], mode: Literal["validation", "serialization"] = "validation") -> dict[str, Any]:
    """The JSON schema of a model, an object; what stands for several fields is below `$defs`.

    Args:
        kind: the model.
        mode: `validation` for what is taken, `serialization` for what is given.
    """
    schema: dict[str, Any] = _untitled(kind.model_json_schema(mode=mode))
    return {"type": "object", "properties": {}, "required": [], **schema}


def _untitled(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_untitled(each) for each in schema]
    if isinstance(schema, dict):
        # A field may be called title: its value is a schema, and no text.
        return {key: _untitled(value) for key, value in schema.items() if key != "title" or not isinstance(value, str)}
    return schema
