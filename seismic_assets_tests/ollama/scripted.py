"""A server on the loopback interface that speaks Ollama's API and plays a script: one turn for each question.

    with ScriptedServer(says("a trace")) as server:
        OllamaModel(ClientConfig(host=server.host)).answer(question)
        assert server.asked[0].body["messages"] == ...

A turn is a function of a Stage, which is one question and the connection it came over; the ones here are the faults
that a real server has. A question beyond the script is refused with status 418, which nobody repeats.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

MODEL = "llama3.1:8b"
_GIVE_UP_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 0.02


@dataclass
class Asked:
    """A question that came.

    Attributes:
        path: such as `/api/chat`.
        body: as it was sent.
        headers: as they were sent, by lower-case name.
        gone: is set when the client closed the connection before the turn was over.
        over: is set when the turn was over, whoever ended it.
    """

    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    gone: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def disconnected(self) -> bool:
        """Whether the client went away before the end; waits for the end of the turn."""
        self.over.wait(_GIVE_UP_SECONDS)
        return self.gone.is_set()


class Stage:
    """Where a turn is played: one question, and what may be sent back."""

    def __init__(self, handler: "_Handler", asked: Asked, closing: threading.Event) -> None:
        self._handler = handler
        self._closing = closing
        self.asked = asked
        self.model = str(asked.body.get("model"))

    def start(self, status: int = 200, kind: str = "application/x-ndjson", **headers: str) -> None:
        """Status and headers of an answer in chunks."""
        self._handler.send_response(status)
        for name, value in {"Content-Type": kind, "Transfer-Encoding": "chunked", **headers}.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()

    def send(self, content: bytes) -> None:
        """One chunk."""
        self._handler.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")

    def send_line(self, line: Any) -> None:
        self.send(json.dumps(line).encode() + b"\n")

    def send_text(self, text: str) -> None:
        """A piece of an answer."""
        self.send_line({"model": self.model, "message": {"role": "assistant", "content": text}, "done": False})

    def send_end(self, **more: Any) -> None:
        """The last piece of an answer, and the end of the chunks."""
        last = {"model": self.model, "message": {"role": "assistant", "content": ""}, "done": True}
        self.send_line({**last, "done_reason": "stop", "prompt_eval_count": 11, "eval_count": 7, **more})
        self.finish()

    def finish(self) -> None:
        """The end of the chunks."""
        self.send(b"")

    def send_whole(self, status: int, content: bytes, **headers: str) -> None:
        """An answer that is no stream."""
        self._handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()
        self._handler.wfile.write(content)

    def send_bytes(self, content: bytes) -> None:
        """As they are, outside of HTTP's rules."""
        self._handler.wfile.write(content)

    def wait(self, seconds: float = _GIVE_UP_SECONDS) -> None:
        """Wait for a while.

        Raises:
            BrokenPipeError: the client went away, or the server is closed.
        """
        waited = 0.0
        while waited < seconds:
            if self._closing.wait(_LOOK_AGAIN_SECONDS) or _is_gone(self._handler.connection):
                raise BrokenPipeError
            waited += _LOOK_AGAIN_SECONDS


Turn = Callable[[Stage], None]


def says(
    text: str = "",
    *,
    pieces: Sequence[str] | None = None,
    tool_calls: Iterable[tuple[str, Mapping[str, Any]]] = (),
    **last: Any,
) -> Turn:
    """An answer, word by word or in the given pieces; `last` goes into the last line, such as done_reason="length"."""

    def turn(stage: Stage) -> None:
        stage.start()
        for piece in pieces if pieces is not None else _words(text):
            stage.send_text(piece)
        calls = [{"function": {"name": name, "arguments": arguments}} for name, arguments in tool_calls]
        if calls:
            stage.send_line(
                {"model": stage.model, "message": {"role": "assistant", "content": "", "tool_calls": calls}}
            )
        stage.send_end(**last)

    return turn


def says_json(data: Any, **last: Any) -> Turn:
    """An answer in JSON."""
    return says(json.dumps(data), **last)


def answers(answer: Callable[[dict[str, Any]], str]) -> Turn:
    """An answer that depends on the question: is given the body of the request, returns the text."""
    return lambda stage: says(answer(stage.asked.body))(stage)


def slow(seconds: float, then: Turn) -> Turn:
    """Nothing for a while, not even a status."""

    def turn(stage: Stage) -> None:
        stage.wait(seconds)
        then(stage)

    return turn


def hangs() -> Turn:
    """Nothing at all."""
    return slow(_GIVE_UP_SECONDS, says("too late"))


def hangs_after(text: str) -> Turn:
    """Some of an answer, and then nothing."""

    def turn(stage: Stage) -> None:
        stage.start()
        stage.send_text(text)
        stage.wait()

    return turn


def trickles(piece: str = "a ", seconds: float = 0.05) -> Turn:
    """A piece of an answer every so often, without end."""

    def turn(stage: Stage) -> None:
        stage.start()
        while True:
            stage.send_text(piece)
            stage.wait(seconds)

    return turn


def trickles_bytes(content: bytes = b" ", seconds: float = 0.05) -> Turn:
    """Bytes every so often that never make a line."""

    def turn(stage: Stage) -> None:
        stage.start()
        while True:
            stage.send(content)
            stage.wait(seconds)

    return turn


