"""The search for patterns of payments: the accounts that a report touches are judged anew, the others stand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from fusionbus.contract.observation import Observation
from fusionbus.streams.patterns.money.cases import called, shared_account
from fusionbus.streams.patterns.money.findings import of_payments, of_reports
from fusionbus.streams.patterns.money.ledger import Ledger
from fusionbus.streams.patterns.money.rules import rules_held
from fusionbus.streams.patterns.money.thresholds import STANDS_FOR
from fusionbus.streams.patterns.values import Finding

WAITING_MAX: Final = 40
"""Accounts that wait to be judged. More are judged at once, so that asking what stands never has more to do: an
account with the most payments that are looked at takes about a millisecond (`docs/money.md`)."""


class MoneySearch:
    """Looks for patterns of payments in the reports of one status."""

    def __init__(self) -> None:
        self._ledger = Ledger()
        self._waiting: dict[str, None] = {}
        self._found: dict[str, tuple[Finding, ...]] = {}

    def put(self, observation: Observation) -> None:
        """Takes a report, or a newer revision of one that is here; never one that is gone."""
        self._touch(self._ledger.put(observation))

    def drop(self, report_id: str) -> None:
        """Lets go of a report; one it does not know is no fault."""
        self._touch(self._ledger.drop(report_id))

    def standing(self, now: datetime) -> Sequence[Finding]:
        """All that holds at this time, in the order of the keys; what rests on old payments alone is over."""
        self._judge(0)
        oldest = now - STANDS_FOR
        return sorted(
            (each for found in self._found.values() for each in found if each.window.end >= oldest),
            key=lambda each: each.key,
        )

    def _touch(self, accounts: set[str]) -> None:
        self._waiting.update(dict.fromkeys(accounts))
        self._judge(WAITING_MAX)

    def _judge(self, left: int) -> None:
        """Judges accounts until so many are left."""
        while len(self._waiting) > left:
            token = next(iter(self._waiting))
            del self._waiting[token]
            found = self._findings(token)
            if found:
                self._found[token] = found
            else:
                self._found.pop(token, None)

    def _findings(self, token: str) -> tuple[Finding, ...]:
        account = self._ledger.account(token)
        naming = self._ledger.naming(token)
        held = [of_payments(each, self._ledger, capped=account.capped) for each in rules_held(account)]
        named = [of_reports(each) for rule in (shared_account, called) for each in rule(token, naming)]
        return _apart([*held, *named])


def _apart(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings under keys of their own: two stretches of one account may begin in one report."""
    met: dict[str, int] = {}
    found = []
    for each in sorted(findings, key=lambda one: (one.key, one.window.start, one.window.end, one.headline)):
        number = met[each.key] = met.get(each.key, 0) + 1
        found.append(each if number == 1 else replace(each, key=f"{each.key}/{number}"))
    return tuple(found)
