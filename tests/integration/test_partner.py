"""A partner abroad on a real bus: it publishes, and reads by Kafka and by TAXII what was released to it and no more."""

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import stix2
from requests import HTTPError
from stix2validator import ValidationOptions, validate_instance
from taxii2client.v21 import Server, as_pages

from abroad import PARTNER, planted
from browsing import a_free_port, answers
from builders import a_handling, an_interval
from fusionbus.contract.codec import encode
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import TLP
from running_hub import COMMAND, WITHIN_S, Bus, running, until

pytestmark = pytest.mark.broker

AGENCIES: Final[dict[str, dict[str, Any]]] = {
    "CTD-KP": {"group": "ctd", "organisation": "Desk", "provinces": ["PK-KP"], "clearance": "secret"},
    "NACTA": {"group": "federal", "organisation": "Centre", "reviews": True, "subscriptions": [{"name": "All"}]},
    PARTNER: {
        "group": "partner",
        "organisation": "Abroad",
        "foreign": True,
        "subscriptions": [{"name": "All"}],
    },
}
HIDDEN: Final = (
    "zqaaheadline",
    "zqaanarrative",
    "zqaaplace",
    "zqaaactor",
    "zqacheadline",
    "zqabnarrative",
    "zqabphone",
)


def reports() -> tuple[ThreatReport, ...]:
    """One not for the partner, one released to it, its own of the same event, and one released as a tearline."""
    now = datetime.now(UTC)
    when = {"occurred": an_interval(now - timedelta(minutes=40))}
    told = (
        planted(0, "CTD-KP", a_handling(tlp=TLP.GREEN), **when),
        planted(1, "CTD-KP", a_handling(tlp=TLP.GREEN, releasable_to=(PARTNER, "NACTA")), **when),
        planted(3, PARTNER, a_handling(tlp=TLP.GREEN), **when),
        planted(2, "CTD-KP", a_handling(tlp=TLP.CLEAR), tearline="Beware of zqactearline.", **when),
    )
    return tuple(one.model_copy(update={"reported_at": now - timedelta(seconds=9 - at)}) for at, one in enumerate(told))


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running(tmp_path_factory.mktemp("partner"), AGENCIES) as made:
        made.start()
        made.send(*reports())
        until(lambda: len(made.alerts_of(PARTNER)) >= 2 and made.receipts_of(PARTNER), "the partner is told")
        yield made


def env(bus: Bus) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
    mine = {
        "FUSION_BOOTSTRAP": bus.bootstrap,
        "FUSION_HOME": str(bus.folder),
        "FUSION_DATABASE_URL": f"sqlite:{bus.folder}/threats.db",
    }
    return clean | mine


def ran(bus: Bus, *words: str) -> str:
    done = subprocess.run(
        [COMMAND, *words], env=env(bus), capture_output=True, text=True, timeout=WITHIN_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def server(bus: Bus) -> Iterator[str]:
    """The centre's web server over all that every agency was sent."""
    ran(bus, "keep", "--all", "--once")
    port = a_free_port()
    with Path(bus.folder / "web.log").open("wb") as log:
        process = subprocess.Popen((COMMAND, "web", "--port", str(port)), env=env(bus), stdout=log, stderr=log)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/health"), "the web server answers")
        yield f"http://127.0.0.1:{port}/taxii2/"
    finally:
        process.terminate()
        process.wait(WITHIN_S)


def test_on_its_topics_lies_what_was_released_and_nothing_else(bus: Bus) -> None:
    lies = [*bus.alerts_of(PARTNER), *bus.receipts_of(PARTNER)]
    text = "\n".join(encode(each).decode() for each in lies)
    assert [word for word in HIDDEN if word in text] == []
    assert "zqabheadline" in text
    assert "zqactearline" in text
    assert {receipt.incident_id for receipt in bus.receipts_of(PARTNER)} == {None}


def test_a_taxii_client_reads_it_page_by_page_and_every_object_is_stix(bus: Bus, server: str) -> None:
    token = ran(bus, "accounts", "token", "add", "--agency", PARTNER, "--name", "taxii", "--role", "analyst").split()
    secret = next(word for word in token if word.startswith("fusion_"))
    (root,) = Server(server, user=PARTNER, password=secret).api_roots
    (collection,) = root.collections
    assert (collection.title, collection.can_write) == ("Alerts", False)
    pages = list(as_pages(collection.get_objects, per_request=4))
    found = {each["id"]: each for page in pages for each in page.get("objects", [])}
    assert len(pages) > 1
    assert found == {each["id"]: each for each in collection.get_objects()["objects"]}
    text = json.dumps(list(found.values()))
    assert [word for word in HIDDEN if word in text] == []
    assert "zqabheadline" in text
    assert "zqactearline" in text
    bundle = {"type": "bundle", "id": f"bundle--{collection.id}", "objects": list(found.values())}
    stix2.parse(bundle, allow_custom=False)
    checked = validate_instance(bundle, ValidationOptions(version="2.1"))
    assert checked.is_valid, [str(fault) for fault in checked.errors]
    assert {each["id"] for each in collection.get_manifest()["objects"]} == found.keys()
    with pytest.raises(HTTPError, match="401"):
        _ = Server(server, user="NACTA", password=secret).api_roots
