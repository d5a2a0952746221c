"""The Helm chart: what Helm renders for each environment, against Kubernetes's schemas and against the programs."""

import re
from typing import Any

import click
import kubernetes_validate
import pytest
import typer
import yaml
from pydantic import SecretStr

from seismic_assets.cli.main import app
from seismic_assets.serving.metrics import ServiceMetrics
from seismic_assets.serving.paths import PUBLIC
from seismic_assets.settings import Settings, load_settings
from seismic_assets.settings.profiles import ENVIRONMENTS, PROFILES
from seismic_assets_tests.deploy.charts import (
    CHART,
    KUBERNETES,
    OPERATORS,
    PORTS,
    Manifest,
    cases,
    container_of,
    one,
    release,
    rendered,
    values_of,
)
from seismic_assets_tests.deploy.programs import DEPLOY

PARTS = ("api", "code", "daemon", "exporter", "mlflow", "page", "viewers")
PAGE = DEPLOY.parent / "docs" / "kubernetes.md"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_helm_finds_nothing_to_say_of_the_chart(environment: str) -> None:
    import helm_python

    found = helm_python.lint(CHART, values_of(environment), strict=True)

    assert [each["error"] for each in found["messages"]] == ["icon is recommended"]


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kubernetes_takes_every_manifest(environment: str, version: str) -> None:
    plain = [each for each in release(environment) if each["kind"] not in OPERATORS]

    assert len(plain) > 20
    for manifest in plain:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_field_that_kubernetes_has_not_is_found() -> None:
    broken = {**one("prod", "Deployment", "api"), "replica": 2}

    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(broken, KUBERNETES[-1], strict=True)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_part_is_there_once(environment: str) -> None:
    deployments = [each for each in release(environment) if each["kind"] == "Deployment"]

    assert sorted(each["metadata"]["labels"]["app.kubernetes.io/component"] for each in deployments) == list(PARTS)


@cases("Deployment")
def test_a_pod_is_nobody_and_may_nothing(case: tuple[str, Manifest]) -> None:
    pod = case[1]["spec"]["template"]["spec"]
    security = container_of(case[1])["securityContext"]

    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert security["readOnlyRootFilesystem"] and security["runAsNonRoot"]
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert not pod.get("hostNetwork") and not any("hostPath" in volume for volume in pod["volumes"])
    # Services' addresses as variables would have the names of settings: SEISMIC_API_PORT.
    assert pod["enableServiceLinks"] is False


@cases("Deployment")
def test_a_container_has_probes_limits_and_a_version(case: tuple[str, Manifest]) -> None:
    container = container_of(case[1])

    assert {"startupProbe", "livenessProbe"} <= set(container)
    assert ("readinessProbe" in container) == ("ports" in container)
    assert all(set(container["resources"][each]) == {"cpu", "memory"} for each in ("requests", "limits"))
    assert re.fullmatch(r".+:[^:]+", container["image"]) and not container["image"].endswith(":latest")


