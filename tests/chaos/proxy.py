"""A TCP proxy on loopback between every client and the broker, that delays, cuts, and resets on demand."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from fusionbus.deploy.broker_files import HOST

T = TypeVar("T")
PIECE_BYTES = 65_536
LOOK_S = 0.02


@dataclass
class Weather:
    """What the line does to bytes now."""

    delay_s: float = 0.0
    up: bool = True
    """Whether bytes go from client to broker; what is held back goes when it is up again, as TCP resends it."""
    down: bool = True
    """Whether bytes go from broker to client."""


class Proxy:
    """Runs on a thread of its own, from `start` to `stop`.

    Args:
        port: where it listens; 0 picks a free one.
    """

    def __init__(self) -> None:
        self.weather = Weather()
        self.port = 0
        self.connections = 0
        self._target = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """What clients connect to."""
        return f"{HOST}:{self.port}"

    def start(self) -> "Proxy":
        """This proxy, listening on a free port."""
        self._thread.start()
        self._on_loop(self._listen()).result(10)
        return self

    def lead_to(self, port: int) -> None:
        """Names the broker's port; connections before that are closed."""
        self._target = port

    def stop(self) -> None:
        """Closes everything."""
        self._on_loop(self._close()).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def reset_all(self) -> None:
        """Breaks every connection that is open now; new ones are let through."""
        self._on_loop(self._break()).result(10)

    def _on_loop(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _break(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._break()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            from_broker, to_broker = await asyncio.open_connection(HOST, self._target)
        except OSError:
            to_client.transport.abort()
            return
        self._writers |= {to_client, to_broker}
        both = (
            asyncio.ensure_future(self._pump(from_client, to_broker, "up")),
            asyncio.ensure_future(self._pump(from_broker, to_client, "down")),
        )
        self._tasks |= set(both)
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for writer in (to_client, to_broker):
            writer.close()
        await asyncio.wait(both, timeout=1)
        for task in both:
            task.cancel()
        self._tasks -= set(both)
        self._writers -= {to_client, to_broker}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        """Hands bytes on. A delay holds each piece for that long and the pieces behind it run on with it."""
        line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=256)
        sending = asyncio.ensure_future(self._send(line, writer, way))
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while piece := await reader.read(PIECE_BYTES):
                    await line.put((self._loop.time() + self.weather.delay_s, piece))
                while not line.empty() and not sending.done():  # noqa: ASYNC110 - rare and short
                    await asyncio.sleep(LOOK_S)
        finally:
            sending.cancel()

    async def _send(self, line: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter, way: str) -> None:
        with suppress(OSError):
            while True:
                due, piece = await line.get()
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                while not getattr(self.weather, way):  # noqa: ASYNC110 - set from another thread
                    await asyncio.sleep(LOOK_S)
                writer.write(piece)
                await writer.drain()
