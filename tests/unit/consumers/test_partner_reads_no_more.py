"""By no path does a partner abroad read what was not released to it: files, mails, API, search, TAXII."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from abroad import PARTNER, Story, leaks, mixed
from builders import NOW, a_token
from fusionbus.consumers.cli import commands
from fusionbus.consumers.formats import cap, stix
from fusionbus.consumers.formats.cef import cef
from fusionbus.consumers.handlers import open_handler
from fusionbus.consumers.handlers.mail_text import Letter, compose
from fusionbus.consumers.threats.exporting import Format
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.site import Site
from fusionbus.contract.alert import Alert
from planted import MARK, Planted
from visitors import Visitor, an_empty_site, program

ALL: Final = "/taxii2/alerts/collections/alerts/"
COMMAND_FORMATS: Final = ("table", *(each.value for each in Format if each is not Format.CAP))


@pytest.fixture(scope="module")
def story() -> Story:
    return mixed()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, story: Story) -> Iterator[Site]:
    """The centre's database with all that the story's hub wrote, for every agency."""
    made = an_empty_site(tmp_path_factory.mktemp("web"))
    Planted(tuple(story.sent), story.hub).keep_in(made.database)
    yield made
    made.database.close()


FORMATS: Final[dict[str, Callable[[Alert, list[Alert]], str]]] = {
    "cap": lambda alert, earlier: cap.message(alert, earlier).decode(),
    "stix": lambda alert, earlier: stix.bundle(alert, earlier).decode(),
    "cef": lambda alert, _: cef(alert),
    "mail": lambda alert, _: mailed(alert),
}


def mailed(alert: Alert) -> str:
    """The mail with its subject, as it is read."""
    mail = compose(Letter([alert], "key"), "hub@example.org", ["desk@example.org"], NOW)
    return f"{mail['Subject']}\n{mail.get_content()}"


@pytest.mark.parametrize("name", FORMATS)
def test_no_file_or_mail_made_of_its_alerts_leaks(story: Story, name: str) -> None:
    theirs = story.hub.alerts_of(PARTNER)
    written = [FORMATS[name](alert, theirs[:at]) for at, alert in enumerate(theirs)]
    assert any(MARK in text for text in written), "what is released is there"
    assert leaks("\n".join(written), story.forbidden()) == []


@pytest.mark.parametrize("kind", ["jsonl", "cap", "stix", "drop"])
def test_no_handlers_files_leak(story: Story, kind: str, tmp_path: Path) -> None:
    place = tmp_path / kind
    if kind != "jsonl":
        place.mkdir()
    handler = open_handler(f"{kind}:{place}")
    for alert in story.hub.alerts_of(PARTNER):
        handler.take(alert)
    handler.close()
    files = [place] if place.is_file() else [each for each in place.rglob("*") if each.is_file()]
    text = "\n".join(each.read_bytes().decode(errors="replace") for each in files)
    assert MARK in text
    assert leaks(text, story.forbidden()) == []


def test_no_page_of_the_api_or_of_taxii_leaks(story: Story, site: Site) -> None:
    visitor, header = Visitor.at(site), program(site, PARTNER, Role.SUPERVISOR)
    reports = [report.report_id for report in story.sent]
    alerts = [alert.alert_id for alert in story.hub.alerts()]
    paths = [
        *(f"/api/v1/incidents?per_page=200&format={each}" for each in Format if each is not Format.CAP),
        *(f"/api/v1/incidents/{name}" for name in story.hub.incidents()),
        *(f"/api/v1/alerts/{name}" for name in alerts),
        *(f"/api/v1/reports/{name}/journey" for name in reports),
        "/api/v1/alerts?per_page=200",
        "/api/v1/receipts?per_page=200",
        *("/taxii2/", "/taxii2/alerts/", "/taxii2/alerts/collections/", ALL, f"{ALL}manifest/"),
        *(f"{ALL}objects/?match[version]={version}" for version in ("last", "first", "all")),
    ]
    for path in paths:
        # What the asker says himself is no leak.
        said = visitor.get(path, **header).text.replace(path.rsplit("/", maxsplit=1)[-1], "")
        told = [word for word in leaks(said, story.forbidden()) if word not in path]
        assert told == [], path
    assert MARK in visitor.get(f"{ALL}objects/", **header).text, "what is released is there"


def test_no_search_or_check_finds_what_was_not_released(story: Story, site: Site) -> None:
    visitor, header = Visitor.at(site), program(site, PARTNER, Role.ANALYST)
    for word in sorted(one for one in story.forbidden() if one.startswith(MARK) and " " not in one):
        assert visitor.get(f"/api/v1/incidents?text={word}", **header).json()["total"] == 0, word
    for number in (0, 3, 6, 8, 10):
        for kind in ("cnic", "phone", "source"):
            asked = {"token": a_token(kind, number)}
            answer = visitor.ask("POST", "/api/v1/check", json=asked, headers=header)
            assert answer.json()["hit"] is False, asked


@pytest.mark.parametrize("form", COMMAND_FORMATS)
def test_the_command_that_searches_leaks_nothing(story: Story, site: Site, form: str) -> None:
    url = str(site.database.engine.url)
    line = ["search", "--agency", PARTNER, "--database", url, "--per-page", "200", "--format", form]
    done = CliRunner().invoke(commands, line)
    assert done.exit_code == 0, done.output
    assert leaks(done.stdout, story.forbidden()) == []
