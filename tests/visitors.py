"""For tests of the web server: one over an empty database, and people who visit it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from re import search
from typing import Any

from httpx import ASGITransport, AsyncClient, Response

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.actions import Sent
from fusionbus.consumers.web.guard import Guard
from fusionbus.consumers.web.server import LOOPBACK, create_app
from fusionbus.consumers.web.settings import WebSettings
from fusionbus.consumers.web.site import Site
from fusionbus.contract.codec import AnyControl
from fusionbus.contract.errors import FusionError

HOME = "http://127.0.0.1:8410"
QUICK = 4
"""log2 of scrypt's N: a hash in a millisecond."""
_LOOP = asyncio.Runner()
CHOSEN = "river stone eleven lamps"


class Outbox:
    """Stands in for the way to the hub: keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[AnyControl] = []
        self.broken: FusionError | None = None

    def send(self, message: AnyControl) -> Sent:
        """As the real one; raises what the test has put in `broken`."""
        if self.broken is not None:
            raise self.broken
        self.sent.append(message)
        return Sent(f"control-{message.agency.lower()}", 0, len(self.sent))


def a_site(url: str, outbox: Outbox | None = None, **settings: Any) -> Site:
    """The server's parts over the database of this URL."""
    way = outbox or Outbox()
    return Site.over(ThreatDatabase(url), WebSettings(**{"web_scrypt_log2_n": QUICK} | settings), way)


def an_empty_site(folder: Path, outbox: Outbox | None = None, **settings: Any) -> Site:
    """The server's parts over an empty database in this folder."""
    return a_site(f"sqlite:{folder}/threats.db", outbox, **settings)


@dataclass
class Visitor:
    """A browser, or a program, at the server; it keeps its cookies."""

    site: Site
    client: AsyncClient
    loop: asyncio.Runner

    @classmethod
    def at(cls, site: Site, address: str = "192.0.2.1") -> "Visitor":
        """A browser that nobody has signed in with yet."""
        app = create_app(site, with_pages=False)
        transport = ASGITransport(app, client=(address, 50_000))
        return cls(site, AsyncClient(transport=transport, base_url=HOME), _LOOP)

    def ask(self, method: str, path: str, **more: Any) -> Response:
        """What the server answers; a redirect is not followed."""
        return self.loop.run(self.client.request(method, path, **more))

    def get(self, path: str, **headers: str) -> Response:
        """What the server answers."""
        return self.ask("GET", path, headers=headers)

    def send(self, path: str, **form: str) -> Response:
        """What the server answers to a form of its own page."""
        return self.ask("POST", path, data=form, headers={"Origin": HOME})

    def opens_line(self, path: str, origin: str) -> bool:
        """Whether the server lets the browser open a WebSocket."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        headers = {"host": HOME.removeprefix("http://"), "origin": origin, "cookie": cookies}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "websocket", "path": path, "headers": raw, "query_string": b"", "scheme": "ws"}
        said: list[str] = []

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            said.append(message["type"])

        async def page(_: Any, __: Any, answer: Any) -> None:
            await answer({"type": "websocket.accept"})

        async def connect() -> None:
            await Guard(page, self.site, LOOPBACK)(scope, receive, send)

        self.loop.run(connect())
        return said[0] == "websocket.accept"

    def sign_in(self, agency: str, name: str, password: str, **more: str) -> Response:
        """What the server answers to the form of sign-in."""
        return self.send("/sign-in", agency=agency, name=name, password=password, **more)

    def csrf(self) -> str:
        """What forms of this session carry."""
        found = search(r'name="csrf" value="([0-9a-f]+)"', self.get("/password").text)
        assert found, "nobody is signed in"
        return found[1]


def signed_in(site: Site, agency: str, role: Role, name: str = "desk-1") -> Visitor:
    """Somebody with an account of this role, signed in with a password of his own."""
    visitor, first = Visitor.at(site), site.accounts.add(agency, name, role)
    visitor.sign_in(agency, name, first)
    changed = visitor.send("/password", old=first, new=CHOSEN, again=CHOSEN, csrf=visitor.csrf())
    assert changed.status_code == 303, changed.text
    return visitor


def program(site: Site, agency: str, role: Role) -> dict[str, str]:
    """The header of a program with a token of this agency."""
    _, token = site.tokens.add(agency, "tests", role, days=1)
    return {"Authorization": f"Bearer {token}"}
