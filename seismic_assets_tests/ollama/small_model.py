"""A thin server of Ollama's API over llama.cpp, with a real, small language model.

    python -m seismic_assets_tests.ollama.small_model --port 11434

It translates /api/chat to what the server of llama.cpp takes, and back; a client that goes away ends the work there.
Its answers show that the wire holds, not that a model is good.
"""

import argparse
import json
import os
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from seismic_assets_tests.ollama.running import NAME
from seismic_assets_tests.ollama.weights import assembled, weights_folder

_CONTEXT_TOKENS = 4096
_THREADS = 2
_VERSION = "0.12.3"


def llama_server(weights: Path) -> Any:
    """The server of llama.cpp, on a free port of the loopback interface."""
    from xllamacpp import CommonParams, Server

    parameters = CommonParams()
    parameters.model.path = str(weights)
    parameters.n_ctx = _CONTEXT_TOKENS
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = _THREADS
    parameters.port = 0
    parameters.ui = False
    parameters.cache_ram_mib = 0  # no former prompts: 8 GB by default
    parameters.verbosity = 0
    return Server(parameters)


class OllamaApi:
    """Ollama's API over that of llama.cpp at an address."""

    def __init__(self, upstream: str) -> None:
        self._client = httpx.AsyncClient(base_url=upstream, timeout=None, trust_env=False)
        self._generating = 0
        self._asked = 0

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/chat", self.chat, methods=["POST"]),
                Route("/api/tags", self.tags),
                Route("/api/version", self.version),
                Route("/test/generating", self.generating),
            ]
        )

    async def tags(self, _: Request) -> Response:
        return JSONResponse({"models": [{"name": NAME, "model": NAME, "size": 253_000_000}]})

    async def version(self, _: Request) -> Response:
        return JSONResponse({"version": _VERSION})

    async def generating(self, _: Request) -> Response:
        return JSONResponse({"generating": self._generating, "asked": self._asked})

    async def chat(self, request: Request) -> Response:
        body = await request.json()
        if body.get("model") != NAME:
            return JSONResponse({"error": f"model '{body.get('model')}' not found"}, 404)
        self._asked += 1
        lines = self._lines(body)
        if body.get("stream", True):
            return StreamingResponse(
                (json.dumps(line) + "\n" async for line in lines), media_type="application/x-ndjson"
            )
        return JSONResponse(_merged([line async for line in lines]))

    async def _lines(self, body: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        began = time.monotonic_ns()
        async with self._asking(body) as parts:
            last: dict[str, Any] = {"done_reason": "stop"}
            async for part in parts:
                if "error" in part:
                    yield {"error": str(part["error"].get("message", part["error"]))}
                    return
                for choice in part.get("choices", ()):
                    text, calls = choice["delta"].get("content") or "", _tool_calls(choice["delta"])
                    if text or calls:
                        yield _line({"role": "assistant", "content": text} | ({"tool_calls": calls} if calls else {}))
                    if choice.get("finish_reason"):
                        last["done_reason"] = "length" if choice["finish_reason"] == "length" else "stop"
                if part.get("usage"):
                    last["prompt_eval_count"] = part["usage"]["prompt_tokens"]
                    last["eval_count"] = part["usage"]["completion_tokens"]
            took = time.monotonic_ns() - began
            yield _line({"role": "assistant", "content": ""}) | last | {"done": True, "total_duration": took}

    @asynccontextmanager
    async def _asking(self, body: Mapping[str, Any]) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        self._generating += 1
        try:
            async with self._client.stream("POST", "/v1/chat/completions", json=_request(body)) as response:
                yield _events(response)
        finally:
            self._generating -= 1


async def _events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    if not response.is_success:
        yield json.loads(await response.aread())
        return
    async for line in response.aiter_lines():
        if line.startswith("data: ") and line != "data: [DONE]":
            yield json.loads(line.removeprefix("data: "))


def _request(body: Mapping[str, Any]) -> dict[str, Any]:
    options = body.get("options") or {}
    request: dict[str, Any] = {
        "messages": [_message(each) for each in body["messages"]],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": options.get("num_predict", 128),
        "temperature": options.get("temperature", 0.8),
        "seed": options.get("seed", 0),
    }
    if isinstance(body.get("format"), dict):
        request["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": body["format"]},
        }
    elif body.get("format") == "json":
        request["response_format"] = {"type": "json_object"}
    if body.get("tools"):
        request["tools"] = body["tools"]
    return request


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    if message["role"] == "tool":
        return {"role": "user", "content": f"{message.get('tool_name', 'the tool')} says: {message.get('content', '')}"}
    calls = "".join(f"\n{json.dumps(each['function'])}" for each in message.get("tool_calls") or ())
    return {"role": message["role"], "content": (message.get("content") or "") + calls}


def _tool_calls(delta: Mapping[str, Any]) -> list[dict[str, Any]]:
    calls = []
    for each in delta.get("tool_calls") or ():
        try:
            arguments = json.loads(each["function"].get("arguments") or "{}")
        except ValueError:
            continue  # comes in pieces; such a small model makes nothing of it
        if "name" in each["function"] and isinstance(arguments, dict):
            calls.append({"function": {"name": each["function"]["name"], "arguments": arguments}})
    return calls


def _line(message: Mapping[str, Any]) -> dict[str, Any]:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"model": NAME, "created_at": now, "message": dict(message), "done": False}


def _merged(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer to a question that asked for no stream."""
    messages = [line["message"] for line in lines if "message" in line]
    merged = {"role": "assistant", "content": "".join(each["content"] for each in messages)}
    calls = [call for each in messages for call in each.get("tool_calls", ())]
    return lines[-1] | ({"message": merged | ({"tool_calls": calls} if calls else {})} if messages else {})


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=11434)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--with-parent", action="store_true", help="end when standard input does")
    arguments = parser.parse_args()
    if arguments.with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    llama = llama_server(arguments.weights or assembled(weights_folder()))
    listening = socket.create_server(("127.0.0.1", arguments.port))
    print(listening.getsockname()[1], flush=True)
    api = OllamaApi(llama.listening_address)
    uvicorn.Server(uvicorn.Config(api.application(), log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main()
