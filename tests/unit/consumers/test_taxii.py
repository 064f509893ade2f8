"""TAXII 2.1: one collection of what the agency was alerted of, page by page, and refusals in its own words."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from httpx import Response

from builders import NOW, minutes
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.site import Site
from fusionbus.consumers.web.taxii import collection_id_of
from fusionbus.contract.vocabulary import AlertKind, AlertMsgType, Form
from threats import keep, told
from visitors import Visitor, an_empty_site, program, signed_in

TYPE: Final = "application/taxii+json;version=2.1"
ACCEPT: Final = {"Accept": TYPE}
ALL: Final = "/taxii2/alerts/collections/alerts/"
FIRST: Final = told(1, headline="A device in a culvert")
LATER: Final = told(
    2,
    headline="Two devices in a culvert",
    incident_id=FIRST.incident_id,
    incident_revision=2,
    issued_at=NOW + minutes(5),
)


@pytest.fixture
def site(tmp_path: Any) -> Iterator[Site]:
    made = an_empty_site(tmp_path)
    keep(made.database, [FIRST, LATER, told(3), told(4, recipient="CTD-PB", headline="Of the others")])
    notice = told(5, kind=AlertKind.ESCALATION, form=Form.POINTER, headline="A notice")
    keep(made.database, [notice])
    yield made
    made.database.close()


def asked(site: Site, path: str, **params: str) -> Response:
    return Visitor.at(site).ask("GET", path, params=params, headers=program(site, "CTD-KP", Role.ANALYST) | ACCEPT)


def objects(site: Site, **params: str) -> list[dict[str, Any]]:
    answer = asked(site, f"{ALL}objects/", **params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json().get("objects", [])
    return found


def test_the_way_from_discovery_to_the_objects(site: Site) -> None:
    (root,) = asked(site, "/taxii2/").json()["api_roots"]
    assert root == "http://127.0.0.1:8410/taxii2/alerts/"
    assert asked(site, "/taxii2/alerts/").json()["versions"] == [TYPE]
    (one,) = asked(site, "/taxii2/alerts/collections/").json()["collections"]
    assert (one["id"], one["can_read"], one["can_write"]) == (collection_id_of("CTD-KP"), True, False)
    by_id, by_alias = (asked(site, f"/taxii2/alerts/collections/{name}/objects/") for name in (one["id"], "alerts"))
    assert by_id.json() == by_alias.json()
    assert by_id.headers["content-type"] == TYPE
    names = {each["name"] for each in by_id.json()["objects"] if each["type"] == "incident"}
    assert "Two devices in a culvert" in names
    assert "Of the others" not in by_id.text
    assert "A notice" not in by_id.text


def test_every_object_comes_once_in_order_whatever_the_limit(site: Site) -> None:
    whole = asked(site, f"{ALL}objects/")
    own = [each["id"] for each in whole.json()["objects"] if each["type"] in {"report", "note", "incident", "sighting"}]
    for limit in ("1", "2", "7"):
        found: list[str] = []
        following: dict[str, str] = {}
        for _ in range(100):
            answer = asked(site, f"{ALL}objects/", limit=limit, **following)
            page = answer.json()
            assert len(page.get("objects", [])) <= int(limit)
            found += [each["id"] for each in page.get("objects", [])]
            if "next" not in page:
                break
            assert page["more"] is True
            following = {"next": page["next"]}
        assert [name for name in found if name in own] == own


def test_of_an_object_that_changed_the_last_version_is_given_unless_others_are_asked_for(site: Site) -> None:
    incidents = {each["id"]: each["name"] for each in objects(site, **{"match[type]": "incident"})}
    (changed,) = [name for name, headline in incidents.items() if headline == "Two devices in a culvert"]
    assert len(objects(site, **{"match[id]": changed})) == 1
    every = objects(site, **{"match[id]": changed, "match[version]": "all"})
    assert [each["name"] for each in every] == ["A device in a culvert", "Two devices in a culvert"]
    (first,) = objects(site, **{"match[id]": changed, "match[version]": "first"})
    assert first == every[0]
    (at,) = objects(site, **{"match[id]": changed, "match[version]": every[0]["modified"]})
    assert at == every[0]
    versions = asked(site, f"{ALL}objects/{changed}/versions/").json()["versions"]
    assert [datetime.fromisoformat(one) for one in versions] == [
        datetime.fromisoformat(each["modified"]) for each in every
    ]
    assert asked(site, f"{ALL}objects/{changed}/").json()["objects"] == [every[1]]


def test_two_revisions_that_the_hub_told_at_one_moment_are_one_version_and_the_later_stands(site: Site) -> None:
    third = told(7, headline="Both defused", incident_id=FIRST.incident_id, incident_revision=3)
    keep(site.database, [third.model_copy(update={"issued_at": LATER.issued_at})])
    for limit in ("1", "500"):
        found = objects(site, **{"match[type]": "incident", "limit": limit})
        page = asked(site, f"{ALL}objects/", **{"match[type]": "incident", "match[version]": "all"}).json()["objects"]
        same = [each["name"] for each in page if each["name"] in {"Two devices in a culvert", "Both defused"}]
        assert same == ["Both defused"]
        assert len(found) <= int(limit)


def test_the_manifest_lists_what_the_objects_are(site: Site) -> None:
    listed = asked(site, f"{ALL}manifest/").json()["objects"]
    assert [each["id"] for each in listed] == [each["id"] for each in objects(site)]
    assert {each["media_type"] for each in listed} == {"application/stix+json;version=2.1"}
    assert [each["date_added"] for each in listed] == sorted(each["date_added"] for each in listed)


def test_who_asks_again_gets_what_came_since(site: Site) -> None:
    last = asked(site, f"{ALL}objects/").headers["X-TAXII-Date-Added-Last"]
    assert objects(site, added_after=last) == []
    with site.database.writing() as db:
        from fusionbus.consumers.threats.store import keep_alerts  # noqa: PLC0415 - a later moment than `keep` has

        keep_alerts(db, [told(9, headline="Came later")], datetime.now(UTC))
    names = {each.get("name") for each in objects(site, added_after=last)}
    assert "Came later" in names
    assert "Two devices in a culvert" not in names


def test_a_marking_can_be_asked_for_by_its_id_and_by_its_type(site: Site) -> None:
    marks = {each["id"] for each in objects(site, **{"match[type]": "marking-definition"})}
    assert "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421" in marks
    one = asked(site, f"{ALL}objects/marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421/").json()["objects"]
    assert {each["name"] for each in one} == {"TLP:AMBER"}


def test_a_withdrawal_revokes_what_was_said(site: Site) -> None:
    gone = told(
        6,
        incident_id=FIRST.incident_id,
        incident_revision=3,
        issued_at=NOW + minutes(9),
        msg_type=AlertMsgType.CANCEL,
        kind=AlertKind.RECALL,
        report_id=FIRST.body.report_id,
    )
    keep(site.database, [gone])
    reports = objects(site, **{"match[type]": "report"})
    assert any(each.get("revoked") for each in reports)
    assert len({each["id"] for each in reports}) == len(reports), "of each only the last"


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        (f"{ALL}objects/", {"limit": "0"}, 400),
        (f"{ALL}objects/", {"limit": "many"}, 400),
        (f"{ALL}objects/", {"next": "AAAA"}, 400),
        (f"{ALL}objects/", {"next": "W10"}, 400),
        (f"{ALL}objects/", {"added_after": "yesterday"}, 400),
        (f"{ALL}objects/", {"match[id]": "what"}, 400),
        (f"{ALL}objects/", {"match[version]": "newest"}, 400),
        (f"{ALL}objects/", {"match[colour]": "red"}, 400),
        (f"{ALL}objects/incident--00000000-0000-5000-8000-000000000000/", {}, 404),
        (f"{ALL}objects/nothing/", {}, 404),
        (f"/taxii2/alerts/collections/{collection_id_of('CTD-PB')}/", {}, 404),
        (f"/taxii2/alerts/collections/{collection_id_of('CTD-PB')}/objects/", {}, 404),
        ("/taxii2/other/", {}, 404),
        ("/taxii2/alerts/status/1/", {}, 404),
    ],
)
def test_a_wrong_question_is_refused_in_taxiis_words(
    site: Site, path: str, params: dict[str, str], status: int
) -> None:
    answer = asked(site, path, **params)
    assert (answer.status_code, answer.headers["content-type"]) == (status, TYPE)
    assert answer.json()["http_status"] == str(status)
    assert answer.json()["description"]


def test_nobody_gets_in_without_a_token_and_a_browsers_session_is_none(site: Site) -> None:
    headers: dict[str, str]
    for headers in ({}, {"Authorization": "Basic AAAA"}, {"Authorization": "Bearer fusion_wrong"}):
        answer = Visitor.at(site).ask("GET", "/taxii2/", headers=ACCEPT | headers)
        assert (answer.status_code, answer.headers["content-type"]) == (401, TYPE)
        assert answer.headers["www-authenticate"].startswith("Basic realm=")
    browser = signed_in(site, "CTD-KP", Role.ANALYST)
    assert browser.ask("GET", "/taxii2/", headers=ACCEPT).status_code == 401


def test_a_token_goes_as_bearer_as_token_and_as_password_of_its_agency_alone(site: Site) -> None:
    token = program(site, "CTD-KP", Role.ANALYST)["Authorization"].removeprefix("Bearer ")
    ways = {"Bearer": token, "Token": token, "Basic": base64.b64encode(f"ctd-kp:{token}".encode()).decode()}
    for scheme, told_as in ways.items():
        answer = Visitor.at(site).ask("GET", "/taxii2/", headers=ACCEPT | {"Authorization": f"{scheme} {told_as}"})
        assert answer.status_code == 200, scheme
    other = base64.b64encode(f"CTD-PB:{token}".encode()).decode()
    assert (
        Visitor.at(site).ask("GET", "/taxii2/", headers=ACCEPT | {"Authorization": f"Basic {other}"}).status_code == 401
    )


def test_an_operator_reads_nothing_and_nobody_writes(site: Site) -> None:
    operator = program(site, "CTD-KP", Role.OPERATOR) | ACCEPT
    assert Visitor.at(site).ask("GET", f"{ALL}objects/", headers=operator).status_code == 403
    header = program(site, "CTD-KP", Role.SUPERVISOR) | ACCEPT
    for method, path in (("POST", f"{ALL}objects/"), ("DELETE", f"{ALL}objects/incident--1/")):
        answer = Visitor.at(site).ask(method, path, headers=header, content=b"{}")
        assert (answer.status_code, answer.headers["content-type"]) == (403, TYPE)


@pytest.mark.parametrize(
    ("accept", "status"),
    [("*/*", 200), ("application/taxii+json", 200), ("application/taxii+json;version=2.0", 406), ("text/html", 406)],
)
def test_the_media_type_is_agreed_on(site: Site, accept: str, status: int) -> None:
    header = program(site, "CTD-KP", Role.ANALYST) | {"Accept": accept}
    assert Visitor.at(site).ask("GET", "/taxii2/", headers=header).status_code == status


def test_who_looks_is_in_the_access_log(site: Site) -> None:
    objects(site, limit="2")
    written = site.log.newest("CTD-KP", 1)[0]
    assert (written.act, written.what, written.who) == ("export", "taxii objects limit=2", "tests (token)")


def test_objects_are_what_the_exported_bundle_holds(site: Site) -> None:
    header = program(site, "CTD-KP", Role.ANALYST)
    bundle = json.loads(Visitor.at(site).ask("GET", "/api/v1/incidents?format=stix", headers=header).content)
    exported = {json.dumps(each, sort_keys=True) for each in bundle["objects"]}
    assert exported <= {json.dumps(each, sort_keys=True) for each in objects(site)}
