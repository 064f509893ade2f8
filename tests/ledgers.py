"""Observations about money and borders, made up, as the hub would make them of reports."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from builders import NOW, ZONE, a_handling, a_place, a_token
from fusionbus.contract import ids
from fusionbus.contract.incident import Relation
from fusionbus.contract.observation import Observation
from fusionbus.contract.report import Entity
from fusionbus.contract.sections import FinanceSection, Transaction
from fusionbus.contract.vocabulary import EntityType, Kind, Status


def account(number: int) -> str:
    """The token of a made-up account."""
    return a_token("account", number)


def an_entity(token: str, **changes: Any) -> Entity:
    """A thing known by this token."""
    return Entity(type=EntityType(token.partition(":")[0]), token=token, **changes)


def an_observation(name: str = "1", **changes: Any) -> Observation:
    """A report of payments by FMU; the name makes its id, and that of an incident of its own."""
    agency = changes.get("agency", "FMU")
    report_id = ids.report_id(agency, name)
    made: dict[str, Any] = {
        "report_id": report_id,
        "revision": 1,
        "incident_id": ids.incident_id(ZONE, report_id),
        "zone": ZONE,
        "agency": agency,
        "status": Status.ACTUAL,
        "kind": Kind.FINANCE,
        "relation": Relation.ORIGINAL,
        "origin": report_id,
        "accepted_at": NOW,
        "reported_at": NOW,
        "place": a_place(),
        "handling": a_handling(),
    }
    return Observation(**made | changes)


def told(name: str, payments: Iterable[Transaction], **changes: Any) -> Observation:
    """A report of these payments."""
    suspicion = changes.pop("suspicion", "other")
    return an_observation(name, section=FinanceSection(suspicion=suspicion, transactions=tuple(payments)), **changes)


def paid(payer: int | None, payee: int | None, amount: float, at: datetime = NOW, **changes: Any) -> Transaction:
    """A payment between two numbered accounts, or one and cash."""
    made: dict[str, Any] = {"channel": "bank" if payer is not None and payee is not None else "cash"}
    return Transaction(
        at=at,
        amount=amount,
        from_account=None if payer is None else account(payer),
        to_account=None if payee is None else account(payee),
        **made | changes,
    )


def hours(count: float) -> timedelta:
    """So many hours."""
    return timedelta(hours=count)
