"""Who holds a reply link may answer one alert, for a while, and nothing else."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW
from fusionbus.consumers.reply import read_reply_token, reply_to, reply_token
from fusionbus.consumers.services.links import ReplySettings, links
from fusionbus.consumers.testing import sample_alert
from fusionbus.contract.errors import Misconfigured, NotAllowed
from fusionbus.contract.vocabulary import AckAction, AlertKind

KEY = "k" * 32
REPLY = reply_to(sample_alert(), "desk, by link", NOW + timedelta(hours=1))


def test_a_token_reads_back_and_makes_the_acknowledgement() -> None:
    reply = read_reply_token(reply_token(REPLY, KEY), KEY, NOW)
    assert reply == REPLY
    told = reply.answered(AckAction.USED, NOW, note="Two arrests.")
    alert = sample_alert()
    assert (told.alert_id, told.agency, told.by) == (alert.alert_id, "CTD-KP", "desk, by link")
    assert (told.incident_id, told.incident_revision, told.zone) == (alert.incident_id, 1, alert.zone)


def test_a_token_ends() -> None:
    token = reply_token(REPLY, KEY)
    assert read_reply_token(token, KEY, NOW + timedelta(minutes=59))
    with pytest.raises(NotAllowed, match="This link ended at 2026-03-05 13:00 UTC: answer with `fusionbus ack`"):
        read_reply_token(token, KEY, NOW + timedelta(hours=1))


@given(st.integers(0, 400), st.integers(0, 63))
def test_no_changed_character_opens_anything(at: int, to: int) -> None:
    token = reply_token(REPLY, KEY)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    at %= len(token)
    if token[at] in (alphabet[to], "."):
        return
    if at == len(token) - 1 or token[at + 1] == ".":
        return  # the last character of base64 has bits that mean nothing
    with pytest.raises(NotAllowed, match="not one of ours, or not whole"):
        read_reply_token(f"{token[:at]}{alphabet[to]}{token[at + 1 :]}", KEY, NOW)


@given(st.text(max_size=3_000))
def test_any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(NotAllowed, match="not one of ours"):
        read_reply_token(text, KEY, NOW)


def test_another_key_opens_nothing_and_a_short_one_is_refused() -> None:
    with pytest.raises(NotAllowed):
        read_reply_token(reply_token(REPLY, KEY), "j" * 32, NOW)
    with pytest.raises(Misconfigured, match="set FUSION_REPLY_KEY_FILE"):
        reply_token(REPLY, "")


def test_a_link_holds_no_word_of_the_alert_and_none_is_made_for_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSION_REPLY_KEY", KEY)
    link = links("https://alerts.example.pk/", "desk", ReplySettings())
    made = link(sample_alert())
    assert made is not None
    assert made.startswith("https://alerts.example.pk/reply/")
    assert len(made) < 800
    assert link(sample_alert(kind=AlertKind.ESCALATION)) is None
