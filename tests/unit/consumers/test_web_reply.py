"""The page behind a reply link: opening it answers nothing, its form answers one alert, and nobody needs to sign in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fusionbus.consumers.reply import reply_to, reply_token
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.web.settings import WebSettings
from fusionbus.consumers.web.site import Site
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import RetryLater
from fusionbus.contract.vocabulary import AckAction, Opinion
from visitors import Outbox, Visitor

KEY = "k" * 32
ALERT = sample_alert()


@pytest.fixture
def hub() -> Outbox:
    return Outbox()


@pytest.fixture
def here(tmp_path: Path, hub: Outbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("FUSION_REPLY_KEY", KEY)
    database = ThreatDatabase(f"sqlite:{tmp_path}/threats.db")
    yield Site.over(database, WebSettings(web_scrypt_log2_n=4), hub)
    database.close()


@pytest.fixture
def browser(here: Site) -> Visitor:
    return Visitor.at(here)


def path(lives: timedelta = timedelta(hours=1), key: str = KEY) -> str:
    return f"/reply/{reply_token(reply_to(ALERT, 'desk, by link', datetime.now(UTC) + lives), key)}"


def test_opening_the_link_answers_nothing_and_shows_a_form_without_a_word_of_the_alert(
    browser: Visitor, hub: Outbox
) -> None:
    for _ in range(3):
        shown = browser.get(path())
    assert shown.status_code == 200
    assert '<form method="post">' in shown.text
    assert "Roadside" not in shown.text
    assert "CTD-KP" in shown.text
    assert hub.sent == []
    assert "script" not in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"] == "no-store"


def test_the_form_answers_the_alert_and_the_log_has_it(browser: Visitor, hub: Outbox, here: Site) -> None:
    answered = browser.send(path(), said="used", note=" Two arrests. ")
    assert answered.status_code == 200
    assert "Told the hub: used, in the name of CTD-KP." in answered.text
    (message,) = hub.sent
    assert isinstance(message, Acknowledgement)
    assert (message.alert_id, message.agency, message.by) == (ALERT.alert_id, "CTD-KP", "desk, by link")
    assert (message.action, message.note) == (AckAction.USED, "Two arrests.")
    assert [entry.what for entry in here.log.newest("CTD-KP", 5)] == [f"used {ALERT.alert_id}"]


def test_an_opinion_is_an_answer_too(browser: Visitor, hub: Outbox) -> None:
    browser.send(path(), said="disagree")
    (message,) = hub.sent
    assert isinstance(message, Acknowledgement)
    assert (message.action, message.opinion) == (AckAction.OPINION, Opinion.DISAGREE)


@pytest.mark.parametrize("made", [path(timedelta(seconds=-1)), path(key="j" * 32), "/reply/x", "/reply/a.b"])
def test_a_link_that_ended_or_is_none_answers_nothing(browser: Visitor, hub: Outbox, made: str) -> None:
    for answer in (browser.get(made), browser.send(made, said="used")):
        assert answer.status_code == 403
        assert "link" in answer.text
    assert hub.sent == []


@pytest.mark.parametrize("said", ["", "received", "opinion", "cancel"])
def test_what_the_form_does_not_offer_is_refused(browser: Visitor, hub: Outbox, said: str) -> None:
    assert browser.send(path(), said=said).status_code == 403
    assert hub.sent == []


def test_another_sites_form_does_not_answer(browser: Visitor, hub: Outbox) -> None:
    answered = browser.ask("POST", path(), data={"said": "used"}, headers={"Origin": "https://evil.example"})
    assert answered.status_code == 403
    assert hub.sent == []


def test_a_broker_that_is_out_is_one_sentence(browser: Visitor, hub: Outbox) -> None:
    hub.broken = RetryLater("The broker is out: try again.")
    answered = browser.send(path(), said="used")
    assert answered.status_code == 503
    assert "The broker is out: try again." in answered.text


def test_without_a_key_there_are_no_links(browser: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUSION_REPLY_KEY")
    answered = browser.get(path())
    assert answered.status_code == 503
    assert "FUSION_REPLY_KEY_FILE is not set" in answered.text
