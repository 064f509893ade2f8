"""The handler that sends each alert to a SIEM: a CEF line in a syslog message, over TCP or TLS.

Syslog has no receipts. So each alert has a connection of its own, which the server closes when it has read to the end:
until it did, or let go of it after a while, the alert is not taken.
"""

import socket
import ssl
from contextlib import closing, suppress
from typing import Final

from fusionbus.consumers.formats.cef import framed, syslog
from fusionbus.consumers.handlers import Taken
from fusionbus.consumers.handlers.outward import (
    OutwardSettings,
    SentOnce,
    host_and_port,
    must_be_encrypted,
    tls_context,
)
from fusionbus.contract.alert import Alert
from fusionbus.contract.errors import Misconfigured, RetryLater

CLOSED_S_MAX: Final = 2.0
"""How long the server may take to close; one that keeps connections open has it by then, as far as can be known."""


class SyslogHandler:
    """Sends to one server. Raises: Misconfigured where it cannot be used.

    Args:
        target: `HOST:PORT`.
        tls: whether by RFC 5425; without it only to this machine, or where `FUSION_OUTWARD_UNENCRYPTED` allows it.
    """

    name = "syslog"

    def __init__(self, target: str, settings: OutwardSettings, *, tls: bool) -> None:
        self._at = host_and_port(target, "--handler syslog")
        if not tls and must_be_encrypted(self._at[0], settings):
            raise Misconfigured(
                f"Syslog to {self._at[0]} is not encrypted: use syslogs:{target}. "
                "FUSION_OUTWARD_UNENCRYPTED=true is for networks that are encrypted below."
            )
        self._timeout_s = settings.outward_timeout_s
        self._context = tls_context(settings) if tls else None
        self._once = SentOnce()
        self._host = socket.gethostname()

    def take(self, alert: Alert) -> Taken:
        """Whether it was new here; the server has read it, as far as syslog lets one know. Raises: RetryLater."""
        return self._once.take(alert, self._send)

    def close(self) -> None:
        """Nothing is held."""

    def _send(self, alert: Alert) -> None:
        try:
            with closing(self._connect()) as line:
                line.sendall(framed(syslog(alert, self._host)))
                _wait_for_end(line)
        except OSError as exc:  # TLS errors are some too
            said = exc.strerror or type(exc).__name__
            raise RetryLater(f"The syslog server cannot be reached ({said}): it is tried again.") from exc

    def _connect(self) -> socket.socket:
        line = socket.create_connection(self._at, timeout=self._timeout_s)
        if self._context is None:
            return line
        try:
            return self._context.wrap_socket(line, server_hostname=self._at[0])
        except BaseException:
            line.close()
            raise


def _wait_for_end(line: socket.socket) -> None:
    """Says that no more comes and waits for the server's end of the connection. Raises: OSError where it broke it."""
    line.settimeout(CLOSED_S_MAX)
    if isinstance(line, ssl.SSLSocket):
        # Many servers close without the farewell that TLS asks for: OpenSSL tells it as an error of its own, or as 0.
        try:
            line.unwrap().close()
        except (TimeoutError, ssl.SSLError):
            return
        except OSError as exc:
            if exc.errno:
                raise
        return
    line.shutdown(socket.SHUT_WR)
    with suppress(TimeoutError):
        while line.recv(1_024):
            pass
