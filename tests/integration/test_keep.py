"""The centre's threat database on a real bus: everything that comes is kept once, through kills and outages."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from builders import NOW, an_acknowledgement, an_alert
from dead_letter import a_letter
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.hub_rows import incident_as_held, review_queue
from fusionbus.consumers.threats.journeys import journey
from fusionbus.consumers.threats.query import Query
from fusionbus.consumers.threats.search import alert_of, search
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract import ids, schemas
from fusionbus.contract.base import Message
from fusionbus.contract.codec import encode
from fusionbus.contract.errors import RetryLater
from fusionbus.contract.incident import Incident, Link
from fusionbus.contract.records import Receipt, ReceiptOutcome
from postgresql import running as running_postgresql
from running_hub import COMMAND, WITHIN_S, Bus, running, until
from threats import empty_url, rows

pytestmark = pytest.mark.broker

AGENCIES: dict[str, dict[str, Any]] = {
    "CTD-KP": {"group": "ctd", "organisation": "Desk", "provinces": ["PK-KP"]},
    "CTD-PB": {"group": "ctd", "organisation": "Desk", "provinces": ["PK-PB"]},
    "NACTA": {"group": "federal", "organisation": "Centre", "reviews": True},
}
MANY = 3_000


@dataclass
class Centre:
    """A provisioned bus, and the command that keeps its database."""

    bus: Bus

    def env(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
        return clean | {"FUSION_BOOTSTRAP": self.bus.bootstrap, "FUSION_HOME": str(self.bus.folder), "COLUMNS": "200"}

    def start(self, url: str, *words: str, out: int = subprocess.DEVNULL) -> "subprocess.Popen[str]":
        line = [COMMAND, "keep", *(words or ("--all",))]
        with (self.bus.folder / "keep.log").open("a", encoding="utf-8") as log:
            return subprocess.Popen(
                line, env=self.env() | {"FUSION_DATABASE_URL": url}, stdout=out, stderr=log, text=True
            )

    def once(self, url: str, *words: str) -> str:
        with self.start(url, *(words or ("--all",)), "--once", out=subprocess.PIPE) as process:
            said, _ = process.communicate(timeout=WITHIN_S)
        assert process.returncode == 0, (self.bus.folder / "keep.log").read_text(encoding="utf-8")[-2_000:]
        return said

    def put(self, topic: str, key: str, *messages: Message | bytes) -> None:
        for message in messages:
            self.bus.put(topic, key, message if isinstance(message, bytes) else encode(message))
        assert self.bus.producer.flush(WITHIN_S) == 0


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with running(tmp_path_factory.mktemp("keep"), AGENCIES) as bus:
        made = Centre(bus)
        theirs = an_alert(recipient="CTD-PB")
        made.put("alerts-CTD-PB", theirs.incident_id, theirs, b"\xff no alert", an_alert(recipient="IB"))
        made.put("control-CTD-PB", "CTD-PB", an_acknowledgement(note="ours"), an_acknowledgement(agency="CTD-KP"))
        made.put("receipts-CTD-KP", theirs.body.report_id or "", RECEIPT)
        made.put("incidents", INCIDENT.incident_id, INCIDENT)
        made.put("links", LINK.link_id, LINK)
        made.put("dead-letters", "letter", a_letter())
        yield made


INCIDENT = Incident.model_validate_json(next(iter(schemas.examples("incident").values())))
LINK = Link.model_validate_json(next(iter(schemas.examples("link").values()))).model_copy(update={"type": "possible"})
RECEIPT = Receipt(
    receipt_id=ids.receipt_id("r", ReceiptOutcome.NEW_INCIDENT),
    agency="CTD-KP",
    at=NOW,
    outcome=ReceiptOutcome.NEW_INCIDENT,
    report_id=an_alert().body.report_id,
    sentence="It is a new incident.",
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_everything_on_the_bus_is_kept_once_and_what_cannot_be_read_is_set_aside(
    centre: Centre, kind: str, request: pytest.FixtureRequest
) -> None:
    url = empty_url(kind, centre.bus.folder, request)
    letters = centre.bus.folder / f"unreadable-{kind}.jsonl"
    said = centre.once(url, "--all", "--dead-letters", str(letters))
    assert "1 alert, 1 acknowledgement, 1 receipt, 1 incident, 1 link, 1 dead letter, 3 agencies" in said
    assert "nothing new" in centre.once(url)
    assert "1 alert" in centre.once(url, "--all", "--again", "--dead-letters", str(letters))
    assert len(letters.read_text(encoding="utf-8").splitlines()) == 2  # no alert, and another agency's alert
    theirs, nacta = an_alert(recipient="CTD-PB"), Viewer("NACTA", reviews=True)
    with closing(ThreatDatabase(url)) as database:
        stored = alert_of(database, Viewer("CTD-PB"), theirs.alert_id)
        assert stored is not None
        assert (stored.alert, [one.note for one in stored.said]) == (theirs, ["ours"])
        assert search(database, Viewer("IB"), Query()).total == search(database, nacta, Query()).total == 0
        assert review_queue(database, nacta) == (LINK,)
        assert incident_as_held(database, nacta, INCIDENT.incident_id) == INCIDENT
        way = journey(database, Viewer("CTD-KP"), RECEIPT.report_id or "")
        assert way is not None
        assert [step.what for step in way.steps] == ["receipt: new_incident"]
        assert rows(database, "SELECT agency, reason FROM letters") == [("CTD-KP", "schema")]
        assert rows(database, "SELECT agency, reviews FROM agencies ORDER BY agency")[2][0] == "NACTA"


def test_one_agency_keeps_its_own_and_nothing_else(centre: Centre, tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/own.db"
    assert "1 alert, 1 acknowledgement." in centre.once(url, "--agency", "ctd-pb")
    with closing(ThreatDatabase(url)) as database:
        assert rows(database, "SELECT count(*) FROM hub_incidents") == [(0,)]


def test_kills_and_a_database_that_is_out_lose_nothing_and_double_nothing(centre: Centre) -> None:
    alerts = [sample_alert("CTD-KP", number) for number in range(MANY)]
    with running_postgresql() as server:
        url = server.new_database()
        for start in range(0, MANY, MANY // 3):
            keeper = centre.start(url)
            for alert in alerts[start : start + MANY // 3]:
                centre.bus.put("alerts-CTD-KP", alert.incident_id, encode(alert))
            assert centre.bus.producer.flush(WITHIN_S) == 0
            until(lambda at=start: _kept(url) > at, "some are kept")  # type: ignore[misc]
            keeper.send_signal(signal.SIGKILL)
            keeper.wait(WITHIN_S)
        keeper = centre.start(url)
        until(lambda: _kept(url) > MANY // 3, "it goes on")
        server.control("restart")
        until(lambda: _kept(url) == MANY + 1, "all are kept")
        keeper.terminate()
        assert keeper.wait(WITHIN_S) == 0
        with closing(ThreatDatabase(url)) as database:
            held = {row[0] for row in rows(database, "SELECT alert_id FROM alerts WHERE recipient = 'CTD-KP'")}
    assert held == {alert.alert_id for alert in alerts}


def _kept(url: str) -> int:
    try:
        with closing(ThreatDatabase(url)) as database:
            return int(rows(database, "SELECT count(*) FROM alerts")[0][0])
    except RetryLater:
        return 0
