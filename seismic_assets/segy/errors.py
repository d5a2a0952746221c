"""What can be wrong with a SEG-Y file or its folder, each in one sentence for a person."""

from __future__ import annotations

from pathlib import Path


class SegyError(Exception):
    """A SEG-Y file that cannot be used: which file, what is wrong, what to do.

    Attributes:
        path: the file or folder.
        reason: what is wrong and what to do, without the file's name.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        self.path = Path(path)
        self.reason = reason
        super().__init__(f"{self.path.name}: {reason}")


class LandingFolderError(SegyError):
    """The landing folder is missing, is not a folder, or holds no SEG-Y file."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(path, reason)
        self.args = (f"The landing folder {path} {reason}",)


class NotSegyError(SegyError):
    """The bytes are not those of a SEG-Y file."""


class TruncatedSegyError(SegyError):
    """The file ends within a trace."""


class EmptySegyError(SegyError):
    """Headers without a trace."""


class UnsupportedSegyError(SegyError):
    """A valid file that this version cannot decode exactly."""


class UnreadableSegyError(SegyError):
    """The file cannot be opened or read."""


class ChangedSegyError(UnreadableSegyError):
    """The file was written to, cut or replaced while it was read."""
