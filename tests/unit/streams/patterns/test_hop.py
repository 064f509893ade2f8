"""Third hop: what is found walks as a report of the centre, once, and follows what it rests on."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from builders import NOW, a_handling, a_place, a_report, a_token, an_interval, minutes
from fusionbus.contract import ids, topics
from fusionbus.contract.incident import Claim, Relation
from fusionbus.contract.keeping import Purge
from fusionbus.contract.observation import Observation
from fusionbus.contract.report import Entity, ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import (
    TLP,
    AlertKind,
    AlertMsgType,
    EntityType,
    FindingKind,
    Form,
    Kind,
    MsgType,
    Province,
    Status,
)
from fusionbus.streams.enrich import enrich
from fusionbus.streams.finding_alerts import alert_kind_of
from fusionbus.streams.patterns.audience import audience_of
from fusionbus.streams.patterns.shared_device import SharedDevice
from hub import HubOnPaper, with_the_centre

DEVICE = Entity(type=EntityType.DEVICE, token=a_token("device", 7))
LAHORE = a_place(province=Province.PUNJAB, district="Lahore", name="Made-up Chowk", lat=31.5, lon=74.3)


def one(**changes: Any) -> ThreatReport:
    return a_report(local_ref="one", entities=(DEVICE,), **changes)


def other(**changes: Any) -> ThreatReport:
    made: dict[str, Any] = {"place": LAHORE, "reported_at": NOW - minutes(3), "headline": "Shots at a post in Lahore"}
    return a_report(agency="CTD-PB", local_ref="other", entities=(DEVICE,), narrative=None, **made | changes)


def withdrawn(report: ThreatReport) -> ThreatReport:
    return report.model_copy(update={"msg_type": MsgType.CANCEL, "revision": 2})


def a_hub(*reports: ThreatReport) -> HubOnPaper:
    hub = HubOnPaper.of(with_the_centre())
    hub.searches = (SharedDevice,)
    hub.restart()
    hub.send(*(reports or (one(), other())))
    hub.look()
    return hub


def found(hub: HubOnPaper, agency: str = "NACTA") -> list[Any]:
    return [alert for alert in hub.alerts_of(agency) if alert.body.agency == topics.CENTRE]


def test_one_device_in_two_incidents_is_told_by_the_centre_and_once() -> None:
    hub = a_hub()
    (alert,) = found(hub)
    assert (alert.kind, alert.msg_type, alert.status) == (AlertKind.RELATED, AlertMsgType.ALERT, Status.ACTUAL)
    section = alert.body.section
    assert isinstance(section, AssessmentSection)
    assert section.finding is FindingKind.SHARED_DEVICE
    assert [(each.report_id, each.agency) for each in section.evidence] == [
        (one().report_id, "CTD-KP"),
        (other().report_id, "CTD-PB"),
    ]
    hub.later(minutes(5))
    hub.look()
    assert len(found(hub)) == 1
    assert hub.dead_letters() == []


def test_a_finding_is_an_incident_by_itself_and_what_it_tells_is_found_in_nothing() -> None:
    hub = a_hub()
    members = [[member.agency for member in each.members] for each in hub.incidents().values()]
    assert sorted(members) == [["CTD-KP"], ["CTD-PB"], [topics.CENTRE]]
    _, findings = hub.patterns.count()
    assert findings == 1
    assert sum(key.startswith(b"o:") for key in hub.watched.rows[0]) == 2, "the finding itself is not searched"


def test_the_withdrawal_of_what_it_rests_on_recalls_it() -> None:
    hub = a_hub()
    hub.send(withdrawn(one()))
    hub.look()
    recall = found(hub)[-1]
    assert (recall.kind, recall.rule) == (AlertKind.RECALL, Rule.RECALL)
    assert recall.body.section.evidence == ()
    assert hub.dead_letters() == []


def test_a_purge_of_what_it_rests_on_purges_it_everywhere() -> None:
    hub = a_hub()
    told = found(hub)[0]
    hub.put(
        topics.reports_topic("CTD-KP"),
        one().report_id.encode(),
        Purge(agency="CTD-KP", report_id=one().report_id, reason="No ground.", at=NOW).model_dump_json().encode(),
    )
    hub.look()
    order = next(alert for alert in hub.alerts_of("NACTA") if alert.erase and told.alert_id in alert.erase.alerts)
    assert order.kind is AlertKind.RECALL
    kept = b"".join(key + value for key, value in hub.watched.rows[0].items())
    assert one().report_id.encode() not in kept
    assert hub.dead_letters() == []


def test_what_was_purged_is_seen_to_on_disks_and_long_gone_reports_are_let_go() -> None:
    hub = a_hub()
    order = Purge(agency="CTD-KP", report_id=one().report_id, reason="No ground.", at=NOW)
    hub.put(topics.reports_topic("CTD-KP"), one().report_id.encode(), order.model_dump_json().encode())
    hub.look()
    hub.later(timedelta(hours=2))
    hub.look()
    assert hub.watched.scrubbed == [0]
    hub.later(timedelta(hours=2))
    hub.look()
    assert hub.watched.scrubbed == [0], "once a purge"
    hub.later(timedelta(days=401))
    hub.look()
    assert dict(hub.watched.rows[0]) == {}


def test_a_grant_widens_who_may_have_what_rests_on_a_controlled_report() -> None:
    hub = HubOnPaper.of(with_the_centre())
    observation = Observation(
        report_id=one().report_id,
        revision=1,
        incident_id=ids.incident_id("PK-KP", one().report_id),
        zone="PK-KP",
        agency="IB",
        status=Status.ACTUAL,
        kind=Kind.INCIDENT,
        relation=Relation.ORIGINAL,
        origin=one().report_id,
        accepted_at=NOW,
        reported_at=NOW,
        handling=a_handling(originator_control=True),
    )
    before = audience_of([observation], Status.ACTUAL, hub.registry).handling
    let = observation.model_copy(update={"granted": ("CTD-PB",)})
    after = audience_of([let], Status.ACTUAL, hub.registry).handling
    assert before is not None
    assert after is not None
    assert before.releasable_to == ("NACTA", "IB")
    assert after.releasable_to == ("NACTA", "CTD-PB", "IB")


def test_a_forecast_awaits_no_answer_and_is_told_all_the_same() -> None:
    hub = HubOnPaper.of(with_the_centre())
    report = a_report(
        agency=topics.CENTRE,
        report_id=ids.report_id(topics.CENTRE, "forecast/1"),
        local_ref="forecast/1",
        occurred=None,
        section=AssessmentSection(finding=FindingKind.FORECAST, window=an_interval(NOW)),
    )
    hub.send(report)
    told = found(hub)
    assert [(alert.kind, alert.acknowledge_by) for alert in told] == [(AlertKind.FORECAST, None)]
    hub.later(timedelta(days=1))
    hub.tick()
    assert hub.escalations() == []


def test_nothing_is_read_from_the_words_of_a_finding() -> None:
    report = a_report(
        agency=topics.CENTRE,
        report_id=ids.report_id(topics.CENTRE, "surge/1"),
        local_ref="surge/1",
        occurred=None,
        place=None,
        category=None,
        entities=(DEVICE,),
        headline="Ten killed in a suicide bombing in Quetta yesterday",
        section=AssessmentSection(finding=FindingKind.SURGE, window=an_interval(NOW)),
    )
    enriched = enrich(report)
    assert (enriched.zone, enriched.tokens, enriched.terms) == ("PK", (), ())
    assert enriched.claim == Claim(headline=report.headline, target_sector=report.target_sector)


def test_it_is_over_after_its_window_and_said_so_once() -> None:
    hub = a_hub()
    hub.later(timedelta(days=31))
    hub.look()
    hub.look()
    assert [(alert.msg_type, alert.body.section.phase) for alert in found(hub)] == [
        (AlertMsgType.ALERT, "open"),
        (AlertMsgType.UPDATE, "over"),
    ]


def test_a_third_report_is_a_later_revision_and_not_sooner_than_a_quarter_of_an_hour() -> None:
    hub = a_hub()
    hub.later(minutes(1))
    hub.send(a_report(agency="IB", local_ref="third", entities=(DEVICE,), place=None, occurred=None, category=None))
    hub.look()
    assert len(found(hub)) == 1
    hub.later(minutes(15))
    hub.look()
    assert [alert.body.revision for alert in found(hub)] == [1, 2]


def test_who_may_not_see_one_of_the_reports_is_not_told() -> None:
    closed = a_handling(tlp=TLP.AMBER_STRICT)
    hub = a_hub(one(), other(handling=closed))
    assert [alert.recipient for alert in hub.alerts() if alert.body.agency == topics.CENTRE] == ["CTD-PB", "NACTA"]


def test_what_nobody_may_have_is_not_sent_and_stands_in_the_audit() -> None:
    hub = a_hub(
        one(handling=a_handling(tlp=TLP.RED, releasable_to=("IB",))),
        other(handling=a_handling(tlp=TLP.RED, releasable_to=("FMU",))),
    )
    assert [alert for alert in hub.alerts() if alert.body.agency == topics.CENTRE] == []
    (record,) = [record for record in hub.audit() if record.event == "finding_withheld"]
    assert "NACTA" in record.decisions[Rule.TLP]
    assert hub.tally["finding_withheld", FindingKind.SHARED_DEVICE] == 1


def test_exercises_are_found_in_exercises() -> None:
    hub = a_hub(one(), other(status=Status.EXERCISE))
    assert found(hub) == []


def test_a_masked_source_is_not_named_and_neither_is_its_report() -> None:
    hub = a_hub(one(handling=a_handling(mask_source=True)), other())
    (alert,) = found(hub)
    assert [(each.report_id, each.agency) for each in alert.body.section.evidence] == [
        (None, None),
        (other().report_id, "CTD-PB"),
    ]


def test_every_kind_of_finding_is_told_by_an_alert_of_its_own_kind_and_stands_on_the_page() -> None:
    page = (Path(__file__).parents[4] / "docs" / "patterns.md").read_text(encoding="utf-8")
    for kind in FindingKind:
        row = next(line for line in page.splitlines() if line.startswith("| `") and f"`{kind}`" in line)
        assert f"`{alert_kind_of(kind)}`" in row.split("|")[2]


def test_who_may_not_have_persons_has_the_summary_without_the_token() -> None:
    hub = a_hub()
    (full,), (summary,) = found(hub, "CTD-KP"), found(hub, "POLICE-KP")
    assert (full.form, summary.form) == (Form.FULL, Form.SUMMARY)
    assert full.body.entities == (DEVICE,)
    assert summary.body.entities == ()
    assert DEVICE.token not in summary.model_dump_json()
    assert summary.body.section == full.body.section
