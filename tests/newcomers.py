"""An agency that asks for what is open, and reports of events that it missed: for tests of catching up."""

from datetime import timedelta
from typing import Any, Final

from builders import NOW, a_report, a_subscription, an_interval, minutes
from fusionbus.contract.agency import Subscription
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import CatchUp
from fusionbus.contract.incident import Member
from fusionbus.contract.records import Receipt
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.vocabulary import Province, ThreatCategory, Urgency
from fusionbus.streams.catching_up import SETTLING
from fusionbus.streams.engine import Decision
from fusionbus.streams.reading.gazetteer import DISTRICTS
from hub import HubOnPaper

ASKER: Final = "CTD-PB"
EVERYTHING: Final = a_subscription(agency=ASKER)


def calm(**changes: Any) -> ThreatReport:
    """A report that puts nobody in danger, so that no override shows."""
    return a_report(**{"urgency": Urgency.PAST} | changes)


def confirmation() -> ThreatReport:
    """The first event in the words of the police."""
    words = {"headline": "Explosion reported, Purana Chashma", "narrative": "Constables on patrol heard a loud bang."}
    return calm(agency="POLICE-KP", local_ref="P-1", **words)


def elsewhere(number: int, **changes: Any) -> ThreatReport:
    """A report of an event of its own: another district, another hour, another kind of attack."""
    district = [each for each in DISTRICTS.values() if each.province != Province.PUNJAB][number]
    told: dict[str, Any] = {
        "local_ref": f"KP-{number}",
        "headline": None,
        "narrative": None,
        "category": tuple(ThreatCategory)[number % len(ThreatCategory)],
        "occurred": an_interval(NOW - minutes(60 * (number % 40))),
        "place": Place(province=Province(district.province), district=district.name),
    }
    return calm(**told | changes)


def wants(hub: HubOnPaper, *wishes: Subscription) -> None:
    """From now on these are in force."""
    hub.registry = hub.registry.with_entries(wishes or (EVERYTHING,))


def ask(hub: HubOnPaper, agency: str = ASKER, **changes: Any) -> list[Alert]:
    """What the agency is sent when it asks for what is open."""
    hub.clear_told()
    put(hub, agency, **changes)
    hub.later(SETTLING)
    hub.tick()
    return hub.alerts_of(agency)


def put(hub: HubOnPaper, agency: str = ASKER, days: float = 3, **changes: Any) -> CatchUp:
    message = CatchUp(agency=agency, at=hub.now, since=hub.now - timedelta(days=days), **changes)
    hub.tell(message)
    return message


def answer(hub: HubOnPaper, agency: str = ASKER) -> Receipt:
    return hub.receipts_of(agency)[-1]


def members(hub: HubOnPaper) -> dict[str, Member]:
    """The reports as they stand; what is left of an incident that was joined to another are only its names."""
    standing = [incident for incident in hub.incidents().values() if incident.merged_into is None]
    return {member.report_id: member for incident in standing for member in incident.members}


def told(decision: Decision) -> list[Alert]:
    """The alerts of a decision."""
    (paper := HubOnPaper.of()).sent.extend(decision.outputs)
    return paper.alerts()


def missing_some() -> HubOnPaper:
    """A hub that was told of three events, one twice, before CTD-PB wished to hear of anything."""
    hub = HubOnPaper.of()
    hub.send(calm(), confirmation(), elsewhere(2), elsewhere(5))
    assert not hub.alerts_of(ASKER)
    return hub
