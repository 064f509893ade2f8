"""Payments by account, out of the reports that tell of them; one payment told twice is one payment."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from fusionbus.contract.incident import Relation
from fusionbus.contract.observation import Observation
from fusionbus.contract.sections import FinanceSection, Transaction
from fusionbus.contract.vocabulary import EntityType
from fusionbus.streams.patterns.money.thresholds import PAYMENTS_LOOKED_AT_MAX, REPORTS_LOOKED_AT_MAX, RUPEE


class Payment(NamedTuple):
    """One movement of money; two reports that agree in all of this tell of the same one."""

    at: datetime
    amount: float
    currency: str
    payer: str
    """The token of the account it comes from; empty where none is known, as of cash paid in."""
    payee: str
    channel: str

    @property
    def rupees(self) -> float:
        """The amount in PKR; 0 for other money, which is counted and not summed."""
        return self.amount if self.currency == RUPEE else 0.0


class _Place(NamedTuple):
    """Where a report stands among others: by the time of what it tells, whatever order they came in."""

    event_at: datetime
    reported_at: datetime
    report_id: str


class Account(NamedTuple):
    """What is known of one account, its payments in order of time."""

    token: str
    payments: tuple[Payment, ...]
    capped: bool
    """Whether older payments were left out because there are so many."""

    @property
    def came_in(self) -> list[Payment]:
        """What was paid into it by others, or in cash."""
        return [each for each in self.payments if each.payee == self.token != each.payer]

    @property
    def went_out(self) -> list[Payment]:
        """What left it."""
        return [each for each in self.payments if each.payer == self.token != each.payee]


class Ledger:
    """All reports that name an account, and all payments in them."""

    def __init__(self) -> None:
        self._revisions: dict[str, int] = {}
        self._reports: dict[str, Observation] = {}
        self._read: dict[str, tuple[list[Payment], list[str]]] = {}
        self._told: dict[Payment, set[str]] = {}
        self._of: defaultdict[str, list[Payment]] = defaultdict(list)
        self._naming: defaultdict[str, list[_Place]] = defaultdict(list)

    def put(self, report: Observation) -> set[str]:
        """Takes a report, unless a newer revision of it is here; the accounts whose picture changed."""
        if self._revisions.get(report.report_id, 0) > report.revision:
            return set()
        touched = self.drop(report.report_id)
        self._revisions[report.report_id] = report.revision  # also of one that names no account any more
        payments, named = payments_of(report), accounts_of(report)
        if not named:
            return touched
        self._reports[report.report_id] = report
        self._read[report.report_id] = payments, named
        for payment in payments:
            self._tell(payment, report.report_id)
        for token in named:
            insort(self._naming[token], _place(report))
        return touched | set(named)

    def drop(self, report_id: str) -> set[str]:
        """Lets go of a report; the accounts whose picture changed."""
        self._revisions.pop(report_id, None)
        report = self._reports.pop(report_id, None)
        if report is None:
            return set()
        payments, named = self._read.pop(report_id)
        for payment in payments:
            self._untell(payment, report_id)
        for token in named:
            self._naming[token].remove(_place(report))
            if not self._naming[token]:
                del self._naming[token]
        return set(named)

    def account(self, token: str) -> Account:
        """The account with its newest payments, so many at most that judging it stays cheap."""
        payments = self._of.get(token, [])
        return Account(token, tuple(payments[-PAYMENTS_LOOKED_AT_MAX:]), len(payments) > PAYMENTS_LOOKED_AT_MAX)

    def naming(self, token: str) -> list[Observation]:
        """The reports that name the account, in order of time; the first so many, that looking at them stays cheap."""
        return [self._reports[place.report_id] for place in self._naming.get(token, [])[:REPORTS_LOOKED_AT_MAX]]

    def telling(self, payments: Iterable[Payment]) -> list[tuple[Observation, tuple[Payment, ...]]]:
        """The reports that tell of these payments, each with those it tells of; in order of time.

        A relay is only there for what nobody tells first-hand: it adds nothing else, and whoever may not see it should
        not be kept from the finding by it.
        """
        found: defaultdict[str, list[Payment]] = defaultdict(list)
        for payment in payments:
            told = self._told.get(payment, set())
            first_hand = {name for name in told if self._reports[name].relation is not Relation.RELAY}
            for name in first_hand or told:
                found[name].append(payment)
        told_by = sorted((self._reports[name] for name in found), key=_place)
        return [(report, tuple(sorted(found[report.report_id]))) for report in told_by]

    def _tell(self, payment: Payment, report_id: str) -> None:
        told = self._told.setdefault(payment, set())
        if not told:
            for token in {payment.payer, payment.payee} - {""}:
                insort(self._of[token], payment)
        told.add(report_id)

    def _untell(self, payment: Payment, report_id: str) -> None:
        told = self._told.get(payment, set())
        told.discard(report_id)
        if told:
            return
        self._told.pop(payment, None)
        for token in {payment.payer, payment.payee} - {""}:
            payments = self._of.get(token, [])
            place = bisect_left(payments, payment)
            if place < len(payments) and payments[place] == payment:
                del payments[place]
            if not payments:
                self._of.pop(token, None)


def _place(report: Observation) -> _Place:
    return _Place(event_time(report), report.reported_at, report.report_id)


def event_time(report: Observation) -> datetime:
    """When what it tells of happened, as far as it is known."""
    return report.occurred.start if report.occurred is not None else report.reported_at


def payments_of(report: Observation) -> list[Payment]:
    """The payments a report tells of, each once."""
    if not isinstance(report.section, FinanceSection):
        return []
    return list(dict.fromkeys(map(_payment, report.section.transactions)))


def accounts_of(report: Observation) -> list[str]:
    """The accounts a report names, each once, in the order in which it names them."""
    named = [entity.token for entity in report.entities if entity.type is EntityType.ACCOUNT]
    for payment in payments_of(report):
        named += [token for token in (payment.payer, payment.payee) if token]
    return list(dict.fromkeys(named))


def _payment(told: Transaction) -> Payment:
    # Registers keep seconds, some of them more: what differs by less than a second is one payment.
    at = told.at.replace(microsecond=0)
    return Payment(at, told.amount, told.currency, told.from_account or "", told.to_account or "", told.channel)
