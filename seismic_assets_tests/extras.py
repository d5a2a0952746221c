"""Packages of extras that a test needs."""

import importlib.util
import os

import pytest


def require_torch() -> None:
    """PyTorch, for the tests of the network."""
    require("torch", "deep")


def require(package: str, extra: str) -> None:
    """Skip the test without a package; in CI, where nothing that matters may be skipped, fail it."""
    if importlib.util.find_spec(package) is not None:
        return
    needed = f"needs {package}: pip install 'seismic-assets[{extra}]'"
    if os.environ.get("CI"):
        pytest.fail(f"{needed}; CI must run the tests of every extra")
    pytest.skip(needed)
