from pathlib import Path

import pytest

from seismic_assets.segy import open_segy
from seismic_assets.serving.page.sample import USUAL_INTERVAL_US, synthetic_line


def facts(content: bytes, folder: Path) -> tuple[int, int, int, str]:
    path = folder / "a.sgy"
    path.write_bytes(content)
    with open_segy(path) as reader:
        return reader.num_traces, reader.num_samples, reader.sample_interval_us, reader.text().lines[0]


def test_the_sample_is_a_line_that_says_that_it_is_synthetic(tmp_path: Path) -> None:
    traces, samples, interval_us, text = facts(synthetic_line(), tmp_path)

    assert (traces, samples, interval_us) == (240, 462, USUAL_INTERVAL_US)
    assert "NO PART OF IT WAS MEASURED" in text


@pytest.mark.parametrize("interval_us", [250, 2000, 3000, 8000, 32_767])
def test_the_sample_has_the_interval_of_the_model(tmp_path: Path, interval_us: int) -> None:
    assert facts(synthetic_line(interval_us), tmp_path)[2] == interval_us


def test_an_interval_that_no_survey_has_gives_the_usual_one(tmp_path: Path) -> None:
    assert facts(synthetic_line(1_000_000), tmp_path)[2] == USUAL_INTERVAL_US


def test_the_sample_is_the_same_each_time() -> None:
    again = synthetic_line.__wrapped__()

    assert again == synthetic_line()
