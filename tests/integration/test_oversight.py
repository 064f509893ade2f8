"""Oversight and redress on a real bus: the figures say exactly what was done, and a person's data is proved gone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from sqlalchemy import text
from typer.testing import CliRunner, Result

from builders import a_handling, a_report, an_interval
from desks import wait_for
from fusionbus.consumers.redress.statement import checked
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.handling import Legal, Predicate, Source
from fusionbus.contract.records import AuditEvent
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import SubjectRole, Urgency
from fusionbus.deploy.broker import LocalBroker
from fusionbus.producers.tokens import demo_key, tokenise_person
from fusionbus.shell.cli import build

pytestmark = [
    pytest.mark.broker,
    # kafka-python closes a client's last connection on its own thread, after `close` has returned.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
COMMAND = str(Path(sys.executable).with_name("fusionbus"))
CNIC, NAME = "17301-0000000-1", "Zarghun Khan Example"
"""Of a person who does not exist."""
SHARED = {"group": "federal", "organisation": "Made up", "kinds": ["incident"], "contact": "Desk"}
EVERYTHING = {"subscriptions": [{"name": "Everything"}]}
AGENCIES = [
    {"agency": "CTD-KP", "name": "CTD", "provinces": ["PK-KP"]} | SHARED,
    {"agency": "POLICE-KP", "name": "Police", "provinces": ["PK-KP"]} | SHARED,
    {"agency": "IB", "name": "IB"} | SHARED | EVERYTHING,
    {"agency": "NACTA", "name": "The centre", "reviews": True} | SHARED | EVERYTHING,
]
SOON = {
    "segment.ms": "200",
    "max.compaction.lag.ms": "200",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "100",
    "file.delete.delay.ms": "100",
}
"""What takes a day in earnest (`contract/topics.py`)."""
COMPACTED = (topics.INCIDENTS, topics.FUSED_CHANGELOG, topics.PATTERNS_CHANGELOG)


@dataclass
class Town:
    """A bus with a worker, an auditor and the centre's desk."""

    folder: Path
    env: dict[str, str]

    def run(self, *words: str, said: str = "") -> Result:
        return CliRunner().invoke(build(), words, input=said, env=self.env)

    def did(self, *words: str, said: str = "") -> str:
        done = self.run(*words, said=said)
        assert done.exit_code == 0, (words, done.output, done.exception)
        return done.stdout

    def publish(self, report: ThreatReport) -> None:
        path = self.folder / "report.json"
        path.write_bytes(encode(report))
        self.did("publish", str(path))
        path.unlink()

    def counted(self) -> dict[str, tuple[int, int]]:
        """The figures of the last month, over all agencies."""
        tree = json.loads(self.did("oversight", "--json"))
        return {one["key"]: (one["total"]["count"], one["total"]["of"]) for one in tree["figures"]}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("oversight")
    with LocalBroker(folder / "broker") as broker:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
        home = {"FUSION_BOOTSTRAP": broker.bootstrap, "FUSION_HOME": str(folder / "home"), "COLUMNS": "200"}
        quick = {"FUSION_SESSION_S": "6", "FUSION_TICK_S": "1", "FUSION_SWEEP_REST_S": "1"}
        kept = {"FUSION_OVERSIGHT_URL": f"sqlite:{folder}/oversight.db"}
        town = Town(folder, clean | home | quick | kept)
        agencies = folder / "agencies.yaml"
        agencies.write_text(json.dumps({"as_of": "2026-01-01T00:00:00Z", "agencies": AGENCIES}), encoding="utf-8")
        town.did("provision", "--agencies", str(agencies), "--partitions", "1")
        admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, SOON) for name in COMPACTED])
        admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", {"log.cleaner.backoff.ms": "200"})])
        admin.close()
        with (folder / "worker.log").open("w") as log:
            worker = subprocess.Popen([COMMAND, "worker", "--id", "t"], env=town.env, stdout=log, stderr=log)
        try:
            yield town
        finally:
            worker.terminate()
            worker.wait(30)


def told(ref: str, agency: str = "CTD-KP", **changes: object) -> ThreatReport:
    now = datetime.now(UTC)
    occurred = an_interval(now - timedelta(hours=1))
    made: dict[str, object] = {"agency": agency, "local_ref": ref, "reported_at": now - timedelta(minutes=1)}
    return a_report(**made | {"occurred": occurred} | changes)


def test_the_figures_say_what_was_done_and_a_persons_data_is_asked_for_purged_and_proved_gone(town: Town) -> None:
    person = tokenise_person(key=demo_key(), role=SubjectRole.CRIMINAL_SUBJECT, name=NAME, cnic=CNIC)
    overdue = datetime.now(UTC) + timedelta(seconds=1)
    legal = Legal(
        legal_basis="Anti-Terrorism Act 1997", criminal_predicate=Predicate(basis="FIR 12/26."), review_due=overdue
    )
    named = a_handling(releasable_to=("NACTA", "IB"))
    first = told("KP-1", persons=(person,), legal=legal, handling=named, urgency=Urgency.IMMEDIATE)
    town.publish(first)
    for agency, quoted in (("IB", "NACTA"), ("NACTA", "IB")):  # each says that it has it from the other
        source = Source(derived_from=(ids.report_id(quoted, f"{quoted}-ring"),))
        words = {"headline": f"Blast, {agency}", "narrative": f"{agency}: the blast in the spice bazaar of Peshawar."}
        town.publish(told(f"{agency}-ring", agency, source=source, **words))
    wait_for(lambda: town.counted()["overrides"][1] == 3)
    town.did("keep", "--all", "--once", "--database", f"sqlite:{town.folder}/threats.db")
    alert = next(one for one in alerts_of(town, "NACTA") if one["report_id"] == first.report_id)
    town.did("ack", alert["alert_id"], "--agency", "NACTA", "--action", "false_alarm")
    wait_for(lambda: town.counted()["false_alarms"][1] > 0)
    found = town.counted()
    assert (found["overrides"], found["reviews_overdue"], found["echoes"]) == ((1, 3), (1, 1), (1, 1))
    assert found["false_alarms"][0] >= 1
    redress(town, first)


