"""What a batch did is told of every asset that a step was to make, whatever the step is called."""

from collections.abc import Iterator

import dagster as dg

from seismic_assets.driver.execution import Batch, execute
from seismic_assets.driver.outcome import RunOutcome


@dg.multi_asset(specs=[dg.AssetSpec("one"), dg.AssetSpec("two")])
def both() -> Iterator[dg.MaterializeResult]:
    yield dg.MaterializeResult(asset_key="one", metadata={"dagster/row_count": 3})
    yield dg.MaterializeResult(asset_key="two")


@dg.multi_asset(specs=[dg.AssetSpec("torn"), dg.AssetSpec("worn")])
def neither() -> Iterator[dg.MaterializeResult]:
    raise ValueError("the table is damaged; restore it")
    yield


@dg.asset(deps=["torn"])
def below() -> None:
    """Nothing."""


def outcome_of(*names: str) -> tuple[bool, RunOutcome]:
    definitions, outcome = dg.Definitions([both, neither, below]), RunOutcome()
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_implicit_global_asset_job_def()
        return execute(job, instance, Batch(names), outcome, lambda _: None, {}), outcome


def test_every_asset_of_a_step_is_told_of() -> None:
    good, outcome = outcome_of("one", "two")

    assert good
    assert list(outcome.assets) == ["one", "two"]
    assert outcome.assets["one"].rows == 3
    assert outcome.assets["one"].seconds > 0
    assert outcome.errors == []


def test_a_step_that_fails_is_an_error_of_every_asset_it_was_to_make() -> None:
    good, outcome = outcome_of("torn", "worn", "below")

    assert not good
    sentence = "the table is damaged; restore it"
    assert {name: each.error for name, each in outcome.assets.items()} == {"torn": sentence, "worn": sentence}
