"""An alert as a line for a security information and event management system (SIEM), and that line as a syslog message.

A SIEM keeps what it gets for years and shows it to many: the line has the headline, and never the narrative, a person
or an entity.

Source: ArcSight, Implementing Common Event Format, version 26 (header, extension dictionary, escaping); RFC 5424
(message), RFC 6587, 3.4.1 (octet counting), which RFC 5425 demands for TLS as well.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from fusionbus.consumers.formats import telling
from fusionbus.consumers.handlers.plain_text import line
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.contract.vocabulary import Severity

SEVERITY: Final = {
    Severity.EXTREME: 10,
    Severity.SEVERE: 8,
    Severity.MODERATE: 5,
    Severity.MINOR: 3,
    Severity.UNKNOWN: 5,
}
"""CEF counts 0 to 10 (0-3 low, 4-6 medium, 7-8 high, 9-10 very high); unknown is not low."""
SYSLOG_SEVERITY: Final = {
    Severity.EXTREME: 1,
    Severity.SEVERE: 2,
    Severity.MODERATE: 4,
    Severity.MINOR: 5,
    Severity.UNKNOWN: 4,
}
"""RFC 5424, 6.2.1: alert, critical, warning, notice."""
FACILITY: Final = 16
"""local0."""
HEADER_CHARS_MAX: Final = 512
VALUE_CHARS_MAX: Final = 1_023
"""Source: the extension dictionary: most strings hold 1023 characters, the header's name 512."""


def cef(alert: Alert) -> str:
    """The line, without a line break in it."""
    head = (
        "CEF:0",
        "fusionbus",
        "alerts",
        SCHEMA_VERSION,
        _header(alert.kind),
        _header(telling.marked(alert, telling.event(alert))),
        str(SEVERITY[alert.body.severity]),
    )
    return "|".join((*head, " ".join(f"{key}={_value(said)}" for key, said in _extension(alert) if said)))


def syslog(alert: Alert, host: str) -> bytes:
    """The line as one RFC 5424 message, without framing; `host` is the sender's name."""
    priority = FACILITY * 8 + SYSLOG_SEVERITY[alert.body.severity]
    at = alert.issued_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    named = "".join(char for char in host if "!" <= char <= "~")[:255] or "-"
    return f"<{priority}>1 {at} {named} fusionbus - {alert.kind} - {cef(alert)}".encode()


def framed(message: bytes) -> bytes:
    """The message behind its length, as syslog over TCP and TLS has it."""
    return b"%d %s" % (len(message), message)


def _extension(alert: Alert) -> Iterator[tuple[str, str | None]]:
    body, place, span = alert.body, telling.place_of(alert), telling.occurred_of(alert)
    yield "rt", _ms(alert.issued_at)
    yield "externalId", alert.alert_id
    yield "act", alert.msg_type
    yield "outcome", alert.status
    yield "cat", telling.category_of(alert) or alert.kind
    yield "msg", telling.marked(alert, telling.headline(alert))
    if span and alert.kind.tells_of_event:
        yield "start", _ms(span.start)
        yield "end", _ms(span.end)
    yield "dvchost", alert.recipient
    yield "sourceServiceName", body.agency
    yield "reason", line(alert.why)
    marks = f"TLP:{alert.handling.tlp} PAP:{alert.handling.pap} {alert.handling.classification}"
    texts = (
        ("incident", f"{alert.incident_id} revision {alert.incident_revision}"),
        ("marking", marks),
        ("form", alert.form),
        ("place", telling.place_words(place)),
        ("contact", line(body.contact) if body.contact else None),
        ("erase", " ".join(alert.erase.alerts) if alert.erase else None),
    )
    for number, (label, said) in enumerate(texts, start=1):
        if said:
            yield f"cs{number}", said
            yield f"cs{number}Label", label
    if place and place.lat is not None:
        for number, (label, degrees) in enumerate((("latitude", place.lat), ("longitude", place.lon)), start=1):
            yield f"cfp{number}", f"{degrees:.5f}"
            yield f"cfp{number}Label", label


def _header(text: str) -> str:
    return line(text)[:HEADER_CHARS_MAX].replace("\\", "\\\\").replace("|", "\\|")


def _value(text: str) -> str:
    return line(text)[:VALUE_CHARS_MAX].replace("\\", "\\\\").replace("=", "\\=")


def _ms(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))
