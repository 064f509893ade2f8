"""The mail gateway: a small SMTP server on the loopback that makes a tip of a mail, and keeps nothing of its sender."""

import asyncio
import logging
import socket
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from functools import partial
from hashlib import sha256
from html.parser import HTMLParser
from typing import Final, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from fusionbus.contract.errors import FixTheReport, FusionError, Misconfigured
from fusionbus.producers.tips.line import TipLine, TurnedAway
from fusionbus.producers.tips.told import Channel, tell

MAIL_BYTES_MAX: Final = 1_048_576
"""A mail with a picture from a phone is refused by its size; what counts is its text, some kilobytes."""
SMS_MAILBOX: Final = "sms"
"""An SMS gateway that delivers by mail sends to `sms@…`; everybody else to any other mailbox."""


class MailGateway:
    """Serves from `start` to `stop` on a thread of its own."""

    def __init__(self, line: TipLine, host: str, port: int) -> None:
        for name in ("mail.log", "mail.debug"):  # aiosmtpd tells each peer's address and each fault there
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._controller = Controller(
            _Taker(line), hostname=host, port=port, data_size_limit=MAIL_BYTES_MAX, ident="tip line", ready_timeout=10
        )
        self._host, self._port = host, port

    def start(self) -> None:
        """Listens. Raises: Misconfigured where the address cannot be used."""
        try:
            # aiosmtpd finds out that an address is taken only after its whole time limit.
            socket.create_server((self._host, self._port)).close()
            self._controller.start()
        except (OSError, OverflowError) as exc:
            if not self._controller.loop.is_running():
                self._controller.loop.close()
            raise Misconfigured(
                f"Mail cannot be taken at {self._host}:{self._port} ({exc}): choose another --mail-port."
            ) from exc

    def stop(self) -> None:
        """Listens no more."""
        self._controller.stop(no_assert=True)


class _Taker:
    def __init__(self, line: TipLine) -> None:
        self._line = line

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """The answer to a mail; 4xx lets the sender's server try again, and then it is kept once."""
        del server
        peer = str(session.peer[0]) if session.peer else "local"
        work = partial(self._take, cast("bytes", envelope.content), [str(to) for to in envelope.rcpt_tos], peer)
        return await asyncio.get_running_loop().run_in_executor(None, work)

    async def handle_exception(self, error: Exception) -> str:
        """What a fault of ours answers: no word of it, and no log that names the peer."""
        return f"451 {type(error).__name__}: try again later"

    def _take(self, content: bytes, recipients: list[str], peer: str) -> str:
        channel: Channel = "sms" if any(to.split("@")[0].lower() == SMS_MAILBOX for to in recipients) else "email"
        mail = message_from_bytes(content, policy=default)
        settings = self._line.queue.settings
        try:
            told = tell(channel, text_of(mail), text_max=settings.tips_text_max, key=self._line.key)
            name = _raw(mail, "message-id") or sha256(content).hexdigest()
            code = self._line.queue.contacts.code_for(f"mail {name}")
            # A relay brings everybody's mail from one address: who wrote is counted by the sender that he names.
            sender = f"mail {peer} {_raw(mail, 'from')}"
            kept = self._line.take(told, code=code, address=sender, by="mail gateway")
        except TurnedAway:
            return "451 Too much at once: try again later"
        except FixTheReport as exc:
            return f"554 {exc}"
        except FusionError:
            return "451 It cannot be kept now: try again later"
        return f"250 Kept. Reference code {kept}"


def text_of(mail: EmailMessage) -> str:
    """What a mail says: subject and text, of HTML the words; attachments and senders are left out."""
    try:
        part = mail.get_body(("plain", "html"))
    except _BROKEN:
        part = None
    said = ""
    if part is not None:
        try:
            said = str(part.get_content())
        except _BROKEN:  # a kind or a charset that nobody knows
            said = bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")
        if part.get_content_subtype() == "html":
            said = _words_of(said)
    subject = _decoded(_raw(mail, "subject"))
    return f"{subject}\n{said}" if subject else said


_BROKEN: Final = (LookupError, ValueError, AttributeError, TypeError, MessageError)
"""What `email` raises for mails that are none; found by fuzzing, Python 3.11."""


def _raw(mail: EmailMessage, wanted: str) -> str:
    """A header as it was written: `email` breaks on addresses that are none."""
    return next((str(value) for name, value in mail.raw_items() if name.lower() == wanted), "")


def _decoded(header: str) -> str:
    try:
        return str(make_header(decode_header(header)))
    except _BROKEN:
        return header


class _Words(HTMLParser):
    """The words between the tags, without styles and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in {"style", "script"}
        self.words.append("\n" if tag in {"br", "p", "div"} else " ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "script"} and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def _words_of(html: str) -> str:
    reader = _Words()
    reader.feed(
        html.replace("<![", " ")
    )  # on a marked section that is none Python 3.11's parser ends with an assertion
    reader.close()
    return "".join(reader.words)
