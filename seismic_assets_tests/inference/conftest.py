"""One model for all tests of inference."""

from seismic_assets_tests.inference.model_fixtures import bundle, bundle_folder, lateral, lateral_bundle, predictor

__all__ = ["bundle", "bundle_folder", "lateral", "lateral_bundle", "predictor"]
