"""The model that is served, kept the one that its source names."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import HTTPException

from seismic_assets.inference import Predictor
from seismic_assets.registry import Bundle, BundleError, RegistryError
from seismic_assets.serving.last_good import LastGood
from seismic_assets.serving.served_model import ServedModel
from seismic_assets.serving.sources import Source

_log = structlog.get_logger(__name__)
_SECONDS_TO_END = 2.0
# A bundle that cannot be loaded may have to be fetched over a network each time.
_LONGEST_WAIT_IN_POLLS = 12
_STAMP_SECONDS = 0.25
# A registry that hangs is given up after minutes; MLflow alone takes seconds to import on a busy machine.
_SECONDS_FOR_A_START = 10.0


@dataclass(frozen=True)
class Serving:
    """What is served at one moment; replaced as a whole.

    Attributes:
        model: what answers, or None.
        reason: why there is no model, or why the one that answers may not be the one in production; else None.
    """

    model: ServedModel | None
    reason: str | None


@dataclass(frozen=True)
class Following:
    """How a model is followed.

    Attributes:
        poll_seconds: seconds between two looks at the source, up to twelve times as many after failures; 0 or None
            for never.
        stamp: a file that each process looks at four times a second: when it is touched, all look at the source.
        last_good: what a start goes on with when the source fails.
        on_load: called with each bundle before it is served.
        on_outcome: called with `loaded`, `failed` or `last_good` when a model was to be taken up.
    """

    poll_seconds: float | None = 5.0
    stamp: Path | None = None
    last_good: LastGood | None = None
    on_load: Callable[[str, Bundle], None] = lambda version, bundle: None
    on_outcome: Callable[[str], None] = lambda outcome: None


class FollowedModel:
    """The model that is served, and a thread of its own that looks for another one in production.

    Requests take `serving` once and finish on it; another model is loaded beside and then put in its place. What goes
    wrong while following leaves the present model where it is, is said in `serving.reason` and logged once.
    """

    def __init__(self, source: Source, how: Following) -> None:
        self.serving = Serving(None, "the service is starting")
        self.follows = source.current is not None and bool(how.poll_seconds)
        self.alias = source.alias
        self._source = source
        self._how = how
        self._looking = threading.Lock()
        self._replacing = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Load the model, and begin to follow; without a model the service runs all the same and says so.

        A source that hangs is not waited for where a model was kept: that one answers until the source does.
        """
        loaded: Future[None] = Future()
        threading.Thread(target=self._begin, args=(loaded,), name="load-model", daemon=True).start()
        try:
            loaded.result(_SECONDS_FOR_A_START)
        except TimeoutError:
            self._go_on_with_the_last(f"the model registry has not answered for {_SECONDS_FOR_A_START:g} s")
            if self.serving.model is None:
                loaded.result()
        if self.follows or (self._source.current is not None and self._how.stamp is not None):
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

    def reload(self) -> Serving:
        """Look at the source now, in all processes that share the stamp; what is served afterwards here."""
        self._look()
        if self._how.stamp is not None:
            try:
                self._how.stamp.parent.mkdir(parents=True, exist_ok=True)
                self._how.stamp.touch()
            except OSError as error:
                _log.warning("other workers are not told to reload", stamp=str(self._how.stamp), reason=error.strerror)
        return self.serving

    def _begin(self, loaded: Future[None]) -> None:
        """Take up the first model; what is unforeseen is raised where `loaded` is waited for."""
        try:
            with self._looking:
                self._begin_with_source()
        except BaseException as error:  # noqa: BLE001 - it ends the start of the service, not this thread
            loaded.set_exception(error)
        else:
            loaded.set_result(None)

    def _begin_with_source(self) -> None:
        try:
            self._take_up()
        except (RegistryError, BundleError) as error:
            self._how.on_outcome("failed")
            if self.serving.model is None:
                self.serving = Serving(None, str(error))
                self._go_on_with_the_last(str(error))
            else:
                self._complain(str(error))

    def _follow(self, stopped: threading.Event) -> None:
        failures, stamp = 0, self._stamped()
        next_look = self._next_look(0)
        try:
            while not stopped.wait(self._pause(next_look)):
                touched = self._stamped()
                if time.monotonic() < next_look and touched == stamp:
                    continue
                stamp = touched
                failures = 0 if self._look() else failures + 1
                next_look = self._next_look(failures)
        finally:
            if not stopped.is_set():
                self._complain("the service does not follow production any more, after an unforeseen error; restart it")

    def _next_look(self, failures: int) -> float:
        if not self._how.poll_seconds:
            return float("inf")
        return time.monotonic() + self._how.poll_seconds * min(2**failures, _LONGEST_WAIT_IN_POLLS)

    def _pause(self, next_look: float) -> float:
        longest = _STAMP_SECONDS if self._how.stamp is not None else float("inf")
        return min(max(next_look - time.monotonic(), 0.0), longest)

    def _stamped(self) -> int:
        """When the stamp was touched last, in nanoseconds."""
        try:
            return self._how.stamp.stat().st_mtime_ns if self._how.stamp is not None else 0
        except OSError:
            return 0

    def _look(self) -> bool:
        """Take up the version in production if it is another one; whether that worked."""
        with self._looking:
            try:
                version = self._source.current() if self._source.current is not None else None
                model = self.serving.model
                if version is None and self._source.current is not None:
                    self._nothing_in_production()
                elif model is None or version != model.version:
                    self._take_up()
                elif self.serving.reason is not None:
                    self.serving = Serving(model, None)
                    _log.info("production is followed again", version=version)
            except (RegistryError, BundleError) as error:
                self._how.on_outcome("failed")
                self._complain(str(error))
                return False
            return True

    def _take_up(self) -> None:
        version, bundle = self._source.load()
        self._serve(ServedModel(version, _predictor(bundle), self._source.name, self._metrics(version)), None)
        self._how.on_outcome("loaded")
        if self._how.last_good is not None:
            self._how.last_good.save(version, bundle)

    def _serve(self, model: ServedModel, reason: str | None) -> None:
        """Put a model in place; one of which something is to be said yields to one that is there already."""
        _warm_up(model)
        bundle = model.predictor.bundle
        with self._replacing:
            before = self.serving.model
            if reason is not None and before is not None:
                return
            self._how.on_load(model.version, bundle)
            self.serving = Serving(model, reason)
        _log.info(
            "model loaded",
            version=model.version,
            previous=None if before is None else before.version,
            family=bundle.manifest.family,
        )

    def _metrics(self, version: str) -> Mapping[str, float]:
        """What the run of a version logged; a registry that is away is no reason not to serve."""
        try:
            return self._source.metrics(version)
        except RegistryError as error:
            _log.warning("the metrics of the model are not known", version=version, reason=str(error))
            return {}

    def _go_on_with_the_last(self, reason: str) -> None:
        """Serve what was served last, where it was kept; else without a model."""
        try:
            kept = self._how.last_good.load() if self._how.last_good is not None else None
            if kept is not None:
                version, bundle = kept
                # What its run logged is not asked for: the registry would keep the start waiting.
                model = ServedModel(version, _predictor(bundle), self._source.name)
                self._serve(model, _may_not_be_in_production(version, reason))
                self._how.on_outcome("last_good")
        except BundleError as error:
            _log.warning("the last good model cannot be used", reason=str(error))
        _log.warning("no model" if self.serving.model is None else "production is not followed", reason=reason)

    def _nothing_in_production(self) -> None:
        if self.serving.model is not None:
            self._complain("no version is in production any more; promote one")

    def _complain(self, reason: str) -> None:
        """Say what is wrong at /health, and once in the log."""
        model = self.serving.model
        if model is not None:
            reason = _may_not_be_in_production(model.version, reason)
        if reason != self.serving.reason:
            self.serving = Serving(model, reason)
            _log.warning("production is not followed", reason=reason)


def _may_not_be_in_production(version: str, reason: str) -> str:
    return f"version {version} goes on answering, but may not be the one in production: {reason}"


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
        # Requests of one trace come far more often than large ones, and these are worked on beside each other.
        return Predictor(bundle, threads=1)
    except refusals as error:
        raise BundleError(f"the graph of the model cannot be run ({error}); promote another version") from error


def _warm_up(model: ServedModel) -> None:
    """Predict once; BundleError where the model cannot."""
    try:
        model.warm_up()
    except HTTPException as error:
        raise BundleError(f"the model does not predict ({error.detail}); promote another version") from error
