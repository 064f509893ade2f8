"""The demo's check against the truth: nothing missing, nothing where it must not be, every count in balance."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import AlertKind, AlertMsgType, Status
from fusionbus.deploy.demo_evidence import ENDS, Evidence, Fault, is_finding, is_joining
from fusionbus.deploy.demo_leaks import leaks_of, pointer_faults, view_faults
from fusionbus.deploy.demo_oracle import Answer, Told

FIRST_NEWS: Final = frozenset({ReceiptOutcome.NEW_INCIDENT, ReceiptOutcome.CORROBORATION})


def check(evidence: Evidence) -> list[Fault]:
    """Everything that is not as it should be; an empty list is a passed demo."""
    return [Fault(name, sentence) for name, each in CHECKS.items() for sentence in each(evidence)]


def _well_formed(evidence: Evidence) -> Iterator[str]:
    yield from evidence.unreadable
    for agency, alerts in evidence.alerts.items():
        for alert in alerts:
            if alert.recipient != agency:
                yield f"alert {alert.alert_id} for {alert.recipient} lies in the topic of {agency}"
            if evidence.behind(alert) is None and not is_finding(alert) and not is_joining(alert):
                yield f"alert {alert.alert_id} for {agency} tells of a report that nobody sent"
        doubles = [name for name, count in Counter(a.alert_id for a in alerts).items() if count > 1]
        if doubles:
            yield f"{agency}: {len(doubles)} alerts were written twice"


def _handlers(evidence: Evidence) -> Iterator[str]:
    for agency, ids in evidence.handled.items():
        there = {alert.alert_id for alert in evidence.alerts.get(agency, ())}
        if there - ids:
            yield f"{agency}: {len(there - ids)} of {len(there)} alerts did not reach the handler"
        if ids - there:
            yield f"{agency}: the handler wrote {len(ids - there)} alerts that are not in the topic"


def _leaks(evidence: Evidence) -> Iterator[str]:
    for agency, pairs in evidence.got.items():
        for alert, told in pairs:
            for fault in leaks_of(evidence, agency, alert, told):
                yield f"{agency} got {alert.form} of {told.report.agency}'s {told.report.local_ref}: {fault}"
        for alert in filter(is_joining, evidence.alerts.get(agency, ())):
            for fault in view_faults(evidence, agency, alert):
                yield f"{agency} heard that incidents are one: {fault}"


def _pointers(evidence: Evidence) -> Iterator[str]:
    for agency, alerts in evidence.alerts.items():
        for alert in alerts:
            told = evidence.behind(alert) if alert.kind is AlertKind.DECONFLICTION else None
            for fault in pointer_faults(agency, alert, told) if told is not None else ():
                yield f"{agency}: {fault}"


def _expected(evidence: Evidence) -> Iterator[str]:
    outcomes = {(r.report_id, r.revision): r.outcome for r in evidence.receipts if r.outcome in FIRST_NEWS}
    revisions = {name: {(t.report.report_id, t.report.revision) for _, t in p} for name, p in evidence.got.items()}
    events = {name: {evidence.by_report[key].event for key in keys} for name, keys in revisions.items()}
    tellers: dict[str, set[str]] = defaultdict(set)
    for told in evidence.sent:
        tellers[told.event].add(told.report.agency)
    for key, told in evidence.by_report.items():
        if told.relation in {"relay", "update", "cancel"}:
            continue
        for name in evidence.oracle.agencies:
            verdict = evidence.oracle.verdict(told, name)
            if verdict.answer is not Answer.MUST:
                continue
            who = f"{told.report.agency}'s {told.report.local_ref} ({told.event})"
            if told.event not in events.get(name, ()) and name not in tellers[told.event]:
                yield f"{name} heard nothing of {who}"
            elif key in outcomes and key not in revisions.get(name, ()):
                yield f"{name} did not get {who}"


def _scenario(evidence: Evidence) -> Iterator[str]:
    informed: dict[str, set[str]] = defaultdict(set)
    for agency, pairs in evidence.got.items():
        for _, told in pairs:
            informed[told.event].add(agency)
    for expectation in evidence.expectations:
        names = informed[expectation.event]
        for agency in expectation.must:
            if agency not in names:
                yield f"{agency} had to be alerted of {expectation.event} and was not"
        for agency in expectation.never:
            if agency in names:
                yield f"{agency} was alerted of {expectation.event} and may not be"


def _exercises(evidence: Evidence) -> Iterator[str]:
    statuses: dict[str, set[Status]] = defaultdict(set)
    for told in evidence.sent:
        incident = evidence.incident_of.get(told.report.report_id)
        if incident is not None:
            statuses[incident].add(told.report.status)
    for agency, pairs in evidence.got.items():
        for alert, told in pairs:
            statuses[evidence.whole(alert.incident_id)].add(told.report.status)
            if alert.status is not told.report.status:
                yield f"{agency}: a report of status {told.report.status} became an alert of status {alert.status}"
    for incident, held in statuses.items():
        if len(held) > 1:
            yield f"incident {incident} mixes {' and '.join(sorted(held))}"


def _recalls(evidence: Evidence) -> Iterator[str]:
    """Everyone who got a report has to be told when it is withdrawn."""
    for told in evidence.sent:
        if told.relation != "cancel":
            continue
        report_id = told.report.report_id
        for agency, pairs in evidence.got.items():
            about = [(alert, other) for alert, other in pairs if other.report.report_id == report_id]
            if about and not any(alert.msg_type is AlertMsgType.CANCEL for alert, _ in about):
                yield f"{agency} holds {told.report.local_ref} and was not told that it is withdrawn"


def _counts(evidence: Evidence) -> Iterator[str]:
    sent = Counter(told.report.agency for told in evidence.sent) + Counter(bad.agency for bad in evidence.bad)
    ended = Counter(r.agency for r in {r.receipt_id: r for r in evidence.receipts}.values() if r.outcome in ENDS)
    for agency in sorted(sent.keys() | ended.keys()):
        if sent[agency] != ended[agency]:
            yield f"{agency} sent {sent[agency]} messages and has receipts for {ended[agency]}"
    delivered: Counter[str] = Counter()
    for pairs in evidence.got.values():
        delivered.update(f"{told.report.report_id}/{told.report.revision}" for _, told in pairs)
    for receipt in evidence.receipts:
        if receipt.outcome in ENDS and receipt.delivered_to is not None:
            there = delivered[f"{receipt.report_id}/{receipt.revision}"]
            if receipt.delivered_to != there:
                yield f"{receipt.agency} was told of {receipt.delivered_to} recipients and there were {there}"


def _refusals(evidence: Evidence) -> Iterator[str]:
    wanted = Counter((bad.agency, bad.reason) for bad in evidence.bad)
    refused = [r for r in evidence.receipts if r.outcome is ReceiptOutcome.REJECTED]
    found = Counter((r.agency, str(r.reason)) for r in refused)
    for (agency, reason), count in (wanted - found).items():
        yield f"{agency}: {count} message had to be refused as {reason} and was not"
    for (agency, reason), count in (found - wanted).items():
        yield f"{agency}: {count} message was refused as {reason} and should not have been"
    for receipt in refused:
        if not receipt.sentence:
            yield f"{receipt.agency}: a refusal does not say what to mend"


def _findings(evidence: Evidence) -> Iterator[str]:
    """What the centre found went to nobody who may not have some report that it rests on, whatever it is about."""
    revisions: dict[str, list[Told]] = defaultdict(list)
    for told in evidence.sent:
        revisions[told.report.report_id].append(told)
    for agency, alerts in evidence.alerts.items():
        for alert in filter(is_finding, alerts):
            if alert.msg_type is AlertMsgType.CANCEL:
                continue
            section = alert.body.section
            if not isinstance(section, AssessmentSection):
                yield f"{agency}: a finding that does not say what it rests on"
                continue
            for each in section.evidence:
                said = revisions.get(each.report_id or "", [])
                verdicts = [evidence.oracle.handling(told, agency) for told in said if told.report.agency != agency]
                if verdicts and all(answer is Answer.NEVER for answer in verdicts):
                    yield f"{agency} got a finding that rests on {each.agency}'s report {each.report_id}"


CHECKS: Final[dict[str, Callable[[Evidence], Iterator[str]]]] = {
    "every message is well formed": _well_formed,
    "every alert reached its handler": _handlers,
    "none went where it must not": _leaks,
    "no finding went where a report behind it must not": _findings,
    "a pointer tells whom to call and nothing else": _pointers,
    "every expected alert arrived": _expected,
    "the scenario's alerts are as written by hand": _scenario,
    "no exercise met a real report": _exercises,
    "every withdrawal reached who had the report": _recalls,
    "counts reconcile per agency": _counts,
    "bad messages were refused with a reason": _refusals,
}
