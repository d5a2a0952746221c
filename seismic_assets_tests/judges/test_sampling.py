import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.judges import Sampling
from seismic_assets.judges.sampling import Strategy, candidates, drawn

STRATEGIES: tuple[Strategy, ...] = ("random", "uncertain", "stratified")


def windows(number: int = 600, rare: int = 20, unclassed: int = 12) -> pl.DataFrame:
    """Windows of one file: most `normal`, few `salt`, some without a class."""
    names = ["salt" if at < rare else None if at < rare + unclassed else "normal" for at in range(number)]
    confidence = np.linspace(0.4, 1.0, number)
    return pl.DataFrame(
        {
            "trace_index": np.arange(number) // 6,
            "window_index": np.arange(number) % 6,
            "class_name": names,
            "confidence": [None if name is None else float(c) for name, c in zip(names, confidence, strict=True)],
        },
        schema_overrides={"trace_index": pl.Int64, "window_index": pl.Int32},
    )


def draw(sampling: Sampling, files: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return drawn((candidates(frame, name, sampling) for name, frame in files.items()), sampling)


def classes(sample: pl.DataFrame, files: dict[str, pl.DataFrame]) -> dict[tuple[str, str | None], int]:
    every = pl.concat([frame.with_columns(file_id=pl.lit(name)) for name, frame in files.items()])
    named = sample.join(every, ["file_id", "trace_index", "window_index"])
    assert named.height == sample.height
    return {(row[0], row[1]): row[2] for row in named.group_by("file_id", "class_name").len().iter_rows()}


FILES = {"a.sgy": windows(), "b.sgy": windows(60, rare=3, unclassed=0)}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_sampling_draws_the_same_whatever_the_order_of_rows_and_files(strategy: Strategy) -> None:
    sampling = Sampling(40, strategy=strategy)
    turned = {name: frame.reverse() for name, frame in reversed(FILES.items())}

    assert draw(sampling, FILES).equals(draw(sampling, turned))


@pytest.mark.parametrize("strategy", ["random", "stratified"])
def test_another_seed_draws_others(strategy: Strategy) -> None:
    one, other = (draw(Sampling(40, seed, strategy), FILES) for seed in (1, 2))

    assert not one.equals(other)


def test_a_stratified_sample_has_of_every_file_and_class_as_many() -> None:
    found = classes(draw(Sampling(50), FILES), FILES)

    assert found[("b.sgy", "salt")] == 3
    others = [found[key] for key in (("a.sgy", "normal"), ("a.sgy", "salt"), ("b.sgy", "normal"), ("a.sgy", None))]
    assert max(others) - min(others) <= 1
    assert sum(found.values()) == 50


def test_an_uncertain_sample_has_those_of_least_confidence() -> None:
    sample = draw(Sampling(30, strategy="uncertain"), {"a.sgy": windows(rare=0, unclassed=0)})

    assert sorted(sample["trace_index"] * 6 + sample["window_index"]) == list(range(30))
    assert sample["weight"].to_list() == [1.0] * 30


def test_a_random_sample_is_of_all_windows_alike() -> None:
    found = classes(draw(Sampling(330, strategy="random"), FILES), FILES)

    assert 270 < sum(number for (file_id, _), number in found.items() if file_id == "a.sgy") < 330


@given(samples=st.integers(1, 900), seed=st.integers(0, 2**31), strategy=st.sampled_from(STRATEGIES))
def test_a_sample_is_no_larger_than_asked_for_or_than_all_there_is(samples: int, seed: int, strategy: Strategy) -> None:
    sample = draw(Sampling(samples, seed, strategy), FILES)

    assert sample.height == min(samples, 660)
    assert not sample.is_duplicated().any()


@given(samples=st.integers(6, 660), seed=st.integers(0, 1000))
def test_the_weights_of_a_stratified_sample_add_up_to_all_windows(samples: int, seed: int) -> None:
    assert draw(Sampling(samples, seed), FILES)["weight"].sum() == pytest.approx(660)


def test_nothing_to_draw_from_is_an_empty_sample() -> None:
    assert draw(Sampling(10), {}).is_empty()


def test_a_sample_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="0 samples"):
        Sampling(0)
