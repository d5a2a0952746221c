"""Real receivers of alerts on this machine."""

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler


class Hook(ThreadingHTTPServer):
    """A webhook; `answers` are the next statuses, then 200. While `paused` it takes requests and answers none."""

    daemon_threads = True

    def __init__(self, port: int, answers: Sequence[int], headers: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answers = list(answers)
        self.headers = headers
        self.posts: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.tries = 0
        self.going = threading.Event()
        self.going.set()
        self.down = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what some tests want."""


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.tries += 1
        self.server.going.wait()
        status = 503 if self.server.down else self.server.answers.pop(0) if self.server.answers else 200
        if status == 200:
            self.server.posts.append(json.loads(body))
            self.server.paths.append(self.path)
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def hook(
    *answers: int, port: int = 0, headers: dict[str, str] | None = None, tls: SSLContext | None = None
) -> Iterator[Hook]:
    server = Hook(port, answers, headers or {})
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.going.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Mailbox(MessageHandler):
    def __init__(self, mails: list[EmailMessage]) -> None:
        super().__init__(EmailMessage)
        self._mails = mails

    def handle_message(self, message: Any) -> None:
        self._mails.append(message)


@contextmanager
def mail_server(port: int) -> Iterator[list[EmailMessage]]:
    mails: list[EmailMessage] = []
    controller = Controller(_Mailbox(mails), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mails
    finally:
        controller.stop()


@contextmanager
def endless_head() -> Iterator[str]:
    """The address of a server whose answer goes on and on, a byte at a time, and never ends."""
    stop = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Endless: ")
            while not stop.wait(0.01):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        finally:
            stop.set()
            thread.join()
