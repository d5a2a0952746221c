from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser

import matplotlib.image
import numpy as np

from seismic_assets.monitoring import MonitoringReport, feature_drift_part, prediction_drift_part, report_html
from seismic_assets.monitoring.alerting import alerts_of
from seismic_assets.monitoring.report_figures import accuracy_figure, features_figure, latency_figure
from seismic_assets.monitoring.report_parts import FeatureFigures, PerformancePart
from seismic_assets_tests.monitoring.drifted import too_small
from seismic_assets_tests.monitoring.reports import NORTH, calm, empty, troubled


@cache
def page_of(make: Callable[[], MonitoringReport]) -> str:
    return report_html(make())


class Page(HTMLParser):
    """The text of a page, its elements, and the addresses that it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.loads = "", [], []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_loads_nothing_from_elsewhere_and_its_pictures_show_something() -> None:
    page = Page(page_of(troubled))
    assert page.tags.count("img") == 7
    assert all(each.startswith("data:image/png;base64,") for each in page.loads)
    for each in page.loads:
        image = matplotlib.image.imread(io.BytesIO(base64.b64decode(each.split(",", 1)[1])))
        assert np.ptp(image) > 0.5


def test_names_of_files_are_shown_as_they_are_and_never_become_markup() -> None:
    page = Page(page_of(troubled))
    assert NORTH in page.text
    assert "b" not in page.tags


def test_the_page_says_what_drifted_how_models_do_and_what_was_decided() -> None:
    report = troubled()
    text = " ".join(Page(page_of(troubled)).text.split())
    for words in (
        report.summary,
        *(each.sentence for each in report.alerts),
        "tiny.sgy: undecided, 20 usable traces",
        "south.sgy: none of 11 features drifted.",
        "west.sgy: low, 1 of 11 features: feature_0.",
        "Version 7 (champion)",
        "Canary 8 is right less often than champion 7",
        "Asks for it: the severity of the feature drift is high",
        "Rows taken by processes that ended before writing them: 12.",
        "west.sgy is half as large.",
        "the classic test of each feature at p < .05 would alarm here",
    ):
        assert words in text, words


def test_what_is_not_there_yet_reads_as_a_sentence_and_not_as_an_empty_table() -> None:
    page = Page(page_of(empty))
    assert "table" not in page.tags
    assert "img" not in page.tags
    assert page.text.count("No data yet: ") == 4


def test_no_table_is_empty_and_no_figure_reads_nan() -> None:
    for make in (troubled, calm, empty):
        html = page_of(make)
        assert all("<td" in table for table in re.findall(r"<table>.*?</table>", html, re.DOTALL))
        words = Page(html).text.split()
        assert not {"nan", "None", "NaN"} & set(words)


def test_tables_that_cannot_be_read_are_no_lack_of_requests() -> None:
    unreadable = PerformancePart(unreadable="the table feedback of the service cannot be read (gone); restore the file")
    text = Page(report_html(calm().model_copy(update={"performance": unreadable}))).text
    assert "Nothing can be said: the table feedback of the service cannot be read (gone); restore the file." in text
    assert "no request was recorded" not in text
    report = calm().model_copy(update={"performance": unreadable})
    assert [each.key for each in alerts_of(report)] == ["served_unreadable"]


def test_a_report_in_which_nothing_could_be_decided_gives_the_reason() -> None:
    report = empty().model_copy(
        update={
            "feature_drift": feature_drift_part([too_small("tiny.sgy")]),
            "prediction_drift": prediction_drift_part([], {}),
        }
    )
    text = Page(report_html(report)).text
    assert "Severity undecided: wait for more traces." in text
    assert "tiny.sgy: undecided, 20 usable traces" in text


def test_an_analysis_is_shown_where_there_is_one() -> None:
    analysed = calm().model_copy(update={"llm_analysis": "All is well in the south."})
    assert "All is well in the south." in Page(report_html(analysed)).text
    assert "language model" not in Page(page_of(calm)).text


def test_accuracy_has_a_point_with_its_interval_in_each_window_with_truth_and_the_baseline() -> None:
    part = troubled().performance
    (axes,) = accuracy_figure(part).axes
    (bars,) = axes.containers
    windows = [each for each in part.versions[0].windows if each.accuracy]
    np.testing.assert_allclose(bars[0].get_ydata(), [each.accuracy.value for each in windows])
    assert 0 < len(windows) < len(part.versions[0].windows)
    assert any(np.allclose(line.get_ydata(), 0.94) for line in axes.lines)


def test_lines_are_broken_where_windows_are_missing() -> None:
    part = calm().performance
    some = part.total.model_copy(update={"windows": [*part.total.windows[:3], *part.total.windows[6:]]})
    (axes,) = latency_figure(part.model_copy(update={"total": some})).axes
    assert np.isnan(axes.lines[0].get_ydata()).sum() == 1
    (whole,) = latency_figure(part).axes
    assert np.isfinite(whole.lines[0].get_ydata()).all()


def test_the_legend_of_the_features_names_the_colours_that_are_there_alone() -> None:
    north = next(each for each in troubled().feature_drift.subjects if each.name == NORTH)
    drifted = [each for each in north.features if each.drifted]

    def legend(features: list[FeatureFigures]) -> list[str]:
        figure = features_figure(north.model_copy(update={"features": features}))
        return [text.get_text() for text in figure.legends[0].get_texts()]

    assert legend(north.features) == ["drifted", "not drifted"]
    assert legend(drifted) == ["drifted"]
