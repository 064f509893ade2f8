"""The API's manners: what a wrong question, a forged or a repeated one, and a lost database are answered."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import postgresql
from builders import a_report, an_acknowledgement
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.site import Site
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import RetryLater
from fusionbus.contract.vocabulary import AckAction
from hub import HubOnPaper
from threats import keep
from visitors import HOME, Outbox, Visitor, a_site, an_empty_site, program, signed_in

NOBODYS = an_acknowledgement().alert_id
INCIDENTS = "/api/v1/incidents"


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def alert() -> Alert:
    hub = HubOnPaper.of()
    hub.send(a_report(headline="=Blast in a bazaar", narrative="پشاور کے بازار میں دھماکہ ہوا۔"))
    (told,) = hub.alerts_of("NACTA")
    return told


@pytest.fixture
def site(tmp_path: Path, outbox: Outbox, alert: Alert) -> Iterator[Site]:
    made = an_empty_site(tmp_path, outbox)
    keep(made.database, [alert])
    yield made
    made.database.close()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("since=yesterday", "write 2026-01-15"),
        ("since=2026-02-30", "write 2026-01-15"),
        ("since=2026-03-02&until=2026-03-01", "`until` is before `since`"),
        ("text=" + "x" * 301, "at most 300 characters"),
        ("text=%22%20(", "holds no word"),
        ("lat=34", "a circle is"),
        ("lat=nan&lon=1&radius_km=1", "lat"),
        ("per_page=201", "per_page"),
        ("page=201&per_page=50", "10,000"),
        ("token=12345", "token"),
        ("sort=severity;DROP TABLE alerts", "sort"),
        ("colour=red", "there is no such part"),
        ("format=xml", "format"),
    ],
)
def test_a_wrong_question_is_answered_by_a_sentence_that_names_its_part(site: Site, asked: str, said: str) -> None:
    answer = Visitor.at(site).get(f"{INCIDENTS}?{asked}", **program(site, "NACTA", Role.ANALYST))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    detail = answer.json()["detail"]
    assert said in detail
    assert "12345" not in detail
    assert "DROP" not in detail, "what was asked may name a person and is not repeated"


@pytest.mark.parametrize(
    "asked", ["' OR '1'='1", "x'; DROP TABLE incidents; --", "%' UNION SELECT password FROM accounts"]
)
def test_an_injection_finds_nothing_and_breaks_nothing(site: Site, asked: str) -> None:
    header = program(site, "NACTA", Role.ANALYST)
    for part in ("text", "district", "actor"):
        answer = Visitor.at(site).ask("GET", INCIDENTS, params={part: asked}, headers=header)
        assert answer.json()["total"] == 0, part
    assert Visitor.at(site).get(INCIDENTS, **header).json()["total"] == 1


def test_urdu_is_found_and_exported_as_it_is(site: Site, alert: Alert) -> None:
    header, visitor = program(site, "NACTA", Role.READER), Visitor.at(site)
    assert visitor.ask("GET", INCIDENTS, params={"text": "دھماکہ"}, headers=header).json()["total"] == 1
    table = visitor.get(f"{INCIDENTS}?format=csv", **header)
    assert table.headers["content-disposition"] == 'attachment; filename="incidents-1.csv"'
    (row,) = csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))
    assert row["headline"] == "'=Blast in a bazaar", "no formula"
    stix = visitor.get(f"{INCIDENTS}?format=stix", **header).json()
    assert stix["type"] == "bundle"
    places = visitor.get(f"{INCIDENTS}?format=geojson", **header).json()
    assert places["features"][0]["id"] == alert.incident_id
    with zipfile.ZipFile(io.BytesIO(visitor.get(f"{INCIDENTS}?format=cap", **header).content)) as files:
        (name,) = files.namelist()
        assert "دھماکہ" in files.read(name).decode()
    acts = [entry.act for entry in site.log.newest("NACTA", 10)]
    assert acts == [Act.SEARCH, *[Act.EXPORT] * 4]


def test_who_has_the_answer_already_gets_no_body(site: Site) -> None:
    header, visitor = program(site, "NACTA", Role.ANALYST), Visitor.at(site)
    first = visitor.get(INCIDENTS, **header)
    again = visitor.get(INCIDENTS, **header, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_server_describes_itself_as_the_committed_document_does(site: Site) -> None:
    served = Visitor.at(site).get("/api/v1/openapi.json", **program(site, "NACTA", Role.OPERATOR))
    assert served.text == (Path(__file__).parents[3] / "docs" / "openapi.json").read_text(encoding="utf-8")
    refused = {code for ways in served.json()["paths"].values() for way in ways.values() for code in way["responses"]}
    assert {"401", "403", "404", "422", "503"} <= refused


def test_an_answer_goes_to_the_hub_in_the_name_of_who_is_signed_in(site: Site, outbox: Outbox, alert: Alert) -> None:
    visitor = signed_in(site, "NACTA", Role.ANALYST, "watch-1")
    path, body = f"/api/v1/alerts/{alert.alert_id}/acknowledgements", {"action": "used", "note": "Two arrests."}
    forged = visitor.ask("POST", path, json=body, headers={"Origin": HOME})
    assert forged.status_code == 403, "without the session's form token"
    done = visitor.ask("POST", path, json=body, headers={"Origin": HOME, "X-CSRF": visitor.csrf()})
    assert done.status_code == 202
    (sent,) = outbox.sent
    assert isinstance(sent, Acknowledgement)
    assert (sent.agency, sent.by, sent.action) == ("NACTA", "watch-1 (analyst)", AckAction.USED)
    assert (sent.alert_id, sent.note) == (alert.alert_id, "Two arrests.")


@pytest.mark.parametrize(
    ("role", "alert_id", "body", "code"),
    [
        (Role.READER, None, {"action": "used"}, 403),
        (Role.AUDITOR, None, {"action": "used"}, 403),
        (Role.OPERATOR, None, {"action": "used"}, 403),
        (Role.ANALYST, NOBODYS, {"action": "used"}, 404),
        (Role.ANALYST, None, {"action": "opinion"}, 422),
        (Role.ANALYST, None, {"action": "shout"}, 422),
        (Role.ANALYST, None, {"action": "used", "note": "x" * 20_001}, 422),
        (Role.ANALYST, None, {"action": "used", "agency": "IB"}, 422),
    ],
)
def test_what_may_not_be_said_is_not_sent(  # noqa: PLR0917 - pytest passes by name
    site: Site, outbox: Outbox, alert: Alert, role: Role, alert_id: str | None, body: dict[str, str], code: int
) -> None:
    path = f"/api/v1/alerts/{alert_id or alert.alert_id}/acknowledgements"
    answer = Visitor.at(site).ask("POST", path, json=body, headers=program(site, "NACTA", role))
    assert (answer.status_code, outbox.sent) == (code, [])
    assert answer.json()["detail"].endswith(".")


def test_a_broker_out_of_reach_is_told_to_try_again(site: Site, outbox: Outbox, alert: Alert) -> None:
    outbox.broken = RetryLater("No broker answers at 127.0.0.1:9: start one.")
    path = f"/api/v1/alerts/{alert.alert_id}/acknowledgements"
    header = program(site, "NACTA", Role.ANALYST)
    answer = Visitor.at(site).ask("POST", path, json={"action": "used"}, headers=header)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "127.0.0.1" not in answer.text, "where the broker is concerns its operator"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 50_000, b'{"token": NaN}'])
def test_bytes_that_are_no_question_are_refused_in_words(site: Site, body: bytes) -> None:
    header = program(site, "NACTA", Role.ANALYST) | {"Content-Type": "application/json"}
    answer = Visitor.at(site).ask("POST", "/api/v1/check", content=body, headers=header)
    assert answer.status_code in {400, 422}
    assert answer.json()["detail"]


def test_what_is_not_there_and_what_may_not_be_done_to_it_are_problems_too(site: Site) -> None:
    header, visitor = program(site, "NACTA", Role.ANALYST), Visitor.at(site)
    for method, path, code in (("GET", "/api/v1/nothing", 404), ("DELETE", INCIDENTS, 405), ("GET", "/api/v2/x", 404)):
        answer = visitor.ask(method, path, headers=header)
        assert (answer.status_code, answer.headers["content-type"]) == (code, "application/problem+json")


def test_a_database_that_is_gone_is_told_to_try_again_and_taken_up_when_it_is_back(alert: Alert) -> None:
    with postgresql.running() as cluster:
        site = a_site(cluster.new_database())
        keep(site.database, [alert])
        header, visitor = program(site, "NACTA", Role.ANALYST), Visitor.at(site)
        cookies = signed_in(site, "NACTA", Role.ANALYST)
        cluster.control("stop")
        for who, headers in ((visitor, header), (cookies, {}), (visitor, {})):
            for path in (INCIDENTS, "/health"):
                answer = who.get(path, **headers)
                if path == INCIDENTS and who is visitor and not headers:
                    assert answer.status_code == 401
                    continue
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
                assert str(cluster.folder) not in answer.text
        assert cookies.sign_in("NACTA", "desk-1", "x").status_code == 503
        cluster.control("start")
        assert json.loads(visitor.get(INCIDENTS, **header).content)["total"] == 1
        site.database.close()
