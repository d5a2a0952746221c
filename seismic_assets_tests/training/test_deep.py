import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score
from threadpoolctl import threadpool_limits

from seismic_assets.attributes import standardise
from seismic_assets.training import (
    FoldData,
    TrainingData,
    TrainingError,
    apply_temperature,
    feature_scale,
    fit_model,
    to_onnx_bytes,
)
from seismic_assets.training.deep import WaveformClassifier, sequence_columns
from seismic_assets.training.families import make_estimator
from seismic_assets_tests.extras import require_torch
from seismic_assets_tests.training.waveforms import NAMES, SMALL, fitted, fold, task

HANDCRAFTED = 8


@pytest.fixture(scope="module", autouse=True)
def _torch():
    require_torch()


@pytest.fixture(scope="module")
def model():
    return fit_model("deep_cnn", task(), 42, SMALL)


def accuracy(model, test):
    predicted = np.array(model.trained_classes)[model.probabilities(test.features).argmax(axis=1)]
    return balanced_accuracy_score(test.classes, predicted)


def only(data: TrainingData, columns: slice) -> TrainingData:
    def of(fold):
        return replace(fold, features=fold.features[:, columns])

    return TrainingData(of(data.train), of(data.validation), data.feature_names[columns])


def test_it_tells_apart_what_only_the_course_of_the_waveform_tells_apart(model):
    test = fold(600, 3, fitted())
    statistics = fit_model("hist_gradient_boosting", only(task(), slice(HANDCRAFTED)), 42)
    assert accuracy(model, test) > 0.95
    assert accuracy(statistics, replace(test, features=test.features[:, :HANDCRAFTED])) < 0.7


def test_probabilities_are_float64_and_sum_to_one(model):
    probabilities = model.probabilities(fold(50, 3, fitted()).features)
    assert (probabilities.shape, probabilities.dtype) == ((50, 3), np.float64)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)
    assert model.probabilities(np.zeros((0, len(NAMES)), np.float32)).shape == (0, 3)


def test_the_same_seed_gives_the_same_network_to_the_last_bit_and_another_another(model):
    features = fold(300, 3, fitted()).features
    again, other = (fit_model("deep_cnn", task(), seed, SMALL) for seed in (42, 43))
    assert to_onnx_bytes(again) == to_onnx_bytes(model)
    assert again.probabilities(features).tobytes() == model.probabilities(features).tobytes()
    assert again.parameters == model.parameters
    assert not np.allclose(other.probabilities(features), model.probabilities(features))


def test_two_threads_repeat_to_the_last_bit_and_differ_from_one_by_rounding_alone():
    data = task(300)
    mean, scale = feature_scale(data.train.features)
    train, stop = (standardise(each.features, mean, scale) for each in (data.train, data.validation))

    def weights(threads):
        estimator = make_estimator("deep_cnn", 7, {"epochs": 3})
        with threadpool_limits(limits=threads):
            estimator.fit(
                train,
                data.train.classes,
                sequence=sequence_columns(NAMES),
                stop_features=stop,
                stop_classes=data.validation.classes,
                threads=threads,
            )
        return estimator.network_.output.weight

    assert weights(2).tobytes() == weights(2).tobytes()
    np.testing.assert_allclose(weights(2), weights(1), atol=1e-5)


def test_a_fit_leaves_the_random_numbers_and_the_threads_of_others_alone():
    import torch

    torch.manual_seed(5)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    fit_model("deep_cnn", task(100), 42, SMALL | {"epochs": 1})
    assert (torch.get_rng_state() == state).all()
    assert torch.get_num_threads() == threads


def test_validation_windows_stop_the_training_where_they_get_worse():
    data = task()
    random = np.random.default_rng(0)
    nonsense = replace(data.validation, classes=random.permutation(data.validation.classes))
    stopped = fit_model("deep_cnn", replace(data, validation=nonsense), 42, SMALL).estimator.network_.epochs
    assert stopped < fit_model("deep_cnn", data, 42, SMALL).estimator.network_.epochs <= SMALL["epochs"]


@pytest.mark.parametrize("validation", ["none", "other classes"])
def test_without_a_validation_window_of_its_classes_it_trains_for_a_set_time(validation):
    data = task()
    classes = data.validation.classes + 7
    held = replace(data.validation, classes=classes) if validation == "other classes" else data.validation.take([])
    model = fit_model("deep_cnn", replace(data, validation=held), 42, SMALL)
    assert model.estimator.network_.epochs == 15
    assert accuracy(model, fold(600, 3, fitted())) > 0.9


def test_rare_classes_count_as_much_as_frequent_ones():
    data = task(1200)
    kept = np.flatnonzero((data.train.classes != 1) | (np.arange(len(data.train)) % 10 == 0))
    model = fit_model("deep_cnn", replace(data, train=data.train.take(kept)), 42, SMALL)
    assert np.bincount(data.train.classes[kept])[1] < 60
    assert accuracy(model, fold(600, 3, fitted())) > 0.85


def test_windows_that_are_all_alike_are_told_apart_by_nothing():
    constant = FoldData(np.ones((60, len(NAMES)), np.float32), np.arange(60, dtype=np.int32) % 3)
    probabilities = fit_model("deep_cnn", TrainingData(constant, constant, NAMES), 0, SMALL).probabilities(
        constant.features
    )
    np.testing.assert_allclose(probabilities, 1 / 3, atol=0.15)


@pytest.mark.parametrize("windows", [2, 3, 129, 257])
def test_any_number_of_windows_can_be_trained_on_however_short_they_are_and_deep_it_is(windows):
    random = np.random.default_rng(1)
    features = random.normal(size=(windows, 8)).astype(np.float32)
    few = FoldData(features, (np.arange(windows) % 2).astype(np.int32))
    names = tuple(f"embedding_{index}" for index in range(8))
    model = fit_model("deep_cnn", TrainingData(few, few, names), 0, SMALL | {"depth": 5, "epochs": 2})
    assert_equal_to_the_estimator(model, features)


