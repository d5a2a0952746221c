"""What can go wrong with the lake."""


class LakeError(Exception):
    """A table cannot be read or written: which, why, what to do."""
