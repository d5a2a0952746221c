"""Small requests that come in together are worked on together: numpy takes little longer for eight than for one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass

from seismic_assets.serving.forms import Answer
from seismic_assets.serving.schemas import PredictRequest
from seismic_assets.serving.served_model import ServedModel

# About two milliseconds of work, for which the event loop does nothing else.
_MOST_TRACES = 64


@dataclass(slots=True)
class _Waiting:
    model: ServedModel
    request: PredictRequest
    answer: asyncio.Future[Answer]


class Batcher:
    """Answers the requests of one turn of an event loop in one go, without waiting for more to come."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []

    async def answer(self, model: ServedModel, request: PredictRequest) -> Answer:
        """What `ServedModel.answer` gives and raises, of a request that `ServedModel.combines`."""
        model.check_size(request)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append(_Waiting(model, request, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._work, loop)
        return await future

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer what waits, but no more than a few milliseconds of it before others have their turn."""
        groups: dict[tuple[int, tuple[object, ...]], list[_Waiting]] = defaultdict(list)
        taken = traces = 0
        for each in self._waiting:
            traces += len(each.request.traces)
            if taken and traces > _MOST_TRACES:
                break
            taken += 1
            groups[id(each.model), each.model.combination(each.request)].append(each)
        del self._waiting[:taken]
        if self._waiting:
            loop.call_soon(self._work, loop)
        for group in groups.values():
            _answer(group)


def _answer(group: list[_Waiting]) -> None:
    try:
        answers = group[0].model.answer_together([each.request for each in group])
    except Exception as error:  # noqa: BLE001 - whatever went wrong is raised where each of the answers is awaited
        for each in group:
            if not each.answer.done():
                each.answer.set_exception(error)
        return
    for each, answer in zip(group, answers, strict=True):
        if each.answer.done():  # the client is gone
            continue
        if isinstance(answer, Answer):
            each.answer.set_result(answer)
        else:
            each.answer.set_exception(answer)
