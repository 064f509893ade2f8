"""From reports of payments and crossings to alerts: who gets them with which evidence, and who gets none."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, a_handling, a_place, a_report, a_subscription, a_token, an_agency, an_interval
from fusionbus.contract import topics
from fusionbus.contract.agency import Agency, Subscription
from fusionbus.contract.alert import Alert
from fusionbus.contract.handling import Legal, Predicate
from fusionbus.contract.report import Entity, Person, ThreatReport
from fusionbus.contract.sections import AssessmentSection, BorderSection, FinanceSection, RecordSection
from fusionbus.contract.vocabulary import (
    TLP,
    AlertKind,
    EntityType,
    FindingKind,
    Form,
    Kind,
    MsgType,
    SubjectRole,
    ThreatCategory,
    Urgency,
)
from hub import HubOnPaper, with_the_centre
from ledgers import account, paid

MONEY = (FindingKind.STRUCTURING, FindingKind.SHARED_ACCOUNT)
HITS = (FindingKind.WATCH_LIST_HIT,)


def a_country() -> list[Agency | Subscription]:
    """The small federation with those whom money and borders concern, as `deploy/agencies.yaml` has them."""
    federal: dict[str, Any] = {"provinces": (), "group": "federal"}
    seen = (Kind.FINANCE, Kind.RECORD, Kind.ASSESSMENT)
    border = (Kind.BORDER, Kind.RECORD, Kind.ASSESSMENT)
    kept = [
        each
        for each in with_the_centre()
        if not (isinstance(each, Agency) and each.agency == "FMU")
        and not (isinstance(each, Subscription) and each.findings and each.agency != "NACTA")
    ]
    return [
        *kept,
        an_agency(agency="FMU", organisation="FMU", kinds=seen, contact="Desk, FMU", **federal),
        an_agency(agency="FIA", organisation="FIA", contact="Desk, FIA", **federal),
        an_agency(agency="PASSPORTS", organisation="Passports", kinds=border, contact="Desk", **federal),
        a_subscription(agency="FMU", name="Patterns", findings=MONEY),
        a_subscription(agency="FIA", name="Patterns", findings=(*MONEY, *HITS)),
        a_subscription(agency="PASSPORTS", name="Hits", findings=HITS),
    ]


def suspicion(number: int, **changes: Any) -> ThreatReport:
    """A bank's cash report, told by FMU."""
    at = NOW - timedelta(days=number)
    made: dict[str, Any] = {
        "agency": "FMU",
        "local_ref": f"STR-{number}",
        "occurred": an_interval(at),
        "section": FinanceSection(suspicion="structuring", transactions=(paid(None, 1, 1_900_000 + number, at),)),
        "category": ThreatCategory.FINANCING,
        "headline": f"Cash paid in, {number}",
        "narrative": None,
        "weapon": None,
        "target_sector": None,
        "handling": a_handling(tlp=TLP.GREEN),
    }
    return a_report(**made | changes)


def wanted(**changes: Any) -> ThreatReport:
    """CTD-KP wants somebody."""
    subject = Person(role=SubjectRole.CRIMINAL_SUBJECT, id_tokens=(a_token("cnic", 5),))
    made: dict[str, Any] = {
        "local_ref": "wanted",
        "section": RecordSection(record_type="wanted_person", recorded_at=NOW - timedelta(days=2)),
        "persons": (subject,),
        "legal": Legal(criminal_predicate=Predicate(basis="Named in a made-up case")),
        "headline": "Somebody is wanted",
        "narrative": None,
    }
    return a_report(**made | changes)


def crossing(**changes: Any) -> ThreatReport:
    """PASSPORTS lets somebody pass."""
    made: dict[str, Any] = {
        "agency": "PASSPORTS",
        "local_ref": "crossing",
        "occurred": an_interval(NOW - timedelta(hours=1)),
        "place": a_place(district="Khyber", name="Torkham", lat=None, lon=None),
        "section": BorderSection(event="crossed", direction="out", crossing_point="Torkham"),
        "persons": (Person(role=SubjectRole.OTHER, id_tokens=(a_token("cnic", 5),)),),
        "category": None,
        "headline": "A traveller",
        "narrative": None,
    }
    return a_report(**made | changes)


def a_hub(*reports: ThreatReport) -> HubOnPaper:
    hub = HubOnPaper.of(a_country())
    hub.send(*reports)
    hub.look()
    return hub


