"""docker-compose.yml and its overlays: what every service has, and what differs between the environments."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.make_secrets import make_secrets
from deploy.stack import compose
from seismic_assets.knowledge.pages import docs_root
from seismic_assets.settings.profiles import PROFILES
from seismic_assets_tests.commands import environment
from seismic_assets_tests.deploy.composed import (
    EVERY,
    MERGED,
    ONCE,
    OURS,
    SOURCE,
    VARIABLES,
    mounts,
    service,
    settings_of,
)
from seismic_assets_tests.extras import require

FILES = [compose.BASE, *(compose.overlay(each) for each in (*compose.ENVIRONMENTS, "s3"))]
SERVICES = [(env, name) for env, merged in EVERY.items() for name in merged["services"]]
each_environment = pytest.mark.parametrize("env", compose.ENVIRONMENTS)
each_service = pytest.mark.parametrize(("env", "name"), SERVICES, ids=lambda each: each)


def published(env: str) -> Iterator[tuple[str, str, int]]:
    """Service, address and port of everything that is published."""
    for name in MERGED[env]["services"]:
        for mapping in service(env, name).get("ports", ()):
            *address, port, _ = mapping.split(":")
            yield name, "".join(address), int(port)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_as_the_compose_specification_wants_it(path: Path) -> None:
    require("check_jsonschema", "dev")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@each_service
def test_a_service_is_limited_restarted_watched_and_may_do_nothing_more_than_it_must(env: str, name: str) -> None:
    found = service(env, name)

    assert re.fullmatch(r"\d+[mg]", found["deploy"]["resources"]["limits"]["memory"])
    if name == ONCE:
        assert (found["restart"], found["healthcheck"]) == ("no", {"disable": True})
    else:
        assert found["restart"] == "unless-stopped"
        assert {"test", "interval", "timeout", "retries"} <= set(found["healthcheck"])
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert set(found["logging"]["options"]) == {"max-size", "max-file"}
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc"} & set(found)


@each_service
def test_a_service_does_not_run_as_root(env: str, name: str) -> None:
    found = service(env, name)
    account = found["user"].split(":")[0] if "user" in found else _account_of(found["build"]["target"])

    assert int(account) > 0


def _account_of(target: str) -> str:
    stages = re.split(r"^FROM ", (compose.REPOSITORY / "Dockerfile").read_text(), flags=re.MULTILINE)
    (stage,) = (each for each in stages if re.match(rf"\S+ AS {target}\s", each))
    return re.findall(r"^USER (\d+)", stage, flags=re.MULTILINE)[-1]


@each_service
def test_an_image_is_pinned_and_of_the_usual_registry(env: str, name: str) -> None:
    image, _, tag = service(env, name)["image"].rpartition(":")

    assert image
    assert tag not in ("", "latest")
    assert "." not in image.split("/")[0]


@each_service
def test_a_service_waits_for_health_of_services_that_are_there(env: str, name: str) -> None:
    waits = service(env, name).get("depends_on", {})

    assert set(waits) <= set(EVERY[env]["services"])
    for each, wait in waits.items():
        assert wait["condition"] == ("service_completed_successfully" if each == ONCE else "service_healthy")


@each_service
def test_a_secret_or_a_volume_of_a_service_is_declared(env: str, name: str) -> None:
    found, merged = service(env, name), EVERY[env]
    volumes = {each.split(":")[0] for each in found.get("volumes", ())}

    assert set(found.get("secrets", ())) <= set(merged["secrets"])
    assert {each for each in volumes if not each.startswith((".", "/"))} <= set(merged["volumes"])
    assert set(found.get("networks", ["default"])) <= set(merged["networks"])


@each_environment
def test_every_mounted_file_of_the_repository_is_there(env: str) -> None:
    mounted = {
        each.split(":")[0]
        for name in MERGED[env]["services"]
        for each in service(env, name).get("volumes", ())
        if each.startswith("./") and not each.startswith("./secrets")
    }

    assert mounted
    assert [each for each in mounted if not (compose.REPOSITORY / each).exists()] == []


@each_environment
def test_only_the_proxy_of_production_is_reached_from_outside(env: str) -> None:
    outside = {name for name, address, _ in published(env) if address != "127.0.0.1"}

    assert outside == ({"proxy"} if env == "prod" else set())


def test_nothing_is_published_without_an_overlay() -> None:
    merged = compose.load(None, {})

    assert not any("ports" in each for each in merged["services"].values())


def test_two_environments_on_one_machine_do_not_ask_for_the_same_port_or_volumes() -> None:
    ports = [port for env in MERGED for _, _, port in published(env)]

    assert len(ports) == len(set(ports))
    assert len({merged["name"] for merged in MERGED.values()}) == 3


@pytest.mark.parametrize(("env", "port"), [("dev", 5000), ("staging", 5001), ("prod", 5002)])
def test_mlflow_has_a_port_of_its_own_in_each_environment(env: str, port: int) -> None:
    door = "proxy" if env == "prod" else "mlflow"

    assert (door, port) in {(name, number) for name, _, number in published(env)}
    assert env == "prod" or "mlflow" in {name for name, _, _ in published(env)}


@pytest.mark.parametrize(("env", "replicas"), [("dev", 1), ("staging", 1), ("prod", 2)])
def test_the_api_has_more_replicas_in_production(env: str, replicas: int) -> None:
    assert service(env, "api")["deploy"]["replicas"] == replicas
    # What merging must not lose.
    assert service(env, "api")["deploy"]["resources"]["limits"]["memory"] == "2g"


@each_environment
@pytest.mark.parametrize("name", OURS)
def test_what_differs_in_the_code_comes_of_the_profile_alone(env: str, name: str) -> None:
    variables = service(env, name)["environment"]

    assert variables["SEISMIC_ENV"] == env
    assert not {f"SEISMIC_{each.upper()}" for values in PROFILES.values() for each in values} & set(variables)


@each_environment
def test_the_source_is_mounted_in_development_alone(env: str) -> None:
    mounting = {name for name in MERGED[env]["services"] if f"{SOURCE}/seismic_assets" in mounts(env, name)}

    assert mounting == (set(OURS) if env == "dev" else set())


@pytest.mark.parametrize("name", OURS)
def test_the_mounted_source_finds_what_lies_beside_it(name: str, tmp_path: Path) -> None:
    """Pages that questions are answered from, and what links of the package lead to."""
    inside = {
        target.removeprefix(f"{SOURCE}/"): compose.REPOSITORY / source
        for target, source in mounts("dev", name).items()
        if target.startswith(SOURCE)
    }
    for target, source in inside.items():
        (tmp_path / target).symlink_to(source)
    links = [path for path in (compose.REPOSITORY / "seismic_assets").rglob("*") if path.is_symlink()]

    assert docs_root(tmp_path) == tmp_path
    assert links
    for link in links:
        assert (tmp_path / link.resolve().relative_to(compose.REPOSITORY)).exists(), link
    assert all(
        f"{source}:{target}:ro" in service("dev", name)["volumes"]
        for target, source in mounts("dev", name).items()
        if SOURCE in target
    )


def test_a_deploy_finds_the_key_that_production_asks_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = settings_of("prod", "code", monkeypatch, tmp_path)

    assert settings.api_key_required
    assert settings.api_key is not None
    assert not {"seismic_api_key"} & set(service("prod", "daemon")["secrets"])


@each_environment
def test_backups_have_a_place_outside_the_storage_root(env: str) -> None:
    assert mounts(env, "code")["/backups"] == "backups"
    # The account of the image must own it: an engine takes the owner of a new volume from there.
    base = (compose.REPOSITORY / "Dockerfile").read_text().split("\nFROM ")[1].replace("\\\n", " ")
    (owned,) = re.findall(r"install --directory --owner seismic --group seismic(.*)", base)
    volumes = {target for target, source in mounts(env, "code").items() if not source.startswith(".")}
    assert volumes <= set(owned.split())


@each_environment
def test_databases_are_in_a_network_without_a_way_out(env: str) -> None:
    assert MERGED[env]["networks"]["data"] == {"internal": True}
    assert service(env, "postgres")["networks"] == service(env, "redis")["networks"] == ["data"]


def test_production_does_not_start_without_its_domain() -> None:
    with pytest.raises(compose.StackError, match="SEISMIC_DOMAIN is not set: name the domain"):
        compose.load("prod", {key: value for key, value in VARIABLES.items() if key != "SEISMIC_DOMAIN"})


def test_every_secret_can_be_made_but_those_that_others_give(tmp_path: Path) -> None:
    made = set(make_secrets(tmp_path / "secrets"))

    assert {each for merged in EVERY.values() for each in merged["secrets"]} - made == {
        "oidc_client_secret",
        "tls_certificate",
        "tls_key",
    }
    assert make_secrets(tmp_path / "secrets") == []
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


@each_service
def test_a_secret_comes_from_a_file(env: str, name: str) -> None:
    found = service(env, name)
    secret = re.compile(r"password|secret|token|api_key|credential", re.IGNORECASE)
    told = {key: value for key, value in found.get("environment", {}).items() if secret.search(key)}

    assert [value for value in told.values() if "/run/secrets" not in value] == []
    assert not re.search(r"://[^/@\s]+:[^/@\s]+@", str(found))


def commands() -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Service, command, and its options, of those whose programs can be asked here."""
    for env, name in SERVICES:
        found = service(env, name)
        words = [str(each) for each in [*found.get("entrypoint", ()), *found.get("command", ())]]
        for each in (words, found["healthcheck"].get("test", ["NONE", ""])[1:]):
            if each[0] == "sh":
                each = re.split(r"\s+", each[2][each[2].index("exec ") + 5 :])  # noqa: PLW2901
            if each[0] in ("seismic", "mlflow", "prometheus", "alertmanager", "amtool", "promtool"):
                plain = tuple(word for word in each if re.fullmatch(r"[a-z]+", word) and word not in ("show", "up"))
                options = tuple(word.split("=")[0] for word in each if word.startswith("--"))
                yield name, plain, options


COMMANDS = sorted(set(commands()))


def test_commands_of_our_services_are_looked_at() -> None:
    assert {name for name, _, _ in COMMANDS} >= {*OURS, "mlflow", "prometheus", "alertmanager"}


@pytest.mark.parametrize(("name", "command", "options"), COMMANDS, ids=str)
def test_a_command_and_its_options_exist(name: str, command: tuple[str, ...], options: tuple[str, ...]) -> None:
    program = {"alertmanager": "prometheus-alertmanager"}.get(command[0], command[0])
    found = shutil.which(str(Path(sys.executable).with_name(program))) or shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}")
    done = subprocess.run(
        [found, *command[1:], "--help"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**environment(), "COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"},
    )

    said = done.stdout + done.stderr
    assert [option for option in options if option not in said] == [], f"{name}: {said}"
    assert options or done.returncode == 0
