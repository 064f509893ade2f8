"""An alert, or several, as a mail: pure, from values to a message.

A mailbox keeps what it gets for years and shows subjects on locked screens. So the subject of TLP:AMBER and up tells
no word of the event, and of TLP:AMBER+STRICT and RED the mail tells only that there is an alert.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from fusionbus.consumers.formats import telling
from fusionbus.consumers.handlers.plain_text import line
from fusionbus.consumers.handlers.terminal import when
from fusionbus.contract.alert import Alert
from fusionbus.contract.vocabulary import TLP, AlertMsgType, Severity, Urgency

SUBJECT_CHARS_MAX: Final = 150
OPEN: Final = (TLP.CLEAR, TLP.GREEN)
"""Markings whose headline may stand in a subject."""
CLOSED: Final = (TLP.RED, TLP.AMBER_STRICT)
"""Markings of which a mail tells nothing but where to read the alert."""
GRAVE: Final = (Severity.EXTREME, Severity.SEVERE)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be mailed: one alert or a digest of several, with a word of ours before them."""

    alerts: Sequence[Alert]
    key: str
    """What the message id is made from: the same letter sent twice has one id."""
    word: str = ""
    """Why it comes now: a digest's name, an escalation; no text of an alert."""
    reply: str | None = None
    """The link by which to answer; only with one alert."""


def compose(letter: Letter, sender: str, to: Sequence[str], now: datetime) -> EmailMessage:
    """The message. No text of an alert gets into a header but as one line without control characters."""
    mail = EmailMessage(policy=SMTP)
    first, domain = letter.alerts[0], sender.rpartition("@")[2]
    mail["Subject"] = _subject(letter)
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Date"] = format_datetime(now.astimezone(UTC))
    mail["Message-ID"] = f"<{letter.key}@{domain}>"
    if len(letter.alerts) == 1:
        mail["References"] = f"<{first.incident_id}@{domain}>"
        if first.body.severity in GRAVE or first.body.urgency is Urgency.IMMEDIATE:
            mail["Importance"] = "high"
    # RFC 3834: no machine answers this, and no out-of-office note comes back.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(_lines(letter)) + "\n", cte="base64")
    return mail


def _subject(letter: Letter) -> str:
    first = letter.alerts[0]
    highest = max((alert.handling.tlp for alert in letter.alerts), key=lambda tlp: tlp.level)
    word = f"{letter.word}: " if letter.word else ""
    if len(letter.alerts) > 1:
        said = f"{word}{len(letter.alerts)} alerts for {first.recipient}"
    elif highest in OPEN:
        said = f"{word}{telling.marked(first, f'{first.body.severity}: {telling.headline(first)}')}"
    else:
        kind = f"{first.body.severity} {str(first.kind).replace('_', ' ')} {first.msg_type.lower()}"
        said = f"{word}{telling.marked(first, f'{kind} {first.alert_id[:8]}')}"
    return line(f"[TLP:{highest}] {said}")[:SUBJECT_CHARS_MAX]


def _lines(letter: Letter) -> Iterator[str]:
    if letter.word:
        yield f"{letter.word}."
        yield ""
    for number, alert in enumerate(letter.alerts):
        if number:
            yield "-" * 60
        yield from _one(alert, brief=len(letter.alerts) > 1)
    if letter.reply:
        yield ""
        yield f"Answer: {letter.reply}"
        yield "(The link opens a page that asks what to answer. Whoever has the link may answer: do not pass it on.)"


def _one(alert: Alert, *, brief: bool) -> Iterator[str]:
    title = f"{alert.body.severity.upper()} · {telling.event(alert)} · {when(alert.issued_at)}"
    closed = alert.handling.tlp in CLOSED
    if closed:
        title = f"{alert.body.severity.upper()} · alert · {when(alert.issued_at)}"
    if alert.msg_type is not AlertMsgType.ALERT:
        title += f" · {alert.msg_type.upper()} (revision {alert.incident_revision})"
    yield telling.marked(alert, title)
    handling = alert.handling
    if closed:
        yield f"It is TLP:{handling.tlp} and is not told by mail: read it where your agency keeps its alerts."
    else:
        yield telling.headline(alert)
        for label, said in telling.facts(alert):
            yield f"{label}: {said}"
        if not brief and (words := telling.text(alert)):
            yield ""
            yield words
            yield ""
        yield telling.FORMS[alert.form]
    yield f"TLP:{handling.tlp} · PAP:{handling.pap} · {handling.classification.replace('_', ' ')}"
    if alert.body.contact:
        yield f"contact: {line(alert.body.contact)}"
    if alert.acknowledge_by:
        command = f"fusionbus ack {alert.alert_id} --agency {alert.recipient} --action read"
        yield f"acknowledge by {when(alert.acknowledge_by)}: {command}"
    yield f"alert {alert.alert_id}"
