"""What can go wrong with alerts."""

from __future__ import annotations


class AlertError(ValueError):
    """An alert, or the scope of a report, is not well formed: what is wrong, and what to do."""


class AlertSettingError(ValueError):
    """A setting of the alerts is wrong: which, and what to do. No secret of an address is in it."""


class AlertStateError(RuntimeError):
    """The state of the alerts is held by a process that does not let go of it: where, and what to do."""


class DeliveryError(Exception):
    """A message could not be handed over.

    Attributes:
        cause: what happened, without any part of an address.
        worth_retrying: whether the same message may well be taken in a moment.
    """

    def __init__(self, cause: str, worth_retrying: bool) -> None:
        super().__init__(cause)
        self.cause = cause
        self.worth_retrying = worth_retrying
