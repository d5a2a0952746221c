"""The Helm chart as Helm itself renders it: a wheel carries Helm's own library, so no binary is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from seismic_assets.settings.profiles import ENVIRONMENTS
from seismic_assets_tests.deploy.programs import DEPLOY

CHART = DEPLOY / "helm" / "seismic-assets"
RELEASE, NAMESPACE = "seismic", "survey"
# Kinds of Prometheus's operator, whose schemas Kubernetes has not.
OPERATORS = frozenset({"ServiceMonitor", "PrometheusRule"})

KUBERNETES = ("1.28", "1.32", "1.36")
PORTS = {"api": 8000, "code": 4000, "exporter": 8001, "mlflow": 5000, "page": 3000, "viewers": 3001}

Manifest = dict[str, Any]


def values_of(environment: str) -> dict[str, Any]:
    """What the values file of an environment says beside the chart's own."""
    return yaml.safe_load((CHART / f"values-{environment}.yaml").read_text())


def rendered(values: Mapping[str, Any]) -> list[Manifest]:
    """All manifests of a release with these values beside the chart's own."""
    import helm_python

    with helm_python.Chart.load(CHART) as chart:
        templates = chart.render(dict(values), name=RELEASE, namespace=NAMESPACE)
    return [
        manifest
        for name, text in sorted(templates.items())
        if name.endswith(".yaml")
        for manifest in yaml.safe_load_all(text)
        if manifest
    ]


@cache
def release(environment: str) -> tuple[Manifest, ...]:
    """All manifests of an environment; do not change them."""
    return tuple(rendered(values_of(environment)))


def every(*kinds: str) -> Iterator[tuple[str, Manifest]]:
    """Manifests of some kinds, with their environment, over all environments."""
    for environment in ENVIRONMENTS:
        yield from ((environment, each) for each in release(environment) if each["kind"] in kinds)


def one(environment: str, kind: str, component: str) -> Manifest:
    """The manifest of a part in an environment."""
    return one_of(release(environment), kind, component)


def one_of(manifests: Iterable[Manifest], kind: str, component: str) -> Manifest:
    """The manifest of a part among some."""
    name = f"{RELEASE}-seismic-assets-{component}"
    found = [each for each in manifests if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, f"{len(found)} of {kind} {name}"
    return found[0]


def container_of(deployment: Manifest) -> Manifest:
    """Its only container."""
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return container


def selects(policy: Manifest, labels: Mapping[str, str]) -> bool:
    """Whether a network policy is about pods with these labels."""
    return policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()


def cases(*kinds: str) -> pytest.MarkDecorator:
    """A test for each manifest of some kinds, given as `case`: its environment and itself."""
    return pytest.mark.parametrize("case", list(every(*kinds)), ids=_named)


def _named(case: tuple[str, Manifest]) -> str:
    environment, manifest = case
    return f"{environment}-{manifest['kind']}-{manifest['metadata']['name'].removeprefix('seismic-seismic-assets-')}"
