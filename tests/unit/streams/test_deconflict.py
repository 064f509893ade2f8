"""Two parties at one place and time, or after one subject, learn whom to call, and nothing else of each other."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import NOW, a_handling, a_place, a_report, a_token, an_acknowledgement, an_interval
from fusionbus.contract.base import Interval
from fusionbus.contract.codec import encode
from fusionbus.contract.handling import Source
from fusionbus.contract.records import AuditEvent
from fusionbus.contract.report import Entity, ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.sections import OperationSection
from fusionbus.contract.vocabulary import TLP, Classification, EntityType, Kind, MsgType, Status
from fusionbus.streams.engine import Decision
from hub import HubOnPaper
from pointing import called, desk, pointers

TONIGHT = NOW + timedelta(hours=6)
PHONE = (Entity(type=EntityType.PHONE, token=a_token()),)
FAR = a_place(district="Swat", name="Mingora", lat=34.77, lon=72.36)


def a_raid(agency: str = "CTD-KP", at: datetime = TONIGHT, **changes: Any) -> ThreatReport:
    """A planned raid in a bazaar in Peshawar."""
    told: dict[str, Any] = {
        "agency": agency,
        "local_ref": f"raid-{agency}",
        "headline": "Raid on the house behind the mill",
        "narrative": "Twelve men by the northern lane.",
        "occurred": None,
        "category": None,
        "weapon": None,
        "target_sector": None,
        "section": OperationSection(operation="raid", planned=an_interval(at, timedelta(hours=2)), contact="Desk"),
    }
    return a_report(**told | changes)


def a_watch(agency: str = "IB", **changes: Any) -> ThreatReport:
    """What another party sees at the same place within a day."""
    told: dict[str, Any] = {
        "agency": agency,
        "local_ref": f"watch-{agency}",
        "headline": "A courier expected at the tea stall",
        "narrative": "Our man sits at the corner table.",
        "weapon": None,
    }
    return a_report(**told | changes)


@pytest.fixture
def hub() -> HubOnPaper:
    return HubOnPaper.of()


BOTH_ORDERS = pytest.mark.parametrize("raid_first", [True, False], ids=["raid first", "raid last"])


@BOTH_ORDERS
def test_an_operation_and_another_agencys_report_point_to_each_others_desks(
    hub: HubOnPaper, *, raid_first: bool
) -> None:
    reports = [a_raid(), a_watch()]
    hub.send(*(reports if raid_first else reversed(reports)))
    assert called(hub) == {"IB": [desk(hub, "CTD-KP")], "CTD-KP": [desk(hub, "IB")]}


@BOTH_ORDERS
def test_the_border_of_two_districts_keeps_nobody_apart(hub: HubOnPaper, *, raid_first: bool) -> None:
    east = {"lat": 34.016, "lon": 71.785, "uncertainty_km": 2.0}
    reports = [
        a_raid(place=a_place(district="Peshawar", name="Chamkani", lat=34.01, lon=71.77, uncertainty_km=2.0)),
        a_watch(place=a_place(district="Nowshera", name="Pabbi", **east)),
    ]
    hub.send(*(reports if raid_first else reversed(reports)))
    assert set(called(hub)) == {"IB", "CTD-KP"}


@BOTH_ORDERS
def test_a_pointer_holds_a_contact_and_nothing_else_of_the_other(hub: HubOnPaper, *, raid_first: bool) -> None:
    raid, watch = a_raid(entities=PHONE), a_watch(entities=PHONE, tearline="Mind the tea stall.")
    reports = [raid, watch] if raid_first else [watch, raid]
    hub.send(*reports)
    for theirs, agency in ((raid, "IB"), (watch, "CTD-KP")):
        (alert,) = pointers(hub)[agency]
        told = json.loads(encode(alert))
        del told["body"]["contact"]
        seen = json.dumps(told)
        mine = watch if theirs is raid else raid
        secrets = [theirs.report_id, theirs.local_ref, theirs.agency, theirs.headline, theirs.narrative, "tea", "stall"]
        secrets += [*(i.incident_id for i in hub.incidents().values() if i.incident_id != alert.incident_id)]
        secrets += [PHONE[0].token, "Peshawar", "Purana", "34.0", str(TONIGHT.date()) + "T" + str(TONIGHT.hour)]
        assert [secret for secret in secrets if secret and secret in seen] == []
        assert alert.body.kind is mine.kind
        assert alert.incident.claim.place is None


def test_every_pointer_is_alike_but_for_the_recipients_own_and_the_contact(hub: HubOnPaper) -> None:
    hub.send(a_raid(), a_watch(), a_watch("POLICE-KP", handling=a_handling(classification=Classification.SECRET)))
    own = {"alert_id", "recipient", "incident_id", "incident_revision", "body", "handling"}
    alike = {alert.model_dump_json(exclude=own) for told in pointers(hub).values() for alert in told}
    assert len(alike) == 1


def test_two_operations_at_one_place_and_time_meet_and_an_agencys_own_never_do(hub: HubOnPaper) -> None:
    hub.send(a_raid(), a_raid(local_ref="raid-2"), a_raid("IB", TONIGHT + timedelta(hours=2, minutes=30)))
    assert set(called(hub)) == {"IB", "CTD-KP"}
    assert called(hub)["IB"] == [desk(hub, "CTD-KP")]


@BOTH_ORDERS
def test_a_subject_in_common_meets_wherever_and_whenever(hub: HubOnPaper, *, raid_first: bool) -> None:
    watch = a_watch(entities=PHONE, place=FAR, occurred=an_interval(NOW - timedelta(days=3)))
    reports = [a_raid(entities=PHONE), watch]
    hub.send(*(reports if raid_first else reversed(reports)))
    assert set(called(hub)) == {"IB", "CTD-KP"}


@pytest.mark.parametrize(
    "other",
    [
        a_watch(place=FAR),
        a_watch(occurred=Interval(start=NOW - timedelta(days=3), end=NOW - timedelta(days=2))),
        a_watch("CTD-KP"),
        a_watch(place=a_place(uncertainty_km=25.0)),
        a_watch(status=Status.EXERCISE),
    ],
    ids=["elsewhere", "another day", "its own", "vague", "exercise"],
)
@BOTH_ORDERS
def test_what_does_not_coincide_is_pointed_to_nobody(hub: HubOnPaper, other: ThreatReport, *, raid_first: bool) -> None:
    hub.send(*([a_raid(), other] if raid_first else [other, a_raid()]))
    assert called(hub) == {}


def test_a_withdrawn_operation_meets_nothing(hub: HubOnPaper) -> None:
    hub.send(a_raid(), a_raid(msg_type=MsgType.CANCEL, revision=2, reported_at=NOW), a_watch())
    assert called(hub) == {}


@pytest.mark.parametrize(
    "hidden",
    [
        {"mask_source": True},
        {"tlp": TLP.RED, "releasable_to": ("NACTA",)},
        {"classification": Classification.TOP_SECRET},
    ],
    ids=["masked", "red", "secret"],
)
def test_who_may_not_be_known_is_called_through_the_hubs_desk(hub: HubOnPaper, hidden: dict[str, Any]) -> None:
    hub.send(a_raid(), a_watch(handling=a_handling(**hidden)))
    assert called(hub) == {"CTD-KP": [desk(hub, "NACTA")], "IB": [desk(hub, "CTD-KP")]}


def test_one_pair_is_pointed_once_and_again_only_to_somebody_new(hub: HubOnPaper) -> None:
    hub.send(a_raid(), a_watch(), a_watch(msg_type=MsgType.UPDATE, revision=2, reported_at=NOW))
    hub.send(a_raid(msg_type=MsgType.UPDATE, revision=2, reported_at=NOW))
    assert {name: len(told) for name, told in called(hub).items()} == {"IB": 1, "CTD-KP": 1}
    hub.send(a_watch("POLICE-KP"))
    assert {name: len(told) for name, told in called(hub).items()} == {"IB": 1, "CTD-KP": 2, "POLICE-KP": 1}
    assert len({alert.alert_id for alert in hub.alerts()}) == len(hub.alerts())


def test_a_report_that_meets_several_has_their_desks_in_one_pointer(hub: HubOnPaper) -> None:
    hub.send(a_raid(), a_raid("POLICE-KP", TONIGHT + timedelta(hours=1), place=a_place(name="Mill lane")))
    hub.clear_told()
    hub.send(a_watch())
    (told,) = called(hub)["IB"]
    assert {desk(hub, "CTD-KP"), desk(hub, "POLICE-KP")} == set(str(told).split("; "))


def test_a_pointer_is_answered_like_any_alert_and_stands_in_the_audit(hub: HubOnPaper) -> None:
    hub.send(a_raid(), a_watch())
    (alert,) = pointers(hub)["IB"]
    fields = {name: getattr(alert, name) for name in ("alert_id", "incident_id", "incident_revision", "zone")}
    hub.tell(an_acknowledgement(agency="IB", at=NOW, **fields))
    assert "IB" in hub.incidents()[alert.incident_id].acknowledged
    assert sum(count for name, count in hub.tally.items() if name[-1] == Rule.DECONFLICTION) == 2
    told = [record for record in hub.audit() if record.event is AuditEvent.DECONFLICTED]
    assert {name for record in told for names in record.decisions.values() for name in names} == {"IB", "CTD-KP"}


def test_a_crash_between_any_two_marks_points_to_nobody_twice() -> None:
    calm = HubOnPaper.of()
    calm.send(a_raid(), a_watch())
    wanted = {alert.alert_id for alert in calm.alerts()}
    for written in range(8):
        hub = HubOnPaper.of()
        hub.send(a_raid())
        batch = hub.admit([hub.event_of(a_watch())])
        half = hub.fusion.decide(batch, hub.work("fuse"))
        hub.sent.extend(half.outputs)
        hub.fused.keep(Decision(marks=half.marks[:written]))
        hub.restart()
        hub.fuse(batch)
        assert {alert.alert_id for alert in hub.alerts()} == wanted, f"{written} marks written"
        assert all(len(incident.pointed_to) == 1 for incident in hub.incidents().values())


def test_a_foreign_partner_is_never_pointed_to_nor_named(hub: HubOnPaper) -> None:
    hub.send(a_raid(), a_watch("LIAISON-1"))
    assert called(hub) == {"CTD-KP": [desk(hub, "NACTA")]}


def test_kinds_that_an_agency_may_not_receive_do_not_keep_it_from_calling(hub: HubOnPaper) -> None:
    hub.send(a_raid(entities=PHONE), a_watch("FMU", entities=PHONE, source=Source(source_token=a_token("source", 9))))
    assert Kind.OPERATION not in hub.registry.agencies["FMU"].kinds
    assert called(hub)["FMU"] == [desk(hub, "CTD-KP")]
