"""Calls in turns, and what is told to those that nobody waits for any more."""

import asyncio
import threading

import pytest

from seismic_assets.tools.turns import Turns, when_given_up


def test_a_call_that_is_cancelled_is_told_and_keeps_its_turn_to_its_end() -> None:
    told, begun, order = threading.Event(), threading.Event(), []

    def long() -> None:
        with when_given_up(told.set):
            begun.set()
            assert told.wait(30)
        order.append("the first ended")

    async def both() -> None:
        turns = Turns(at_a_time=1)
        first = asyncio.create_task(turns.run(long))
        await asyncio.to_thread(begun.wait, 30)
        second = asyncio.create_task(turns.run(lambda: order.append("the second ran")))
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await second

    asyncio.run(both())

    assert order == ["the first ended", "the second ran"]


def test_a_call_that_is_cancelled_before_its_turn_never_runs() -> None:
    begun, free, ran = threading.Event(), threading.Event(), []

    def long() -> None:
        begun.set()
        assert free.wait(30)

    async def both() -> None:
        turns = Turns(at_a_time=1)
        first = asyncio.create_task(turns.run(long))
        await asyncio.to_thread(begun.wait, 30)
        second = asyncio.create_task(turns.run(lambda: ran.append("ran")))
        await asyncio.sleep(0.05)
        second.cancel()
        await asyncio.sleep(0.05)
        free.set()
        await first
        with pytest.raises(asyncio.CancelledError):
            await second

    asyncio.run(both())

    assert ran == []


def test_what_is_said_of_a_call_that_ended_is_said_to_nobody() -> None:
    told: list[str] = []

    def short() -> str:
        with when_given_up(lambda: told.append("told")):
            return "done"

    async def one() -> str:
        return await Turns().run(short)

    assert (asyncio.run(one()), told) == ("done", [])


def test_an_error_of_a_call_comes_as_it_is() -> None:
    def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        asyncio.run(Turns().run(fail))


def test_outside_of_a_turn_nobody_can_give_up() -> None:
    told: list[str] = []

    with when_given_up(lambda: told.append("told")):
        pass

    assert told == []
