"""How many requests are held at once, and what is done with the rest."""

import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest
from fastapi import HTTPException

from seismic_assets.registry import Bundle
from seismic_assets.serving.admission import Admission
from seismic_assets.serving.config import Limits
from seismic_assets.serving.served_model import ServedModel
from seismic_assets_tests.inference.building import make_traces
from seismic_assets_tests.serving.metrics.reading import samples
from seismic_assets_tests.serving.services import BODY, service

LARGE = {"traces": make_traces(200).tolist()}  # beyond what is worked on in the event loop


def refused(error: HTTPException, sentence: str) -> None:
    assert error.status_code == 503
    assert sentence in error.detail
    assert error.headers == {"Retry-After": "1"}


def run(test: Callable[[Admission, list[str]], Awaitable[None]], **limits: Any) -> list[str]:
    """Run a test in an event loop; the reasons of the refusals that were reported."""
    reasons: list[str] = []

    async def main() -> None:
        await test(Admission(Limits(**limits), reasons.append), reasons)

    anyio.run(main)
    return reasons


def test_beyond_the_bound_a_request_is_refused_at_once_and_a_place_is_free_again_afterwards() -> None:
    async def test(admission: Admission, reasons: list[str]) -> None:
        async with AsyncExitStack() as held:
            for _ in range(3):
                await held.enter_async_context(admission.enter())
            assert (admission.held, admission.waiting) == (3, 3)
            with pytest.raises(HTTPException) as caught:
                await held.enter_async_context(admission.enter())
            refused(caught.value, "too many requests wait")
        assert admission.held == 0
        async with admission.enter():
            assert admission.held == 1

    assert run(test, waiting=3) == ["queue_full"]


def test_a_request_that_fails_gives_its_place_and_its_bytes_back() -> None:
    async def test(admission: Admission, reasons: list[str]) -> None:
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                async with admission.enter() as held:
                    held.grow_to(90)
                    raise ZeroDivisionError
        async with admission.enter() as one, admission.enter() as other:
            one.grow_to(50)
            other.grow_to(50)

    assert run(test, waiting=2, waiting_bytes=100) == []


def test_the_bodies_together_are_bounded_but_one_alone_may_be_larger() -> None:
    async def test(admission: Admission, reasons: list[str]) -> None:
        async with admission.enter() as alone:
            alone.grow_to(1000)
        async with admission.enter() as one:
            one.grow_to(60)
            with pytest.raises(HTTPException) as caught:
                async with admission.enter() as other:
                    other.grow_to(40)
                    other.grow_to(41)
            refused(caught.value, "it holds too much already")
            async with admission.enter() as other:
                other.grow_to(40)

    assert run(test, waiting_bytes=100) == ["queue_full"]


def test_work_in_threads_is_done_a_few_at_once() -> None:
    async def test(admission: Admission, reasons: list[str]) -> None:
        go_on, lock, most = threading.Event(), threading.Lock(), 0

        def work() -> None:
            nonlocal most
            with lock:
                most = max(most, admission.working)
            assert go_on.wait(60)

        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(admission.in_thread, work)
            while not admission.busy:
                await anyio.sleep(0.001)
            await anyio.sleep(0.02)
            go_on.set()
        assert most == 2 and not admission.busy and admission.working == 0

    assert run(test, at_once=2) == []


def test_what_is_not_done_in_time_is_refused() -> None:
    async def test(admission: Admission, reasons: list[str]) -> None:
        go_on = threading.Event()
        with pytest.raises(HTTPException) as caught:
            await admission.in_thread(lambda: go_on.wait(60))
        refused(caught.value, "no answer within 0.05 s; send fewer traces, or later")
        go_on.set()
        assert await admission.in_thread(lambda: 7, 60) == 7

    assert run(test, at_once=1, timeout_seconds=0.05) == ["timeout"]


def test_a_thread_that_nobody_waits_for_any_more_keeps_its_place_until_it_ends() -> None:
    async def test(admission: Admission, reasons: list[str]) -> None:
        go_on = threading.Event()
        try:
            for _ in range(4):
                with pytest.raises(HTTPException):
                    await admission.in_thread(lambda: go_on.wait(60))
            assert admission.working == 2
        finally:
            go_on.set()

    assert run(test, at_once=2, timeout_seconds=0.05) == ["timeout"] * 4


def test_what_work_raises_comes_through() -> None:
    async def test(admission: Admission, reasons: list[str]) -> None:
        def fail() -> None:
            raise HTTPException(422, "trace 0 is dead")

        with pytest.raises(HTTPException, match="trace 0 is dead"):
            await admission.in_thread(fail)
        assert admission.working == 0

    assert run(test) == []


class Held:
    """A model that answers when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on = threading.Semaphore(0), threading.Event()
        answer = ServedModel.answer

        def wait_and_answer(model: ServedModel, request: Any) -> Any:
            if len(request.traces) == 200:
                self.begun.release()
                assert self.go_on.wait(60)
            return answer(model, request)

        monkeypatch.setattr(ServedModel, "answer", wait_and_answer)


def test_a_full_service_sheds_what_is_beyond_and_answers_what_it_accepted(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(monkeypatch)
    limits = Limits(waiting=2, at_once=1)
    with service(lambda: ("7", bundle), limits=limits) as client, ThreadPoolExecutor(2) as pool:
        accepted = [pool.submit(client.post, "/predict", json=LARGE) for _ in range(2)]
        assert held.begun.acquire(timeout=60)
        admission = client.app.state.service.admission  # type: ignore[attr-defined]
        while admission.held < 2:
            time.sleep(0.001)
        shed = client.post("/predict", json=BODY)
        metrics = samples(client.get("/metrics").text)
        held.go_on.set()

        assert (shed.status_code, shed.headers["Retry-After"]) == (503, "1")
        assert shed.headers["Content-Type"] == "application/problem+json"
        assert metrics["seismic_rejected_total{reason=queue_full}"] == 1
        assert metrics["seismic_requests_in_flight"] == 3, "two that wait and the scrape"
        assert [each.result(60).status_code for each in accepted] == [200, 200]
        assert client.post("/predict", json=BODY).status_code == 200


def test_a_request_that_takes_too_long_is_refused_and_the_service_goes_on(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(monkeypatch)
    with service(lambda: ("7", bundle), limits=Limits(timeout_seconds=1)) as client:
        response = client.post("/predict", json=LARGE)
        held.go_on.set()
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert "no answer within 1 s" in response.json()["detail"]
        assert client.post("/predict", json=BODY).status_code == 200
        assert samples(client.get("/metrics").text)["seismic_rejected_total{reason=timeout}"] == 1
