"""The token in a reply link: who holds it may answer one alert, for a while. Pure.

It carries what an acknowledgement needs, so that whoever takes it needs no database; it carries no word of the alert.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from fusionbus.consumers.handlers.outward import KEY_CHARS_MIN
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import AgencyId, Id, Message, Text, UtcDatetime, Zone
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import Misconfigured, NotAllowed
from fusionbus.contract.vocabulary import AckAction, Opinion

TOKEN_CHARS_MAX: Final = 2_000
SEAL: Final = b"fusionbus reply 1\n"
"""Before what is signed, so that no signature made for another purpose with the same key opens anything here."""


class Reply(Message):
    """What a link lets one do: answer this alert, as this desk, until then."""

    alert_id: Id
    incident_id: Id
    incident_revision: int
    zone: Zone
    agency: AgencyId
    by: Text
    """The contact that got the link."""
    until: UtcDatetime

    def answered(
        self, action: AckAction, at: datetime, *, opinion: Opinion | None = None, note: str | None = None
    ) -> Acknowledgement:
        """The acknowledgement that says so to the hub."""
        return Acknowledgement(
            agency=self.agency,
            by=self.by,
            at=at,
            alert_id=self.alert_id,
            incident_id=self.incident_id,
            incident_revision=self.incident_revision,
            zone=self.zone,
            action=action,
            opinion=opinion,
            note=note,
        )


def reply_to(alert: Alert, by: str, until: datetime) -> Reply:
    """What a link in a message about this alert lets its reader do."""
    return Reply(
        alert_id=alert.alert_id,
        incident_id=alert.incident_id,
        incident_revision=alert.incident_revision,
        zone=alert.zone,
        agency=alert.recipient,
        by=by,
        until=until,
    )


def reply_token(reply: Reply, key: str) -> str:
    """The token, of characters that need no quoting in a link. Raises: Misconfigured where the key is too short."""
    body = reply.model_dump_json().encode()
    return f"{_text(body)}.{_text(_seal(body, key))}"


def read_reply_token(token: str, key: str, now: datetime) -> Reply:
    """What the token allows. Raises: NotAllowed where it is not of this key, changed, or expired."""
    body, seal = (_bytes(part) for part in _halves(token))
    if not hmac.compare_digest(seal, _seal(body, key)):
        raise NotAllowed("This link is not one of ours, or not whole: copy all of it from the message.")
    try:
        reply = Reply.model_validate_json(body)
    except ValidationError as exc:  # made by a newer version
        raise NotAllowed("This link was made by another version of the software: answer with `fusionbus ack`.") from exc
    if now >= reply.until:
        raise NotAllowed(f"This link ended at {reply.until:%Y-%m-%d %H:%M} UTC: answer with `fusionbus ack`.")
    return reply


def _halves(token: str) -> tuple[str, str]:
    body, _, seal = token.partition(".") if len(token) <= TOKEN_CHARS_MAX else ("", "", "")
    return body, seal


def _seal(body: bytes, key: str) -> bytes:
    if len(key) < KEY_CHARS_MIN:
        raise Misconfigured(
            "Reply links need a key: set FUSION_REPLY_KEY_FILE to a file with at least 24 random characters, the same "
            "for the services and the web server, such as `openssl rand -base64 32` prints."
        )
    return hmac.new(key.encode(), SEAL + body, hashlib.sha256).digest()


def _text(some: bytes) -> str:
    return base64.urlsafe_b64encode(some).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """The bytes; none where the text is no base64."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
