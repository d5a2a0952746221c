"""Blocks of traces as tasks of Ray."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seismic_assets.cluster.errors import ClusterError
from seismic_assets.lake.pools import Item, Result

_log = logging.getLogger(__name__)
_SECONDS_TO_CONNECT = 5.0
_TIMES_MORE = 10  # that a task is begun again after its worker or its machine was lost
# Ray would tell its makers about the cluster, and change the variables of processes without a GPU.
DEFAULTS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # A machine whose network is gone is noticed after half a minute; Ray itself would wait for seven.
    "RAY_grpc_client_keepalive_time_ms": "15000",
    "RAY_grpc_client_keepalive_timeout_ms": "15000",
}


@dataclass(frozen=True)
class RayPool:
    """Workers of a Ray cluster. All its machines see the landing folder and the lake under the same names.

    A task takes one core. One whose worker or machine is lost is done again elsewhere; what it left behind has a name
    of its own and is in no table.

    Attributes:
        address: of the cluster, as `HOST:6379`, `auto` for the one of this machine, or `ray://HOST:10001`; None starts
            one on this machine for as long as this process lives.
        cores: of that one.
        token: that the cluster asks for; by default what Ray finds by itself, as in RAY_AUTH_TOKEN.
    """

    address: str | None = None
    cores: int | None = None
    token: str | None = field(default=None, repr=False)

    def run(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """As `Pool` says.

        Raises:
            ClusterError: there is no cluster, or it goes on losing workers.
        """
        if not items:
            return []
        ray = self._connected()
        told = ray.put(_Piece(work))
        task = ray.remote(_done).options(num_cpus=1, max_retries=_TIMES_MORE, scheduling_strategy="SPREAD")
        pieces = [task.remote(told, item) for item in items]
        try:
            return list(ray.get(pieces))
        except ray.exceptions.RayTaskError as error:
            raise _cause(error) from error
        except ray.exceptions.RayError as error:
            why = str(error).strip().splitlines()[0]
            raise ClusterError(f"the Ray cluster {self._shown} lost the work ({why}); run again") from error
        finally:
            _give_up(ray, pieces)

    @property
    def _shown(self) -> str:
        return self.address or "of this machine"

    def _connected(self) -> Any:
        """Ray, connected once a process.

        Raises:
            ClusterError: the package is missing, nobody answers, or no machine of the cluster has a core.
        """
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
        if self.token is not None:
            os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=self.token)  # Ray takes it from nowhere else
        try:
            import ray
        except ImportError as error:
            raise ClusterError("a Ray cluster needs the extra ray: pip install 'seismic-assets[ray]'") from error
        _told_in_the_log()
        if not ray.is_initialized():
            own: dict[str, Any] = {} if self.address else {"num_cpus": self.cores, "include_dashboard": False}
            try:
                _knock(self.address)
                ray.init(address=self.address, log_to_driver=False, logging_level=logging.ERROR, **own)
            except (OSError, RuntimeError, ValueError) as error:
                why = " ".join(str(error).split())[:300]
                raise ClusterError(
                    f"the Ray cluster {self._shown} does not answer ({why}); start it with `ray start --head`, or "
                    "correct SEISMIC_RAY_ADDRESS"
                ) from error
        if not ray.cluster_resources().get("CPU"):
            raise ClusterError(
                f"no machine of the Ray cluster {self._shown} offers a core; start one with `ray start --address=...`"
            )
        return ray


def _knock(address: str | None) -> None:
    """See whether anybody listens: Ray itself would try for minutes.

    Raises:
        OSError: nobody does.
        ValueError: it is no address.
    """
    if address is None or address in ("auto", "local"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"{address} is not HOST:PORT")
    socket.create_connection((host, int(port)), _SECONDS_TO_CONNECT).close()


def _told_in_the_log() -> None:
    """What Ray has to say, as of a lost machine, goes to the log: it would print it among what is for programs."""
    from ray._private import worker

    worker.print_to_stdstream = _log_lines


def _log_lines(data: Mapping[str, Any], ignore_prefix: bool) -> None:
    for line in data["lines"]:
        _log.warning("the Ray cluster says: %s", line.strip())


class _Piece:
    """The work, sent to the cluster once: a function as an argument would be sent with each item."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.work = work


def _done(piece: _Piece, item: Any) -> Any:
    """In a worker: one piece, on one core."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return piece.work(item)


def _cause(error: Any) -> BaseException:
    """What the piece raised, with its own type."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, BaseException) else error


def _give_up(ray: Any, pieces: list[Any]) -> None:
    """End what is still to be done; nothing of it after all is done."""
    _, waiting = ray.wait(pieces, num_returns=len(pieces), timeout=0)
    for piece in waiting:
        ray.cancel(piece, force=False)
