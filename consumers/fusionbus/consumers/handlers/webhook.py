"""The handler that posts each alert to an HTTP address, signed.

Source: Standard Webhooks 1.0.0: headers, what is signed, which answers mean what.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import httpx

from fusionbus.consumers.handlers import Taken
from fusionbus.consumers.handlers.outward import KEY_CHARS_MIN, OutwardSettings, SentOnce, must_be_encrypted, secret
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.errors import FixTheReport, Misconfigured, RetryLater

PREFIX: Final = "whsec_"
AGAIN: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class WebhookHandler:
    """Posts to one address. Raises: Misconfigured where the address or the key cannot be used.

    Args:
        url: `https://…`; `http://…` only to this machine, or where `FUSION_OUTWARD_UNENCRYPTED` allows it.
        key: of the signature; from the settings by default.
    """

    name = "webhook"

    def __init__(
        self,
        url: str,
        settings: OutwardSettings,
        key: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._url = _address(url, settings)
        told = key or secret(settings.webhook_secret, settings.webhook_secret_file, "FUSION_WEBHOOK_SECRET_FILE")
        self._key = key_of(told)
        self._now = now
        self._once = SentOnce()
        ca = str(settings.outward_ca_file) if settings.outward_ca_file else True
        try:
            # Without trust_env a proxy or a .netrc of whoever started it changes nothing.
            self._client = httpx.Client(
                timeout=settings.outward_timeout_s, follow_redirects=False, trust_env=False, verify=ca
            )
        except OSError as exc:
            raise Misconfigured(f"FUSION_OUTWARD_CA_FILE names {ca}, which cannot be read ({exc.strerror}).") from exc

    def take(self, alert: Alert) -> Taken:
        """Whether it was new here; the other side has said that it has it. Raises: RetryLater, FixTheReport."""
        return self._once.take(alert, self._send)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _send(self, alert: Alert) -> None:
        body = body_of(alert)
        at = int(self._now())
        headers = {
            "content-type": "application/json",
            "user-agent": "fusionbus",
            "webhook-id": alert.alert_id,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(self._key, alert.alert_id, at, body),
        }
        try:
            # What it answers besides the status is not read: it may be endless.
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                status = answer.status_code
        except (httpx.HTTPError, httpx.StreamError) as exc:
            raise RetryLater(f"The webhook cannot be reached ({type(exc).__name__}): it is tried again.") from exc
        _judge(status)


def body_of(alert: Alert) -> bytes:
    """The JSON that is posted: `type`, `timestamp`, and the alert as `data`."""
    head = {"type": f"fusionbus.alert.{alert.kind}", "timestamp": alert.issued_at.isoformat()}
    return json.dumps(head)[:-1].encode() + b', "data": ' + codec.encode(alert) + b"}"


def signature(key: bytes, alert_id: str, at: int, body: bytes) -> str:
    """The signature header: HMAC-SHA256 over id, time and body."""
    digest = hmac.new(key, f"{alert_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def key_of(text: str | None) -> bytes:
    """The key behind `whsec_`. Raises: Misconfigured where there is none, or a short one."""
    try:
        key = base64.b64decode((text or "").removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if len(key) < KEY_CHARS_MIN:
        raise Misconfigured(
            "A webhook needs a key: set FUSION_WEBHOOK_SECRET_FILE to a file with `whsec_` and at least 24 random "
            "bytes in base64, such as `echo whsec_$(openssl rand -base64 32)` prints."
        )
    return key


def _address(url: str, settings: OutwardSettings) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as exc:
        raise Misconfigured("The webhook's address is no URL such as https://desk.example.pk/alerts.") from exc
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo:
        raise Misconfigured(
            "The webhook's address is no URL such as https://desk.example.pk/alerts, without a password."
        )
    if parsed.scheme == "http" and must_be_encrypted(parsed.host, settings):
        raise Misconfigured(
            f"The webhook at {parsed.host} is not encrypted: use https. "
            "FUSION_OUTWARD_UNENCRYPTED=true is for networks that are encrypted below."
        )
    return url


def _judge(status: int) -> None:
    """Raises what the answer asks for, unless it is one of 200 to 299."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise Misconfigured(f"The webhook answers {status}, a redirect, which is not followed: name the new address.")
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in AGAIN:
        raise FixTheReport(f"The webhook refuses the alert ({status}): ask whoever runs it; the alert is set aside.")
    raise RetryLater(f"The webhook answers {status}: it is tried again.")
