"""No path of the API shows anybody more than the alerts, receipts and rights of his agency."""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
from httpx import Response

from builders import a_token
from fusionbus.consumers.threats.exporting import Format
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.api.document import document
from fusionbus.consumers.web.site import Site
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement
from planted import MARK, Planted
from visitors import HOME, Outbox, Visitor, an_empty_site, program

PLANTED: Final = Planted.told()
SECRETS: Final = PLANTED.secrets()
INCIDENTS: Final = sorted(PLANTED.hub.incidents())
ALERTS: Final = sorted(alert.alert_id for alert in PLANTED.hub.alerts())
REPORTS: Final = sorted(report.report_id for report in PLANTED.reports)
_KINDS: Final = (("cnic", 100), ("phone", 300))
WORDS: Final = [f"{MARK}{letter}{what}" for letter in "abcdefg" for what in ("headline", "narrative")] + ["zqaperson"]
TOKENS: Final = [a_token(kind, number) for kind, start in _KINDS for number in range(start, start + 7)]
BODILESS: Final = (Role.OPERATOR, Role.AUDITOR)
"""Roles that read no report: who keeps the bus running, and who looks after those who use it."""


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    body: dict[str, Any] | None = None

    @property
    def words(self) -> str:
        """What the asker knows because he says it."""
        return f"{self.path} {json.dumps(self.body)}"


Way = Callable[[str], Iterable[Asked]]


def each(ids: Sequence[str], method: str = "GET", body: dict[str, Any] | None = None) -> Way:
    return lambda path: [Asked(method, re.sub(r"\{\w+\}", one, path), body) for one in ids]


def searches(path: str) -> Iterator[Asked]:
    yield Asked("GET", path)
    yield Asked("GET", f"{path}?per_page=200&sort=oldest")
    yield Asked("GET", f"{path}?lat=32&lon=72&radius_km=2000&sort=nearest")
    for form in Format:
        yield Asked("GET", f"{path}?format={form.value}&per_page=200")
    for word in WORDS:
        yield Asked("GET", f"{path}?text={word}")
    for token in TOKENS:
        yield Asked("GET", f"{path}?token={token}")


WAYS: Final[dict[tuple[str, str], Way]] = {
    ("GET", "/health"): lambda path: [Asked("GET", path)],
    ("GET", "/api/v1/me"): lambda path: [Asked("GET", path)],
    ("GET", "/api/v1/incidents"): searches,
    ("GET", "/api/v1/incidents/{incident_id}"): each(INCIDENTS),
    ("GET", "/api/v1/alerts"): lambda path: [Asked("GET", path), Asked("GET", f"{path}?unacknowledged=true")],
    ("GET", "/api/v1/alerts/{alert_id}"): each(ALERTS),
    ("POST", "/api/v1/alerts/{alert_id}/acknowledgements"): each(ALERTS, "POST", {"action": "used"}),
    ("GET", "/api/v1/reports/{report_id}/journey"): each(REPORTS),
    ("GET", "/api/v1/receipts"): lambda path: [
        Asked("GET", path),
        *(Asked("GET", f"{path}?report_id={one}") for one in REPORTS),
    ],
    ("POST", "/api/v1/check"): lambda path: [Asked("POST", path, {"token": token}) for token in TOKENS],
}
"""How each path is asked for all that anybody could ask it for."""


@pytest.fixture(scope="module")
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, outbox: Outbox) -> Iterator[Site]:
    made = an_empty_site(tmp_path_factory.mktemp("web"), outbox)
    PLANTED.keep_in(made.database)
    yield made
    made.database.close()


def walk(site: Site, header: dict[str, str], step: int) -> Iterator[tuple[Asked, Response]]:
    """Every path, of each its first way and every `step`-th after that."""
    visitor = Visitor.at(site)
    for (_, path), ways in WAYS.items():
        for asked in list(ways(path))[::step]:
            yield asked, visitor.ask(asked.method, asked.path, json=asked.body, headers=header)


def test_every_path_of_the_document_is_walked() -> None:
    told = {(method.upper(), path) for path, ways in json.loads(document())["paths"].items() for method in ways}
    assert told == set(WAYS)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("agency", PLANTED.agencies)
def test_nobody_reads_a_word_that_his_agency_was_not_sent_or_answers_for_another(
    site: Site, outbox: Outbox, agency: str, role: Role
) -> None:
    known, own = PLANTED.known_to(agency), PLANTED.hub.alerts_of(agency)
    read: set[str] = set()
    outbox.sent.clear()
    for asked, answer in walk(site, program(site, agency, role), 1 if role is Role.ANALYST else 5):
        unknown = [word for word in SECRETS if word not in known and word not in asked.words]
        assert [word for word in unknown if word in text_of(answer)] == [], asked
        assert role not in BODILESS or MARK not in text_of(answer), asked
        for alert in alerts_in(answer):
            assert alert in own, asked
            read.add(alert.alert_id)
    ids = {alert.alert_id for alert in own}
    assert read == (set() if role in BODILESS else ids), "what it was sent it can read"
    answered = {message.alert_id for message in outbox.sent if isinstance(message, Acknowledgement)}
    assert answered <= (ids if role in {Role.ANALYST, Role.SUPERVISOR} else set())
    assert role is not Role.ANALYST or answered == ids
    assert {message.agency for message in outbox.sent} <= {agency}


def test_without_token_or_session_nothing_is_said_but_that_the_server_lives(site: Site) -> None:
    for asked, answer in walk(site, {"Origin": HOME}, 5):
        assert answer.status_code == (200 if asked.path == "/health" else 401), asked


def text_of(answer: Response) -> str:
    """All that the answer says, unpacked."""
    if answer.headers.get("content-type") != "application/zip":
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        return "\n".join([*files.namelist(), *(files.read(name).decode() for name in files.namelist())])


def alerts_in(answer: Response) -> Iterator[Alert]:
    """Every alert in the answer, wherever it stands."""
    if not answer.headers["content-type"].startswith("application/json"):
        return
    waiting = [answer.json()]
    while waiting:
        tree = waiting.pop()
        if isinstance(tree, dict):
            if {"recipient", "alert_id", "body"} <= tree.keys():
                yield Alert.model_validate_json(json.dumps(tree))
            waiting.extend(tree.values())
        elif isinstance(tree, list):
            waiting.extend(tree)
