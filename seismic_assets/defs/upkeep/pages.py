"""Old pages of evaluations removed from the disk; MLflow keeps them with their runs."""

import re
import shutil

from seismic_assets.registry import ModelRegistry
from seismic_assets.settings import Settings

_VERSION = re.compile(r"v(\d+)")


def remove_old_evaluations(settings: Settings, registry: ModelRegistry) -> list[str]:
    """Remove the pages of all but the last versions and those in use; gives the names of their folders.

    Raises:
        RegistryError: the registry cannot be asked which are in use; nothing is removed.
    """
    folder = settings.reports_dir / "evaluation"
    pages = [each for each in folder.iterdir() if _VERSION.fullmatch(each.name)] if folder.is_dir() else []
    pages.sort(key=lambda page: int(page.name[1:]))
    old = pages[: -settings.keep_evaluations]
    if not old:
        return []
    used = {f"v{each.version}" for each in registry.versions() if each.stage in ("production", "staging")}
    gone = [page for page in old if page.name not in used]
    for page in gone:
        shutil.rmtree(page)
    return [page.name for page in gone]
