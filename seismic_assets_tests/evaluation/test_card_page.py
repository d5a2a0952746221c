import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from markdown_it import MarkdownIt

from seismic_assets.evaluation import (
    SPLIT_MAP_FILE,
    DataFile,
    FeatureChange,
    Importance,
    Interval,
    LabelSource,
    ModelCard,
    NoComparison,
    Serving,
    by_name,
    card_html,
    card_markdown,
    class_f1_intervals,
    f1_interval,
    judge,
    known_failures,
    measure_calibration,
    png_bytes,
    score,
    slice_scores,
    split_figure,
)
from seismic_assets.evaluation.gate_figures import Contender

NAMES = ("sand", "salt <b>")
HOSTILE = "a|b <script>x</script> & *y*.sgy"


@pytest.fixture(scope="module")
def card():
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, 300).astype(np.int32)
    probabilities = random.dirichlet([1, 1], 300)
    probabilities[np.arange(300), truth] += 0.6
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    predicted, blocks = probabilities.argmax(axis=1), np.repeat(np.arange(10), 30)
    scores, measured = score(truth, probabilities, NAMES), measure_calibration(truth, probabilities)
    slices = slice_scores(truth, predicted, blocks, {"survey": by_name(np.repeat(["n", HOSTILE], 150))}, 2)
    contender = Contender("4", scores, measured, {"sand": 9, "salt <b>": 9}, {"majority": 0.3})
    position = np.arange(30)
    return ModelCard(
        name="SeismicClassifier",
        version="4",
        date="2025-01-31",
        intended_use=["Facies of post-stack windows."],
        out_of_scope=["Drilling decisions without an interpreter."],
        files=[DataFile(HOSTILE, "abc123", 12_345, 4000)],
        labels=[LabelSource("picks|339.txt", "picks", "def456")],
        class_windows={"train": {"sand": 1200, "salt <b>": 300}, "test": {"sand": 150}},
        feature_set="classic",
        features=["rms_amplitude", "embedding_0"],
        family="random forest",
        parameters={"n_estimators": 200, "max_features": None},
        scores=scores,
        f1=f1_interval(truth, predicted, blocks, 2),
        calibration=measured,
        licence="Apache-2.0",
        delta_versions={"bronze_traces": 7},
        split_map=png_bytes(split_figure(position, position, np.full(30, "train"), np.full(30, "a")), dpi=30),
        class_f1=class_f1_intervals(truth, predicted, blocks, NAMES),
        baselines={"majority": 0.321},
        slices=slices,
        importance=[Importance("rms_amplitude", ("rms_amplitude",), Interval(0.2, 0.1, 0.3, 10))],
        changes=[
            FeatureChange("rms_amplitude", 1, 2, 0.4, "rms_amplitude has moved."),
            FeatureChange("energy", None, 1, None, None),
            FeatureChange("embedding", 2, 3, None, None),
        ],
        failures=known_failures(scores, slices),
        verdict=judge(contender, NoComparison("it is the first version"), Serving(10, 0, 0.0, 1.0)),
        environment={"numpy": "2.4.6"},
        runs={"MLflow run": "0123abcd"},
    )


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.sources, self.words = set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data):
        self.words += f" {data} "


def read(html):
    page = Page()
    page.feed(html)
    page.words = " ".join(page.words.split())
    return page


def by_markdown(card):
    return read(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(card_markdown(card)))


@pytest.mark.parametrize("make", [lambda card: read(card_html(card)), by_markdown], ids=["html", "markdown"])
def test_a_card_says_all_it_knows_whatever_the_form(card, make):
    page = make(card)
    for words in (
        "Model card: SeismicClassifier version 4",
        "2025-01-31",
        "Facies of post-stack windows.",
        "Drilling decisions without an interpreter.",
        f"{HOSTILE} abc123 12,345 4,000",
        "picks|339.txt picks def456",
        "bronze_traces 7",
        "all 1,500 150",
        "n_estimators 200 max_features None",
        "random forest on the 2 features of the set classic.",
        card.f1.text(),
        "macro-F1 of majority 0.321",
        f"expected calibration error {card.calibration.expected_error:.3f}",
        f"salt <b> {card.scores.per_class['salt <b>']['precision']:.3f}",
        f"survey {HOSTILE} {card.slices[0].f1.value:.3f}",
        "rms_amplitude +0.200 +0.100 to +0.300 1 (was 2)",
        "energy: gone (was 1)",
        "Defined anew, so that distributions cannot be compared: embedding.",
        "rms_amplitude has moved.",
        card.failures[0],
        f"Promoted: {card.verdict.reason}.",
        "classes above floor passed",
        "Apache-2.0",
        "numpy 2.4.6",
        "MLflow run 0123abcd",
    ):
        assert words in page.words, words
    assert not page.tags & {"script", "b", "em"}


def test_the_page_loads_nothing_and_holds_its_map(card):
    html = card_html(card)
    assert [source.split(",")[0] for source in read(html).sources] == ["data:image/png;base64"]
    assert "http" not in html


def test_markdown_refers_to_the_map_beside_it(card):
    assert f"![Positions by fold]({SPLIT_MAP_FILE})" in card_markdown(card)
    assert SPLIT_MAP_FILE not in card_markdown(replace(card, split_map=None))


def test_the_card_of_a_first_version_without_extras_is_whole(card):
    bare = replace(
        card,
        split_map=None,
        class_f1={},
        baselines={},
        slices=(),
        importance=(),
        changes=(),
        failures=(),
        verdict=None,
        environment={},
        runs={},
        delta_versions={},
        parameters={},
    )
    words = read(card_html(bare)).words
    assert "This version has not been put to the gate." in words
    assert "Not computed." in words
    assert "the defaults of the family" in words


def test_of_thousands_of_files_the_first_fifty_are_listed(card):
    many = replace(card, files=[DataFile(f"line_{index:04}.sgy", "d", 1000, 2000) for index in range(3000)])
    text = card_markdown(many)
    assert len(re.findall(r"^\| line_\d+\.sgy ", text, re.MULTILINE)) == 50
    assert "The first 50 of 3,000 files with 3,000,000 traces in all" in text


def test_of_many_parts_the_lowest_are_listed(card):
    part = card.slices[0]
    many = [replace(part, part=f"line {index}", f1=Interval(index / 100, None, None, 1)) for index in range(99, -1, -1)]
    text = card_markdown(replace(card, slices=many))
    assert "The 60 of 100 parts with the lowest macro-F1." in text
    assert re.findall(r"^\| survey \| line (\d+)", text, re.MULTILINE) == [str(index) for index in range(60)]


def test_a_refused_version_says_why(card):
    refused = replace(card.verdict, promote=False, reason="macro-F1 0.2 does not exceed the baseline")
    assert (
        "Refused: macro-F1 0.2 does not exceed the baseline." in read(card_html(replace(card, verdict=refused))).words
    )
