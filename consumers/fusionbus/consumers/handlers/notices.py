"""What a screen shows of alerts that tell of no event: a missed deadline, a question to an originator, whom to call."""

from collections.abc import Callable, Iterator
from datetime import datetime

from fusionbus.consumers.handlers.plain_text import line
from fusionbus.contract.alert import Alert
from fusionbus.contract.vocabulary import AlertKind

When = Callable[[datetime], str]


def facts_of_notice(alert: Alert, when: When) -> Iterator[tuple[str, str]]:
    """Label and text of each line."""
    if alert.escalation is not None:
        told = alert.escalation
        yield "silent", line(told.agency)
        yield "late", f"{'recall' if told.recall else 'alert'} of {when(told.sent_at)}, due {when(told.acknowledge_by)}"
        yield "call", line(told.contact)
        yield "about", f"alert {told.alert_id}"
    if alert.kind is AlertKind.DECONFLICTION:
        yield "call", line(alert.body.contact or "the hub's desk")
        yield "your", f"{alert.body.kind.replace('_', ' ')} {alert.body.report_id or ''}"
        if alert.acknowledge_by:
            yield "answer", f"acknowledge by {when(alert.acknowledge_by)}"
    if alert.sharing is not None:
        asked, body = alert.sharing, alert.body
        yield "report", " · ".join(line(part) for part in (body.local_ref, body.report_id, body.headline) if part)
        yield "asks", line(asked.asked_by) if asked.asked_by else "a recipient of it"
        yield "for", ", ".join(map(line, asked.to))
        yield "because", line(asked.reason)
        yield "answer", f"by {when(asked.answer_by)}: fusionbus share answer {asked.request_id} …"
