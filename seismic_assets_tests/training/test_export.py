import numpy as np
import onnxruntime
import pytest

from seismic_assets.attributes import standardise
from seismic_assets.training import MODEL_FAMILIES, fit_model, to_onnx_bytes
from seismic_assets_tests.training.building import fold, task


@pytest.mark.parametrize("family", sorted(MODEL_FAMILIES))
@pytest.mark.parametrize("classes", [(0, 1, 2), (0, 2, 5), (0, 1, 1)], ids=["three", "gaps", "two"])
def test_the_graph_answers_as_scikit_learn_does(family, classes):
    model = fit_model(family, task(classes=classes), 42)
    session = onnxruntime.InferenceSession(to_onnx_bytes(model), providers=["CPUExecutionProvider"])
    features = fold(5000, 3, classes).features
    inputs = standardise(features, model.feature_mean, model.feature_scale)
    label, probabilities = session.run(["label", "probabilities"], {"features": inputs})
    expected = model.probabilities(features)
    assert probabilities.shape == (5000, len(set(classes)))
    assert label.tolist() == model.estimator.predict(inputs).tolist()
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)


def test_a_graph_is_the_same_bytes_for_the_same_model():
    graphs = [to_onnx_bytes(fit_model("hist_gradient_boosting", task(300), 7)) for _ in range(2)]
    assert graphs[0] == graphs[1]
