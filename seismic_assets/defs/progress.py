"""What long work says of itself while it lasts."""

from collections.abc import Callable
from dataclasses import dataclass


def _nobody(_: str) -> None:
    """No one listens."""


@dataclass(frozen=True)
class Progress:
    """A resource: where a line of progress goes; nowhere by default, to the terminal in `seismic run`."""

    say: Callable[[str], None] = _nobody
