"""SMS by HTTP, and mail by a real SMTP server: kept once, answered, and the sender's number kept nowhere."""

import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from fusionbus.contract.errors import Misconfigured
from fusionbus.producers.tips.line import TipLine
from fusionbus.producers.tips.mail import MAIL_BYTES_MAX, MailGateway
from fusionbus.producers.tips.web.public import public_app
from tip_lines import PLAIN_FORMS, Browser, a_line, everything_stored

SENDER = "+923000000042"


@pytest.fixture
def line(tmp_path: Path) -> Iterator[TipLine]:
    with a_line(tmp_path) as made:
        yield made


@pytest.fixture
def provider(line: TipLine) -> Browser:
    return Browser(public_app(line))


@pytest.fixture
def bearer(line: TipLine) -> dict[str, str]:
    return {"authorization": f"Bearer {line.people.add('SMS provider', 'gateway', line.now())}"}


# -- HTTP
def test_an_sms_is_kept_once_however_often_the_provider_brings_it(
    line: TipLine, provider: Browser, bearer: dict[str, str]
) -> None:
    sent = {"from": SENDER, "text": "Men with boxes stand at the old mill.", "id": "m-17"}
    replies = [provider.post("/sms", bearer, **sent).json()["reply"] for _ in range(3)]
    assert len(set(replies)) == 1
    (tip,) = line.queue.open_tips()
    assert (tip.channel, tip.caller_token, tip.has_contact) == ("sms", None, False)


def test_the_names_that_providers_give_are_known_and_so_is_json(
    line: TipLine, provider: Browser, bearer: dict[str, str]
) -> None:
    provider.post("/sms", bearer, From=SENDER, Body="The first message is this.", MessageSid="1")
    body = b'{"msisdn": "923000000042", "message": "The second message is this.", "msgid": 2}'
    assert provider.send("/sms", body, **bearer, **{"content-type": "application/json"}).status_code == 200
    assert len(line.queue.open_tips()) == 2


def test_the_number_is_kept_only_where_the_message_asks_for_a_call(
    line: TipLine, provider: Browser, bearer: dict[str, str], tmp_path: Path
) -> None:
    provider.post("/sms", bearer, **{"from": SENDER, "text": "A matter without a number.", "id": f"{SENDER}-1"})
    assert [form for form in PLAIN_FORMS if form.encode() in everything_stored(tmp_path)] == []
    for number, text in enumerate(("CALL me: men dig at night", "کال کریں رات کو لوگ کھدائی کرتے ہیں")):
        provider.post("/sms", bearer, **{"from": SENDER, "text": text, "id": str(number)})
    first, *others = line.queue.open_tips()
    assert first.caller_token is None
    assert all(tip.caller_token and tip.has_contact for tip in others)
    assert "CALL" not in others[0].text
    assert [form for form in PLAIN_FORMS if form.encode() in everything_stored(tmp_path)] == []


def test_a_code_sent_alone_is_answered_in_the_teller_s_word(
    line: TipLine, provider: Browser, bearer: dict[str, str]
) -> None:
    code = line.queue.contacts.code_for("sms SMS provider m-1")
    provider.post("/sms", bearer, **{"from": SENDER, "text": "Men with boxes at the mill.", "id": "m-1"})
    told = provider.post("/sms", bearer, **{"from": SENDER, "text": code.lower(), "id": "m-2"}).json()
    assert told == {"reply": "Your tip is: received"}
    assert len(line.queue.open_tips()) == 1


def test_without_a_gateway_s_token_nothing_is_taken(line: TipLine, provider: Browser) -> None:
    desk = line.people.add("Desk", "triage", line.now())
    for header in (
        {},
        {"authorization": "Bearer x"},
        {"authorization": f"Bearer {desk}"},
        {"authorization": "Basic %%"},
    ):
        answer = provider.post("/sms", header, **{"from": SENDER, "text": "A text that is long enough."})
        assert answer.status_code == 401
    assert line.queue.open_tips() == []


