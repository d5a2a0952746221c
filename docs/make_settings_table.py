"""Write docs/settings.md from the descriptions of the fields of `Settings`.

Run it from the repository: python docs/make_settings_table.py
With --check it writes nothing and exits with status 1 when the page is out of date.
"""

import sys
from pathlib import Path
from typing import Any, get_args

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from seismic_assets.settings import Settings
from seismic_assets.settings.profiles import PROFILES

PAGE = Path(__file__).parent / "settings.md"
HEAD = """# Settings

<!-- Written by docs/make_settings_table.py from seismic_assets/settings/; do not edit by hand. -->

Every setting is an environment variable; a name in brackets is honoured too. The options `--landing-dir`,
`--storage-root`, `--host` and `--port` of a command go before the variable of the same meaning. A wrong value is
refused at start, with its name, its value and what is allowed; an empty one counts as not set.

`SEISMIC_ENV` chooses a profile: `dev`, `staging` or `prod`. The same code runs in all, and each deployment trains its
own models; the few defaults that differ are named below. A secret may lie in a file of the variable's name, in upper or
lower case, in a folder that `SEISMIC_SECRETS_DIR` names, as Docker and Kubernetes mount them. A variable goes before
such a file, that before the profile. `seismic config show` tells what is in force and what set it, and names variables
that look like settings and are none.

A change of what shapes data (windows, features, embedding, classes, labels, split, seed) makes what follows from it
stale: the next `seismic run`, or the daemon, makes it anew. A change of the search or of how many windows a model is
fitted on leads to another model from the same tables.

| Variable | Default | Allowed | Meaning |
|---|---|---|---|
"""
_BOUNDS = {"ge": "from {}", "gt": "above {}", "le": "up to {}", "lt": "below {}"}


def main() -> None:
    """Write the page, or compare it."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    page = HEAD + "\n".join(rows) + "\n"
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PAGE.read_text() == page else f"{PAGE} is out of date; run docs/make_settings_table.py")
    PAGE.write_text(page)
    print(f"{PAGE}: {len(rows)} settings")


def _row(name: str, field: FieldInfo) -> str:
    variable, *others = _variables(name, field)
    also = "".join(f" (`{other}`)" for other in others)
    description = " ".join((field.description or "").split())
    default = "; ".join(filter(None, (_default(field.default), *_in_profiles(name))))
    return f"| `{variable}`{also} | {default} | {_allowed(field)} | {description} |"


def _in_profiles(name: str) -> list[str]:
    return [f"{env} {_default(values[name])}" for env, values in PROFILES.items() if name in values]


def _variables(name: str, field: FieldInfo) -> list[str]:
    if isinstance(field.validation_alias, AliasChoices):
        return [str(alias) for alias in field.validation_alias.choices]
    return [f"SEISMIC_{name.upper()}"]


def _default(value: Any) -> str:
    if value is None:
        return ""
    return f"`{','.join(value) if isinstance(value, tuple) else value}`"


def _allowed(field: FieldInfo) -> str:
    choices = [choice for part in (field.annotation, *get_args(field.annotation)) for choice in get_args(part)]
    words = [f"`{choice}`" for choice in dict.fromkeys(choices) if isinstance(choice, str)]
    if words:
        return ", ".join(words)
    bounds = {key: getattr(each, key) for each in field.metadata for key in _BOUNDS if hasattr(each, key)}
    return " ".join(_BOUNDS[key].format(f"{value:,}") for key, value in bounds.items())


if __name__ == "__main__":
    main()
