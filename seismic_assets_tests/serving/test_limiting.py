"""The rate limit of a key, in memory and in a Redis that comes and goes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from seismic_assets.serving.limiting import LimitError, RateLimit
from seismic_assets_tests.extras import require
from seismic_assets_tests.redis_server import Redis, redis_server


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with redis_server(tmp_path) as server:
        yield server


def test_a_key_may_call_as_often_as_was_said_and_is_told_when_again() -> None:
    limit = RateLimit(3)

    answers = [limit.refusal("a key") for _ in range(5)]

    assert answers[:3] == [None, None, None]
    assert all(answer is not None and 0 < answer <= 60 for answer in answers[3:])


def test_each_key_has_a_limit_of_its_own() -> None:
    limit = RateLimit(1)
    limit.refusal("first")

    assert limit.refusal("first") is not None
    assert limit.refusal("second") is None


def test_a_refused_call_does_not_put_off_the_next_allowed_one() -> None:
    limit = RateLimit(1)
    limit.refusal("a key")
    first, last = limit.refusal("a key"), [limit.refusal("a key") for _ in range(100)][-1]

    assert first is not None
    assert last is not None
    assert last <= first


def test_callers_without_number_are_forgotten_and_a_few_hundred_are_not() -> None:
    limit = RateLimit(1)
    limit.refusal("first")
    for number in range(500):
        limit.refusal(f"198.51.100.{number}")
    assert limit.refusal("first") is not None

    for number in range(1000):
        limit.refusal(f"2001:db8::{number:x}")

    assert limit.refusal("first") is None


@pytest.mark.parametrize("uri", ["somewhere", "redis://user:secret@host:port/0", "memcached://secret:1", "secret://"])
def test_an_address_that_is_none_is_refused_and_not_repeated(uri: str) -> None:
    require("redis", "redis")

    with pytest.raises(LimitError, match="redis://host:port/number") as error:
        RateLimit(1, uri)

    assert "secret" not in str(error.value)


def test_a_limit_that_lets_nothing_pass_is_refused() -> None:
    with pytest.raises(LimitError, match="at least 1"):
        RateLimit(0)


def test_workers_with_one_redis_count_together(redis: Redis) -> None:
    first, second = RateLimit(4, redis.uri), RateLimit(4, redis.uri)

    answers = [limit.refusal("a key") for limit in (first, second) * 3]

    assert answers[:4] == [None] * 4
    assert all(answer is not None and 0 < answer <= 60 for answer in answers[4:])
    assert first.remote


def test_without_its_redis_a_worker_counts_for_itself_and_says_so_once(redis: Redis) -> None:
    limit = RateLimit(2, redis.uri, rest_seconds=0)
    assert limit.refusal("a key") is None
    redis.stop()

    with capture_logs() as logs:
        answers = [limit.refusal("a key") for _ in range(3)]

    assert answers[:2] == [None, None]
    assert answers[2] is not None
    assert limit.failures == 3
    assert [entry["event"].split(";")[0] for entry in logs] == ["the store of the rate limit does not answer"]


def test_a_redis_that_comes_back_is_asked_again(redis: Redis) -> None:
    limit = RateLimit(1, redis.uri, rest_seconds=0)
    limit.refusal("a key")
    redis.stop()
    limit.refusal("a key")
    redis.start()

    with capture_logs() as logs:
        answer = limit.refusal("a key")

    assert answer is None  # the new server knows nothing, where the worker's own count is used up
    assert [entry["event"] for entry in logs] == ["the store of the rate limit answers again"]


def test_a_redis_that_does_not_answer_is_left_alone_for_a_while(redis: Redis) -> None:
    limit = RateLimit(100, redis.uri, rest_seconds=3600)
    limit.refusal("a key")

    with redis.hanging():
        answers = [limit.refusal("a key") for _ in range(50)]

    assert answers == [None] * 50
    assert limit.failures == 1


def test_a_store_that_fails_is_asked_once_and_not_again_and_again_while_a_request_waits() -> None:
    require("redis", "redis")
    with socket.create_server(("127.0.0.1", 0)) as server:
        limit = RateLimit(100, f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        asked = 0

        def hang_up() -> None:
            nonlocal asked
            server.settimeout(1.5)  # the first retry of the client would come within a second
            with suppress(TimeoutError):
                while True:
                    server.accept()[0].close()
                    asked += 1

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert limit.refusal("a key") is None
        thread.join()

    assert asked == 1
