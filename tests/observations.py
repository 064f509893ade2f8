"""Makes observations for tests of what searches for patterns find: every default is made up."""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from builders import NOW, ZONE, a_handling, an_interval
from fusionbus.contract import ids
from fusionbus.contract.incident import Relation
from fusionbus.contract.observation import Observation
from fusionbus.contract.report import Place
from fusionbus.contract.vocabulary import Kind, Province, Severity, Status, ThreatCategory, Weapon
from fusionbus.streams.reading.gazetteer import DISTRICTS


def a_district(name: str = "Peshawar", **changes: Any) -> Place:
    """Somewhere in a district: its middle unless said otherwise."""
    found = DISTRICTS[name]
    made: dict[str, Any] = {"lat": found.lat, "lon": found.lon, "uncertainty_km": 5.0}
    return Place(province=Province(found.province), district=name, **made | changes)


def an_observation(name: str = "one", at: datetime = NOW, **changes: Any) -> Observation:
    """An IED in Peshawar at this time, reported twenty minutes later; its ids follow from the name."""
    report_id = ids.report_id("CTD-KP", name)
    made: dict[str, Any] = {
        "report_id": report_id,
        "revision": 1,
        "incident_id": ids.incident_id(ZONE, report_id),
        "zone": ZONE,
        "agency": "CTD-KP",
        "status": Status.ACTUAL,
        "kind": Kind.INCIDENT,
        "relation": Relation.ORIGINAL,
        "origin": report_id,
        "accepted_at": at + timedelta(minutes=21),
        "reported_at": at + timedelta(minutes=20),
        "occurred": an_interval(at),
        "place": a_district(),
        "category": ThreatCategory.IED,
        "weapon": Weapon.EXPLOSIVE,
        "severity": Severity.SEVERE,
        "handling": a_handling(),
    }
    return Observation(**made | changes)


USUAL: Final = ("Peshawar", "Bannu", "Quetta", "Kech", "Karachi South", "Khuzdar", "Tank", "Lahore")
"""Where the background below happens."""


def a_background(days: int = 200, a_day: float = 0.4, seed: int = 1, upto: datetime = NOW) -> list[Observation]:
    """Attacks by chance, evenly in time and over a few districts, up to a moment."""
    chance = Random(seed)  # noqa: S311 - chance that can be repeated
    count = round(days * a_day)
    times = sorted(upto - timedelta(days=days * chance.random()) for _ in range(count))
    return [
        an_observation(f"usual-{number}", at, place=a_district(chance.choice(USUAL)), actor="TTP")
        for number, at in enumerate(times)
    ]
