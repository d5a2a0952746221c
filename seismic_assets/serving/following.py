"""The model that is served, kept the one that is in production."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from seismic_assets.inference.predictor import Predictor
from seismic_assets.registry import Bundle, BundleError, RegistryError
from seismic_assets.serving.served_model import ServedModel

_log = structlog.get_logger(__name__)
_SECONDS_TO_END = 2.0
# A bundle that cannot be loaded may have to be fetched over a network each time.
_LONGEST_WAIT_IN_POLLS = 12


@dataclass(frozen=True)
class Serving:
    """What is served at one moment; replaced as a whole.

    Attributes:
        model: what answers, or None.
        reason: why there is no model, or why the one that answers may not be the one in production; else None.
    """

    model: ServedModel | None
    reason: str | None


class FollowedModel:
    """The model that is served, and a thread of its own that looks for another one in production.

    Requests take `serving` once and finish on it; another model is loaded beside and then put in its place. What goes
    wrong while following leaves the present model where it is, is said in `serving.reason` and logged once.
    """

    def __init__(
        self,
        load: Callable[[], tuple[str, Bundle]],
        current: Callable[[], str | None] | None,
        poll_seconds: float | None,
        on_load: Callable[[Bundle], None],
    ) -> None:
        """Prepare; see `create_app` for the arguments. `on_load` is called with each bundle before it is served."""
        self.serving = Serving(None, "the service is starting")
        self.follows = current is not None and bool(poll_seconds)
        self._load = load
        self._current = current
        self._poll_seconds = poll_seconds or 0.0
        self._on_load = on_load
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Load the model, and begin to follow; without a model the service runs all the same and says so."""
        try:
            self._take_up()
        except (RegistryError, BundleError) as error:
            self.serving = Serving(None, str(error))
            _log.warning("no model", reason=str(error))
        if self.follows:
            self._stopped = threading.Event()
            # A daemon, so that a registry that does not answer cannot hold up the end of the process.
            self._thread = threading.Thread(
                target=self._follow, args=(self._stopped,), name="follow-production", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End following: at once, or within two seconds where the thread is amid a call."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_SECONDS_TO_END)

    def _follow(self, stopped: threading.Event) -> None:
        failures = 0
        try:
            while not stopped.wait(self._poll_seconds * min(2**failures, _LONGEST_WAIT_IN_POLLS)):
                failures = 0 if self._look() else failures + 1
        finally:
            if not stopped.is_set():
                self._complain("the service does not follow production any more, after an unforeseen error; restart it")

    def _look(self) -> bool:
        """Take up the version in production if it is another one; whether that worked."""
        assert self._current is not None
        try:
            version, model = self._current(), self.serving.model
            if version is None:
                self._nothing_in_production()
            elif model is None or version != model.version:
                self._take_up()
            elif self.serving.reason is not None:
                self.serving = Serving(model, None)
                _log.info("production is followed again", version=version)
        except (RegistryError, BundleError) as error:
            self._complain(str(error))
            return False
        return True

    def _take_up(self) -> None:
        version, bundle = self._load()
        model = ServedModel(version, _predictor(bundle))
        self._on_load(bundle)
        before = self.serving.model
        self.serving = Serving(model, None)
        _log.info(
            "model loaded",
            version=version,
            previous=None if before is None else before.version,
            family=bundle.manifest.family,
        )

    def _nothing_in_production(self) -> None:
        if self.serving.model is not None:
            self._complain("no version is in production any more; promote one")

    def _complain(self, reason: str) -> None:
        """Say what is wrong at /health, and once in the log."""
        model = self.serving.model
        if model is not None:
            reason = f"version {model.version} goes on answering, but may not be the one in production: {reason}"
        if reason != self.serving.reason:
            self.serving = Serving(model, reason)
            _log.warning("production is not followed", reason=reason)


def _predictor(bundle: Bundle) -> Predictor:
    """A predictor; BundleError where its graph cannot be run."""
    from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime

    refusals = (
        onnxruntime.Fail,
        onnxruntime.InvalidArgument,
        onnxruntime.InvalidGraph,
        onnxruntime.InvalidProtobuf,
        onnxruntime.NotImplemented,
        onnxruntime.RuntimeException,
    )
    try:
        return Predictor(bundle)
    except refusals as error:
        raise BundleError(f"the graph of the model cannot be run ({error}); promote another version") from error
