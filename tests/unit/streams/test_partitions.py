"""What is fused does not depend on how many workers or partitions share the work, nor on how zones interleave."""

import random
from collections import defaultdict
from datetime import timedelta
from typing import Any
from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW, a_place, a_report, a_token
from fakes import FakeTable
from fusionbus.contract import topics
from fusionbus.contract.codec import Undecodable, decode
from fusionbus.contract.handling import Source
from fusionbus.contract.incident import Incident, Link
from fusionbus.contract.report import Entity, ThreatReport
from fusionbus.contract.vocabulary import EntityType, Province, ThreatCategory
from fusionbus.streams.engine import Event, Output
from fusionbus.streams.fusion import Fusion
from fusionbus.streams.shelf import Shelf
from hub import HubOnPaper

TOWNS = (
    a_place(),
    a_place(province=Province.SINDH, district="Karachi South", name="Saddar", lat=24.86, lon=67.01),
    a_place(province=Province.PUNJAB, district="Lahore", name="Anarkali", lat=31.57, lon=74.31),
    a_place(province=Province.BALOCHISTAN, district="Quetta", name="Liaquat Bazaar", lat=30.19, lon=67.01),
)
AGENCIES = ("CTD-KP", "IB", "POLICE-KP", "CTD-PB")
ACTS = (ThreatCategory.BOMBING, ThreatCategory.ARMED_ASSAULT)


def a_day(seed: int, count: int = 24) -> list[ThreatReport]:
    """Reports of a day from four provinces: several of each event, some with a phone in common across provinces."""
    rng = random.Random(seed)  # noqa: S311 - made-up traffic
    found = []
    for number in range(count):
        town, act = rng.choice(TOWNS), rng.choice(ACTS)
        told: dict[str, Any] = {
            "agency": rng.choice(AGENCIES),
            "local_ref": f"day-{number}",
            "place": town,
            "category": act,
            "weapon": None,
            "headline": f"{act.value} near {town.name}",
            "narrative": f"Account {number}: {' '.join(f'w{rng.randrange(400)}' for _ in range(8))}.",
            "source": Source(source_token=a_token("source", number)),
            "reported_at": NOW - timedelta(minutes=count - number),
        }
        if rng.random() < 0.4:
            told["entities"] = (Entity(type=EntityType.PHONE, token=a_token(number=rng.randrange(3))),)
        found.append(a_report(**told))
    return found


def fused(events: list[tuple[bytes, bytes]], partitions: int, turns: random.Random) -> tuple[set[str], set[str]]:
    """Incidents with their reports, and ties, as so many partitions make them, each with a worker of its own."""
    hub = HubOnPaper.of()
    workers = [Fusion(Shelf(FakeTable(f"{topics.FUSED_TABLE}-{at}")), lambda: 0) for at in range(partitions)]
    queues: dict[int, list[Event]] = defaultdict(list)
    for at, (key, value) in enumerate(events):
        queues[crc32(key) % partitions].append(Event(topics.ACCEPTED, crc32(key) % partitions, at, 0, key, value))
    sent: list[Output] = []
    while any(queues.values()):
        at = turns.choice([at for at, queue in queues.items() if queue])
        size = turns.randint(1, len(queues[at]))
        batch, queues[at] = queues[at][:size], queues[at][size:]
        decision = workers[at].decide(batch, hub.work("fuse"))
        table = workers[at].shelf.table
        assert isinstance(table, FakeTable)
        table.keep(decision)
        sent += decision.outputs
        for out in decision.outputs:
            if out.topic == topics.ACCEPTED:
                goes = crc32(out.key) % partitions
                queues[goes].append(Event(out.topic, goes, len(sent), 0, out.key, out.value))
    return newest_incidents(sent), ties(sent)


def newest_incidents(sent: list[Output]) -> set[str]:
    newest = {out.key: decode(Incident, out.value or b"") for out in sent if out.topic == topics.INCIDENTS}
    held = [each for each in newest.values() if not isinstance(each, Undecodable)]
    return {f"{each.incident_id} {each.revision} {' '.join(m.report_id for m in each.members)}" for each in held}


def ties(sent: list[Output]) -> set[str]:
    read = [decode(Link, out.value or b"") for out in sent if out.topic == topics.LINKS]
    return {f"{link.type} {sorted(link.incidents)}" for link in read if not isinstance(link, Undecodable)}


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_one_two_three_or_seven_workers_make_the_same_incidents_and_ties(seed: int) -> None:
    hub = HubOnPaper.of()
    accepted = [event for report in a_day(seed) for event in hub.admit([hub.event_of(report)])]
    events = [(event.key or b"", event.value or b"") for event in accepted]
    alone = fused(events, 1, random.Random(seed))  # noqa: S311 - made-up traffic
    assert len(alone[0]) > 1
    for partitions in (2, 3, 7):
        assert fused(events, partitions, random.Random(seed + partitions)) == alone  # noqa: S311 - made-up traffic