def assert_equal_to_the_estimator(model, inputs):
    session = onnxruntime.InferenceSession(to_onnx_bytes(model), providers=["CPUExecutionProvider"])
    label, probabilities = session.run(["label", "probabilities"], {"features": inputs})
    expected = apply_temperature(model.estimator.predict_proba(inputs), model.temperature)
    assert (label.dtype, probabilities.dtype, probabilities.shape) == (np.int64, np.float32, expected.shape)
    assert label.tolist() == model.estimator.predict(inputs).tolist()
    assert label.tolist() == model.estimator.classes_[expected.argmax(axis=1)].tolist()
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    return probabilities


def inputs_of(model, windows=3_000):
    return standardise(fold(windows, 3, fitted()).features, model.feature_mean, model.feature_scale)


@pytest.mark.parametrize("temperature", [1.0, 1.7])
@pytest.mark.parametrize("classes", [(0, 2, 5), (3, 8, 8)], ids=["three", "two"])
def test_the_graph_answers_as_pytorch_does(classes, temperature):
    model = fit_model("deep_cnn", task(300, classes), 42, SMALL | {"epochs": 3})
    assert_equal_to_the_estimator(replace(model, temperature=temperature), inputs_of(model))


def test_the_graph_of_the_default_parameters_answers_as_pytorch_does():
    model = fit_model("deep_cnn", task(100), 42, {"epochs": 2})
    assert_equal_to_the_estimator(model, inputs_of(model))


@pytest.mark.parametrize("windows", [1, 2, 40])
def test_the_graph_takes_any_number_of_windows_and_answers_each_as_alone(model, windows):
    inputs = inputs_of(model)
    among = assert_equal_to_the_estimator(model, inputs)
    np.testing.assert_allclose(assert_equal_to_the_estimator(model, inputs[:windows]), among[:windows], atol=1e-6)


def test_inputs_far_from_all_training_are_answered_alike(model):
    random = np.random.default_rng(0)
    far = random.normal(size=(2_000, len(NAMES))) * 10.0 ** random.integers(-6, 30, (2_000, 1))
    assert np.isfinite(assert_equal_to_the_estimator(model, far.astype(np.float32))).all()


def test_the_samples_are_read_in_the_order_of_their_numbers_wherever_they_stand():
    names = ("rms", "embedding_10", "embedding_x", *(f"embedding_{index}" for index in range(10)), "my_embedding_3")
    assert sequence_columns(names).tolist() == [*range(3, 13), 1]
    data = task(300)
    order = np.random.default_rng(4).permutation(len(NAMES))

    def shuffled(of):
        return replace(of, features=of.features[:, order])

    mixed = TrainingData(shuffled(data.train), shuffled(data.validation), tuple(NAMES[index] for index in order))
    model = fit_model("deep_cnn", mixed, 42, SMALL | {"epochs": 2})
    assert [mixed.feature_names[column] for column in model.estimator.network_.sequence] == list(NAMES[HANDCRAFTED:])
    assert_equal_to_the_estimator(model, inputs_of(model)[:, order])


@pytest.mark.parametrize("samples", [0, 7])
def test_features_without_the_samples_of_the_window_are_refused(samples):
    few = only(task(60), slice(HANDCRAFTED + samples))
    expected = (
        rf"reads the samples of a window in order and found {samples} where it needs 8; set SEISMIC_EMBEDDING=sam"
    )
    with pytest.raises(TrainingError, match=expected):
        fit_model("deep_cnn", few, 0, SMALL)


def test_weights_that_run_away_are_told_with_what_to_do():
    for data in (task(100), replace(task(100), validation=task(100).validation.take([]))):
        with pytest.raises(TrainingError, match=r"ran away in epoch \d+; lower learning_rate \(1e\+30\)"):
            fit_model("deep_cnn", data, 0, SMALL | {"learning_rate": 1e30})


def test_it_looks_like_an_estimator_of_scikit_learn(model):
    estimator = model.estimator
    unfitted = clone(estimator)
    assert isinstance(unfitted, WaveformClassifier)
    assert unfitted.get_params() == estimator.get_params() == {**model.parameters}
    assert unfitted.set_params(channels=16, random_state=3) is unfitted
    assert (unfitted.channels, unfitted.random_state) == (16, 3)
    with pytest.raises(ValueError, match="no parameter 'filters'; it has channels, depth, kernel"):
        unfitted.set_params(filters=3)


def test_a_fitted_network_is_arrays_alone_and_goes_to_another_process(model):
    inputs = inputs_of(model, 50)
    again = pickle.loads(pickle.dumps(model.estimator))  # noqa: S301
    assert again.predict_proba(inputs).tobytes() == model.estimator.predict_proba(inputs).tobytes()
    assert b"torch" not in pickle.dumps(model.estimator)


def test_without_pytorch_the_family_is_refused_and_asked_for_by_its_extra():
    script = """
import sys
class NoTorch:
    def find_spec(name, path, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
sys.meta_path.insert(0, NoTorch)
from seismic_assets.training import TrainingError
from seismic_assets.training.families import make_estimator
make_estimator("hist_gradient_boosting", 0)
try:
    make_estimator("deep_cnn", 0)
except TrainingError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        "the family 'deep_cnn' needs a package that is not installed: pip install 'seismic-assets[deep]'"
    )


def test_pytorch_is_loaded_by_nothing_but_the_network():
    script = "import sys, seismic_assets.training, seismic_assets.training.deep; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
