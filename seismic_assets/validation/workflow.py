"""The workflow that looks at a deployment every night, as it is shipped with the package."""

from importlib.resources import files


def workflow_text() -> str:
    """Text of a GitHub Actions workflow for the repository of a deployment."""
    return files("seismic_assets.validation").joinpath("workflow.yml").read_text(encoding="utf-8")
