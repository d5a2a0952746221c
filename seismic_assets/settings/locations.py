"""Folders that a setting names: of this machine, or of an object store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, PlainSerializer
from pydantic_core import CoreSchema, core_schema

from seismic_assets.objects import Place
from seismic_assets.objects.address import place_of


class _AsPlace:
    """How a setting becomes a place."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_absolute)


def _absolute(value: Any) -> Place:
    place = place_of(str(value))
    return place.expanduser().resolve() if isinstance(place, Path) else place


Location = Annotated[Place, _AsPlace, PlainSerializer(str, return_type=str, when_used="json")]
"""A folder of this machine, made absolute, or an address in an object store."""
