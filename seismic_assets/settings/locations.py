"""Folders and files that a setting names: of this machine, or of an object store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, PlainSerializer
from pydantic_core import CoreSchema, core_schema

from seismic_assets.objects import Place
from seismic_assets.objects.address import is_like_address, place_of, written


class _AsPlace:
    """How a setting becomes a place."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_absolute)


def _absolute(value: Any) -> Place:
    place = place_of(value if isinstance(value, Path) else str(value))
    return place.expanduser().resolve() if isinstance(place, Path) else place


def _folder_here(value: Any) -> Any:
    return _here(value, "folder")


def _file_here(value: Any) -> Any:
    return _here(value, "file")


def _here(value: Any, what: str) -> Any:
    if isinstance(value, str | Path) and is_like_address(written(value)):
        raise ValueError(f"give a {what} of this machine")
    return value


Location = Annotated[Place, _AsPlace, PlainSerializer(str, return_type=str, when_used="json")]
"""A folder of this machine, made absolute, or an address in an object store."""

LocalFolder = Annotated[Path, BeforeValidator(_folder_here)]
"""A folder of this machine; an address is refused, which a path would take for a folder of that name."""

LocalFile = Annotated[Path, BeforeValidator(_file_here)]
"""The same of a file."""
