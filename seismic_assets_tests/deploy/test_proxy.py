"""The way in of production: the real nginx with the shipped configuration, before services that tell who came."""

import json
import os
import re
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from seismic_assets_tests.deploy.programs import DEPLOY
from seismic_assets_tests.ordinary_user import open_folder
from seismic_assets_tests.ports import free_port

DOMAIN = "example.org"
GROUPS = {"operator": {"seismic-operators"}, "viewer": {"seismic-viewers"}, "stranger": set()}
SERVICES = {"page": 3000, "viewers": 3001, "mlflow": 5000, "api": 8000, "oauth2-proxy": 4180}


class Service(BaseHTTPRequestHandler):
    """Tells who it is and what it was asked; as oauth2-proxy it judges by the cookie `role`."""

    protocol_version = "HTTP/1.1"
    name = ""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers = self.judged() if self.name == "oauth2-proxy" else (200, {})
        told = {"service": self.name, "path": self.path, "method": self.command, "headers": dict(self.headers)}
        body = json.dumps(told).encode()
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def judged(self) -> tuple[int, dict[str, str]]:
        asked = urlsplit(self.path)
        if asked.path == "/oauth2/start":
            return 302, {"Location": f"https://issuer.test/?rd={self.headers['X-Auth-Request-Redirect']}"}
        if asked.path != "/oauth2/auth":
            return 200, {}
        role = re.search(r"role=(\w+)", self.headers.get("Cookie", ""))
        if role is None:
            return 401, {}
        allowed = set(parse_qs(asked.query)["allowed_groups"][0].split(","))
        return (202, {"X-Auth-Request-User": role[1]}) if GROUPS[role[1]] & allowed else (403, {})

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def service(name: str) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Named", (Service,), {"name": name}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def require_nginx() -> None:
    if shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is not None:
        return
    needed = "needs nginx: apt-get install nginx"
    if os.environ.get("CI"):
        pytest.fail(f"{needed}; CI must run the tests of the proxy")
    pytest.skip(needed)


class Proxy:
    """nginx, with a client that believes every name to be here."""

    def __init__(self, ports: dict[int, int], folder: Path) -> None:
        self.ports, self.folder = ports, folder

    def get(self, host: str, path: str = "/", role: str | None = None, port: int = 8443, **more: str) -> httpx.Response:
        return self.ask("GET", host, path, role, port, more)

    def ask(
        self, method: str, host: str, path: str, role: str | None, port: int, headers: dict[str, str]
    ) -> httpx.Response:
        scheme, shown = ("http", 80) if port == 8080 else ("https", port)
        named = {"Host": host if shown in (80, 8443) else f"{host}:{shown}", **headers}
        if role:
            named["Cookie"] = f"role={role}"
        context = ssl._create_unverified_context()
        with httpx.Client(verify=context, trust_env=False, timeout=20) as client:
            return client.request(method, f"{scheme}://127.0.0.1:{self.ports[port]}{path}", headers=named)


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    require_nginx()
    with ExitStack() as stack:
        folder = stack.enter_context(open_folder())
        behind = {name: stack.enter_context(service(name)) for name in SERVICES}
        ports = {port: free_port() for port in (8443, 8080, 5002, 8081)}
        _certificate(folder)
        for path in (DEPLOY / "proxy").glob("*.conf"):
            (folder / path.name).write_text(_here(path.read_text(), folder, behind, ports))
        command = ["nginx", "-c", str(folder / "nginx.conf"), "-g", "daemon off; master_process off;"]
        environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
        checked = subprocess.run(
            [*command[:3], "-t"], capture_output=True, text=True, check=False, env=environment, timeout=60
        )
        assert checked.returncode == 0, checked.stderr
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        made = Proxy(ports, folder)
        try:
            _wait(made, server)
            yield made
        finally:
            server.terminate()
            server.wait(timeout=30)


def _here(text: str, folder: Path, behind: dict[str, int], ports: dict[int, int]) -> str:
    """The shipped text with the places of this machine; nothing else is changed."""
    text = text.replace("/tmp/", f"{folder}/").replace("/etc/seismic", str(folder)).replace("/run/secrets", str(folder))
    text = text.replace("/dev/stderr", str(folder / "error.log")).replace("/dev/stdout", str(folder / "access.log"))
    for name, port in SERVICES.items():
        text = text.replace(f"set $target {name}:{port}", f"set $target 127.0.0.1:{behind[name]}")
        text = text.replace(f"set $guard {name}:{port}", f"set $guard 127.0.0.1:{behind[name]}")
    for inside, here in ports.items():
        text = re.sub(rf"listen (127\.0\.0\.1:)?{inside}\b", f"listen 127.0.0.1:{here}", text)
    return text


def _certificate(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN=*.{DOMAIN}"),
            *("-keyout", str(folder / "tls_key"), "-out", str(folder / "tls_certificate")),
        ],
        check=True,
        capture_output=True,
    )


