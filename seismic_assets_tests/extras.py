"""Packages of extras that a test needs."""

import importlib.util
import os

import pytest


def require_torch() -> None:
    """Skip the test without PyTorch; in CI, where nothing that matters may be skipped, fail it."""
    if importlib.util.find_spec("torch") is not None:
        return
    needed = "needs PyTorch: pip install 'seismic-assets[deep]'"
    if os.environ.get("CI"):
        pytest.fail(f"{needed}; CI must run the tests of the network")
    pytest.skip(needed)
