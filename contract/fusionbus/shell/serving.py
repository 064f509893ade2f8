"""The small HTTP server of a process: metrics, and two questions for whoever supervises it. It holds no table data."""

import ipaddress
import socket
from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from fusionbus.contract.errors import Misconfigured

Probe = Callable[[], str | None]
"""What is wrong, in a sentence, or None; called on a thread of its own."""
Start = Callable[[str, list[tuple[str, str]]], Any]

SLOW_S_MAX: Final = 10.0
"""A client that sends its question for longer than this is cut off."""
LOOPBACK: Final = "127.0.0.1"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 32

    def server_bind(self) -> None:
        """Binds without asking the name service for our own name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = str(self.server_address[0]), self.socket.getsockname()[1]
        self.setup_environ()


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = SLOW_S_MAX

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
        """Says nothing: probes come every few seconds."""


def serve(port: int, host: str, registry: CollectorRegistry, probes: Mapping[str, Probe]) -> int:
    """Serves `/metrics` and each probe at `/<name>` on a thread of its own; the port, which was free if 0 was asked.

    A probe answers 200, or 503 with its sentence. Raises: Misconfigured if the address cannot be used.
    """
    try:
        server_class = _Server6 if ipaddress.ip_address(host).version == 6 else _Server  # noqa: PLR2004 - IPv6
    except ValueError as exc:
        raise Misconfigured(f"FUSION_METRICS_HOST: {host!r} is not an address such as {LOOPBACK} or ::1.") from exc
    try:
        server = make_server(host, port, _application(registry, probes), server_class, _Handler)
    except OSError as exc:
        raise Misconfigured(
            f"Metrics cannot be served on {host}:{port} ({exc.strerror}): choose another port."
        ) from exc
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server.server_port


def _application(registry: CollectorRegistry, probes: Mapping[str, Probe]) -> Callable[..., Iterable[bytes]]:
    metrics: Any = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if environ.get("REQUEST_METHOD") not in {"GET", "HEAD"}:
            return _say(start, "405 Method Not Allowed", "Only GET is answered.")
        if path in {"/metrics", "/"}:
            told: Iterable[bytes] = metrics(environ, start)
            return told
        probe = probes.get(path.removeprefix("/"))
        if probe is None:
            return _say(start, "404 Not Found", f"There is {', '.join(f'/{name}' for name in ('metrics', *probes))}.")
        ill = probe()
        return _say(start, "200 OK", "ok") if ill is None else _say(start, "503 Service Unavailable", ill)

    return answer


def _say(start: Start, status: str, sentence: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")])
    return [f"{sentence}\n".encode()]
