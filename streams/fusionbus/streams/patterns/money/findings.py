"""From a rule that is held to a finding: its evidence for a court, its place, the tokens in common, and its name."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from fusionbus.contract.base import Interval
from fusionbus.contract.observation import Observation
from fusionbus.contract.report import Entity, Place
from fusionbus.contract.sections import Figure
from fusionbus.contract.vocabulary import EntityType, FindingKind, Kind, Severity, SubjectRole, ThreatCategory, Urgency
from fusionbus.streams.patterns.money import thresholds as lines
from fusionbus.streams.patterns.money.cases import Named
from fusionbus.streams.patterns.money.ledger import Ledger, Payment, accounts_of, event_time
from fusionbus.streams.patterns.money.rules import Held
from fusionbus.streams.patterns.values import Finding

ACCOUNTS_SHOWN_MAX: Final = 24
"""On the other side: as many as a picture can draw (`consumers/web/pages/incident_accounts.py`)."""
PERSONS_SHOWN_MAX: Final = 10

Evidence = tuple[tuple[Observation, str], ...]


def of_payments(held: Held, ledger: Ledger, *, capped: bool) -> Finding:
    """The finding that these payments make."""
    told = ledger.telling(held.payments)
    said = held.said
    payers, payees = _sides(held.account, held.payments)
    figures = (
        *held.figures,
        Figure(name="accounts that paid in", value=len(payers)),
        Figure(name="accounts that were paid", value=len(payees)),
    )
    if capped:
        said += " The account has very many payments: only the newest were looked at."
        figures += (
            Figure(
                name="payments looked at, the newest",
                value=lines.PAYMENTS_LOOKED_AT_MAX,
                threshold=lines.PAYMENTS_LOOKED_AT_MAX,
                source=lines.CAP_SOURCE,
            ),
        )
    return Finding(
        kind=held.kind,
        key=_key(held.kind, held.account, [report for report, _ in told]),
        window=Interval(start=held.payments[0].at, end=held.payments[-1].at),
        headline=held.headline,
        statement=said,
        figures=figures,
        evidence=tuple((report, _tells(payments)) for report, payments in told),
        place=_place([report for report, _ in told]),
        category=ThreatCategory.FINANCING,
        severity=Severity.MODERATE,
        urgency=Urgency.FUTURE,
        entities=_entities(held.account, held.payments, [report for report, _ in told]),
    )


def of_reports(named: Named) -> Finding:
    """The finding that these reports make."""
    reports = [report for report, _ in named.reports]
    return Finding(
        kind=named.kind,
        key=_key(named.kind, named.account, reports),
        window=Interval(start=min(map(event_time, reports)), end=max(map(_last, reports))),
        headline=named.headline,
        statement=named.said,
        figures=named.figures,
        evidence=named.reports,
        place=_place(reports),
        category=ThreatCategory.FINANCING,
        actor=_actor(reports),
        severity=Severity.SEVERE if named.grave else Severity.MODERATE,
        urgency=Urgency.FUTURE,
        entities=_entities(named.account, (), reports),
    )


def _last(report: Observation) -> datetime:
    return report.occurred.end if report.occurred is not None else report.reported_at


def _key(kind: FindingKind, account: str, reports: Sequence[Observation]) -> str:
    """The matter's name, from the report that was accepted first and the account's place in it.

    Not from the token: whoever holds a token could then tell from the name whom it is about. Reports that come later do
    not change it.
    """
    first = min(reports, key=lambda each: (each.accepted_at, each.report_id))
    return f"money/{kind.value}/{first.report_id}/{accounts_of(first).index(account)}"


def _tells(payments: Sequence[Payment]) -> str:
    """What a report tells of the payments, for somebody who checks it line by line."""
    days = f"{payments[0].at:%Y-%m-%d %H:%M}"
    if payments[-1].at != payments[0].at:
        days += f" to {payments[-1].at:%Y-%m-%d %H:%M}"
    rupees = [each.amount for each in payments if each.currency == lines.RUPEE]
    other = Counter(each.currency for each in payments if each.currency != lines.RUPEE)
    sums = [f"PKR {sum(rupees):,.0f} in {_count(len(rupees))}"] if rupees else []
    sums += [f"{_count(count)} in {currency}" for currency, count in sorted(other.items())]
    channels = ", ".join(sorted({each.channel.replace("_", " ") for each in payments}))
    return f"Tells of {' and '.join(sums)[:150]}, {days} UTC, by {channels}."


def _count(payments: int) -> str:
    return f"{payments} payment{'s' * (payments != 1)}"


def _place(reports: Iterable[Observation]) -> Place | None:
    """Where most of the evidence lies, cases that are not about payments first: their CTD is the one concerned."""
    of = list(reports)
    cases = [each.place for each in of if each.kind is not Kind.FINANCE and each.place is not None]
    places = cases or [each.place for each in of if each.place is not None]
    counted = Counter((place.province, place.district) for place in places if place.province is not None)
    if not counted:
        return None
    province, district = min(counted, key=lambda each: (-counted[each], each[0] or "", each[1] or ""))
    return Place(province=province, district=district)


def _actor(reports: Iterable[Observation]) -> str | None:
    """The actor, where all reports that name one name the same."""
    actors = {each.actor for each in reports if each.actor is not None}
    return actors.pop() if len(actors) == 1 else None


def _entities(account: str, payments: Sequence[Payment], reports: Sequence[Observation]) -> tuple[Entity, ...]:
    """The account, those that paid it, those it paid, and persons whom two reports name; all private."""
    payers, payees = _sides(account, payments)
    found = [Entity(type=EntityType.ACCOUNT, token=token) for token in (account, *payers, *payees)]
    return (*found, *_persons(reports))


def _sides(account: str, payments: Sequence[Payment]) -> tuple[list[str], list[str]]:
    """The accounts that paid this one, and the others that it paid; together as many as a picture can show."""
    payers = list(dict.fromkeys(each.payer for each in payments if each.payer and each.payee == account != each.payer))
    payers = payers[:ACCOUNTS_SHOWN_MAX]
    paid = (each.payee for each in payments if each.payee and each.payer == account != each.payee)
    payees = [token for token in dict.fromkeys(paid) if token not in payers]
    return payers, payees[: ACCOUNTS_SHOWN_MAX - len(payers)]


def _persons(reports: Sequence[Observation]) -> list[Entity]:
    """Papers of suspects that two reports or more name: what links one case's persons with another's."""
    named: Counter[str] = Counter()
    for report in reports:
        tokens = {
            token
            for subject in report.subjects
            if subject.role is SubjectRole.CRIMINAL_SUBJECT
            for token in subject.id_tokens
        }
        named.update(tokens)
    papers = {EntityType.CNIC.value: EntityType.CNIC, EntityType.PASSPORT.value: EntityType.PASSPORT}
    return [
        Entity(type=papers[type_], token=token, role=SubjectRole.CRIMINAL_SUBJECT)
        for token, count in sorted(named.items())
        if count > 1 and (type_ := token.partition(":")[0]) in papers
    ][:PERSONS_SHOWN_MAX]
