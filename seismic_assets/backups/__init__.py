"""Backups of a deployment while it works: made, checked and restored, here or elsewhere."""

from seismic_assets.backups.areas import Area, LeftOut
from seismic_assets.backups.checking import check_backup, found_backup
from seismic_assets.backups.errors import BackupError
from seismic_assets.backups.making import make_backup
from seismic_assets.backups.manifest import Manifest
from seismic_assets.backups.restoring import restore_backup

__all__ = [
    "Area",
    "BackupError",
    "LeftOut",
    "Manifest",
    "check_backup",
    "found_backup",
    "make_backup",
    "restore_backup",
]
