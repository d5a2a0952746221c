"""What can go wrong with the lake."""

import re


class LakeError(Exception):
    """A table cannot be read or written: which, why, what to do."""


class RowsRefusedError(Exception):
    """Raised by the maker of a file's rows: the file is left without rows, the others of the commit are not touched."""


def cause_of(error: Exception) -> str:
    """What went wrong in one line: deltalake explains itself in several, with colours and a backtrace."""
    text = getattr(error, "strerror", None) or re.split(r"\n\s+0: ", str(error))[0]
    return " ".join(re.sub(r"\x1b\[\d+m|↳", "", text).split())