def findings(hub: HubOnPaper, agency: str, kind: AlertKind) -> list[Alert]:
    return [each for each in hub.alerts_of(agency) if each.body.agency == topics.CENTRE and each.kind is kind]


def test_a_pattern_goes_to_fmu_fia_and_the_department_on_whose_ground_it_lies_with_all_its_evidence() -> None:
    hub = a_hub(*(suspicion(number) for number in range(3)))
    for agency in ("FMU", "FIA", "CTD-KP"):
        (alert,) = findings(hub, agency, AlertKind.FINANCE_PATTERN)
        section = alert.body.section
        assert isinstance(section, AssessmentSection)
        assert section.finding is FindingKind.STRUCTURING
        assert [each.agency for each in section.evidence] == ["FMU"] * 3
        assert all("cash" in each.says for each in section.evidence)
        assert next(each.source for each in section.figures if each.unit == "PKR") is not None
        assert alert.form is Form.FULL
        assert [each.token for each in alert.body.entities] == [account(1)]
    assert findings(hub, "CTD-PB", AlertKind.FINANCE_PATTERN) == []  # Punjab has no part in it


@pytest.mark.parametrize("barred", ["FIA", "CTD-KP"])
def test_whoever_may_not_see_one_of_the_reports_gets_nothing_of_the_pattern(barred: str) -> None:
    others = tuple({"FMU", "FIA", "CTD-KP", "NACTA"} - {barred})
    secret = suspicion(2, handling=a_handling(tlp=TLP.RED, releasable_to=tuple(sorted(others))))
    hub = a_hub(suspicion(0), suspicion(1), secret)
    assert findings(hub, barred, AlertKind.FINANCE_PATTERN) == []
    assert findings(hub, "FMU", AlertKind.FINANCE_PATTERN)


def test_the_partner_abroad_and_who_has_no_part_in_money_hear_nothing() -> None:
    hub = a_hub(*(suspicion(number) for number in range(3)))
    for agency in ("LIAISON-1", "PASSPORTS", "CTD-PB"):
        assert findings(hub, agency, AlertKind.FINANCE_PATTERN) == []


def test_an_account_in_a_case_is_told_with_the_case() -> None:
    case = a_report(
        local_ref="case",
        section=RecordSection(record_type="arrest"),
        entities=(Entity(type=EntityType.ACCOUNT, token=account(1)),),
        headline="An arrest",
        narrative=None,
    )
    hub = a_hub(suspicion(0), case)
    kinds = [a.body.section.finding for a in findings(hub, "FIA", AlertKind.FINANCE_PATTERN)]  # type: ignore[union-attr]
    assert kinds == [FindingKind.SHARED_ACCOUNT]
    assert len(hub.incidents()) == 3  # the payments, the case, and the finding itself
    tied = [set(link.incidents) for link in hub.links() if link.type == "related"]
    evidence = findings(hub, "FIA", AlertKind.FINANCE_PATTERN)[0].body.section.evidence  # type: ignore[union-attr]
    assert tied == [{each.incident_id for each in evidence}]


def test_a_wanted_person_at_the_border_is_told_at_once_to_who_wants_and_who_met() -> None:
    hub = a_hub(wanted(), crossing())
    for agency in ("CTD-KP", "PASSPORTS", "FIA"):
        (alert,) = findings(hub, agency, AlertKind.WATCH_HIT)
        assert alert.body.urgency is Urgency.IMMEDIATE
        assert "Torkham" in (alert.body.headline or "")
        assert "Call CTD-KP" in (alert.body.narrative or "")
    assert findings(hub, "CTD-PB", AlertKind.WATCH_HIT) == []


def test_who_may_not_see_the_listing_is_told_no_hit() -> None:
    hub = a_hub(wanted(handling=a_handling(tlp=TLP.RED, releasable_to=("CTD-KP", "PASSPORTS"))), crossing())
    assert findings(hub, "FIA", AlertKind.WATCH_HIT) == []
    assert findings(hub, "PASSPORTS", AlertKind.WATCH_HIT)


def test_a_withdrawn_listing_takes_the_hit_back() -> None:
    hub = a_hub(wanted(), crossing())
    hub.send(wanted(msg_type=MsgType.CANCEL, revision=2))
    hub.look()
    assert [each.kind for each in hub.alerts_of("PASSPORTS") if each.body.agency == topics.CENTRE][-1] is (
        AlertKind.RECALL
    )
