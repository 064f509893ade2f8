"""One process for the tip line: public pages, desk, mail gateway, metrics, and the outbox of accepted tips."""

import signal
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

from fusionbus.contract.errors import FusionError, Misconfigured
from fusionbus.producers.sender import follow
from fusionbus.producers.tips.line import TipLine
from fusionbus.producers.tips.mail import MailGateway
from fusionbus.producers.tips.reporting import hand_over
from fusionbus.producers.tips.web.desk import desk_app
from fusionbus.producers.tips.web.public import public_app
from fusionbus.shell.metrics import AGES, TIPS_OLDEST, TIPS_WAITING

LOOK_S: Final = 5.0
"""How often waiting tips are counted and what is accepted is handed over: well under an urgent tip's quarter hour."""
FORGET_S: Final = 3_600.0
AT_ONCE_MAX: Final = 200
"""Connections served at once; more get 503. Each holds 128 kB of form at most: 26 MB."""
KEEP_ALIVE_S: Final = 5
STOP_S_MAX: Final = 10.0

_LOG: Final = structlog.get_logger()
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ports:
    """Where to listen; None for a way in that is not wanted."""

    form: int
    desk: int
    mail: int | None
    host: str = "127.0.0.1"
    """Of the public pages; desk and mail stay on the loopback."""


def run(line: TipLine, ports: Ports, tell: Tell, *, send: bool) -> None:
    """Serves until SIGINT or SIGTERM. Raises: Misconfigured where an address cannot be used."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    mail = MailGateway(line, "127.0.0.1", ports.mail) if ports.mail is not None else None
    sockets = [_bound(ports.host, ports.form), _bound("127.0.0.1", ports.desk)]
    servers = [_server(public_app(line)), _server(desk_app(line))]
    works: list[Callable[[], None]] = [lambda: _keep_house(line, stop)]
    if send:
        works.append(lambda: _send(line, stop, tell))
    works += [lambda one=one, at=at: one.run(sockets=[at]) for one, at in zip(servers, sockets, strict=True)]  # type: ignore[misc]
    threads = [threading.Thread(target=work, name=f"tips-{number}", daemon=True) for number, work in enumerate(works)]
    if mail is not None:
        mail.start()
    try:
        for thread in threads:
            thread.start()
        tell(f"The form is at http://{ports.host}:{ports.form}, the desk at http://127.0.0.1:{ports.desk}.")
        stop.wait()
    finally:
        stop.set()
        for one in servers:
            one.should_exit = True
        if mail is not None:
            mail.stop()
        for thread in threads:
            thread.join(STOP_S_MAX)


def count(waiting: Iterable[tuple[datetime, bool]], now: datetime) -> None:
    """Sets the metrics of what waits for triage, by age."""
    ages = [((now - at).total_seconds(), urgent) for at, urgent in waiting]
    lower = 0.0
    for name, upper in AGES:
        TIPS_WAITING.labels(name).set(sum(lower <= max(age, 0.0) < upper for age, _ in ages))
        lower = upper
    for kind, wanted in (("urgent", True), ("other", False)):
        TIPS_OLDEST.labels(kind).set(max((age for age, urgent in ages if urgent == wanted), default=0.0))


def _keep_house(line: TipLine, stop: threading.Event) -> None:
    forgot_s = float("-inf")
    while not stop.is_set():
        now = line.now()
        try:
            count(line.queue.waiting(), now)
            hand_over(line.decisions, line.queue.settings.tips_agency, line.queue.settings)
            if now.timestamp() - forgot_s >= FORGET_S:
                line.queue.forget(now)
                forgot_s = now.timestamp()
        except FusionError as exc:
            _LOG.warning("tips_not_kept_in_order", fault=str(exc))
        stop.wait(LOOK_S)


def _send(line: TipLine, stop: threading.Event, tell: Tell) -> None:
    settings = line.queue.settings
    try:
        follow(settings.tips_agency, settings, stop, tell)
    except FusionError as exc:
        tell(f"Accepted tips stay in the outbox: {exc}")


def _server(app: FastAPI) -> uvicorn.Server:
    # No access log, and no log of its own: neither addresses nor agents are written down anywhere.
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        limit_concurrency=AT_ONCE_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(KEEP_ALIVE_S),
        lifespan="off",
        ws="none",
    )
    return uvicorn.Server(config)


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=AT_ONCE_MAX)
    except (OSError, OverflowError) as exc:
        raise Misconfigured(f"{host}:{port} cannot be listened on ({exc}): choose another port.") from exc