def trickles_headers(seconds: float = 0.05) -> Turn:
    """A status line, and headers without end."""

    def turn(stage: Stage) -> None:
        stage.send_bytes(b"HTTP/1.1 200 OK\r\n")
        while True:
            stage.send_bytes(b"X-Word: a\r\n")
            stage.wait(seconds)

    return turn


def cut_off(text: str = "half of an") -> Turn:
    """Some of an answer, and the connection is gone."""

    def turn(stage: Stage) -> None:
        stage.start()
        for piece in _words(text):
            stage.send_text(piece)

    return turn


def ends_early(text: str = "half of an") -> Turn:
    """Some of an answer, and an orderly end of the stream without the last line."""

    def turn(stage: Stage) -> None:
        cut_off(text)(stage)
        stage.finish()

    return turn


def closes() -> Turn:
    """The connection is gone before the first byte."""
    return lambda stage: None


def fails(status: int = 500, said: str = "the model runner has crashed") -> Turn:
    """A status that says that it failed."""
    return lambda stage: stage.send_whole(status, json.dumps({"error": said}).encode())


def fails_inside(text: str = "half of an", said: str = "the model runner has crashed") -> Turn:
    """Some of an answer, and then a line that says that it failed."""

    def turn(stage: Stage) -> None:
        stage.start()
        stage.send_text(text)
        stage.send_line({"error": said})
        stage.finish()

    return turn


def missing_model() -> Turn:
    """What Ollama says of a model that was not pulled."""
    return lambda stage: fails(404, f"model '{stage.model}' not found")(stage)


def redirects(to: str) -> Turn:
    """Look elsewhere."""
    return lambda stage: stage.send_whole(307, b"", Location=to)


def sends_lines(*lines: bytes | str) -> Turn:
    """Lines as they are, whatever they are."""

    def turn(stage: Stage) -> None:
        stage.start()
        for line in lines:
            stage.send((line.encode() if isinstance(line, str) else line) + b"\n")
        stage.finish()

    return turn


def sends_whole(status: int, content: bytes, **headers: str) -> Turn:
    """One body, whatever it is."""
    return lambda stage: stage.send_whole(status, content, **headers)


def endless(piece: str = "word " * 20) -> Turn:
    """An answer without end, as fast as it is taken."""

    def turn(stage: Stage) -> None:
        stage.start()
        while True:
            stage.send_text(piece)

    return turn


def endless_line() -> Turn:
    """One line without end, as fast as it is taken."""

    def turn(stage: Stage) -> None:
        stage.start()
        while True:
            stage.send(b"x" * 65_536)

    return turn


class ScriptedServer:
    """The server, for the time of a `with` block.

    Args:
        turns: for the questions to /api/chat, in their order.
        always: the turn of every question beyond those.
        models: that /api/tags lists.
        version: that /api/version tells.
        others: turns for other paths, such as {"/api/tags": fails(500)}, in place of the ordinary answer.

    Attributes:
        host: its address, as ClientConfig takes it.
        asked: the questions to /api/chat that came, in their order.
        looked: the paths of all other requests that came.
    """

    def __init__(
        self,
        *turns: Turn,
        always: Turn | None = None,
        models: Sequence[str] = (MODEL,),
        version: str = "0.12.3",
        others: Mapping[str, Turn] | None = None,
    ) -> None:
        self.asked: list[Asked] = []
        self.looked: list[str] = []
        self._turns = list(turns)
        self._always = always or fails(418, "the script has no further turn")
        self._models = tuple(models)
        self._version = version
        self._others = dict(others or {})
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.scripted = self
        self.host = f"http://127.0.0.1:{self._server.server_port}"

    def then(self, *turns: Turn) -> None:
        """Further turns."""
        with self._lock:
            self._turns.extend(turns)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _turn_of(self, asked: Asked) -> Turn:
        with self._lock:
            if asked.path == "/api/chat":
                self.asked.append(asked)
                return self._turns.pop(0) if self._turns else self._always
            self.looked.append(asked.path)
        return self._others.get(asked.path, self._ordinary)

    def _ordinary(self, stage: Stage) -> None:
        contents: dict[str, Any] = {
            "/api/version": {"version": self._version},
            "/api/tags": {"models": [{"name": name, "model": name} for name in self._models]},
            "/api/show": {"details": {"family": "llama"}, "capabilities": ["completion", "tools"]},
        }
        found = contents.get(stage.asked.path)
        if found is None:
            fails(404, "page not found")(stage)
        else:
            stage.send_whole(200, json.dumps(found).encode(), Content_Type="application/json")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    scripted: ScriptedServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        self._play()

    def do_GET(self) -> None:
        self._play()

    def _play(self) -> None:
        scripted = self.server.scripted
        self.close_connection = True
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.path, json.loads(content) if content else {}, headers)
        try:
            scripted._turn_of(asked)(Stage(self, asked, scripted._closing))
        except OSError:
            asked.gone.set()
        finally:
            asked.over.set()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what came is in `asked`."""


def _is_gone(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.setblocking(True)


def _words(text: str) -> list[str]:
    return text.replace(" ", " \0").split("\0") if text else []