def _wait(proxy: Proxy, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None, (proxy.folder / "log").read_text()
        try:
            health = httpx.get(f"http://127.0.0.1:{proxy.ports[8081]}/alive", trust_env=False)
        except httpx.TransportError:
            assert time.monotonic() < deadline, (proxy.folder / "log").read_text()
            time.sleep(0.1)
        else:
            assert health.status_code == 204
            return


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/graphql", "/api/2.0/mlflow/runs/search", "/oauth2/../graphql", "//graphql"])
@pytest.mark.parametrize(("host", "port"), [("dagster", 8443), ("viewers", 8443), ("mlflow", 8443), ("mlflow", 5002)])
def test_nobody_comes_in_who_has_not_signed_in(proxy: Proxy, host: str, port: int, path: str, method: str) -> None:
    claimed = {"X-Auth-Request-User": "root", "X-Forwarded-User": "root", "X-Original-URI": "/oauth2/start"}

    answer = proxy.ask(method, f"{host}.{DOMAIN}", path, None, port, claimed)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"https://issuer.test/?rd=https://{host}.{DOMAIN}")


def test_the_judge_cannot_be_asked_from_outside(proxy: Proxy) -> None:
    assert proxy.get(f"dagster.{DOMAIN}", "/oauth2/auth", "operator").status_code == 404


def test_signing_in_leads_back_to_what_was_asked_for(proxy: Proxy) -> None:
    answer = proxy.get(f"mlflow.{DOMAIN}", "/graphql?a=1&b=2", port=5002)

    assert answer.headers["Location"] == f"https://issuer.test/?rd=https://mlflow.{DOMAIN}:5002/graphql?a=1&b=2"


@pytest.mark.parametrize(
    ("host", "port", "behind"),
    [("dagster", 8443, "page"), ("viewers", 8443, "viewers"), ("mlflow", 8443, "mlflow"), ("mlflow", 5002, "mlflow")],
)
def test_operators_reach_everything(proxy: Proxy, host: str, port: int, behind: str) -> None:
    answer = proxy.get(f"{host}.{DOMAIN}", "/runs", "operator", port)

    assert answer.status_code == 200
    assert answer.json()["service"] == behind


def test_a_viewer_of_the_dagster_page_is_sent_to_the_page_that_only_shows(proxy: Proxy) -> None:
    sent = proxy.get(f"dagster.{DOMAIN}", "/runs?x=1", "viewer")
    assert (sent.status_code, sent.headers["Location"]) == (302, f"https://viewers.{DOMAIN}/runs?x=1")

    assert proxy.get(f"viewers.{DOMAIN}", "/runs", "viewer").json()["service"] == "viewers"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_viewer_starts_nothing(proxy: Proxy, method: str) -> None:
    assert proxy.ask(method, f"dagster.{DOMAIN}", "/graphql", "viewer", 8443, {}).status_code == 302
    assert proxy.ask(method, f"mlflow.{DOMAIN}", "/api/2.0/mlflow/runs/create", "viewer", 8443, {}).status_code == 403


@pytest.mark.parametrize("host", ["viewers", "mlflow"])
def test_who_is_in_no_group_is_refused(proxy: Proxy, host: str) -> None:
    assert proxy.get(f"{host}.{DOMAIN}", "/", "stranger").status_code == 403


def test_a_service_is_told_who_signed_in_and_not_what_somebody_claims(proxy: Proxy) -> None:
    claimed = {"X-Forwarded-User": "root", "X-Forwarded-Groups": "all", "Authorization": "Bearer stolen"}

    told = proxy.get(f"dagster.{DOMAIN}", "/", "operator", **claimed).json()["headers"]

    assert told["X-Forwarded-User"] == "operator"
    assert not {"X-Forwarded-Groups", "Authorization"} & set(told)


def test_mlflow_is_called_by_the_name_that_it_answers_to(proxy: Proxy) -> None:
    assert proxy.get(f"mlflow.{DOMAIN}", "/", "operator").json()["headers"]["Host"] == "mlflow:5000"


def test_the_api_asks_for_its_own_keys_and_hides_its_metrics(proxy: Proxy) -> None:
    told = proxy.get(f"api.{DOMAIN}", "/v1/predict", Authorization="Bearer key").json()
    assert (told["service"], told["headers"]["Authorization"]) == ("api", "Bearer key")

    assert proxy.get(f"api.{DOMAIN}", "/v1/metrics").status_code == 404


@pytest.mark.parametrize("host", ["grafana.example.org", "127.0.0.1", "example.org"])
@pytest.mark.parametrize("port", [8443, 5002, 8080])
def test_other_names_get_no_answer(proxy: Proxy, host: str, port: int) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        proxy.get(host, port=port)


def test_plain_http_is_sent_to_https(proxy: Proxy) -> None:
    answer = proxy.get(f"dagster.{DOMAIN}", "/runs", port=8080)

    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://dagster.{DOMAIN}/runs")
