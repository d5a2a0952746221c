"""What the page needs of the application that it is part of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from fastapi import Request

from seismic_assets.inference.predictor import Predictor
from seismic_assets.serving.config import Limits
from seismic_assets.serving.page.predicted import PredictedSection

T = TypeVar("T")
SectionForm: TypeAlias = Literal["json", "segy"]


class PagePorts(Protocol):
    """The application as the page sees it."""

    @property
    def limits(self) -> Limits:
        """What is taken: the largest body and SEG-Y file, and the time for them to arrive."""

    @property
    def upload_folder(self) -> Path | None:
        """Where an uploaded file lies while it is predicted; None for the machine's temporary folder."""

    def upload_place(self) -> AbstractAsyncContextManager[object]:
        """A place for one file, held while the block of `async with` runs.

        Raises:
            HTTPException: 503 with Retry-After, where there is none.
        """

    def predictor(self) -> tuple[str, Predictor]:
        """The version that is served and its predictor.

        Raises:
            HTTPException: 503, no model is loaded.
        """

    async def in_turn(self, work: Callable[[], T]) -> T:
        """Run blocking work in a thread when its turn comes, and give what it returns or raise what it raises.

        Raises:
            HTTPException: 503 with Retry-After, where too much is waiting already.
        """

    def answered(self, request: Request, method_form: SectionForm, version: str, section: PredictedSection) -> None:
        """Take note of an answered section, for the history and the metrics.

        Args:
            request: the request.
            method_form: `segy` or `json`.
            version: of the model that answered.
            section: with the traces by class, windows and mean confidence of what was predicted.
        """

    def history(self, limit: int, search: str | None) -> list[dict[str, Any]]:
        """Recent predictions, the latest first, as `schemas.Call` describes them; may block.

        Args:
            limit: at most so many.
            search: what one of request id, endpoint, form, class, model version, status, key id or error contains,
                regardless of case; None for all.
        """

    def status(self) -> dict[str, Any]:
        """How the service is, as `schemas.Status` describes it; may block."""
