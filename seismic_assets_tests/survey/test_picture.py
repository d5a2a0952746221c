"""A picture of a section."""

from io import BytesIO

import pytest

from seismic_assets.survey.picture import section_figure
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey


@pytest.fixture(scope="module")
def figure():
    spec = SurveySpec(seed=1, inlines=1, crosslines=20, samples=100, sample_interval_us=2000)
    survey = make_survey(spec)
    return section_figure(
        survey.traces[0],
        survey.labels[0],
        crosslines=survey.crosslines,
        sample_interval_us=spec.sample_interval_us,
        start_ms=50.0,
        title="a section",
    )


def test_time_runs_downward_in_milliseconds_and_crosslines_to_the_right(figure):
    for axes in figure.axes[:2]:
        assert axes.get_xlim() == (299.5, 319.5)
        assert axes.get_ylim() == (249.0, 49.0)


def test_the_legend_names_every_class(figure):
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["normal", "anomaly", "boundary"]


def test_normal_samples_stay_uncoloured_and_the_others_do_not(figure):
    overlay = figure.axes[1].images[1].get_array()
    survey = make_survey(SurveySpec(seed=1, inlines=1, crosslines=20, samples=100, sample_interval_us=2000))
    assert ((overlay[:, :, 3] > 0) == (survey.labels[0].T > 0)).all()


def test_it_can_be_saved(figure):
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    assert buffer.getvalue().startswith(b"\x89PNG")