def alerts_of(town: Town, agency: str) -> list[dict[str, str]]:
    with closing(ThreatDatabase(f"sqlite:{town.folder}/threats.db")) as database, database.reading() as connection:
        asked = "SELECT alert_id, report_id FROM bodies WHERE recipient = :agency"
        return [dict(row) for row in connection.execute(text(asked), {"agency": agency}).mappings()]


def redress(town: Town, report: ThreatReport) -> None:
    case, threats = town.folder / "case.json", f"sqlite:{town.folder}/threats.db"
    tokens = town.did("token", "cnic", said=CNIC + "\n") + town.did("token", "name", said="Zargun Khan Exampel\n")
    sources = ("--threats", threats, "--book", town.env["FUSION_OVERSIGHT_URL"])
    opened = ("--case", str(case), "--by", "Redress desk", "--reason", "Complaint 17", *sources)
    shown = town.did("redress", "find", "-", *opened, said=tokens)
    assert "1 reports name the person" in shown
    assert "Anti-Terrorism Act 1997" in shown
    assert "FIR 12/26." in shown

    hold = [report.report_id, "--agency", "NACTA", "--reason", "Evidence."]
    town.did("hold", *hold)
    assert "It is held by NACTA" in town.did("redress", "purge", str(case), "--days", "14")
    mine = ["--agency", "CTD-KP", "--local-ref", report.local_ref, "--reason", "Another person's CNIC."]
    assert "held by NACTA" in str(town.run("purge", *mine).exception)
    town.did("release", *hold)
    case_id = json.loads(case.read_text(encoding="utf-8"))["case_id"]
    refusing = ("--agency", "CTD-KP", "--case", case_id, "--answer", "refused", "--reason", "It is evidence.")
    town.did("redress", "answer", report.report_id, *refusing)
    assert "On appeal" in town.did("redress", "show", str(case))
    town.did("purge", report.report_id, "--agency", "NACTA", "--reason", f"Case {case_id}: court order 9/26.")
    assert "The report was purged." in town.did("redress", "show", str(case))
    proved_gone(town, case, threats)


def proved_gone(town: Town, case: Path, threats: str) -> None:
    statement = town.folder / "statement.json"
    desk, key, public = a_desk(town.folder)
    proving = ("--key", str(key), "--out", str(statement), "--threats", threats)

    later = count(1)

    def gone() -> bool:
        # Kafka compacts a partition once something further is appended to it; in earnest there is always more.
        town.publish(
            told(f"later-{next(later)}", occurred=None, place=None, headline="A quiet day", narrative="Quiet.")
        )
        for agency in ("NACTA", "IB", "POLICE-KP", "CTD-KP"):
            town.did("alerts", "--agency", agency, "--once", "--handler", f"jsonl:{town.folder}/{agency}.jsonl")
        town.did("keep", "--all", "--once", "--database", threats)
        town.did("retention", "cut", "--yes")
        files = [word for agency in ("NACTA", "IB") for word in ("--file", f"{town.folder}/{agency}.jsonl")]
        done = town.run("redress", "prove", str(case), *proving, *files)
        print(done.output)  # noqa: T201 - what is left where, should the test fail
        return done.exit_code == 0

    wait_for(gone)
    made, faults = checked(statement.read_bytes(), desk.public_key())
    assert faults == []
    assert made.nothing_left
    assert [one.event for one in made.deeds][-1] in {AuditEvent.REPORT_PURGED, AuditEvent.REDRESS_ANSWERED}
    assert {one.event for one in made.deeds} >= {AuditEvent.REDRESS_ASKED, AuditEvent.HOLD_CHANGED}
    hub_key = next((town.folder / "home").rglob("audit-seal.pub"))
    assert "0 faults" in town.did(
        "redress", "verify", str(statement), "--public-key", str(public), "--hub-key", str(hub_key)
    )
    statement.write_bytes(statement.read_bytes().replace(b"Complaint 17", b"Complaint 18"))
    assert "was altered" in str(town.run("redress", "verify", str(statement), "--public-key", str(public)).exception)


def a_desk(folder: Path) -> tuple[Ed25519PrivateKey, Path, Path]:
    """The desk's key, and the files of it and of its public half."""
    desk, key, public = Ed25519PrivateKey.generate(), folder / "desk.key", folder / "desk.pub"
    plain, spki = serialization.NoEncryption(), serialization.PublicFormat.SubjectPublicKeyInfo
    key.write_bytes(desk.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    public.write_bytes(desk.public_key().public_bytes(serialization.Encoding.PEM, spki))
    return desk, key, public
