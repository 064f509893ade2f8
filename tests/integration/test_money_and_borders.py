"""Money and borders on a real bus: a sheet and a post's log go in, alerts with evidence come out and are proven."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from builders import a_handling, a_report, an_interval
from fusionbus.contract import topics
from fusionbus.contract.alert import Alert
from fusionbus.contract.handling import Legal, Predicate
from fusionbus.contract.sections import AssessmentSection, FinanceSection, RecordSection, Transaction
from fusionbus.contract.vocabulary import TLP, AlertKind, EntityType, FindingKind, SubjectRole, Urgency
from fusionbus.deploy.cli import commands as desk
from fusionbus.producers.cli import commands as agency_commands
from fusionbus.producers.tokens import demo_key, tokenise_person
from running_hub import Bus, running, until

pytestmark = pytest.mark.broker

MONEY, HITS = ["structuring", "shared_account"], ["watch_list_hit"]
SEES = {"kinds": ["finance", "record", "border", "assessment"], "clearance": "secret", "personal_data": True}
AGENCIES: dict[str, dict[str, Any]] = {
    topics.CENTRE: {"group": "federal", "organisation": "NACTA", "kinds": ["assessment"], "clearance": "secret"},
    "FMU": SEES
    | {
        "group": "federal",
        "organisation": "FMU",
        "serves": ["FIA", "CTD-KP", "CTD-PB"],
        "subscriptions": [{"name": "M", "findings": MONEY}],
    },
    "FIA": SEES | {"group": "federal", "organisation": "FIA", "subscriptions": [{"name": "M", "findings": MONEY}]},
    "PASSPORTS": SEES
    | {
        "group": "border",
        "organisation": "Passports",
        "serves": ["CTD-KP", "CTD-PB"],
        "subscriptions": [{"name": "H", "findings": HITS}],
    },
    "CTD-KP": SEES | {"group": "ctd", "organisation": "KP Police", "provinces": ["PK-KP"]},
    # It asks for all of it, and has no need to know of payments or crossings: it may not see what the findings rest on.
    "CTD-PB": {
        "group": "ctd",
        "organisation": "Punjab Police",
        "provinces": ["PK-PB"],
        "kinds": ["record", "assessment"],
        "clearance": "secret",
        "personal_data": True,
        "subscriptions": [{"name": "All", "findings": MONEY + HITS}],
    },
}
CNIC, ACCOUNT = "17301-0000007-1", "9900000001"


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running(tmp_path_factory.mktemp("money"), AGENCIES, partitions=1) as bus:
        bus.start(FUSION_LOOK_S="1")
        yield bus


def run(bus: Bus, *words: str) -> Result:
    """A command of the product on this bus."""
    env = {"FUSION_BOOTSTRAP": bus.bootstrap, "FUSION_HOME": str(bus.folder / "desk"), "COLUMNS": "200"}
    return CliRunner().invoke(desk if words[0] == "audit" else agency_commands, list(words), env=env)


def imported(bus: Bus, name: str, mapping: str, agency: str, rows: list[dict[str, str]]) -> None:
    """The rows as a spreadsheet, sent by `fusionbus import`."""
    path = Path(bus.folder) / name
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = run(bus, "import", str(path), "--mapping", mapping, "--agency", agency)
    assert done.exit_code == 0, done.output


def at(ago: timedelta) -> str:
    """A moment as a register in Pakistan writes it."""
    return (datetime.now(UTC) + timedelta(hours=5) - ago).strftime("%d-%m-%Y %H:%M")


def a_sheet() -> list[dict[str, str]]:
    """Cash in three pieces below the line, told by a bank to FMU in two reports."""
    return [
        {
            "STR No": f"STR-{number // 2}",
            "Reported": at(timedelta(hours=1)),
            "District": "Peshawar",
            "Suspicion": "Structuring",
            "Subject": "",
            "Subject CNIC": "",
            "Date": at(timedelta(days=4 - number)),
            "Amount": "1,940,000",
            "From Account": "",
            "To Account": ACCOUNT,
            "Channel": "Cash deposit",
            "Grounds": f"Cash just below the line, told as matter number {number // 2}.",
        }
        for number in range(3)
    ]


def a_log() -> list[dict[str, str]]:
    headings = ("Post", "Entry No", "Time", "District", "Event", "Direction", "Traveller", "CNIC", "Passport")
    row = ("Torkham", "8812", at(timedelta(minutes=30)), "Khyber", "Cleared", "Exit", "Kamran Misaal", CNIC, "")
    return [dict(zip(headings, row, strict=True))]


def findings(bus: Bus, agency: str, kind: AlertKind) -> list[Alert]:
    return [each for each in bus.alerts_of(agency) if each.kind is kind and each.body.agency == topics.CENTRE]


def told_to(bus: Bus) -> None:
    """FMU's sheet, a bank's report by FIA, a listing by CTD-KP, and the log of a post."""
    now = datetime.now(UTC)
    shared = demo_key().token(EntityType.ACCOUNT, ACCOUNT)
    nothing: dict[str, Any] = dict.fromkeys(("category", "weapon", "target_sector", "narrative"))
    told: dict[str, Any] = {"reported_at": now, "handling": a_handling(tlp=TLP.GREEN), **nothing}
    imported(bus, "sheet.csv", "fmu-str", "FMU", a_sheet())
    bank = Transaction(at=now - timedelta(days=1), amount=1_960_000, to_account=shared, channel="cash")
    wanted = tokenise_person(key=demo_key(), role=SubjectRole.CRIMINAL_SUBJECT, cnic=CNIC)
    bus.send(
        a_report(
            agency="FIA",
            local_ref="bank",
            section=FinanceSection(suspicion="structuring", transactions=(bank,)),
            headline="A bank tells FIA of cash",
            occurred=an_interval(now - timedelta(days=1)),
            **told,
        ),
        a_report(
            local_ref="wanted",
            section=RecordSection(record_type="wanted_person", recorded_at=now - timedelta(days=2)),
            persons=(wanted,),
            legal=Legal(criminal_predicate=Predicate(basis="Named in a made-up case")),
            headline="Somebody is wanted",
            occurred=None,
            **told,
        ),
    )
    imported(bus, "log.csv", "border-log", "PASSPORTS", a_log())


def test_payments_and_crossings_become_alerts_with_evidence_that_the_audit_proves(bus: Bus) -> None:
    told_to(bus)
    for agency, kind in (
        ("FMU", AlertKind.FINANCE_PATTERN),
        ("FIA", AlertKind.FINANCE_PATTERN),
        ("CTD-KP", AlertKind.FINANCE_PATTERN),
        ("CTD-KP", AlertKind.WATCH_HIT),
        ("PASSPORTS", AlertKind.WATCH_HIT),
    ):
        until(partial(findings, bus, agency, kind), f"{kind} at {agency}")
    assert [each for each in bus.alerts_of("CTD-PB") if each.body.agency == topics.CENTRE] == []
    assert findings(bus, "PASSPORTS", AlertKind.FINANCE_PATTERN) == []
    hit = findings(bus, "CTD-KP", AlertKind.WATCH_HIT)[-1]
    assert hit.body.urgency is Urgency.IMMEDIATE
    assert "Torkham" in (hit.body.headline or "")
    proven(bus, findings(bus, "FIA", AlertKind.FINANCE_PATTERN)[-1])


def proven(bus: Bus, alert: Alert) -> None:
    """The way of docs/money.md from an alert to the chain of hashes."""
    report_id, section = alert.body.report_id, alert.body.section
    assert report_id is not None
    assert isinstance(section, AssessmentSection)
    assert section.finding is FindingKind.STRUCTURING
    assert "FMU" in {each.agency for each in section.evidence}
    assert all("cash" in each.says for each in section.evidence)
    until(lambda: "FIA" in run(bus, "audit", "show", report_id).output, "who was sent the finding")
    story = run(bus, "audit", "show", str(section.evidence[0].report_id), "--json")
    assert story.exit_code == 0, story.output
    assert json.loads(story.stdout)
    key = str(bus.folder / "home" / "secrets" / "audit-seal.pub")
    until(lambda: run(bus, "audit", "verify", "--public-key", key).exit_code == 0, "the audit is whole", every_s=1)