@cases("Deployment")
def test_what_is_written_is_mounted_and_what_is_mounted_is_there(case: tuple[str, Manifest]) -> None:
    pod, container = case[1]["spec"]["template"]["spec"], container_of(case[1])

    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}
    assert "/tmp" in {each["mountPath"] for each in container["volumeMounts"]}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_named_is_there(environment: str) -> None:
    """Accounts, maps and claims that pods name, and the labels that services select by."""
    manifests = release(environment)
    there = {(each["kind"], each["metadata"]["name"]) for each in manifests}
    labels = [each["spec"]["template"]["metadata"]["labels"] for each in manifests if each["kind"] == "Deployment"]
    for deployment in (each for each in manifests if each["kind"] == "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert ("ServiceAccount", pod["serviceAccountName"]) in there
        for source in container_of(deployment)["envFrom"]:
            assert ("ConfigMap", source["configMapRef"]["name"]) in there
        for volume in pod["volumes"]:
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in there
            if "persistentVolumeClaim" in volume:
                assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in there
    for service in (each for each in manifests if each["kind"] == "Service"):
        assert sum(service["spec"]["selector"].items() <= each.items() for each in labels) == 1


def command_line(program: str) -> click.Command:
    if program == "seismic":
        return typer.main.get_command(app)
    assert program == "mlflow"
    from mlflow.cli import cli

    return cli


@cases("Deployment")
def test_the_command_line_knows_the_commands(case: tuple[str, Manifest]) -> None:
    container = container_of(case[1])
    (program,), words = container["command"], list(container["args"])
    command = command_line(program)
    while words and (known := getattr(command, "commands", {}).get(words[0])) is not None:
        command, words = known, words[1:]

    assert not hasattr(command, "commands"), f"{program} has no command {words[0]}"
    with command.make_context(program, words):  # parses, and refuses options that it has not
        pass


def test_an_option_that_the_command_line_has_not_is_found() -> None:
    serve = command_line("seismic").commands["serve"]  # type: ignore[attr-defined]

    with pytest.raises(Exception, match="No such option"):
        serve.make_context("serve", ["--hots", "0.0.0.0"])


@cases("Deployment")
def test_probes_and_ports_are_those_of_the_programs(case: tuple[str, Manifest]) -> None:
    container = container_of(case[1])
    component = container["name"]
    probes = {kind: each for kind, each in container.items() if kind.endswith("Probe")}
    if component == "daemon":
        from dagster._daemon.cli import create_dagster_daemon_cli

        assert {tuple(each["exec"]["command"]) for each in probes.values()} == {
            ("python", "-m", "dagster._daemon", "liveness-check")
        }
        assert "liveness-check" in create_dagster_daemon_cli().commands
        return
    port = PORTS[component]
    assert [each["containerPort"] for each in container["ports"]] == [port]
    assert component == "code" or str(port) in container["args"]
    asked = {(each.get("httpGet") or each["grpc"])["port"] for each in probes.values()}
    assert asked == {port}
    if component == "api":
        paths = {kind: each["httpGet"]["path"] for kind, each in probes.items()}
        assert paths == {"startupProbe": "/v1/health", "livenessProbe": "/v1/health", "readinessProbe": "/v1/ready"}
        assert set(paths.values()) <= PUBLIC


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_profile_decides_and_the_chart_does_not(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log level, alias and processes are the profile's: the chart names the environment."""
    for name, value in one(environment, "ConfigMap", "settings")["data"].items():
        if name not in ("HOME", "SEISMIC_SECRETS_DIR"):
            monkeypatch.setenv(name, value)
    settings = load_settings()

    assert settings.env == environment
    assert {name: getattr(settings, name) for name in PROFILES[environment]} == dict(PROFILES[environment])


@pytest.mark.parametrize(("environment", "least"), [("dev", 1), ("staging", 1), ("prod", 2)])
def test_how_many_of_the_api_there_are(environment: str, least: int) -> None:
    deployment = one(environment, "Deployment", "api")
    scaled = [each for each in release(environment) if each["kind"] == "HorizontalPodAutoscaler"]

    assert [each["spec"]["minReplicas"] for each in scaled] == ([least] if environment == "prod" else [])
    # Where both said a number, each upgrade would undo what was scaled.
    assert deployment["spec"].get("replicas") == (None if scaled else least)


@cases("HorizontalPodAutoscaler")
def test_what_scales_is_what_the_api_shows(case: tuple[str, Manifest]) -> None:
    spec = case[1]["spec"]
    metrics = {each["type"]: each[each["type"].lower()] for each in spec["metrics"]}
    shown = {family.name for family in ServiceMetrics(["/v1/predict"], ["/v1/predict"], CHART).scraped.collect()}

    assert metrics["Resource"]["name"] == "cpu"
    assert metrics["Pods"]["metric"]["name"] == "seismic_requests_in_flight"
    assert metrics["Pods"]["metric"]["name"] in shown
    # A worker turns away what is beyond its queue; more pods must come before that.
    assert int(metrics["Pods"]["target"]["averageValue"]) < Settings.model_fields["api_max_waiting"].default
    assert spec["scaleTargetRef"]["name"] == one(case[0], "Deployment", "api")["metadata"]["name"]


def test_the_adapter_shows_the_metric_that_scales() -> None:
    adapter = yaml.safe_load((DEPLOY / "helm" / "prometheus-adapter.yaml").read_text())
    (rule,) = adapter["rules"]["custom"]

    assert rule["name"]["as"] == "seismic_requests_in_flight"
    assert re.search(r"\bseismic_requests_in_flight\b", rule["seriesQuery"])


SECRET = {
    name
    for name, field in Settings.model_fields.items()
    if "SecretStr" in str(field.annotation) or name == "tuning_storage"  # whose address holds a password
}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_secrets_are_named_and_nowhere_said(environment: str) -> None:
    manifests = release(environment)
    variables = {f"SEISMIC_{name.upper()}" for name in SECRET} | {"MLFLOW_BACKEND_STORE_URI"}
    assert not [each for each in manifests if each["kind"] == "Secret"]
    for deployment in (each for each in manifests if each["kind"] == "Deployment"):
        for variable in container_of(deployment).get("env", []):
            assert ("valueFrom" in variable) == (variable["name"] in variables)
    for configuration in (each for each in manifests if each["kind"] == "ConfigMap"):
        assert not variables & set(configuration["data"])
    assert not re.search(r"://[^\s/]*:[^\s/]*@", yaml.safe_dump_all(manifests))


def files_of(environment: str, component: str) -> set[str]:
    volumes = one(environment, "Deployment", component)["spec"]["template"]["spec"]["volumes"]
    (projected,) = [each["projected"] for each in volumes if each["name"] == "secrets"]
    return {item["key"] for source in projected["sources"] for item in source["secret"]["items"]}


def test_a_part_is_given_the_secrets_that_it_needs_and_no_other() -> None:
    every_one = {f"seismic_{name}" for name in SECRET}

    store = {"seismic_s3_access_key_id", "seismic_s3_secret_access_key"}
    assert files_of("prod", "api") == {"seismic_api_key", "seismic_online_redis_password", *store}
    # `seismic deploy` is run in `code`, and asks for the key of the API where the profile does.
    assert files_of("prod", "code") == every_one
    assert files_of("prod", "daemon") == every_one - {"seismic_api_key"}


@pytest.mark.parametrize("name", sorted(SECRET))
def test_a_secret_among_the_settings_is_refused(name: str) -> None:
    with pytest.raises(Exception, match=f"invalid propertyName 'SEISMIC_{name.upper()}'") as told:
        rendered({"settings": {f"SEISMIC_{name.upper()}": "hush"}})
    assert "hush" not in str(told.value)


def test_a_setting_is_handed_on_as_it_is_written() -> None:
    values = {"settings": {"SEISMIC_WINDOW_SAMPLES": 128, "SEISMIC_SHAP": True, "SEISMIC_CLASSES": "a,b"}}
    (found,) = [each["data"] for each in rendered(values) if each["metadata"]["name"].endswith("-settings")]

    assert (found["SEISMIC_WINDOW_SAMPLES"], found["SEISMIC_SHAP"], found["SEISMIC_CLASSES"]) == ("128", "true", "a,b")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"environment": "qa"}, "environment"),
        ({"image": {"api": {"tag": "latest"}}}, "tag"),
        ({"podSecurityContext": {"runAsUser": 0}}, "runAsUser"),
        ({"podSecurityContext": {"runAsNonRoot": False}}, "runAsNonRoot"),
        ({"api": {"ingress": {"enabled": True, "host": "api.example.org"}}}, "tlsSecret"),
        ({"mlflow": {"enabled": False}}, "trackingUri"),
        ({"replicas": 3}, "replicas"),
    ],
)
def test_values_that_are_none_are_refused_by_name(values: dict[str, Any], said: str) -> None:
    with pytest.raises(Exception, match=said):
        rendered(values)


@cases("PodDisruptionBudget")
def test_the_budget_is_of_the_api_and_lets_nodes_be_emptied(case: tuple[str, Manifest]) -> None:
    labels = one(case[0], "Deployment", "api")["spec"]["template"]["metadata"]["labels"]

    assert case[1]["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert case[1]["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize("component", PARTS)
def test_a_part_and_its_port_are_documented(component: str) -> None:
    assert f"`{component}`" in PAGE.read_text()
    assert str(PORTS.get(component, "")) in PAGE.read_text()


def test_secret_fields_are_known_by_their_type() -> None:
    assert SecretStr.__name__ in str(Settings.model_fields["api_key"].annotation)
    assert {"api_key", "dagster_database", "alert_urls", "online_redis_password"} <= SECRET
