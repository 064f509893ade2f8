"""For tests of the tip line: one in a folder, with a clock that the test turns, and people who come to it."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from builders import NOW
from fusionbus.producers.tips.line import TipLine
from fusionbus.producers.tips.queue import TipQueue
from fusionbus.producers.tips.settings import TipSettings
from fusionbus.producers.tokens import demo_key

_LOOP = asyncio.Runner()
NUMBER = "0300-0000042"
"""A made-up caller's."""
PLAIN_FORMS = ("0300-0000042", "03000000042", "+923000000042", "923000000042")


@dataclass
class Clock:
    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def goes_on(self, **by: float) -> None:
        self.at += timedelta(**by)


@contextmanager
def a_line(folder: Path, **settings: Any) -> Iterator[TipLine]:
    queue = TipQueue(TipSettings(home=folder / "home", **settings))
    try:
        yield TipLine(queue, demo_key(), Clock())
    finally:
        queue.close()


@dataclass
class Browser:
    """Somebody at the pages; cookies are kept."""

    app: FastAPI
    address: str = "198.51.100.7"
    client: AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        transport = ASGITransport(app=self.app, client=(self.address, 40_000))
        self.client = AsyncClient(transport=transport, base_url="http://127.0.0.1")

    def get(self, path: str, **headers: str) -> Response:
        return _LOOP.run(self.client.get(path, headers=headers))

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Response:
        return _LOOP.run(self.client.post(path, data=fields, headers=headers))

    def send(self, path: str, content: bytes, **headers: str) -> Response:
        return _LOOP.run(self.client.post(path, content=content, headers=headers))

    def form_key(self) -> str:
        found = re.search(r'name="form_key" value="([^"]+)"', self.get("/call").text)
        assert found is not None
        return found[1]


def code_on(answer: Response) -> str:
    """The code that a page shows."""
    found = re.search(r'id="code">([0-9A-Z-]+)<', answer.text)
    assert found is not None, answer.text
    return found[1]


def everything_stored(folder: Path) -> bytes:
    """Every byte of every file that the tip line has written, but for the key of the numbers."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
