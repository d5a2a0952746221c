"""Everything that is made before anything starts: ports, secrets, folders, configurations, databases."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deploy.make_secrets import make_secrets
from deploy.stack import compose, ports, postgres
from deploy.stack.errors import StackError
from deploy.stack.programs import (
    Places,
    Program,
    is_optional,
    left_out,
    missing_programs,
    package_of,
    program_of,
    rendered_files,
)

# What only the proxy of production needs, which no stack of processes has.
_OF_THE_PROXY = ("SEISMIC_DOMAIN", "OAUTH2_PROXY_IMAGE", "OIDC_ISSUER_URL", "OIDC_CLIENT_ID")


@dataclass(frozen=True)
class Asked:
    """What somebody wants of a stack.

    Attributes:
        work: folder that holds everything of it.
        environment: dev, staging or prod.
        profiles: of docker-compose.yml, further services.
        ports: by the name of a service.
        free_ports: whether the other ports are any that are free.
        settings: a file of settings for our services, or None.
        patience: how many times as long as docker-compose.yml says a service may take to become healthy.
    """

    work: Path
    environment: str = "dev"
    profiles: tuple[str, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    free_ports: bool = False
    settings: Path | None = None
    patience: float = 2.0


def prepared(asked: Asked, say: Callable[[str], None]) -> list[Program]:
    """Make it, and give the programs, each after those that it waits for.

    Raises:
        StackError: a program, a port, a setting or a file is not there or not as it must be; nothing runs yet.
    """
    work = asked.work
    given = {"STACK_SECRETS": str(work / "secrets"), "STACK_SOCKETS": ""}
    if asked.settings is not None:
        if not asked.settings.is_file():
            raise StackError(f"the file of settings {asked.settings} does not exist.")
        given["STACK_SETTINGS"] = str(asked.settings.resolve())
    plain = _present(compose.load(asked.environment, _outside(asked.environment))["services"], asked.profiles, say)
    chosen = ports.chosen(plain, asked.ports, asked.free_ports)
    given |= _addresses(chosen)
    make_secrets(work / "secrets", f"{ports.LOOPBACK}:{chosen['postgres']}", addresses_anew=True)
    every = compose.load(asked.environment, {**_outside(asked.environment), **given})["services"]
    services = {name: every[name] for name in compose.in_order({name: _standing(every, name, plain) for name in plain})}
    addresses = {
        f"{name}:{ports.container_port(plain[name])}": f"{ports.LOOPBACK}:{port}" for name, port in chosen.items()
    }
    programs = []
    for name, service in services.items():
        places = Places(name, service, work)
        places.make_folders(service, work / "secrets")
        for target in rendered_files(service):
            _render(name, _mounted(service, target), places, target, addresses)
        programs.append(program_of(name, service, places, chosen.get(name), set(services)))
        if name == "postgres":
            postgres.prepare_cluster(programs[-1].environment, places.on_machine(postgres.SCRIPTS))
    return programs


def _outside(environment: str) -> dict[str, str]:
    """Variables of compose files from this machine's environment; what only the proxy needs may be absent."""
    absent = dict.fromkeys(_OF_THE_PROXY, "unset") if environment == "prod" else {}
    return {**absent, **{key: value for key, value in os.environ.items() if not key.startswith("STACK_")}}


def _addresses(chosen: Mapping[str, int]) -> dict[str, str]:
    given = {"STACK_BIND": ports.LOOPBACK}
    for name, port in chosen.items():
        stem = f"STACK_{name.upper().replace('-', '_')}"
        given |= {f"{stem}_HOST": ports.LOOPBACK, f"{stem}_PORT": str(port)}
    return given


def _present(
    services: Mapping[str, Mapping[str, Any]], profiles: Sequence[str], say: Callable[[str], None]
) -> dict[str, Mapping[str, Any]]:
    """The services that were asked for and whose programs are here.

    Raises:
        StackError: one that the stack does not go without has no program here.
    """
    present, needed = {}, []
    for name, service in compose.active(services, profiles).items():
        if reason := left_out(service):
            say(f"{name} is left out: {reason}.")
            continue
        missing = missing_programs(service)
        if not missing:
            present[name] = service
        elif is_optional(service) and not service.get("profiles"):
            say(f"{name} is left out: {', '.join(missing)} is not installed.")
        else:
            package = package_of(service)
            needed.append(f"{', '.join(missing)} for {name}{f' (apt-get install {package})' if package else ''}")
    if needed:
        raise StackError(f"not installed: {'; '.join(needed)}.")
    return present


def _standing(every: Mapping[str, Any], name: str, present: Mapping[str, Any]) -> dict[str, Any]:
    waits = [each for each in compose.dependencies(every[name]) if each in present]
    return {"depends_on": waits}


def _mounted(service: Mapping[str, Any], target: str) -> Path:
    """The file of the repository that is mounted at a place."""
    mounts = (compose.mount_of(entry) for entry in service["volumes"])
    return next(compose.REPOSITORY / mount[0] for mount in mounts if mount is not None and mount[1] == target)


def _render(name: str, source: Path, places: Places, target: str, addresses: Mapping[str, str]) -> None:
    """Write a configuration with the addresses and folders of this machine."""
    content = yaml.safe_load(source.read_text())
    for job in content.get("scrape_configs", ()):
        if "dns_sd_configs" in job:  # one process each, and no name service
            found = job.pop("dns_sd_configs")
            job["static_configs"] = [
                {"targets": [f"{host}:{each['port']}" for each in found for host in each["names"]]}
            ]
    text = places.translated(yaml.safe_dump(content, sort_keys=False, width=200))
    for inside, here in addresses.items():
        text = text.replace(inside.replace(f"{name}:", "localhost:"), here) if inside.startswith(f"{name}:") else text
        text = text.replace(inside, here)
    places.on_machine(target).write_text(text)
