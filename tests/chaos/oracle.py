"""What was sent against what came out: pure, and it shares no code with the hub. It reads JSON as any client would."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Body = Mapping[str, Any]
ENDS = frozenset({"new_incident", "corroboration", "relay", "update", "cancelled", "repeat"})
"""Outcomes that end a report; a refusal is told by its dead letter."""
NO_NEWS = frozenset({"escalation", "sharing_request"})
"""Kinds of alerts that tell again of what was told, on purpose."""
NAMED_MAX = 3


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that the broker acknowledged; bytes that are no report have no id."""

    topic: str
    partition: int
    offset: int
    report_id: str | None = None
    revision: int | None = None


@dataclass(frozen=True)
class Evidence:
    """Everything there is to see at the end."""

    ledger: Sequence[Sent]
    records: Mapping[str, int]
    """How many records each agency's report topic holds."""
    receipts: Sequence[Body]
    dead_letters: Sequence[Body]
    alerts: Mapping[str, Sequence[Body]]
    """By agency, as they lie on its topic."""
    sinks: Mapping[str, Sequence[Body]]
    """By agency with a receiver, each line of its sink."""
    stored: Mapping[str, Counter[str]] = field(default_factory=dict)
    """By agency with a threat database, how often it holds each alert id."""
    set_aside: int = 0
    """Alerts that a receiver put into its own file of dead letters."""
    behind: Mapping[str, int] = field(default_factory=dict)
    """By topic, records between what the hub has committed and the end."""


@dataclass(frozen=True)
class Verdict:
    """One row of the table, and why it is not clean."""

    sent: int
    delivered: int
    missing: int
    duplicates: int
    dead_letters: int
    faults: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is missing, nothing came twice, and all counts agree."""
        return not (self.missing or self.duplicates or self.faults)


def judge(evidence: Evidence, dead_letters_wanted: int = 0) -> Verdict:
    """The verdict; `dead_letters_wanted` is how many messages were sent on purpose to be refused."""
    receipts = list({r["receipt_id"]: r for r in evidence.receipts}.values())
    letters = list({d["dead_letter_id"]: d for d in evidence.dead_letters}.values())
    lost = _lost(evidence.ledger, receipts, letters)
    not_at_sink = _not_at_sink(evidence)
    twice = _twice(evidence.sinks) + sum(sum(held.values()) - len(held) for held in evidence.stored.values())
    faults = [
        *_named("has no receipt and no dead letter", [f"{one.topic}/{one.partition}/{one.offset}" for one in lost]),
        *_named("lies on its topic and not in its sink", not_at_sink),
        *_counts(evidence, receipts, letters),
        *_deliveries(evidence, receipts),
        *(f"{topic}: {number} records behind its end" for topic, number in evidence.behind.items() if number),
    ]
    if evidence.set_aside:
        faults.append(f"receivers set {evidence.set_aside} alerts aside")
    if len(letters) != dead_letters_wanted:
        reasons = dict(Counter(letter["reason"] for letter in letters))
        faults.append(f"{len(letters)} dead letters and {dead_letters_wanted} were to be: {reasons}")
    ended = len(evidence.ledger) - len(lost) - len(letters)
    return Verdict(len(evidence.ledger), ended, len(lost) + len(not_at_sink), twice, len(letters), tuple(faults))


def _lost(ledger: Iterable[Sent], receipts: Iterable[Body], letters: Iterable[Body]) -> list[Sent]:
    """What ended in no way. A receipt of a repeat counts only for a report that was taken once."""
    ended: set[tuple[str, int]] = set()
    repeated: set[tuple[str, int]] = set()
    for receipt in receipts:
        if receipt["outcome"] in ENDS and "report_id" in receipt:
            to = repeated if receipt["outcome"] == "repeat" else ended
            to.add((receipt["report_id"], receipt["revision"]))
    taken = {report_id for report_id, _ in ended}
    ended |= {name for name in repeated if name[0] in taken}
    refused = {(letter["topic"], letter["partition"], letter["offset"]) for letter in letters}
    return [
        one
        for one in ledger
        if (one.report_id, one.revision) not in ended and (one.topic, one.partition, one.offset) not in refused
    ]


def _not_at_sink(evidence: Evidence) -> list[str]:
    missing = []
    for agency, lines in evidence.sinks.items():
        held = {line["alert_id"] for line in lines}
        missing += sorted({alert["alert_id"] for alert in evidence.alerts.get(agency, ())} - held)
    for agency, database in evidence.stored.items():
        missing += sorted({alert["alert_id"] for alert in evidence.alerts.get(agency, ())} - database.keys())
    return missing


def _twice(sinks: Mapping[str, Sequence[Body]]) -> int:
    """Second alerts: of one id, or about one revision of one report under another id."""
    twice = 0
    for lines in sinks.values():
        by_id = {line["alert_id"]: line for line in lines}
        news = [line["body"] for line in by_id.values() if line["kind"] not in NO_NEWS]
        told = Counter((body.get("report_id"), body.get("revision")) for body in news)
        told.pop((None, None), None)
        twice += len(lines) - len(by_id) + sum(told.values()) - len(told)
    return twice


def _counts(evidence: Evidence, receipts: Iterable[Body], letters: Iterable[Body]) -> list[str]:
    """Whether each record on an agency's topic ended in one way, counted by agency."""
    ended = Counter(r["agency"] for r in receipts if r["outcome"] in ENDS)
    refused = Counter(d["topic"] for d in letters)
    faults = []
    for agency, records in evidence.records.items():
        told = ended[agency] + refused[f"reports-{agency}"]
        if told != records:
            faults.append(f"{agency}: {records} records on its topic, {told} ends")
    return faults


def _deliveries(evidence: Evidence, receipts: Iterable[Body]) -> list[str]:
    """Whether each report went to as many agencies as its originator was told, no more and no fewer."""
    got: dict[tuple[str, int], set[str]] = defaultdict(set)
    for agency, alerts in evidence.alerts.items():
        for alert in alerts:
            if "report_id" in alert["body"] and alert["kind"] not in NO_NEWS:
                got[alert["body"]["report_id"], alert["body"]["revision"]].add(agency)
    wrong = [
        f"{receipt['report_id']} revision {receipt['revision']}: {receipt['delivered_to']} told, "
        f"{len(got[receipt['report_id'], receipt['revision']])} got it"
        for receipt in receipts
        if receipt["outcome"] in ENDS
        and "delivered_to" in receipt
        and receipt["delivered_to"] != len(got[receipt["report_id"], receipt["revision"]])
    ]
    return _named("went elsewhere than its receipt says", wrong)


def _named(what: str, names: Sequence[str]) -> list[str]:
    """One sentence for all that share a fault."""
    if not names:
        return []
    more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
    return [f"{what}: {', '.join(names[:NAMED_MAX])}{more}"]