def test_one_number_cannot_flood_and_the_provider_s_other_senders_pass(
    provider: Browser, bearer: dict[str, str]
) -> None:
    told = [
        provider.post("/sms", bearer, **{"from": SENDER, "text": f"Message number {number}."}).status_code
        for number in range(8)
    ]
    assert told == [200] * 6 + [429] * 2
    other = provider.post("/sms", bearer, **{"from": "+923000000043", "text": "Another person's message."})
    assert other.status_code == 200


def test_what_is_no_message_is_refused(provider: Browser, bearer: dict[str, str]) -> None:
    assert provider.post("/sms", bearer, text="Nobody sent this one.").status_code == 422
    assert provider.send("/sms", b"[1]", **bearer, **{"content-type": "application/json"}).status_code == 413


# -- SMTP
@pytest.fixture
def gateway(line: TipLine) -> Iterator[int]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    serving = MailGateway(line, "127.0.0.1", port)
    serving.start()
    yield port
    serving.stop()


def a_mail(text: str, *, html: bool = False, to: str = "tips@example.pk", name: str = "<1@example.pk>") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "Some Body <somebody@example.pk>", to, name
    mail.set_content(text, subtype="html" if html else "plain")
    return mail


def sent(port: int, mail: EmailMessage) -> tuple[int, str]:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as server:
        server.ehlo()
        server.mail("somebody@example.pk")
        server.rcpt(str(mail["To"]))
        code, said = server.data(mail.as_bytes(policy=SMTP))
        return code, said.decode()


pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def test_a_mail_is_a_tip_once_and_its_sender_is_kept_nowhere(line: TipLine, gateway: int, tmp_path: Path) -> None:
    mail = a_mail("رات کو پل کے نیچے لوگ کھدائی کرتے ہیں۔")
    code, said = sent(gateway, mail)
    assert code == 250
    assert sent(gateway, mail) == (code, said)
    (tip,) = line.queue.open_tips()
    assert (tip.channel, tip.language) == ("email", "ur")
    assert line.queue.by_code(said.rpartition(" ")[2]) == tip
    stored = everything_stored(tmp_path)
    assert b"somebody" not in stored
    assert b"Some Body" not in stored


def test_a_mail_for_the_sms_mailbox_is_an_sms(line: TipLine, gateway: int) -> None:
    sent(gateway, a_mail("Men with boxes at the mill.", to="SMS@example.pk"))
    assert [tip.channel for tip in line.queue.open_tips()] == ["sms"]


def test_of_html_the_words_are_kept_and_of_attachments_nothing(line: TipLine, gateway: int) -> None:
    mail = a_mail("<style>p{}</style><p>Men dig &amp; dig</p><script>alert(1)</script><p>at night</p>", html=True)
    mail.add_attachment(b"MZ\x90", maintype="application", subtype="octet-stream", filename="x.exe")
    sent(gateway, mail)
    (tip,) = line.queue.open_tips()
    assert tip.text.split() == ["Men", "dig", "&", "dig", "at", "night"]


def test_a_mail_too_large_too_short_or_of_no_known_charset_gets_an_answer(line: TipLine, gateway: int) -> None:
    assert sent(gateway, a_mail("a line of a mail\n" * (MAIL_BYTES_MAX // 17 + 1)))[0] == 552
    assert sent(gateway, a_mail("short"))[0] == 554
    odd = a_mail("Men dig under the bridge.")
    odd.replace_header("Content-Type", 'text/plain; charset="x-nowhere"')
    assert sent(gateway, odd)[0] == 250
    assert len(line.queue.open_tips()) == 1


def test_a_sender_who_floods_is_asked_to_come_again_later(line: TipLine, gateway: int) -> None:
    told = [sent(gateway, a_mail(f"Message number {number}.", name=f"<{number}@x>"))[0] for number in range(8)]
    assert told == [250] * 6 + [451] * 2
    assert len(line.queue.open_tips()) == 6


def test_a_port_that_is_taken_is_told(line: TipLine, gateway: int) -> None:
    with pytest.raises(Misconfigured, match="--mail-port"):
        MailGateway(line, "127.0.0.1", gateway).start()
