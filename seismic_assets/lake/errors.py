"""What can go wrong with the lake."""


class LakeError(Exception):
    """A table cannot be read or written: which, why, what to do."""


class RowsRefusedError(Exception):
    """Raised by the maker of a file's rows: the file is left without rows, the others of the commit are not touched."""
