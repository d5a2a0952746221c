"""Small requests that come in together are answered together, and each as if alone."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi import HTTPException

from seismic_assets.inference import Predictor
from seismic_assets.registry import Bundle
from seismic_assets.serving import batching
from seismic_assets.serving.batching import Batcher
from seismic_assets.serving.forms import Answer
from seismic_assets.serving.schemas import PredictRequest
from seismic_assets.serving.served_model import ServedModel
from seismic_assets_tests.inference.building import INTERVAL_US, build_bundle, make_traces


class Counting(ServedModel):
    """Remembers how many requests were answered in each go."""

    def answer_together(self, requests):
        self.__dict__.setdefault("goes", []).append(len(requests))
        return super().answer_together(requests)


@pytest.fixture
def model(bundle: Bundle) -> Counting:
    return Counting("7", Predictor(bundle, threads=1))


def asked(traces: np.ndarray, **options: object) -> PredictRequest:
    return PredictRequest.model_validate({"traces": traces, **options})


def answers(model: ServedModel, requests: list[PredictRequest]) -> list[Answer | BaseException]:
    async def all_at_once() -> list[Answer | BaseException]:
        batcher = Batcher()
        return await asyncio.gather(*(batcher.answer(model, each) for each in requests), return_exceptions=True)

    return asyncio.run(all_at_once())


def test_requests_of_one_turn_are_answered_in_one_go_each_as_if_alone(model: Counting) -> None:
    requests = [asked(make_traces(count, seed=count)) for count in (1, 3, 2, 1)]

    together = answers(model, requests)

    assert model.__dict__["goes"] == [4]
    for request, answer in zip(requests, together, strict=True):
        alone = model.answer(request)
        assert isinstance(answer, Answer)
        np.testing.assert_allclose(answer.probabilities, alone.probabilities, atol=1e-6)
        np.testing.assert_allclose(answer.summary.probabilities, alone.summary.probabilities, atol=1e-6)
        assert (answer.summary.classes == alone.summary.classes).all()
        assert (answer.starts_ms == alone.starts_ms).all() and (answer.ends_ms == alone.ends_ms).all()


def test_requests_that_differ_in_more_than_their_samples_are_answered_apart(model: Counting) -> None:
    lengths = [asked(make_traces(1, samples)) for samples in (100, 100, 80)]

    together = answers(model, [*lengths, asked(make_traces(1), sample_interval_us=INTERVAL_US, start_ms=8.0)])

    assert sorted(model.__dict__["goes"]) == [1, 1, 2]
    assert [each.probabilities.shape[1] for each in together if isinstance(each, Answer)] == [5, 5, 4, 5]


def test_a_refusal_is_that_of_one_request_alone(tmp_path: Path) -> None:
    bundle = build_bundle(tmp_path / "bundle", "logistic_regression")
    narrow = replace(bundle, feature_scale=np.full_like(bundle.feature_scale, 1e-20))
    model, huge = Counting("7", Predictor(narrow, threads=1)), np.array([[1e15, -1e15] * 50], np.float32)
    requests = [asked(make_traces(2)), asked(np.full((1, 100), 5.0, np.float32)), asked(huge)]

    good, dead, too_large = answers(model, requests)

    assert isinstance(good, Answer)
    assert isinstance(dead, HTTPException) and "trace 0 is dead" in dead.detail
    assert isinstance(too_large, HTTPException) and "trace 0 are too large" in too_large.detail
    assert model.__dict__["goes"] == [3]


def test_another_sample_interval_is_refused_to_all_who_sent_it(model: Counting) -> None:
    first, second, good = answers(model, [*[asked(make_traces(1), sample_interval_us=2000)] * 2, asked(make_traces(1))])

    assert isinstance(good, Answer)
    for each in (first, second):
        assert isinstance(each, HTTPException) and "sample interval of 2000 us" in each.detail


def test_what_goes_wrong_is_raised_where_it_is_awaited(model: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self, requests):
        raise RuntimeError("no memory")

    monkeypatch.setattr(Counting, "answer_together", fail)

    assert [type(each) for each in answers(model, [asked(make_traces(1))] * 2)] == [RuntimeError] * 2


def test_many_are_answered_in_several_goes_with_the_loop_free_in_between(
    model: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "_MOST_TRACES", 4)

    together = answers(model, [asked(make_traces(count)) for count in (3, 1, 2, 9, 1)])

    assert all(isinstance(each, Answer) for each in together)
    assert model.__dict__["goes"] == [2, 1, 1, 1]


def test_a_client_that_is_gone_holds_nobody_up(model: Counting) -> None:
    async def one_leaves() -> Answer:
        batcher = Batcher()
        leaving = asyncio.create_task(batcher.answer(model, asked(make_traces(1))))
        staying = asyncio.create_task(batcher.answer(model, asked(make_traces(2))))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert len(asyncio.run(one_leaves()).probabilities) == 2


def test_a_batcher_starts_no_thread(model: Counting) -> None:
    before = threading.active_count()
    answers(model, [asked(make_traces(1))] * 3)
    assert threading.active_count() == before
