"""Model versions that a test puts into a registry."""

import tempfile
from pathlib import Path

from seismic_assets.defs.model.publishing import CONTENT_TAG
from seismic_assets.inference import Predictor
from seismic_assets.registry import Answers, Bundle, ModelRegistry, write_bundle


def plant(registry: ModelRegistry, source: Bundle, graph: str, *, drift: bool = True) -> str:
    """A version that answers as one of the graphs of a bundle, with its drift references or without them."""
    assert source.answers is not None
    inputs = source.answers.inputs
    with tempfile.TemporaryDirectory() as scratch, registry.run(graph, {}) as run_id:
        bundle = write_bundle(
            Path(scratch),
            source.manifest.model_copy(update={"mlflow_run_id": run_id, "family": graph, "files": {}}),
            embedder=source.embedder,
            feature_mean=source.feature_mean,
            feature_scale=source.feature_scale,
            graphs={**source.graphs, "model": source.graphs[graph]},
            reference=source.reference,
            trained_on=source.trained_on,
            answers=Answers(inputs, Predictor(source, graph).trained_probabilities(inputs).astype(float)),
            drift=source.drift if drift else None,
        )
        return registry.register(Path(scratch), inputs[:2], {CONTENT_TAG: bundle.content_digest()})
