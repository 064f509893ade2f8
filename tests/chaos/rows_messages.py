"""Rows whose messages are the fault: poison, oversize, wrong clocks, late, out of order, two versions at once."""

import json
from datetime import datetime, timedelta

from builders import a_report, an_interval
from chaos.federation import Federation
from chaos.row import Row, times
from chaos.traffic import AGENCIES, Raw, poison
from fusionbus.contract.codec import encode
from fusionbus.contract.report import REPORT_BYTES_MAX, ThreatReport
from fusionbus.contract.vocabulary import MsgType
from fusionbus.streams.poison import REFUSED_RUN_MAX

LOAD_S = 40.0
STOPS = 3
"""So often a worker must have stopped before what it drained is counted."""
STOPS_WITHIN_S = 90.0


def kinds(fed: Federation) -> None:
    """Sends every kind of poison among good traffic, while a worker is killed now and then."""
    rounds = times(fed, 10)
    fed.load(LOAD_S + rounds * 4)
    fed.wait_for_outputs()
    for count in range(rounds):
        raws = poison(AGENCIES[count % len(AGENCIES)], fed.now, count)
        fed.dead_letters_wanted += len(raws)
        fed.put(*raws)
        fed.pause_about(1, 3)
        if count % 4 == 3:
            fed.crew.kill(f"w{1 + count % fed.workers}")
            fed.start_worker(1 + count % fed.workers)


def one_agency(fed: Federation) -> None:
    """Lets one agency send nothing but rubbish, a lot of it, beside good traffic: nobody is stopped or held."""
    fed.load(LOAD_S)
    fed.wait_for_outputs()
    for count in range(times(fed, 300)):
        raws = poison("CTD-SD", fed.now, count)[:8]
        fed.dead_letters_wanted += len(raws)
        fed.put(*raws)
    fed.pause(5)
    _no_stop(fed)


def _no_stop(fed: Federation) -> None:
    for mate in fed.crew.mates.values():
        if mate.codes:
            fed.faults.append(f"{mate.name} stopped with {mate.codes}: {mate.told()[-200:]}")


def all_agencies(fed: Federation) -> None:
    """Sends nothing but poison, from all; the workers must stop and leave it. Then the limit is lifted by hand."""
    number = times(fed, 1_000)
    raws = [Raw(AGENCIES[n % len(AGENCIES)], b"k", b"\xff rubbish %d" % n) for n in range(number)]
    fed.put(*raws)
    fed.wait_until(lambda: sum(len(mate.codes) for mate in fed.crew.mates.values()) >= STOPS, STOPS_WITHIN_S)
    drained = len(fed.reader.bodies("dead-letters"))
    stops = [mate for name, mate in fed.crew.mates.items() if name.startswith("w") and 70 in mate.codes]
    fed.notes.append(f"{drained} of {number} were made dead letters before the workers stopped")
    if len(stops) < 1 or not any("FUSION_REFUSED_RUN_MAX" in mate.told() for mate in stops):
        fed.faults.append("no worker stopped and said why")
    if drained > 3 * REFUSED_RUN_MAX * len(AGENCIES):
        fed.faults.append(f"the workers drained {drained} of {number} messages into dead letters")
    for count in range(1, fed.workers + 1):
        fed.crew.kill(f"w{count}")
        fed.start_worker(count, FUSION_REFUSED_RUN_MAX="0")
    fed.dead_letters_wanted = number


def oversize(fed: Federation) -> None:
    """Sends reports just below, at and above each limit, and one incident that grows past the limit of a record."""
    fed.load(LOAD_S)
    fed.wait_for_outputs()
    fits, too_large = _of_size(fed, "fits", REPORT_BYTES_MAX), _of_size(fed, "over", REPORT_BYTES_MAX + 1)
    fed.put(fits, too_large, Raw("CTD-KP", b"k", b"x" * 1_048_000))  # the last: as large as the broker takes
    fed.dead_letters_wanted += 2
    told = [_of_one_event(fed, number) for number in range(times(fed, 700))]
    fed.put(*map(Raw.of, told))
    fed.pause(15)


def _of_size(fed: Federation, name: str, size: int) -> Raw:
    """A report of exactly so many bytes: JSON allows blanks at its end, and long words make the rest."""
    report = a_report(local_ref=f"size-{name}", narrative="ب" * 20_000, tearline="ب" * 20_000, reported_at=fed.now)
    value = encode(report)
    return Raw.of(report, value + b" " * (size - len(value)))


def _of_one_event(fed: Federation, number: int) -> ThreatReport:
    """One of many long reports about one event, by turns of all agencies."""
    return a_report(
        agency=AGENCIES[number % len(AGENCIES)],
        local_ref=f"grows-{number}",
        reported_at=fed.now - timedelta(minutes=20) + timedelta(milliseconds=number),
        occurred=an_interval(fed.now - timedelta(hours=1)),
        narrative="A device left on a handcart went off near the spice sellers. " * 30 + str(number),
    )


def clocks(fed: Federation) -> None:
    """Lets agencies' clocks be a day off either way, and reports come late, or an update before its report."""
    fed.load(LOAD_S)
    fed.wait_for_outputs()
    for count in range(times(fed, 40)):
        agency = AGENCIES[count % len(AGENCIES)]
        fast = _timed(agency, f"fast-{count}", fed.now + timedelta(days=1), fed)
        slow = _timed(agency, f"slow-{count}", fed.now - timedelta(days=1), fed)
        old = _timed(agency, f"old-{count}", fed.now - timedelta(days=30), fed)
        later = slow.model_copy(update={"revision": 2, "msg_type": MsgType.UPDATE})
        fed.put(*map(Raw.of, (fast, old, later, slow)))
        fed.dead_letters_wanted += 1  # the fast clock is refused, with a sentence
        fed.pause_about(0, 0.5)


def _timed(agency: str, name: str, at: datetime, fed: Federation) -> ThreatReport:
    return a_report(
        agency=agency,
        local_ref=f"clock-{name}",
        reported_at=at,
        occurred=an_interval(fed.now - timedelta(days=40, hours=fed.chance.randrange(900))),
        narrative=f"Clock {name}: " + " ".join(f"{name}w{n}" for n in range(6)),
    )


def versions(fed: Federation) -> None:
    """Lets half of the traffic be of a newer minor version, with fields that this hub does not know."""
    fed.load(LOAD_S)
    fed.wait_for_outputs()
    for count in range(times(fed, 200)):
        agency = AGENCIES[count % len(AGENCIES)]
        report = _timed(agency, f"newer-{count}", fed.now, fed)
        told = json.loads(encode(report)) | {"schema_version": "1.9", "weather": {"wind": "north"}}
        fed.put(Raw.of(report, json.dumps(told).encode()))
    fed.pause(3)
    _no_stop(fed)


ROWS = (
    Row("poison-kinds", "18 kinds of poison among good traffic, 10 rounds, with worker kills", kinds),
    Row("poison-one", "one agency sends nothing but rubbish: others are served, it gets dead letters", one_agency),
    Row("poison-all", "all agencies send nothing but poison: the workers stop and leave it on the topic", all_agencies),
    Row("oversize", "at and over each limit: report, record, an incident that grows past a record", oversize),
    Row("clocks", "clocks a day fast and slow, reports a month late, updates before their reports", clocks),
    Row("versions", "two schema versions at once: 1.0 and a 1.9 with unknown fields", versions),
)
