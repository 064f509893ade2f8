"""The handler that mails each alert, by SMTP with TLS."""

import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address

from fusionbus.consumers.handlers import Taken
from fusionbus.consumers.handlers.mail_text import Letter, compose
from fusionbus.consumers.handlers.outward import (
    OutwardSettings,
    SentOnce,
    host_and_port,
    must_be_encrypted,
    secret,
    tls_context,
)
from fusionbus.contract.alert import Alert
from fusionbus.contract.errors import FixTheReport, Misconfigured, RetryLater

Reply = Callable[[Alert], str | None]
"""The link by which an alert may be answered."""
FOR_EVER = 500
"""SMTP's answers from here on are final."""


class SmtpHandler:
    """Mails to one or more addresses, separated by commas. Raises: Misconfigured where it cannot be used."""

    name = "smtp"

    def __init__(
        self,
        to: str,
        settings: OutwardSettings,
        reply: Reply = lambda _alert: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._to = [_address(one.strip(), "--handler smtp") for one in to.split(",")]
        self._sender = _address(settings.smtp_from, "FUSION_SMTP_FROM")
        self._at = host_and_port(settings.smtp_server, "FUSION_SMTP_SERVER")
        self._settings, self._reply, self._now = settings, reply, now
        if settings.smtp_security == "none" and must_be_encrypted(self._at[0], settings):
            raise Misconfigured(
                f"Mail to {self._at[0]} is not encrypted: set FUSION_SMTP_SECURITY to starttls or tls. "
                "FUSION_OUTWARD_UNENCRYPTED=true is for networks that are encrypted below."
            )
        self._password = secret(settings.smtp_password, settings.smtp_password_file, "FUSION_SMTP_PASSWORD_FILE")
        self._context = None if settings.smtp_security == "none" else tls_context(settings)
        self._once = SentOnce()

    def take(self, alert: Alert) -> Taken:
        """Whether it was new here; the mail server has said that it has it. Raises: RetryLater and others."""
        return self._once.take(alert, lambda one: self.tell([one], "", one.alert_id))

    def tell(self, alerts: Sequence[Alert], word: str, key: str) -> None:
        """Mails them as one message, with a word of ours before them; the same `key` makes the same message id."""
        reply = self._reply(alerts[0]) if len(alerts) == 1 else None
        mail = compose(Letter(alerts, key, word, reply), self._sender, self._to, self._now())
        with self._explained(), self._connected() as server:
            refused = server.send_message(mail, from_addr=self._sender, to_addrs=self._to)
        if refused:
            # Those who have it would get it again by another try: the others are told to whoever reads the log.
            raise FixTheReport(f"The mail server refused {len(refused)} of {len(self._to)} addresses: correct them.")

    def close(self) -> None:
        """Nothing is held."""

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        host, port = self._at
        timeout = self._settings.outward_timeout_s
        if self._settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout, context=self._context)
        else:
            server = smtplib.SMTP(host, port, timeout=timeout)
        with server:
            if self._settings.smtp_security == "starttls":
                server.starttls(context=self._context)
            if self._settings.smtp_username and self._password:
                server.login(self._settings.smtp_username, self._password)
            yield server

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What went wrong, and what to do; a server's own words stay out, for it may quote the mail."""
        where = self._settings.smtp_server
        try:
            yield
        except smtplib.SMTPAuthenticationError as exc:
            raise Misconfigured(f"{where} refuses FUSION_SMTP_USERNAME with its password ({exc.smtp_code}).") from exc
        except smtplib.SMTPNotSupportedError as exc:
            raise Misconfigured(f"{where} cannot do what FUSION_SMTP_SECURITY or the password asks for.") from exc
        except ssl.SSLCertVerificationError as exc:
            raise Misconfigured(
                f"{where} shows a certificate that is not trusted: see FUSION_OUTWARD_CA_FILE."
            ) from exc
        except smtplib.SMTPRecipientsRefused as exc:
            raise _refused(where, max(code for code, _ in exc.recipients.values())) from exc
        except smtplib.SMTPResponseException as exc:
            raise _refused(where, exc.smtp_code) from exc
        except MessageError as exc:
            raise FixTheReport(f"The alert cannot be put into a mail ({type(exc).__name__}).") from exc
        except (OSError, smtplib.SMTPException) as exc:
            raise RetryLater(f"{where} cannot be reached ({type(exc).__name__}): it is tried again.") from exc


def _refused(where: str, code: int) -> Exception:
    if code >= FOR_EVER:
        return FixTheReport(f"{where} refuses the mail ({code}): correct the address, or ask whoever runs the server.")
    return RetryLater(f"{where} cannot take the mail now ({code}): it is tried again.")


def _address(text: str, what: str) -> str:
    """The address, which cannot bring a second header with it. Raises: Misconfigured."""
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError) as exc:
        raise Misconfigured(f"{what}: {text[:60]!r} is not a mail address such as desk@example.pk.") from exc
    if not address.domain or not text.isascii() or any(char.isspace() for char in text):
        raise Misconfigured(f"{what}: {text[:60]!r} is not a mail address such as desk@example.pk.")
    return text
