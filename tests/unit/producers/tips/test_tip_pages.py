"""The pages: the public one keeps nothing of who comes, the desk's are for clerks, and hostile text is only text."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionbus.producers.tips.line import TipLine
from fusionbus.producers.tips.people import Role
from fusionbus.producers.tips.web.desk import desk_app
from fusionbus.producers.tips.web.public import TRAP, public_app
from fusionbus.producers.tips.web.texts import TEXTS
from tip_lines import NUMBER, PLAIN_FORMS, Browser, a_line, code_on, everything_stored

TEXT = "Somebody digs under the bridge at night."
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)>",
    "\"'><svg/onload=alert(1)> </textarea><b>",
    '=HYPERLINK("http://example.org","x") and more',
    "\x1b[2J\x1b]0;owned\x07 and more of it",
    "a text that runs \u202eback\u202c and hides\u200b itself",
)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[TipLine]:
    with a_line(tmp_path) as made:
        yield made


@pytest.fixture
def teller(line: TipLine) -> Browser:
    return Browser(public_app(line))


@pytest.fixture
def clerk(line: TipLine) -> Browser:
    return signed_in(line, "triage")


def signed_in(line: TipLine, role: Role) -> Browser:
    browser = Browser(desk_app(line))
    token = line.people.add(f"Desk {role}", role, line.now())
    assert browser.post("/sign-in", token=token).headers["location"] == "/"
    return browser


def test_both_languages_have_the_same_sentences() -> None:
    assert TEXTS["en"].keys() == TEXTS["ur"].keys()
    assert all(sentence.strip() for said in TEXTS.values() for sentence in said.values())


def test_a_tip_is_taken_without_a_script_and_its_code_tells_what_became_of_it(teller: Browser) -> None:
    page = teller.get("/")
    assert "<script" not in page.text
    answer = teller.post("/", text=TEXT)
    assert "received" in teller.post("/ask", code=code_on(answer)).text
    assert teller.post("/ask", code="0000-0000-0000").status_code == 404


def test_urdu_is_written_from_the_right(teller: Browser) -> None:
    assert '<html lang="ur" dir="rtl">' in teller.get("/?lang=ur").text
    assert '<html lang="ur" dir="rtl">' in teller.get("/", **{"accept-language": "ur-PK,en;q=0.5"}).text
    assert '<html lang="en" dir="ltr">' in teller.get("/?lang=xx").text


def test_nothing_of_who_came_is_stored_or_logged(
    line: TipLine, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    agent = "Mozilla/5.0 (a very rare telephone)"
    somebody = Browser(public_app(line), address="203.0.113.99")
    headers = {"user-agent": agent, "x-forwarded-for": "203.0.113.98", "referer": "http://example.org/from"}
    assert somebody.post("/", headers, text=TEXT).status_code == 200
    assert somebody.post("/", headers, text=TEXT + " And more.", callback=NUMBER).status_code == 200
    held = everything_stored(tmp_path).decode("latin-1") + caplog.text + "".join(capfd.readouterr())
    for trace in ("203.0.113.99", "203.0.113.98", agent, "example.org", *PLAIN_FORMS):
        assert trace not in held
    assert line.remembered() == 1, "the brake knows of it, as a keyed hash in memory"


def test_what_was_written_is_given_back_where_something_is_wrong_with_it(teller: Browser) -> None:
    for fields, sentence in (
        ({"text": "short"}, "too_short"),
        ({"text": TEXT, "plate": "?"}, "bad_plate"),
        ({"text": TEXT, "callback": "12"}, "bad_number"),
        ({"text": TEXT, TRAP: "http://example.org"}, "trapped"),
        ({"text": TEXT * 200}, "too_long"),
    ):
        answer = teller.post("/", None, **fields)
        assert answer.status_code == 422
        assert TEXTS["en"][sentence].format(most="") in answer.text.replace("4,000", "")
        assert fields["text"] in answer.text


def test_a_flood_from_one_address_is_turned_away_and_another_teller_is_heard(line: TipLine, teller: Browser) -> None:
    answers = [teller.post("/", text=f"{TEXT} {number}").status_code for number in range(8)]
    assert answers == [200] * 6 + [429] * 2
    assert Browser(public_app(line), "198.51.100.8").post("/", text=TEXT).status_code == 200


def test_codes_are_not_guessed_by_asking_again_and_again(teller: Browser) -> None:
    answers = [teller.post("/ask", code=f"0000-0000-{number:04}").status_code for number in range(35)]
    assert answers == [404] * 30 + [429] * 5


@pytest.mark.parametrize("body", [b"x=" + b"a" * 200_000, b"\xff\xfe", b"text=%ff", b"&".join([b"a=1"] * 500)])
def test_a_body_that_is_no_form_or_too_large_is_refused_in_words(teller: Browser, body: bytes) -> None:
    answer = teller.send("/", body, **{"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code in {413, 422}
    assert "not sent" in answer.text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text_on_every_page_of_the_desk(line: TipLine, clerk: Browser, text: str) -> None:
    teller = Browser(public_app(line))
    code = code_on(teller.post("/", text=text, place=text, happens=text))
    clerk.post("/tips/1/ask", question=text, form_key=clerk.form_key())
    pages = [clerk.get("/").text, clerk.get("/tips/1").text, teller.post("/ask", code=code).text]
    clerk.post("/tips/1/refuse", reason=text, form_key=clerk.form_key())
    pages += [clerk.get("/decided").text, clerk.get("/audit").text, teller.post("/", text="x", place=text).text]
    for page in pages:
        for harm in ("<script>alert", "<img src=x", "<svg/onload", "</textarea><b>", "\x1b", "\u202e", "\u200b"):
            assert harm not in page


def test_every_answer_forbids_scripts_frames_and_keeping(teller: Browser, clerk: Browser) -> None:
    for answer in (teller.get("/"), teller.get("/static/tips.css"), clerk.get("/"), clerk.get("/sign-in")):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in teller.get("/").headers


def test_no_page_names_another_machine(teller: Browser, clerk: Browser) -> None:
    for page in (
        teller.get("/").text,
        teller.get("/static/tips.css").text,
        clerk.get("/").text,
        clerk.get("/call").text,
    ):
        assert "http" not in page.replace("http-equiv", "")


def test_without_a_token_no_page_of_the_desk_opens_and_the_public_form_has_none(line: TipLine, teller: Browser) -> None:
    stranger = Browser(desk_app(line))
    for path in ("/", "/tips/1", "/decided", "/audit", "/call"):
        assert stranger.get(path).headers["location"] == "/sign-in"
    assert stranger.post("/sign-in", token="x" * 43).status_code == 403
    assert stranger.post("/tips/1/refuse", reason="x").headers["location"] == "/sign-in"
    assert teller.get("/sign-in").status_code == 404
    assert teller.get("/tips/1").status_code in {404, 405}


def test_a_call_taker_writes_down_calls_and_sees_no_tip(line: TipLine, clerk: Browser) -> None:
    taker = signed_in(line, "call-taker")
    answer = taker.post("/call", text=TEXT, urgent="1", callback=NUMBER, form_key=taker.form_key())
    assert code_on(answer)
    (tip,) = line.queue.open_tips()
    assert (tip.channel, tip.urgent, tip.marked, tip.has_contact) == ("phone", True, True, True)
    assert taker.get("/").headers["location"] == "/call"
    assert taker.post("/tips/1/accept", form_key=taker.form_key()).status_code == 403
    assert clerk.get("/tips/1").status_code == 200


def test_a_form_from_elsewhere_does_nothing(line: TipLine, clerk: Browser) -> None:
    Browser(public_app(line)).post("/", text=TEXT)
    for key in ("", "wrong", "ü"):
        assert clerk.post("/tips/1/refuse", reason="x", form_key=key).status_code == 403
    assert line.queue.open_tips()


def test_an_ended_token_ends_its_session(line: TipLine, clerk: Browser) -> None:
    assert clerk.get("/").status_code == 200
    line.people.end("Desk triage", line.now())
    assert clerk.get("/").headers["location"] == "/sign-in"


def test_danger_that_nobody_opened_sounds_and_an_opened_one_is_silent(line: TipLine, clerk: Browser) -> None:
    assert "<audio" not in clerk.get("/").text
    Browser(public_app(line)).post("/", text="A bomb is in the bus at the mill.")
    page = clerk.get("/")
    assert "<audio" in page.text
    assert page.headers["refresh"] == "30"
    assert clerk.get("/alarm.wav").content.startswith(b"RIFF")
    clerk.get("/tips/1")
    assert "<audio" not in clerk.get("/").text


def test_a_desk_accepts_asks_marks_and_reads_a_number(line: TipLine, clerk: Browser) -> None:
    teller = Browser(public_app(line))
    code = code_on(teller.post("/", text=TEXT, callback=NUMBER))
    assert "+923000000042" in clerk.post("/tips/1/number", form_key=clerk.form_key()).text
    clerk.post("/tips/1/ask", question="Which side?", form_key=clerk.form_key())
    assert "Which side?" in teller.post("/ask", code=code).text
    assert "have added it" in teller.post("/ask", code=code, text="The northern one.").text
    clerk.post("/tips/1/urgent", form_key=clerk.form_key())
    done = clerk.post("/tips/1/accept", province="PK-KP", category="bombing", form_key=clerk.form_key())
    assert done.headers["location"] == "/"
    assert "passed on" in teller.post("/ask", code=code).text
    assert clerk.post("/tips/1/refuse", reason="Too late.", form_key=clerk.form_key()).status_code == 422
    assert clerk.post("/tips/1/accept", province="XX", form_key=clerk.form_key()).status_code == 422
    assert [act.action for act in line.queue.acts(1)] == [
        *("received", "read the number", "asked", "added", "marked urgent", "accepted"),
    ]


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30, "٣"])
def test_a_tip_that_is_not_there_is_a_page_that_says_so(clerk: Browser, number: str) -> None:
    assert clerk.get(f"/tips/{number}").status_code == 404
    assert clerk.post(f"/tips/{number}/refuse", reason="x", form_key=clerk.form_key()).status_code == 404
