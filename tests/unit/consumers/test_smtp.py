"""Alerts mailed to a real SMTP server: what a mail tells, what it keeps to itself, and what a fault means."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from builders import NOW
from certificates import a_certificate
from fusionbus.consumers.handlers import Taken, TellsTogether
from fusionbus.consumers.handlers.mail_text import Letter, compose
from fusionbus.consumers.handlers.outward import OutwardSettings
from fusionbus.consumers.handlers.smtp import SmtpHandler
from fusionbus.consumers.testing import SAMPLE_AT, sample_alert
from fusionbus.contract.alert import Alert, AlertHandling
from fusionbus.contract.errors import FixTheReport, Misconfigured, RetryLater
from fusionbus.contract.vocabulary import PAP, TLP, Classification, Status
from posts import MailDesk
from strategies import alerts

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def desk() -> Iterator[MailDesk]:
    with MailDesk().open() as opened:
        yield opened


def a_handler(desk: MailDesk, to: str = "desk@example.pk", **changes: Any) -> SmtpHandler:
    server = {"smtp_server": f"127.0.0.1:{desk.port}", "smtp_security": "none", "smtp_from": "bus@example.pk"}
    return SmtpHandler(to, OutwardSettings(**(server | changes)), reply=changes.pop("reply", lambda _alert: None))


def marked(tlp: TLP) -> Alert:
    return sample_alert(handling=AlertHandling(tlp=tlp, pap=PAP.AMBER, classification=Classification.RESTRICTED))


def read(letter: Letter) -> tuple[str, str]:
    """Subject and text."""
    mail = compose(letter, "bus@example.pk", ["desk@example.pk"], NOW)
    return str(mail["Subject"]), str(mail.get_content())


def test_an_alert_is_one_mail_that_its_id_names(desk: MailDesk) -> None:
    alert, handler = sample_alert(), a_handler(desk, to="desk@example.pk, head@example.pk")
    assert [handler.take(alert), handler.take(alert)] == [Taken.NEW, Taken.REPEAT]
    (mail,) = desk.mails
    assert mail["Message-ID"] == f"<{alert.alert_id}@example.pk>"
    assert (mail["To"], mail["Auto-Submitted"]) == ("desk@example.pk, head@example.pk", "auto-generated")
    text = mail.get_content()
    assert "Roadside bomb against a police van near Bannu" in text
    assert "بنوں میں پولیس وین" in text
    assert f"fusionbus ack {alert.alert_id} --agency CTD-KP" in text


@pytest.mark.parametrize("tlp", TLP)
def test_a_subject_tells_of_the_event_only_where_the_marking_is_open(tlp: TLP) -> None:
    subject, text = read(Letter([marked(tlp)], "key"))
    assert subject.startswith(f"[TLP:{tlp}] Severe")
    assert ("Roadside" in subject) is (tlp in (TLP.CLEAR, TLP.GREEN))
    assert ("Roadside" in text) is (tlp not in (TLP.RED, TLP.AMBER_STRICT))
    assert ("IED" in text) is (tlp not in (TLP.RED, TLP.AMBER_STRICT))


@settings(max_examples=25, deadline=None)
@given(alerts())
def test_no_alert_brings_a_header_with_it(alert: Alert) -> None:
    raw = compose(Letter([alert], alert.alert_id), "bus@example.pk", ["desk@example.pk"], NOW).as_bytes()
    head = raw.split(b"\r\n\r\n")[0]
    names = {line.split(b":")[0].lower() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))}
    allowed = "subject from to date message-id references importance auto-submitted content-type mime-version"
    assert names <= {name.encode() for name in [*allowed.split(), "content-transfer-encoding"]}


def test_a_headline_that_would_be_a_header_is_a_part_of_the_subject(desk: MailDesk) -> None:
    alert = sample_alert(
        body={"headline": "Blast\r\nBcc: evil@example.com\r\n\r\nbody"},
        handling=AlertHandling(tlp=TLP.CLEAR, pap=PAP.CLEAR, classification=Classification.UNCLASSIFIED),
    )
    a_handler(desk).take(alert)
    (mail,) = desk.mails
    assert mail["Bcc"] is None
    assert "Blast Bcc: evil@example.com body" in str(mail["Subject"])


@pytest.mark.parametrize("to", ["", "desk", "a@b\r\nBcc: c@d", "a@b, ", "Desk <a@b.pk>", "بنوں@example.pk"])
def test_an_address_that_is_none_is_one_sentence(to: str) -> None:
    with pytest.raises(Misconfigured, match=r"is not a mail address such as desk@example\.pk"):
        SmtpHandler(to, OutwardSettings())


def test_a_digest_is_one_mail_with_each_alert_in_brief(desk: MailDesk) -> None:
    several: Sequence[Alert] = [
        sample_alert(number=number, body={"headline": f"Event {number}"}) for number in range(3)
    ]
    handler = a_handler(desk)
    assert isinstance(handler, TellsTogether)
    for _ in range(2):
        handler.tell(several, "Digest of low-severity alerts", "digest-1")
    assert [mail["Message-ID"] for mail in desk.mails] == ["<digest-1@example.pk>"] * 2
    text = desk.mails[0].get_content()
    assert str(desk.mails[0]["Subject"]) == "[TLP:AMBER] Digest of low-severity alerts: 3 alerts for CTD-KP"
    assert all(f"Event {number}" in text for number in range(3))
    assert "improvised device" not in text


def test_a_mail_says_how_to_answer_and_an_exercise_cannot_be_taken_for_the_real_thing() -> None:
    subject, text = read(Letter([sample_alert(status=Status.EXERCISE)], "key", reply="https://web.example.pk/reply/x"))
    assert "EXERCISE: " in subject
    assert text.startswith("EXERCISE: ")
    assert "Answer: https://web.example.pk/reply/x" in text


def test_an_update_stands_with_its_incident_in_a_mail_program() -> None:
    update = sample_alert(revision=2, published_at=SAMPLE_AT + timedelta(minutes=1))
    mails = [compose(Letter([one], one.alert_id), "b@x.pk", ["d@x.pk"], NOW) for one in (sample_alert(), update)]
    assert mails[0]["References"] == mails[1]["References"]
    assert mails[0]["Message-ID"] != mails[1]["Message-ID"]


def test_a_server_that_cannot_take_it_now_or_ever_is_told_apart(desk: MailDesk) -> None:
    handler = a_handler(desk)
    desk.refusals += ["451 4.3.0 Try later: Roadside", "554 5.7.1 Refused: Roadside"]
    with pytest.raises(RetryLater, match=r"cannot take the mail now \(451\)") as soon:
        handler.take(sample_alert())
    with pytest.raises(FixTheReport, match=r"refuses the mail \(554\)") as never:
        handler.take(sample_alert())
    assert "Roadside" not in f"{soon.value}{never.value}", "a server may quote the mail"
    assert handler.take(sample_alert()) is Taken.NEW


def test_a_server_that_is_down_is_tried_again_and_gets_the_mail_once_it_is_up() -> None:
    desk = MailDesk()
    with desk.open():
        handler = a_handler(desk)
    with pytest.raises(RetryLater, match="cannot be reached"):
        handler.take(sample_alert())
    with desk.open():
        assert handler.take(sample_alert()) is Taken.NEW
    assert len(desk.mails) == 1


def test_a_password_comes_from_a_file_and_a_wrong_one_is_one_sentence(desk: MailDesk, tmp_path: Path) -> None:
    file = tmp_path / "password"
    login: dict[str, Any] = {"smtp_username": "bus", "smtp_password_file": file}
    file.write_text("right\n", encoding="utf-8")
    assert a_handler(desk, **login).take(sample_alert()) is Taken.NEW
    assert desk.logins == [b"right"]
    file.write_text("wrong", encoding="utf-8")
    with pytest.raises(Misconfigured, match="refuses FUSION_SMTP_USERNAME with its password") as told:
        a_handler(desk, **login).take(sample_alert())
    assert "wrong" not in str(told.value)


def test_mail_leaves_this_machine_only_encrypted(desk: MailDesk) -> None:
    with pytest.raises(Misconfigured, match="is not encrypted: set FUSION_SMTP_SECURITY"):
        a_handler(desk, smtp_server="mail.example.pk:25")
    with pytest.raises(Misconfigured, match="cannot do what FUSION_SMTP_SECURITY"):
        a_handler(desk, smtp_security="starttls").take(sample_alert())


def test_starttls_is_used_and_a_certificate_that_is_not_trusted_is_one_sentence(tmp_path: Path) -> None:
    trusted, stranger = a_certificate(tmp_path / "trusted.pem"), a_certificate(tmp_path / "stranger.pem")
    with MailDesk(certificate=trusted).open() as desk:
        safe: dict[str, Any] = {"smtp_security": "starttls", "smtp_server": f"127.0.0.1:{desk.port}"}
        assert a_handler(desk, **safe, outward_ca_file=trusted).take(sample_alert()) is Taken.NEW
        assert desk.tls
        with pytest.raises(Misconfigured, match="certificate that is not trusted: see FUSION_OUTWARD_CA_FILE"):
            a_handler(desk, **safe, outward_ca_file=stranger).take(sample_alert())
    assert len(desk.mails) == 1
