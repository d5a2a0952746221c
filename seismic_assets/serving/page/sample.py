"""A small synthetic SEG-Y file to try the page with."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from seismic_assets.segy import write_segy
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey

SAMPLE_NAME = "synthetic_line.sgy"
USUAL_INTERVAL_US = 4000
_SEED, _CROSSLINES, _SAMPLES, _LONGEST_INTERVAL_US = 14, 240, 462, 32_767
_FREQUENCY_HZ = 32.0


@lru_cache(maxsize=4)
def synthetic_line(sample_interval_us: int = USUAL_INTERVAL_US) -> bytes:
    """A SEG-Y file of one synthetic inline, the same each time; its text header says that nothing was measured.

    Args:
        sample_interval_us: that of the model; beyond what a synthetic survey can have, 4 ms.
    """
    if not 100 <= sample_interval_us <= _LONGEST_INTERVAL_US:
        sample_interval_us = USUAL_INTERVAL_US
    # The bed thickness goes with the samples: the wavelet must, too, or it would be finer than they are.
    frequency = _FREQUENCY_HZ * USUAL_INTERVAL_US / sample_interval_us
    spec = SurveySpec(
        seed=_SEED,
        inlines=1,
        crosslines=_CROSSLINES,
        samples=_SAMPLES,
        sample_interval_us=sample_interval_us,
        peak_frequency_hz=frequency,
    )
    survey = make_survey(spec)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / SAMPLE_NAME
        write_segy(
            path,
            survey.traces[0],
            inline=[int(survey.inlines[0])] * _CROSSLINES,
            crossline=survey.crosslines,
            cdp_x=survey.cdp_x[0],
            cdp_y=survey.cdp_y[0],
            sample_interval_us=sample_interval_us,
            text=["SYNTHETIC LINE MADE BY SEISMIC_ASSETS: NO PART OF IT WAS MEASURED", f"SEED {_SEED}"],
        )
        return path.read_bytes()
