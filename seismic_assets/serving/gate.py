"""The door of the service: who may pass, how often, and what is noted of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from seismic_assets.serving.facts import ANYONE, CallFacts, new_facts
from seismic_assets.serving.keys import Caller
from seismic_assets.serving.metrics import RejectionReason
from seismic_assets.serving.page import PAGE_POLICY
from seismic_assets.serving.paths import ADMIN, KNOWN, PUBLIC, SHORT
from seismic_assets.serving.problems import UNFORESEEN, problem
from seismic_assets.serving.reply import Reply
from seismic_assets.serving.service import Service

# As few as will do: each header costs the server as much as a metric.
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
_OF_PAGE = [
    _NO_SNIFFING,
    (b"content-security-policy", PAGE_POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_OF_API = [
    _NO_SNIFFING,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]
_SERVER_ERROR = 500
_log = structlog.get_logger(__name__)
Shortcut: TypeAlias = Callable[[Service, CallFacts, Mapping[str, str], Receive], Awaitable[ASGIApp]]


class Gate:
    """Lets a request through to the application, or refuses it; both are counted, logged and answered with its id.

    A request needs a key with the role `predict` unless its path is public, and `admin` where it changes the service.
    Without any key in force everyone may do everything: `seismic serve` sees to it that this is so on the loopback
    interface only.
    """

    def __init__(self, app: ASGIApp, service: Service, shortcuts: Mapping[str, Shortcut]) -> None:
        """Prepare.

        Args:
            app: the application.
            service: its state.
            shortcuts: what answers a POST to some paths, given the facts, the headers by lower-case name and the
                messages of a request, without the application's way to it: that takes as long as all that the gate
                does.
        """
        self._app = app
        self._service = service
        self._shortcuts = shortcuts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request; what is known of it is in `request.state.facts`, its id in the header X-Request-ID."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        asked: str = scope["path"]
        path = SHORT.get(asked, asked)
        # HEAD is GET whose answer has no body: the server, which sees its own scope, leaves that out.
        scope = {**scope, "path": path, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}
        on_page = path == "/dashboard" or path.startswith("/dashboard/")
        facts = new_facts(path if path in KNOWN else "/dashboard" if on_page else "other")
        scope.setdefault("state", {}).update(facts=facts, request_id=facts.request_id)
        reply = Reply(send, [(b"x-request-id", facts.request_id.encode()), *(_OF_PAGE if on_page else _OF_API)])
        self._service.metrics.in_flight.inc()
        try:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            answer = await self._refusal(scope, headers, facts)
            shortcut = self._shortcuts.get(path) if scope["method"] == "POST" else None
            if answer is None and shortcut is not None:
                answer = await self._called(shortcut, facts, headers, receive)
            await (answer or self._app)(scope, receive, reply.send)
        except Exception as error:  # noqa: BLE001 - logged with its traceback, and answered as any other problem
            _log.error("the service failed", request_id=facts.request_id, path=path, exc_info=error)
            facts.error = UNFORESEEN
            if not reply.begun:
                await problem(facts.request_id, _SERVER_ERROR, UNFORESEEN)(scope, receive, reply.send)
        finally:
            self._service.finish(facts, scope, reply.status, time.perf_counter() - started)

    async def _called(
        self, shortcut: Shortcut, facts: CallFacts, headers: Mapping[str, str], receive: Receive
    ) -> ASGIApp:
        """What a shortcut answers, or the problem that it raises."""
        try:
            return await shortcut(self._service, facts, headers, receive)
        except HTTPException as error:
            facts.error = str(error.detail)
            return problem(facts.request_id, error.status_code, facts.error, error.headers)

    async def _refusal(self, scope: Scope, headers: Mapping[str, str], facts: CallFacts) -> ASGIApp | None:
        """What answers in the application's place where the caller may not do this; else None."""
        if facts.endpoint in PUBLIC:
            return None
        refusal = self._unknown(scope, headers, facts)
        if refusal is not None:
            return refusal
        needed = "admin" if facts.endpoint in ADMIN else "predict"
        if needed not in facts.caller.roles:
            return self._no(facts, 403, "forbidden", f"the key has not the role {needed}, which this needs")
        wait = await self._service.wait_of(facts.caller)
        return None if wait is None else self._slow_down(facts, wait, "too many requests came from this caller")

    def _unknown(self, scope: Scope, headers: Mapping[str, str], facts: CallFacts) -> ASGIApp | None:
        """Find out who calls; what answers where that cannot be told."""
        address = scope["client"][0] if scope.get("client") else ""
        if not self._service.asks_for_keys():
            facts.caller = Caller(f"address {address}", ANYONE.roles)
            return None
        presented = _presented(headers)
        if presented is None:
            sentence = "send a key in the header Authorization, as Bearer KEY, or in X-API-Key"
            return self._no(facts, 401, "unauthorised", sentence)
        caller = self._service.caller(presented)
        if caller is not None:
            facts.caller = caller
            return None
        wait = self._service.guesses.refusal(address)
        if wait is not None:
            return self._slow_down(facts, wait, "too many wrong keys came from this address")
        return self._no(facts, 401, "unauthorised", "the key is not known, expired or revoked; ask for another one")

    def _slow_down(self, facts: CallFacts, seconds: float, sentence: str) -> ASGIApp:
        whole = str(max(1, int(seconds + 1)))
        return self._no(facts, 429, "rate", f"{sentence}; try again in {whole} s", {"Retry-After": whole})

    def _no(
        self,
        facts: CallFacts,
        status: int,
        reason: RejectionReason,
        sentence: str,
        headers: Mapping[str, str] | None = None,
    ) -> ASGIApp:
        self._service.metrics.rejected(reason)
        facts.error = sentence
        if status == HTTPStatus.UNAUTHORIZED:
            headers = {"WWW-Authenticate": 'Bearer realm="seismic"'}
        return problem(facts.request_id, status, sentence, headers)


def _presented(headers: Mapping[str, str]) -> str | None:
    kind, _, key = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and key:
        return key.strip()
    return headers.get("x-api-key")
