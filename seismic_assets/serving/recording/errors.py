"""What can go wrong with recording."""

from __future__ import annotations

import re


class RecordingError(Exception):
    """A table of what was served cannot be written, read or tidied: which, why, what to do."""


def cause_of(error: Exception) -> str:
    """What went wrong in one line: deltalake explains itself in several, with colours and a backtrace."""
    text = getattr(error, "strerror", None) or re.split(r"\n\s+0: ", str(error))[0]
    return " ".join(re.sub(r"\x1b\[\d+m|↳", "", text).split())
