"""As much of a Kubernetes API as dagster-k8s's launcher asks for: it keeps jobs, and what was asked."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

_PATH = re.compile(
    r"/(?:api|apis/(?P<group>\w+))/v1/namespaces/(?P<space>[\w-]+)"
    r"/(?P<kind>\w+)(?:/(?P<name>[\w-]+))?(?:/(?P<part>\w+))?"
)
_VERBS = {"POST": "create", "DELETE": "delete"}


@dataclass
class Cluster:
    """What a launcher said to it.

    Attributes:
        kubeconfig: file that leads to it.
        jobs: by name, as they were created.
        asked: (group, resource, verb) of every request, and the namespaces.
    """

    kubeconfig: Path
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: set[tuple[str, str, str]] = field(default_factory=set)
    namespaces: set[str] = field(default_factory=set)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        """Status and document of a request."""
        found = _PATH.fullmatch(path.partition("?")[0])
        if found is None:
            return 404, {}
        group, name = found["group"] or "", found["name"]
        resource = "/".join(filter(None, (found["kind"], found["part"])))
        self.asked.add((group, resource, _VERBS.get(method, "get" if name else "list")))
        self.namespaces.add(found["space"])
        if method == "POST":
            job = json.loads(body)
            self.jobs[job["metadata"]["name"]] = job
            return 201, job
        if method == "DELETE" and found["kind"] == "jobs" and name is not None:
            return 200, self.jobs.pop(name)
        return 200, self._found(resource, name)

    def _found(self, resource: str, name: str | None) -> object:
        match resource, name:
            case ("jobs" | "jobs/status", str()):
                return {**self.jobs[name], "status": {"active": 1}}
            case "pods", str():
                return _pod(name)
            case "pods", None:
                return {"items": [_pod(f"{job}-pod") for job in self.jobs]}
            case "pods/log", _:
                return "nothing yet"
            case _:
                return {"items": []}


def _pod(name: str) -> dict[str, Any]:
    waiting = {"name": "dagster", "image": "", "imageID": "", "ready": True, "restartCount": 0}
    return {
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "dagster"}]},
        "status": {"phase": "Running", "containerStatuses": [{**waiting, "state": {"running": {}}}]},
    }


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """One on a free port of this machine until the block ends."""
    known = Cluster(folder / "kubeconfig.yaml")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, document = known.answer(self.command, self.path, body)
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    known.kubeconfig.write_text(yaml.safe_dump(_kubeconfig(server.server_port)))
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()


def _kubeconfig(port: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "nobody"}}],
        "current-context": "here",
        "users": [{"name": "nobody", "user": {}}],
    }
