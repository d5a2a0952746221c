"""The service as the page sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from fastapi import Request

from seismic_assets.inference import Predictor
from seismic_assets.serving.admission import Held
from seismic_assets.serving.config import Limits
from seismic_assets.serving.facts import CallFacts
from seismic_assets.serving.metrics import snapshot
from seismic_assets.serving.monitoring import latest_monitoring
from seismic_assets.serving.page import PredictedSection
from seismic_assets.serving.page.ports import SectionForm
from seismic_assets.serving.service import Service

T = TypeVar("T")


class ServicePorts:
    """Fulfils `page.PagePorts` for a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def limits(self) -> Limits:
        """What is taken."""
        return self._service.config.limits

    @property
    def upload_folder(self) -> Path | None:
        """Where an uploaded file lies while it is predicted."""
        return self._service.upload_folder

    def upload_place(self) -> Held:
        """A place for one file; see `Held`."""
        return self._service.uploads.enter()

    def predictor(self) -> tuple[str, Predictor]:
        """The version that is served and its predictor; see `Service.loaded`."""
        model = self._service.loaded()
        return model.version, model.predictor

    async def in_turn(self, work: Callable[[], T]) -> T:
        """Run blocking work in a thread when its turn comes."""
        async with self._service.admission.enter():
            return await self._service.admission.in_thread(work, self.limits.upload_seconds)

    def answered(self, request: Request, method_form: SectionForm, version: str, section: PredictedSection) -> None:
        """Take note of an answered section."""
        facts: CallFacts = request.state.facts
        facts.form, facts.version = method_form, version
        facts.traces, facts.windows = sum(section.trace_classes.values()), section.windows
        facts.classes = {name: count for name, count in section.trace_classes.items() if count}
        facts.confidence = section.mean_confidence
        # The page has the confidence of a section as a whole, which is not one of its traces.
        self._service.metrics.predicted(facts.classes, ())

    def history(self, limit: int, search: str | None) -> list[dict[str, Any]]:
        """Recent requests to predict, the latest first."""
        return self._service.ledger.recent(limit, search)

    def status(self) -> dict[str, Any]:
        """How the service is, as `page.schemas.Status` describes it."""
        service = self._service
        serving, second, recorder = service.first.serving, service.second, service.ledger.recorder
        model = serving.model
        beside = None if second is None else second.followed.serving.model
        figures = None if recorder is None else recorder.figures()
        return {
            "started_at": service.started_at,
            **snapshot(service.metrics),
            "model": {
                "version": None if model is None else model.version,
                "family": None if model is None else model.predictor.bundle.manifest.family,
                "reason": serving.reason,
            },
            "second": None
            if second is None or beside is None
            else {"version": beside.version, "role": second.role, "share": second.share},
            "recorder": None
            if figures is None
            else {
                "written": figures.written,
                "waiting": figures.pending,
                "lost": figures.dropped + figures.lost_in_crashes,
            },
            "monitoring": latest_monitoring(service.config.storage_root),
        }
