"""Windows of synthetic surveys with their classes, as training and test folds of any feature set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes import (
    Embedder,
    FeatureSet,
    Surroundings,
    Traces,
    WindowGrid,
    fit_embedder,
    usable_traces,
    window_features,
)
from seismic_assets.labels import WindowRule, window_classes
from seismic_assets.survey.geology import CLASS_NAMES
from seismic_assets.survey.manifest import WINDOW_RULE
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey
from seismic_assets.training import FoldData, TrainingData, sample_by_block

GRID = WindowGrid(64, 32)
CLASS_MIX = (0.5, 0.3, 0.2)
TRAIN_SURVEYS, TEST_SURVEYS = 6, 3
TEST_SEED_OFFSET = 100  # far enough from the training surveys' seeds that none is met twice
COMPONENTS = 32
RULES = tuple(WindowRule(CLASS_NAMES.index(rule["class"]), rule["within"], rule["share"]) for rule in WINDOW_RULE)
_BLOCK_TRACES = 512


@dataclass(frozen=True)
class LabelledSurvey:
    """The live traces of a survey and the class of each of their windows.

    Attributes:
        traces: (n, num_samples).
        index: (n,) their places in the survey.
        around: who lies beside whom.
        classes: (n * k,) int32, trace by trace.
    """

    traces: Traces
    index: NDArray[np.int64]
    around: Surroundings
    classes: NDArray[np.int32]

    def blocks(self, neighbours: bool) -> Iterator[Traces]:
        """Some traces at a time, with the traces around them where they are asked for."""
        for start in range(0, len(self.index), _BLOCK_TRACES):
            some = slice(start, start + _BLOCK_TRACES)
            around = self.around.around(self.index[some]) if neighbours else None
            yield replace(
                self.traces, samples=self.traces.samples[some], start_ms=self.traces.start_ms[some], neighbours=around
            )


def labelled_survey(spec: SurveySpec) -> LabelledSurvey:
    """A survey with the classes that its geology gives."""
    survey = make_survey(spec)
    inlines, crosslines, samples = survey.traces.shape
    traces = survey.traces.reshape(-1, samples)
    inline, crossline = (each.ravel() for each in np.indices((inlines, crosslines)))
    alive = np.flatnonzero(usable_traces(traces))
    truth = survey.labels.reshape(-1, samples)[alive].astype(np.int16)
    classes = window_classes(truth, GRID.starts(samples), GRID.samples or samples, num_classes=3, rules=RULES)
    live = Traces(traces[alive], spec.sample_interval_us, np.zeros(len(alive), np.float32))
    return LabelledSurvey(
        live, alive, Surroundings.of_array(inline, crossline, traces), classes.ravel().astype(np.int32)
    )


def mixed_rows(classes: NDArray[np.int32], most: int, seed: int) -> NDArray[np.int64]:
    """At most `most` windows with the classes in the proportions of `CLASS_MIX`, sorted."""
    members = [np.flatnonzero(classes == index) for index in range(len(CLASS_MIX))]
    most = min(most, *(int(len(of) / share) for of, share in zip(members, CLASS_MIX, strict=True)))
    random = np.random.default_rng(seed)
    return np.sort(
        np.concatenate(
            [random.choice(of, int(most * share), replace=False) for of, share in zip(members, CLASS_MIX, strict=True)]
        )
    )


@dataclass(frozen=True)
class Task:
    """Folds to learn from and surveys never seen.

    Attributes:
        name: for a study.
        seed: of the first survey.
        data: blocks are whole surveys, so that the folds of a search leave surveys out.
        test: of other surveys.
        embedder: fitted on the training windows.
    """

    name: str
    seed: int
    data: TrainingData
    test: FoldData
    embedder: Embedder

    def thinned(self, windows: int) -> Task:
        """The same with fewer training windows."""
        train = self.data.train
        blocks = train.blocks if train.blocks is not None else np.zeros(len(train), np.int32)
        kept = train.take(sample_by_block(train.classes, blocks, windows, self.seed))
        return replace(self, data=replace(self.data, train=kept))


def make_task(
    first_seed: int,
    feature_set: FeatureSet,
    *,
    train_windows: int = 30_000,
    test_windows: int = 15_000,
    snr: float = 6.0,
    train_snr: float = 6.0,
    embedder: Embedder | None = None,
) -> Task:
    """Six surveys to learn from (the last only stops a boosting), three others to be scored on.

    Args:
        first_seed: of the first survey.
        feature_set: what a model sees.
        train_windows, test_windows: most windows.
        snr, train_snr: power ratio of signal to noise in the scored surveys and in those to learn from.
        embedder: to use instead of one fitted on the training windows.
    """
    seeds = range(first_seed, first_seed + TRAIN_SURVEYS)
    learnt = [labelled_survey(SurveySpec(seed=seed, signal_to_noise=train_snr)) for seed in seeds[:-1]]
    stopping = [labelled_survey(SurveySpec(seed=seeds[-1], signal_to_noise=train_snr))]
    others = range(first_seed + TEST_SEED_OFFSET, first_seed + TEST_SEED_OFFSET + TEST_SURVEYS)
    tested = [labelled_survey(SurveySpec(seed=seed, signal_to_noise=snr)) for seed in others]
    rows = _chosen(learnt, train_windows, first_seed)
    embedder = embedder or fit_embedder(_samples(learnt, rows), COMPONENTS)

    def fold(surveys: list[LabelledSurvey], most: int) -> FoldData:
        return _fold(surveys, _chosen(surveys, most, first_seed), embedder, feature_set)

    data = TrainingData(fold(learnt, train_windows), fold(stopping, train_windows // 5), feature_set.names(COMPONENTS))
    name = f"{first_seed}-{feature_set.name}"
    return Task(name, first_seed, data, fold(tested, test_windows), embedder)


def _chosen(surveys: list[LabelledSurvey], most: int, seed: int) -> list[NDArray[np.int64]]:
    """Windows of each survey, by their place in it."""
    classes = np.concatenate([survey.classes for survey in surveys])
    ends = np.cumsum([len(survey.classes) for survey in surveys])
    rows = mixed_rows(classes, most, seed)
    return [
        part - start
        for part, start in zip(np.split(rows, np.searchsorted(rows, ends[:-1])), [0, *ends[:-1]], strict=True)
    ]


def _samples(surveys: list[LabelledSurvey], rows: list[NDArray[np.int64]]) -> Iterable[NDArray[np.float32]]:
    for survey, chosen in zip(surveys, rows, strict=True):
        yield GRID.cut(survey.traces.samples)[chosen]


def _fold(
    surveys: list[LabelledSurvey], rows: list[NDArray[np.int64]], embedder: Embedder, feature_set: FeatureSet
) -> FoldData:
    features, classes, blocks = [], [], []
    for number, (survey, chosen) in enumerate(zip(surveys, rows, strict=True)):
        offset = 0
        for traces in survey.blocks(feature_set.needs_neighbours):
            windows = traces.windows(GRID)
            here = chosen[np.searchsorted(chosen, offset) : np.searchsorted(chosen, offset + len(windows.samples))]
            features.append(window_features(windows.of(here - offset), embedder, feature_set))
            offset += len(windows.samples)
        classes.append(survey.classes[chosen])
        blocks.append(np.full(len(chosen), number, np.int32))
    return FoldData(np.concatenate(features), np.concatenate(classes), np.concatenate(blocks))
