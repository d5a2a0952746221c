from pathlib import Path

import dagster as dg
import pytest

from seismic_assets.defs.raw.assets import survey_sample
from seismic_assets.segy import take_stock
from seismic_assets.settings import Settings


def materialise(settings: Settings) -> dg.ExecuteInProcessResult:
    return dg.materialize([survey_sample], resources={"settings": settings}, raise_on_error=False)


@pytest.mark.real_data
def test_a_sample_of_a_survey_lands_in_the_landing_folder(real_data: Path, tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    settings = Settings(
        landing_dir=tmp_path / "landing",
        storage_root=tmp_path / "storage",
        sample_source=real_data / "segy/real/f3.sgy",
        sample_traces=60,
        sample_files=3,
    )

    result = materialise(settings)

    assert result.success
    stock = take_stock(tmp_path / "landing")
    assert [entry.traces for entry in stock.admitted] == [20, 20, 20]


def test_without_a_source_it_says_which_setting_is_missing(tmp_path: Path) -> None:
    settings = Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage")

    result = materialise(settings)

    failure = result.failure_data_for_node("survey_sample")
    assert failure is not None and failure.user_failure_data is not None
    assert "SEISMIC_SAMPLE_SOURCE" in (failure.user_failure_data.description or "")
