"""How settings are read: from the environment, from files of secrets, and from the profile of the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from seismic_assets.settings.profiles import profile_of

SECRETS_DIR = "SEISMIC_SECRETS_DIR"
"""Variable that names a folder with a file for each secret, as Docker and Kubernetes mount them."""


class EnvironmentSettings(BaseSettings):
    """Fields read from `SEISMIC_<NAME>`; a variable that is empty counts as not set.

    Before the default of a field come the profile of the environment, a file of the same name as the variable in the
    folder SEISMIC_SECRETS_DIR, and the variable.
    """

    model_config = SettingsConfigDict(
        env_prefix="SEISMIC_", extra="ignore", frozen=True, populate_by_name=True, env_ignore_empty=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, the environment, files of secrets, the profile; the first that has a field wins."""
        secrets = [SecretsSettingsSource(settings_cls, folder)] if (folder := secrets_dir()) else []
        return init_settings, env_settings, *secrets, ProfileSource(settings_cls)


class ProfileSource(PydanticBaseSettingsSource):
    """What the environment sets that the sources before it name, for fields that none of them has."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The profile's value of a field, or None."""
        return self._profile().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Values by the name of a field."""
        fields = self.settings_cls.model_fields
        return {
            name: value
            for name, value in self._profile().items()
            if name in fields and not any(each in self.current_state for each in names_of(name, fields[name]))
        }

    def _profile(self) -> Any:
        field = self.settings_cls.model_fields.get("env")
        if field is None:
            return {}
        given = (self.current_state.get(each) for each in names_of("env", field))
        return profile_of(next((each for each in given if each is not None), field.default))


def names_of(name: str, field: FieldInfo) -> tuple[str, ...]:
    """The names that a source may give a field: its own, and its variables."""
    alias = field.validation_alias
    return (name, *(str(each) for each in alias.choices)) if isinstance(alias, AliasChoices) else (name,)


def secrets_dir() -> Path | None:
    """The folder of secrets that the environment names, or None.

    Raises:
        ValueError: it is no folder.
    """
    named = os.environ.get(SECRETS_DIR)
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise ValueError(
            f"{SECRETS_DIR}={named} is not a folder; name one with a file for each secret, or leave it unset"
        )
    return folder
