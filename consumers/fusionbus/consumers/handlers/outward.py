"""What handlers share that send alerts to other machines: settings, secrets, and what may go unencrypted."""

import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr

from fusionbus.consumers.handlers import Taken
from fusionbus.contract.alert import Alert
from fusionbus.contract.errors import Misconfigured
from fusionbus.shell.settings import RoomSettings

REMEMBERED_MAX: Final = 10_000
"""Ids of alerts already sent: far more than the hub ever sends again after a crash (one batch)."""
KEY_CHARS_MIN: Final = 24


class OutwardSettings(RoomSettings):
    """How alerts leave this machine."""

    outward_timeout_s: Annotated[float, Field(gt=0, le=60)] = 15.0
    """`FUSION_OUTWARD_TIMEOUT_S`: how long another machine may take for one step. Source: Standard Webhooks, 15-30 s;
    four tries of it stay below the minute after which a receiver cuts its batch."""
    outward_unencrypted: bool = False
    """`FUSION_OUTWARD_UNENCRYPTED`: lets alerts leave this machine without TLS. For a network that is encrypted below
    (IPsec), never for another; loopback needs no permission."""
    outward_ca_file: Path | None = None
    """`FUSION_OUTWARD_CA_FILE`: the authority that signs the certificates of one's own servers. [the system's]"""
    webhook_secret: SecretStr | None = None
    webhook_secret_file: Path | None = None
    """`FUSION_WEBHOOK_SECRET`, or a file with it: the key of the signature, `whsec_` and base64."""
    smtp_server: Annotated[str, Field(pattern=r"^[^\s:]+:\d+$")] = "127.0.0.1:25"
    """`FUSION_SMTP_SERVER`: host:port."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_password_file: Path | None = None
    smtp_from: str = "fusionbus@localhost"
    """`FUSION_SMTP_FROM`: the sender's address."""


def secret(value: SecretStr | None, file: Path | None, name: str) -> str | None:
    """The secret from a setting or its file, which `name` names. Raises: Misconfigured where it cannot be read."""
    if value is not None:
        return value.get_secret_value()
    if file is None:
        return None
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        said = exc.strerror if isinstance(exc, OSError) else "it is no text"
        raise Misconfigured(f"{name} names {file}, which cannot be read ({said}).") from exc
    if not text:
        raise Misconfigured(f"{name} names {file}, which is empty.")
    return text


def must_be_encrypted(host: str, settings: OutwardSettings) -> bool:
    """Whether nothing may go to this host in the clear."""
    return not settings.outward_unencrypted and not is_loopback(host)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name or address; no name is looked up."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class SentOnce:
    """Sends each alert once as long as the process lives; after a crash the receiving side knows it by its id."""

    def __init__(self, remembered: int = REMEMBERED_MAX) -> None:
        self._sent: dict[str, None] = {}
        self._remembered = remembered

    def take(self, alert: Alert, send: Callable[[Alert], None]) -> Taken:
        """Whether the alert was new here; `send` raises what it has to."""
        if alert.alert_id in self._sent:
            return Taken.REPEAT
        send(alert)
        self._sent[alert.alert_id] = None
        if len(self._sent) > self._remembered:
            del self._sent[next(iter(self._sent))]
        return Taken.NEW


def host_and_port(spec: str, what: str) -> tuple[str, int]:
    """The two parts of `HOST:PORT`. Raises: Misconfigured."""
    host, _, port = spec.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:  # noqa: PLR2004 - the largest port
        raise Misconfigured(f"{what} names no HOST:PORT such as siem.example.pk:6514.")
    return host.strip("[]"), int(port)


def tls_context(settings: OutwardSettings) -> ssl.SSLContext:
    """TLS 1.2 or newer, with the server's certificate checked. Raises: Misconfigured."""
    try:
        context = ssl.create_default_context(cafile=str(settings.outward_ca_file) if settings.outward_ca_file else None)
    except OSError as exc:
        raise Misconfigured(
            f"FUSION_OUTWARD_CA_FILE names {settings.outward_ca_file}, which cannot be read ({exc.strerror})."
        ) from exc
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
