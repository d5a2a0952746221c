"""What can go wrong with a source of metrics."""


class SourceError(Exception):
    """A source cannot be read: what, why, what to do."""


class NothingYetError(SourceError):
    """There is nothing to read yet, as before the first run: no fault."""
