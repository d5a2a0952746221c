"""What can go wrong with a backup."""


class BackupError(Exception):
    """A backup cannot be made, is damaged, or cannot be restored there: which, why, what to do."""
