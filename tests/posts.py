"""Real servers on loopback that remember what they got: HTTP, SMTP and syslog, each to be stopped and started again."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

HOST = "127.0.0.1"


@dataclass
class Post:
    """One HTTP request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebDesk:
    """An HTTP server that answers with the statuses it is told, and with 204 when it is told nothing more."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/alerts"

    @contextmanager
    def open(self) -> Iterator["WebDesk"]:
        desk = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                headers = {key.lower(): value for key, value in self.headers.items()}
                desk.posts.append(Post(self.path, headers, self.rfile.read(length)))
                status = desk.answers.pop(0) if desk.answers else 204
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", f"http://{HOST}:{desk.port}/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Says nothing."""

        server = HTTPServer((HOST, self.port), Answering)
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@dataclass
class MailDesk:
    """An SMTP server; `refusals` are answers it gives before it takes a mail."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    certificate: Path | None = None
    tls: bool = field(default=False, init=False)

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refusals:
            return self.refusals.pop(0)
        mail = BytesParser(policy=default).parsebytes(envelope.content)
        assert isinstance(mail, EmailMessage)
        self.tls = session.ssl is not None
        self.mails.append(mail)
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, auth: Any) -> AuthResult:
        self.logins.append(auth.password)
        return AuthResult(success=auth.password == b"right", handled=False)

    @contextmanager
    def open(self) -> Iterator["MailDesk"]:
        context = None
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
        self.port = self.port or free_port()
        extra: dict[str, Any] = {"tls_context": context} if context else {}
        controller = Controller(
            self, hostname=HOST, port=self.port, authenticator=self.authenticate, auth_require_tls=False, **extra
        )
        controller.start()
        try:
            yield self
        finally:
            controller.stop()


@dataclass
class SyslogDesk:
    """A TCP server that reads octet-counted messages to the end of each connection."""

    port: int = 0
    messages: list[bytes] = field(default_factory=list)
    certificate: Path | None = None

    @contextmanager
    def open(self) -> Iterator["SyslogDesk"]:
        listener = socket.create_server((HOST, self.port))
        self.port = listener.getsockname()[1]
        context = None
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
        thread = threading.Thread(target=self._serve, args=(listener, context), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            listener.close()

    def _serve(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                with suppress(OSError), context.wrap_socket(line, server_side=True) if context else line as open_line:
                    self._read(open_line)

    def _read(self, line: socket.socket) -> None:
        text = b""
        while piece := line.recv(4_096):
            text += piece
        while text:
            length, _, rest = text.partition(b" ")
            self.messages.append(rest[: int(length)])
            text = rest[int(length) :]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
