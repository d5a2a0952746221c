"""What differs between development, staging and production, in one place: the same code runs in all of them.

A deployment trains its own models. What a profile sets is a default: an environment variable goes before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args

Environment = Literal["dev", "staging", "prod"]
ENVIRONMENTS: tuple[Environment, ...] = get_args(Environment)
ALIASES: Mapping[str, Environment] = MappingProxyType(
    {"development": "dev", "staging": "staging", "production": "prod"}
)
"""Other names of the environments, as the earlier pipeline had them."""

# Development has the defaults of the fields.
PROFILES: Mapping[Environment, Mapping[str, Any]] = MappingProxyType(
    {
        "dev": {},
        "staging": {"log_level": "INFO", "api_model": "staging"},
        "prod": {"log_level": "WARNING", "api_workers": 2, "api_key_required": True},
    }
)
"""Values by the name of a setting, by environment."""


def profile_of(name: Any) -> Mapping[str, Any]:
    """What an environment sets, by the name that somebody gave; nothing for a name that is none."""
    known = ALIASES.get(name, name) if isinstance(name, str) else None
    return PROFILES.get(known, {}) if known in ENVIRONMENTS else {}
