"""Buttons by which a person acts, as HTML; nothing is sent that was not asked about once more. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from fusionbus.consumers.web.pages.marks import their
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.vocabulary import AckAction, Opinion

NOTE_CHARACTERS_MAX: Final = 2_000
REASON_CHARACTERS_MAX: Final = 300
"""The contract's Text."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that may be said of an alert."""

    action: AckAction
    button: str
    question: str


ANSWERS: Final = (
    Act(AckAction.READ, "Acknowledge", "Say that a person of your agency has read it?"),
    Act(AckAction.USED, "Mark as used", "Say that your agency acted on it?"),
    Act(AckAction.FALSE_ALARM, "False alarm", "Say that it was a false alarm?"),
    Act(AckAction.OPINION, "Opinion", "What does your agency think of it?"),
    Act(AckAction.MORE_WANTED, "Ask for more", "Ask its originator for more? Say below what is missing."),
)
OPINIONS: Final = {
    Opinion.STRONGLY_AGREE: "strongly agree",
    Opinion.AGREE: "agree",
    Opinion.NEUTRAL: "neutral",
    Opinion.DISAGREE: "disagree",
    Opinion.STRONGLY_DISAGREE: "strongly disagree",
}


def answer_buttons(alert_id: str) -> str:
    """Buttons and their questions for the alert that told of the incident last."""
    opening = "".join(
        button(f"ask-{act.action.value}", act.button, first=act.action is AckAction.READ) for act in ANSWERS
    )
    return f'<div class="acts">{opening}</div>{"".join(_question(act, alert_id) for act in ANSWERS)}'


def button(key: str, word: str, *, first: bool = False) -> str:
    """A button that opens a question."""
    kind = "do" if first else "do second"
    return f'<button type="button" class="{kind}" data-open="{key}">{escape(word)}</button>'


def _question(act: Act, alert_id: str) -> str:
    opinions = ""
    if act.action is AckAction.OPINION:
        options = "".join(f'<option value="{opinion.value}">{word}</option>' for opinion, word in OPINIONS.items())
        opinions = f'<label>Your agency <select class="field" name="opinion">{options}</select></label>'
    note = (
        f'<label>Note for the originator, if any <textarea class="field" name="note" rows="3" dir="auto" '
        f'maxlength="{NOTE_CHARACTERS_MAX}"></textarea></label>'
    )
    hidden = {"act": "answer", "alert": alert_id, "action": act.action.value}
    return dialog(f"ask-{act.action.value}", act.button, f"<p>{escape(act.question)}</p>{opinions}{note}", hidden)


def review_buttons(incident: Incident, joined: Iterable[str]) -> str:
    """For those who work for the hub's desk: join, take apart, take reports out."""
    name = incident.incident_id
    other = (
        '<label>The other incident\'s id <input class="field" name="other" required pattern="[0-9a-fA-F\\-]{36}" '
        'autocomplete="off"></label>'
    )
    merge = "<p>Are these two one event? The older id stays; nobody hears of a report by it.</p>"
    boxes = "".join(_box(member) for member in incident.members)
    parts = [
        ("merge", "Join with another", f"{merge}{other}{_reason()}", {"act": "merge", "incident": name}),
        (
            "split",
            "Take reports out",
            f"<p>Which reports tell of another event?</p>{boxes}{_reason()}",
            {"act": "split", "incident": name},
        ),
    ]
    for gone in joined:
        said = f"<p>Take incident {gone[:8]} out again? Reports that came after the merge stay.</p>{_reason()}"
        parts.append(
            (f"undo-{gone}", f"Undo merge of {gone[:8]}", said, {"act": "undo", "incident": name, "other": gone})
        )
    opening = "".join(button(key, word) for key, word, _, _ in parts)
    return f'<div class="acts">{opening}</div>{"".join(dialog(*part) for part in parts)}'


def _box(member: Member) -> str:
    who = "masked source" if member.masked else member.agency
    said = their(member.claim.headline or member.kind.value)
    return f'<label class="box"><input type="checkbox" name="report" value="{member.report_id}"> {who}: {said}</label>'


def decide_buttons(link_id: str, question: str, answers: Iterable[tuple[str, dict[str, str]]]) -> str:
    """Both answers to a doubtful pair: a word, and what is sent for it."""
    opening, asked = "", ""
    for number, (word, sent) in enumerate(answers):
        key = f"decide-{number}-{link_id}"
        opening += button(key, word)
        said_so = f"<p>{escape(question)} You say: <strong>{escape(word)}</strong>.</p>{_reason()}"
        asked += dialog(key, word, said_so, sent)
    return f'<div class="acts">{opening}</div>{asked}'


def dialog(key: str, heading: str, asked: str, hidden: dict[str, str]) -> str:
    """A question that has to be answered before anything is sent."""
    fields = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in hidden.items())
    return (
        f'<dialog class="ask-dialog" id="{key}" aria-labelledby="{key}-name"><form data-live="send">{fields}'
        f'<h2 id="{key}-name">{escape(heading)}</h2>{asked}<div class="acts">'
        '<button type="submit" class="do">Send to the hub</button>'
        '<button type="button" class="do second" data-shut>Cancel</button></div></form></dialog>'
    )


def _reason() -> str:
    return (
        '<label>Reason, for the audit; no recipient reads it <textarea class="field" name="reason" rows="3" dir="auto" '
        f'required maxlength="{REASON_CHARACTERS_MAX}"></textarea></label>'
    )


def said(sentence: str, kind: str = "") -> str:
    """What became of an act."""
    return f'<p class="act-said {kind}">{escape(sentence)}</p>' if sentence else ""
