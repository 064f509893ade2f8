"""What fusion says of several reports, on a real bus: rings, pointers, one phone in two places; and catching up."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from analysts import the_raid
from builders import NOW, a_place, a_report, a_token, an_interval, minutes
from fusionbus.contract import ids, topics
from fusionbus.contract.handling import Source
from fusionbus.contract.incident import Link
from fusionbus.contract.records import AuditEvent, AuditRecord
from fusionbus.contract.report import Entity, ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.sections import OperationSection
from fusionbus.contract.vocabulary import AlertKind, Credibility, EntityType, Province
from running_hub import COMMAND, WITHIN_S, Bus, running, until

pytestmark = pytest.mark.broker

EVERYTHING = {"subscriptions": [{"name": "Everything"}]}
AGENCIES: dict[str, dict[str, Any]] = {
    "CTD-KP": {"group": "ctd", "organisation": "KP Police", "provinces": ["PK-KP"], "contact": "Desk of CTD-KP"},
    "CTD-PB": {"group": "ctd", "organisation": "Punjab Police", "provinces": ["PK-PB"]},
    "IB": {"group": "federal", "organisation": "IB", "contact": "Desk of IB"} | EVERYTHING,
    "FC-BA": {"group": "paramilitary", "organisation": "FC"},
    "NACTA": {"group": "federal", "organisation": "NACTA", "kinds": ["incident", "operation"]} | EVERYTHING,
}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    """A bus with a worker. The hub's topics have fixed names, so the broker is its own."""
    with running(tmp_path_factory.mktemp("fused"), AGENCIES) as bus:
        bus.start(FUSION_TICK_S="1")
        yield bus


def typed(bus: Bus, *words: str) -> "subprocess.CompletedProcess[str]":
    """A command as an officer types it."""
    return subprocess.run(
        [COMMAND, *words],
        env={"FUSION_BOOTSTRAP": bus.bootstrap, "HOME": str(bus.folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=2 * WITHIN_S,
        check=False,
    )


def quoting(agency: str, heard_from: str) -> ThreatReport:
    """What an agency tells on the word of another, long ago."""
    long_ago = an_interval(NOW - timedelta(days=400))
    source = Source(derived_from=(ids.report_id(heard_from, "ring"),))
    return a_report(agency=agency, local_ref="ring", source=source, occurred=long_ago)


def test_agencies_that_quote_each_other_in_a_ring_are_told_as_one_word(bus: Bus) -> None:
    ring = ("CTD-KP", "CTD-PB", "IB")
    for place, agency in enumerate(ring):
        bus.send(quoting(agency, ring[place - 1]))
        until(partial(bus.outcomes, agency, "ring"), f"the ring's report of {agency}")
    until(lambda: any(alert.incident.echo_ring == len(ring) for alert in bus.alerts_of("NACTA")), "the ring, named")
    last = bus.alerts_of("NACTA")[-1]
    assert last.incident.independent_origins == 1
    assert last.incident.credibility is not Credibility.CONFIRMED


def pointers_of(bus: Bus, agency: str) -> list[str | None]:
    """Whom the agency was told to call."""
    return [alert.body.contact for alert in bus.alerts_of(agency) if alert.kind is AlertKind.DECONFLICTION]


def test_an_operation_and_a_report_point_to_each_other_and_a_phone_ties_two_provinces(bus: Bus) -> None:
    phone = (Entity(type=EntityType.PHONE, token=a_token(number=77)),)
    section = OperationSection(operation="raid", planned=an_interval(NOW, minutes(90)), contact="Desk")
    mardan = a_place(district="Mardan", name="Mardan", lat=34.2, lon=72.04)
    watch = the_raid("watch", place=mardan, occurred=an_interval(NOW), entities=phone)
    saddar = a_place(province=Province.SINDH, district="Karachi South", name="Saddar", lat=24.86, lon=67.01)
    far = the_raid("far", place=saddar, entities=phone)
    bus.send(a_report(local_ref="raid", place=mardan, occurred=None, section=section))
    until(lambda: bus.outcomes("CTD-KP", "raid"), "the operation")
    bus.send(watch, far)
    until(lambda: pointers_of(bus, "IB") and pointers_of(bus, "CTD-KP"), "both pointers")
    assert pointers_of(bus, "IB") == ["Desk of CTD-KP"]
    assert pointers_of(bus, "CTD-KP") == ["Desk of IB"]
    assert not pointers_of(bus, "NACTA")
    until(lambda: ties(bus), "the tie")
    both = {ids.incident_id("PK-KP", watch.report_id), ids.incident_id("PK-SD", far.report_id)}
    assert [set(tie.incidents) for tie in ties(bus)] == [both]


def ties(bus: Bus) -> list[Link]:
    """Each tie by a shared token once."""
    found = {link.link_id: link for link in bus.read(Link, topics.LINKS)}
    return [link for link in found.values() if link.type == "shared_token"]


def test_a_newcomer_asks_for_what_is_open_and_gets_it_once(bus: Bus) -> None:
    bus.send(a_report(local_ref="missed-1"), the_raid("missed-2"))
    until(lambda: bus.outcomes("CTD-KP", "missed") and bus.outcomes("IB", "missed"), "two reports before the wish")
    assert not bus.alerts_of("FC-BA")
    wish = typed(bus, "subscribe", "--agency", "FC-BA", "--name", "north", "--province", "PK-KP", "--kind", "incident")
    assert wish.returncode == 0, wish.stderr
    done = typed(bus, "catch-up", "--agency", "FC-BA", "--days", "3")
    assert done.returncode == 0, done.stderr
    assert "Alerts sent to you: " in done.stdout
    got = bus.alerts_of("FC-BA")
    assert {"missed-1", "missed-2"} <= {alert.body.local_ref for alert in got}
    assert {alert.rule for alert in got} <= {Rule.SUBSCRIPTION, Rule.MEMBER}
    assert {alert.body.local_ref for alert in got}.isdisjoint({"far", "raid"}), "another province, another kind"
    told = [record for record in bus.read(AuditRecord, topics.AUDIT) if record.event is AuditEvent.CAUGHT_UP]
    assert {record.report_id for record in told if record.report_id} == {alert.body.report_id for alert in got}
    again = typed(bus, "catch-up", "--agency", "FC-BA", "--days", "3")
    assert again.returncode != 0
    assert "less than a minute ago" in again.stderr
    assert len(bus.alerts_of("FC-BA")) == len(got)
