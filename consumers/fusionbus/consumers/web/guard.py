"""Stands before everything the server has: asks by which name, from where, how much, and who."""

import time
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

from anyio import to_thread
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from fusionbus.consumers.web import headers
from fusionbus.consumers.web.people import Person
from fusionbus.consumers.web.problems import Problem, problem_of
from fusionbus.consumers.web.site import SIGN_IN_AGAIN, Site
from fusionbus.consumers.web.taxii_messages import PATH, credentials, shown
from fusionbus.contract.errors import FusionError

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN: Final = frozenset({"/sign-in", "/sign-in.css", "/health"})
"""What may be asked by anybody."""
REPLY: Final = "/reply/"
"""Links in mails carry their own right."""
PASSWORD: Final = frozenset({"/password", "/sign-out", "/sign-in.css"})
"""What may be asked before a password of one's own is chosen."""
API: Final = "/api/"
COOKIE: Final = "fusion_session"
SECURE_COOKIE: Final = "__Host-fusion_session"
CHECK_EVERY_S: Final = 10.0
POLICY_VIOLATION: Final = 1008


def cookie_name(site: Site) -> str:
    """The name of the session's cookie; with TLS the browser itself takes care that no other host can set it."""
    return SECURE_COOKIE if site.settings.web_tls else COOKIE


class Guard:
    """ASGI middleware around the whole server."""

    def __init__(self, app: ASGIApp, site: Site, names: frozenset[str]) -> None:
        self._app, self._site, self._names = app, site, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the request through, with who asks in its state, or refuses it in a sentence."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        send = headers.added(send, asked.url.path, tls=self._site.settings.web_tls)
        try:
            self._proper(asked)
            entry = await self._who(asked)
        except Problem as problem:
            entry = shown(asked.url.path, problem)
        if entry is not None:
            await _refuse(scope, receive, send, entry)
        elif scope["type"] == "websocket":
            await self._app(scope, self._watched(asked, receive), send)
        else:
            await self._app(scope, _bounded(receive, self._site.settings.web_request_bytes_max), send)

    def _proper(self, asked: HTTPConnection) -> None:
        """Raises: Problem, where the name, the origin or the size is wrong."""
        host = asked.headers.get("host", "")
        if urlsplit(f"//{host}").hostname not in self._names:
            raise Problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                "This server is not known by that name: ask by another, or name it in FUSION_WEB_NAMES.",
            )
        length = asked.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._site.settings.web_request_bytes_max:
            raise _too_large(self._site.settings.web_request_bytes_max)
        acts = asked.scope["type"] == "websocket" or asked.scope["method"] not in SAFE
        if acts and "authorization" not in asked.headers and not _same_site(asked, host):
            raise Problem(
                HTTPStatus.FORBIDDEN, "The request was sent by another site: open the page here and try again."
            )

    async def _who(self, asked: HTTPConnection) -> Response | None:
        """Puts who asks into the request's state; an answer where that is nobody and somebody is wanted."""
        state: MutableMapping[str, Any] = asked.scope.setdefault("state", {})
        state.update(site=self._site, session=None, person=None)
        path = asked.url.path
        if path in OPEN or path.startswith(REPLY) or headers.is_asset(path):
            return None
        secret, program = asked.cookies.get(cookie_name(self._site)), _bearer(asked)
        try:
            if path.startswith(PATH):
                state["person"] = await to_thread.run_sync(self._client, asked.headers.get("authorization", ""))
            elif program is not None and path.startswith(API):
                state["person"] = await to_thread.run_sync(self._site.program, program)
            elif secret:
                state["session"] = await to_thread.run_sync(self._site.session, secret)
        except FusionError as exc:
            raise problem_of(exc) from exc
        if state["session"] is not None:
            state["person"] = state["session"].person
        return _answer(path, state)

    def _client(self, header: str) -> Person | None:
        """Who asks by TAXII: a program with a token, never a browser's session."""
        told = credentials(header)
        person = self._site.program(told[0]) if told is not None else None
        return person if person is not None and told is not None and told[1] in {None, person.agency} else None

    def _watched(self, asked: HTTPConnection, receive: Receive) -> Receive:
        """As `receive`, but the line ends when the session does."""
        secret = asked.cookies.get(cookie_name(self._site), "")
        looked_at_s = {True: 0.0, False: 0.0}

        async def receive_while_signed_in() -> Message:
            message = await receive()
            clicked, now_s = _is_click(message), time.monotonic()
            if message["type"] != "websocket.receive" or now_s - looked_at_s[clicked] < CHECK_EVERY_S:
                return message
            looked_at_s[clicked] = now_s
            if await to_thread.run_sync(lambda: self._site.session(secret, used=clicked)) is None:
                return {"type": "websocket.disconnect", "code": POLICY_VIOLATION, "reason": SIGN_IN_AGAIN}
            return message

        return receive_while_signed_in


def _answer(path: str, state: MutableMapping[str, Any]) -> Response | None:
    """What is said instead of the page to somebody who is not signed in, or has no password of his own yet."""
    person = state["person"]
    if person is None:
        if path.startswith((API, PATH)):
            detail = "Sign in, or send an API token as `Authorization: Bearer …`."
            raise Problem(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})
        return RedirectResponse(f"/sign-in?next={quote(path)}", HTTPStatus.SEE_OTHER)
    if person.must_change and path not in PASSWORD:
        if path.startswith(API):
            raise Problem(HTTPStatus.FORBIDDEN, "Choose a password of your own first: open /password.")
        return RedirectResponse("/password", HTTPStatus.SEE_OTHER)
    return None


def _bearer(asked: HTTPConnection) -> str | None:
    kind, _, token = asked.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _same_site(asked: HTTPConnection, host: str) -> bool:
    """Whether the browser says that a page of this server sent it. Source: OWASP CSRF Prevention Cheat Sheet."""
    origin = asked.headers.get("origin")
    if origin is None:
        return asked.headers.get("sec-fetch-site") == "same-origin"
    return urlsplit(origin).netloc.lower() == host.lower()


def _is_click(message: Message) -> bool:
    """Whether a message of the pages' line is something a person did, and not the line keeping itself alive."""
    return str(message.get("text") or "").startswith('42["event"')


def _too_large(bytes_max: int) -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The request is larger than {bytes_max:,} bytes: send less.")


def _bounded(receive: Receive, bytes_max: int) -> Receive:
    """As `receive`, for bodies without a declared length too."""
    got = 0

    async def receive_so_much() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > bytes_max:
            raise _too_large(bytes_max)
        return message

    return receive_so_much


async def _refuse(scope: Scope, receive: Receive, send: Send, answer: Response) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose(POLICY_VIOLATION, SIGN_IN_AGAIN)(scope, receive, send)
    else:
        await answer(scope, receive, send)
