"""Alerts posted to a real HTTP server: signed, once, tried again only where that helps."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fusionbus.consumers.dead_letters import DeadLetters, RawAlert
from fusionbus.consumers.delivery import Delivered, Delivery, SetAside
from fusionbus.consumers.handlers import Taken, open_handler
from fusionbus.consumers.handlers.outward import OutwardSettings
from fusionbus.consumers.handlers.webhook import WebhookHandler, signature
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop
from fusionbus.consumers.testing import sample_alert
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.errors import FixTheReport, Misconfigured, RetryLater
from posts import WebDesk

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = 1_674_087_231


@pytest.fixture
def desk() -> Iterator[WebDesk]:
    with WebDesk().open() as opened:
        yield opened


def a_handler(url: str) -> WebhookHandler:
    return WebhookHandler(url, OutwardSettings(outward_timeout_s=5), KEY, now=lambda: AT)


def test_what_is_posted_is_the_alert_signed_as_standard_webhooks_asks(desk: WebDesk) -> None:
    alert = sample_alert()
    with closing(a_handler(desk.url)) as handler:
        assert [handler.take(alert), handler.take(alert)] == [Taken.NEW, Taken.REPEAT]
    (post,) = desk.posts
    told = json.loads(post.body)
    assert (told["type"], told["timestamp"]) == ("fusionbus.alert.incident", "2026-01-15T09:30:00+00:00")
    assert codec.decode(Alert, json.dumps(told["data"]).encode()) == alert
    assert post.headers["webhook-id"] == alert.alert_id
    signed = f"{alert.alert_id}.{AT}.".encode() + post.body
    digest = hmac.new(base64.b64decode(KEY.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert post.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert post.headers["webhook-timestamp"] == str(AT)


def test_the_signature_is_that_of_the_published_example() -> None:
    """Source: the test of the reference libraries of Standard Webhooks."""
    key = base64.b64decode(KEY.removeprefix("whsec_"))
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (500, RetryLater, "answers 500: it is tried again"),
        (503, RetryLater, "answers 503"),
        (408, RetryLater, "answers 408"),
        (429, RetryLater, "answers 429"),
        (400, FixTheReport, r"refuses the alert \(400\)"),
        (410, FixTheReport, r"refuses the alert \(410\)"),
        (302, Misconfigured, "302, a redirect, which is not followed"),
    ],
)
def test_an_answer_says_what_happens_next(desk: WebDesk, status: int, error: type[Exception], said: str) -> None:
    desk.answers.append(status)
    with closing(a_handler(desk.url)) as handler:
        with pytest.raises(error, match=said):
            handler.take(sample_alert())
        assert [post.path for post in desk.posts] == ["/alerts"], "a redirect is not followed"
        assert handler.take(sample_alert()) is Taken.NEW, "it can be taken later"


def test_a_server_that_is_down_for_a_while_gets_every_alert_once_it_is_up(tmp_path: Path) -> None:
    desk = WebDesk()
    with desk.open():
        pass
    with closing(a_handler(desk.url)) as handler:
        with pytest.raises(RetryLater, match=r"cannot be reached \(ConnectError\)"):
            handler.take(sample_alert())
        with desk.open():
            desk.answers += [503, 429]
            settings = ConsumerSettings(handler_retry_delay_s=0.01)
            letters = DeadLetters(tmp_path / "letters.jsonl")
            delivery = Delivery("CTD-KP", [handler], dead_letters=letters, settings=settings, stop=Stop())
            raw = RawAlert("alerts-CTD-KP", 0, 0, None, codec.encode(sample_alert()))
            assert isinstance(delivery.deliver(raw), Delivered)
            assert [post.headers["webhook-id"] for post in desk.posts] == [sample_alert().alert_id] * 3


def test_what_the_other_side_refuses_is_a_dead_letter_with_a_sentence_at_once(desk: WebDesk, tmp_path: Path) -> None:
    desk.answers.append(422)
    path = tmp_path / "letters.jsonl"
    with closing(a_handler(desk.url)) as handler, closing(DeadLetters(path)) as letters:
        delivery = Delivery("CTD-KP", [handler], dead_letters=letters, settings=ConsumerSettings(), stop=Stop())
        raw = RawAlert("alerts-CTD-KP", 0, 0, None, codec.encode(sample_alert()))
        assert isinstance(delivery.deliver(raw), SetAside)
    assert len(desk.posts) == 1
    said = json.loads(path.read_text(encoding="utf-8"))["sentence"]
    assert said.startswith("Handler webhook: The webhook refuses the alert (422)")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://desk.example.pk/alerts", "is not encrypted: use https"),
        ("ftp://desk.example.pk", "is no URL such as"),
        ("desk.example.pk", "is no URL such as"),
        ("https://user:hush@desk.example.pk/", "without a password"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_sentence_without_it(url: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said) as told:
        a_handler(url)
    assert "hush" not in str(told.value)


@pytest.mark.parametrize("key", ["", "whsec_c2hvcnQ=", "no base64!"])
def test_a_key_that_protects_nothing_is_refused(key: str) -> None:
    with pytest.raises(Misconfigured, match="A webhook needs a key: set FUSION_WEBHOOK_SECRET_FILE"):
        WebhookHandler("https://desk.example.pk/", OutwardSettings(), key)


def test_the_key_comes_from_a_file_and_stands_in_no_name(
    desk: WebDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    monkeypatch.setenv("FUSION_WEBHOOK_SECRET_FILE", str(file))
    with closing(open_handler(f"webhook:{desk.url}")) as handler:
        assert handler.take(sample_alert()) is Taken.NEW
        assert handler.name == "webhook"
    file.write_text("", encoding="utf-8")
    with pytest.raises(Misconfigured, match="which is empty"):
        open_handler(f"webhook:{desk.url}")
