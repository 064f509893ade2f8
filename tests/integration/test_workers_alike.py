"""What becomes one incident does not depend on how many workers there are, nor on which zones they have."""

from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from analysts import the_raid
from border_towns import east, no_place, west
from fusionbus.contract import topics
from fusionbus.contract.incident import Incident
from fusionbus.contract.report import ThreatReport
from running_hub import WITHIN_S, Bus, running, until

pytestmark = pytest.mark.broker

AGENCIES: dict[str, dict[str, Any]] = {
    "CTD-KP": {"group": "ctd", "organisation": "KP Police", "provinces": ["PK-KP"]},
    "CTD-PB": {"group": "ctd", "organisation": "Punjab Police", "provinces": ["PK-PB"]},
    "IB": {"group": "federal", "organisation": "IB", "subscriptions": [{"name": "Everything"}]},
}
ZONE_PARTITIONS = 4
"""The zones of the story lie in at least two of them, and the reconciler in a further one."""
STORY = (west(), the_raid("r1", "IB"), east(), no_place("n1", "IB"), east("e2", "CTD-PB"))
ONE_EVENT = frozenset(report.report_id for report in STORY if report.local_ref != "r1")
OTHER = frozenset({STORY[1].report_id})


def incidents_of(bus: Bus) -> set[frozenset[str]]:
    """The reports of each incident that stands, by the newest word on each."""
    newest = {each.incident_id: each for each in bus.read(Incident, topics.INCIDENTS)}
    standing = (each for each in newest.values() if each.merged_into is None)
    return {frozenset(member.report_id for member in each.members) for each in standing}


def share_the_work(bus: Bus, workers: int) -> bool:
    """Whether so many workers are in the hub's group, and each that can have partitions of `accepted` has some."""
    admin = AdminClient({"bootstrap.servers": bus.bootstrap})
    (asked,) = admin.describe_consumer_groups([topics.HUB_APP], request_timeout=WITHIN_S).values()
    try:
        members = asked.result(WITHIN_S).members
    except KafkaException:  # the broker has just started, and has no coordinator for the group yet
        return False
    owners = [
        member
        for member in members
        if any(place.topic == topics.ACCEPTED for place in member.assignment.topic_partitions)
    ]
    return len(owners) == workers


@pytest.mark.parametrize(
    ("workers", "reports"), [(1, STORY), (3, tuple(reversed(STORY)))], ids=["one worker", "three workers"]
)
def test_the_same_reports_are_one_event_with_one_worker_and_with_three_in_either_order(
    tmp_path: Path, workers: int, reports: tuple[ThreatReport, ...]
) -> None:
    with running(tmp_path, AGENCIES, partitions=ZONE_PARTITIONS) as bus:
        for number in range(workers):
            bus.start(home=f"home{number}")
        until(lambda: share_the_work(bus, workers), f"{workers} workers share the zones")
        bus.send(*reports)
        until(lambda: incidents_of(bus) == {ONE_EVENT, OTHER}, "one incident of four reports, one of one")
