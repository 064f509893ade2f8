"""Surges, near repeats and coordinated nights on the hub on paper: from agencies' reports to alerts and ties."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import NOW, a_handling, a_report, an_interval
from fusionbus.contract import ids, topics
from fusionbus.contract.agency import Subscription
from fusionbus.contract.alert import Alert
from fusionbus.contract.report import Actor, ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.sections import DISTRICT_FIGURE, AssessmentSection
from fusionbus.contract.vocabulary import TLP, AlertKind, FindingKind, MsgType, ThreatCategory, Weapon
from fusionbus.streams.patterns.linking import INCIDENTS_MAX, tie_of
from hub import HubOnPaper, with_the_centre
from observations import USUAL, a_district

DAY = timedelta(days=1)
HANGU = [(33.53, 71.06), (33.50, 71.20), (33.45, 71.10), (33.56, 70.95), (33.60, 71.15), (33.40, 70.90)]
WORDS = ("canal", "market", "shrine", "convoy", "school", "bridge", "depot", "bakery", "orchard", "quarry")


def an_attack(name: str, at: datetime, district: str = "Hangu", spot: int = 0, **changes: Any) -> ThreatReport:
    """An attack told in words that no other has."""
    place = a_district(district, uncertainty_km=2.0).model_copy(update={"name": f"{district} place {name}"})
    if district == "Hangu":
        lat, lon = HANGU[spot % len(HANGU)]
        place = place.model_copy(update={"lat": lat, "lon": lon})
    made: dict[str, Any] = {
        "local_ref": name,
        "occurred": an_interval(at),
        "reported_at": at + timedelta(minutes=20),
        "place": place,
        "category": ThreatCategory.IED,
        "weapon": Weapon.EXPLOSIVE,
        "actor": Actor(name="TTP"),
        "headline": f"Blast at the {WORDS[len(name) % 10]} {name}",
        "narrative": None,
    }
    return a_report(**made | changes)


def usual() -> list[ThreatReport]:
    """What teaches the searches what is usual: an attack each four days for two years' half."""
    return [an_attack(f"usual {n}", NOW - 300 * DAY + 4 * n * DAY, USUAL[n % len(USUAL)]) for n in range(70)]


def outbreak(count: int = 6, **changes: Any) -> list[ThreatReport]:
    return [
        an_attack(f"surge {n}", NOW - 3 * DAY + n * timedelta(hours=8), spot=n, actor=Actor(name="ISKP"), **changes)
        for n in range(count)
    ]


def a_pair() -> list[ThreatReport]:
    """One actor in two villages, three weeks apart."""
    actor = Actor(name="ISKP")
    return [an_attack(f"pair {n}", NOW - (30 - 21 * n) * DAY, spot=n, actor=actor) for n in range(2)]


def a_hub(reports: Sequence[ThreatReport]) -> HubOnPaper:
    asking = [each for each in with_the_centre() if not isinstance(each, Subscription) or each.agency != "POLICE-KP"]
    hub = HubOnPaper.of(asking)
    hub.send(*usual(), *reports)
    hub.look()
    return hub


def found(hub: HubOnPaper, kind: FindingKind, agency: str = "CTD-KP") -> list[tuple[Alert, AssessmentSection]]:
    pairs = [(alert, alert.body.section) for alert in hub.alerts_of(agency)]
    return [(a, s) for a, s in pairs if isinstance(s, AssessmentSection) and s.finding is kind]


def test_a_surge_goes_to_whose_ground_it_is_with_figures_and_evidence_and_is_over_by_itself() -> None:
    hub = a_hub(outbreak())
    (alert, section), *more = found(hub, FindingKind.SURGE)
    assert not more
    assert alert.kind is AlertKind.SURGE
    assert alert.body.place is not None
    assert alert.body.place.district == "Hangu"
    assert {each.incident_id for each in section.evidence} <= set(hub.incidents())
    assert any(figure.name == f"{DISTRICT_FIGURE}Hangu" for figure in section.figures)
    ((at_the_police, _),) = found(hub, FindingKind.SURGE, "POLICE-KP")
    assert at_the_police.rule is Rule.JURISDICTION, "it asks for nothing, and it is its ground"
    assert not found(hub, FindingKind.SURGE, "FMU")
    hub.later(10 * DAY)
    hub.look()
    (_, first), (_, last) = found(hub, FindingKind.SURGE)
    assert (first.phase, last.phase) == ("open", "over")


def test_who_may_not_have_one_of_the_reports_counted_is_not_told_of_the_surge() -> None:
    closed = a_handling(tlp=TLP.AMBER_STRICT)
    hub = a_hub(outbreak(handling=closed))
    assert found(hub, FindingKind.SURGE)
    assert not found(hub, FindingKind.SURGE, "FMU")
    assert not found(hub, FindingKind.SURGE, "CTD-PB"), "it asks for findings, and may not have AMBER+STRICT of others"


def test_what_repeats_nearby_is_told_and_tied_and_a_withdrawal_unties_it() -> None:
    pair = a_pair()
    hub = a_hub(pair)
    ((alert, section),) = found(hub, FindingKind.NEAR_REPEAT)
    assert alert.kind is AlertKind.RELATED
    (tie,) = [link for link in hub.links() if link.type == "near_repeat"]
    assert set(tie.incidents) == {each.incident_id for each in section.evidence}
    assert "within 20 km" in tie.reasons[0].said
    assert not tie.capped
    hub.send(pair[0].model_copy(update={"msg_type": MsgType.CANCEL, "revision": 2}))
    hub.look()
    (last,) = [output for output in hub.sent if output.key == tie.link_id.encode()][1:]
    assert (last.topic, last.value) == (topics.LINKS, None)


def test_a_coordinated_night_ties_its_incidents() -> None:
    night = [
        an_attack(f"night {n}", NOW - DAY + timedelta(minutes=15 * n), name, actor=Actor(name="BLA"))
        for n, name in enumerate(("Khuzdar", "Kalat", "Mastung", "Quetta", "Sibi"))
    ]
    hub = a_hub(night)
    (tie,) = [link for link in hub.links() if link.type == "coordinated"]
    assert len(tie.incidents) == 5
    assert found(hub, FindingKind.COORDINATION, "NACTA")


@pytest.mark.parametrize("count", [INCIDENTS_MAX, INCIDENTS_MAX + 5])
def test_a_tie_of_more_incidents_than_may_be_is_shown_as_capped(count: int) -> None:
    hub = a_hub(a_pair())
    ((_, section),) = found(hub, FindingKind.NEAR_REPEAT)
    many = tuple(
        section.evidence[0].model_copy(update={"incident_id": ids.report_id("x", str(n))}) for n in range(count)
    )
    report = a_report(section=section.model_copy(update={"evidence": many}))
    (output,) = tie_of(report, NOW)
    assert (b'"capped":true' in (output.value or b"")) is (count > INCIDENTS_MAX)
    assert (output.value or b"").count(b"-") > INCIDENTS_MAX
