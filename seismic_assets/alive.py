"""`python -m seismic_assets.alive ADDRESS`: whether a service answers, for the health checks of containers.

It is asked every few seconds in each container, so it imports nothing of ours and little of others.
"""

from __future__ import annotations

import sys
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

_SECONDS = 8.0


class NotAlive(Exception):
    """A service does not answer as one that lives; says which and why."""


def check_alive(address: str) -> None:
    """Return if a service answers.

    Args:
        address: `http://HOST:PORT/PATH`, which must answer with a status below 400, or `grpc://HOST:PORT`, which must
            say by gRPC's own protocol of health that it serves.

    Raises:
        NotAlive: it does not, or the address is neither.
    """
    scheme = urlsplit(address).scheme
    if scheme == "http":
        _check_http(address)
    elif scheme == "grpc":
        _check_grpc(address)
    else:
        raise NotAlive(f"{address} is no address; give http://HOST:PORT/PATH or grpc://HOST:PORT")


def _check_http(address: str) -> None:
    try:
        # A proxy of the environment is not for services of one's own.
        with build_opener(ProxyHandler({})).open(address, timeout=_SECONDS):
            return
    except (URLError, OSError) as error:
        raise NotAlive(f"{address} does not answer ({error})") from error


def _check_grpc(address: str) -> None:
    import grpc  # type: ignore[import-untyped]
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

    try:
        with grpc.insecure_channel(urlsplit(address).netloc, options=[("grpc.enable_http_proxy", 0)]) as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service="DagsterApi"), timeout=_SECONDS
            )
    except grpc.RpcError as error:
        raise NotAlive(f"{address} does not answer ({error.code().name})") from error
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise NotAlive(f"{address} answers that it does not serve")


def main(arguments: list[str]) -> None:
    """Exit with status 0 where the service answers, with 1 and a sentence where it does not."""
    if len(arguments) != 1:
        sys.exit("give one address: http://HOST:PORT/PATH or grpc://HOST:PORT")
    try:
        check_alive(arguments[0])
    except NotAlive as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
