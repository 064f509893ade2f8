"""The desk's pages as HTML."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from fusionbus.contract.vocabulary import Province, ThreatCategory, TipClassCode
from fusionbus.producers.tips.line import TipLine
from fusionbus.producers.tips.people import Session
from fusionbus.producers.tips.tip import Tip
from fusionbus.producers.tips.told import new_code
from fusionbus.producers.tips.web import html
from fusionbus.shell.plain import neutral

PKT: Final = ZoneInfo("Asia/Karachi")
SNIPPET_MAX: Final = 160
_ANYWHERE: Final = ("", "–")


def number_in(text: str) -> int:
    """The number of a tip in an address; -1, which no tip has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1  # noqa: PLR2004 - fits 64 bits


def sign_in(fault: str = "") -> str:
    """The page that asks for a token."""
    told = f'<p class="fault" role="alert">{escape(fault)}</p>' if fault else ""
    asked = html.field("token", "Token", hint="Your desk's operator gave it to you.", more=' type="password"')
    return f'<h1>Tip desk</h1>{told}<form method="post" action="/sign-in">{asked}<button>Sign in</button></form>'


def queue(line: TipLine, who: Session) -> str:
    """What waits, imminent danger first, then the oldest first; danger that nobody has opened sounds."""
    tips = line.queue.open_tips()
    alarms = [tip for tip in tips if tip.urgent and not tip.looked_at]
    sound = ""
    if alarms:
        sound = (
            f'<p class="danger" role="alert"><strong>Danger may be imminent in {len(alarms)} '
            f"{'tip' if len(alarms) == 1 else 'tips'} that nobody has opened.</strong></p>"
            '<audio src="/alarm.wav" autoplay controls aria-label="Alarm"></audio>'
        )
    rows = ((_link(tip), _when(tip.received_at), _state(tip), escape(tip.channel), _snippet(tip)) for tip in tips)
    listed = _table(("tip", "received", "state", "by", "what"), rows) if tips else "<p>No tip waits.</p>"
    return f"{_bar(who)}<h1>Tips that wait ({len(tips)})</h1>{sound}{listed}"


def decided(line: TipLine, who: Session) -> str:
    """What was decided, the newest first."""
    tips = [*line.queue.decided("accepted"), *line.queue.decided("refused")]
    tips.sort(key=lambda tip: tip.decided_at or tip.received_at, reverse=True)
    rows = (
        (_link(tip), _when(tip.decided_at), escape(tip.state), _text(tip.decided_by), _text(tip.reason), _snippet(tip))
        for tip in tips
    )
    kept = line.queue.settings
    about = (
        f"<p>A refused tip is deleted after {kept.tips_refused_days} days, an accepted one after "
        f"{kept.tips_passed_days}; the audit stays.</p>"
    )
    return f"{_bar(who)}<h1>Decided</h1>{about}{_table(('tip', 'decided', '', 'by', 'reason', 'what'), rows)}"


def audit(line: TipLine, who: Session) -> str:
    """Who did what, the newest first."""
    rows = (
        (_when(act.at), str(act.tip_id or ""), _text(act.by), _text(act.action), _text(act.note))
        for act in reversed(line.queue.acts())
    )
    return f"{_bar(who)}<h1>Audit</h1>{_table(('at', 'tip', 'by', 'did', 'note'), rows)}"


def call(line: TipLine, who: Session, fields: dict[str, str], fault: str = "") -> str:
    """The form of whoever takes a call."""
    told = f'<p class="fault" role="alert">{escape(fault)}</p>' if fault else ""
    days = line.queue.settings.tips_contact_days

    def field(name: str, label: str, hint: str = "") -> str:
        return html.field(name, label, hint=hint, value=fields.get(name, ""), area=name == "text")

    checked = " checked" if fields.get("urgent") else ""
    return (
        f'{_bar(who)}<h1>Write down a call</h1>{told}<form method="post" action="/call">{_key(who)}'
        + html.hidden("code", fields.get("code") or new_code())
        + field("text", "What the caller says", "In the caller's words. No name unless the caller wants it passed on.")
        + f'<p><input type="checkbox" id="urgent" name="urgent" value="1"{checked}> '
        '<label for="urgent" class="inline">Lives are in danger now</label></p>'
        + field("place", "Where")
        + field("happens", "When")
        + field("plate", "Number plate")
        + field("callback", "Number, only if the caller wants to be called back", f"Sealed; deleted after {days} days.")
        + "<button>Take it</button></form>"
    )


def taken(who: Session, code: str) -> str:
    """What the call taker reads out."""
    return (
        f"{_bar(who)}<h1>Taken</h1><p>Read this code to the caller; it is shown once:</p>"
        f'<strong class="code" id="code">{escape(code)}</strong><p><a href="/call">The next call</a></p>'
    )


def tip(line: TipLine, who: Session, number: str) -> tuple[str, str] | None:
    """One tip with what tells the same beside it, and what may be done; that it was looked at is noted."""
    found = line.queue.get(number_in(number))
    if found is None:
        return None
    line.decisions.look(found.tip_id, who.clerk.name, line.now())
    facts = (
        ("received", _when(found.received_at)), ("by", escape(found.channel)), ("where", _text(found.place)),
        ("when", _text(found.happens)), ("state", _state(found)), ("decided by", _text(found.decided_by)),
        ("reason", _text(found.reason)), ("report", _text(found.report_id)),
        ("plate", "known, as a keyed hash" if found.plate_token else ""),
        ("caller", "gave a number" if found.caller_token else ""),
    )  # fmt: skip
    listed = _table(("", ""), ((name, value) for name, value in facts if value))
    more = "".join(f"<h2>Added {_when(at)}</h2>{html.quoted(text)}" for at, text in found.additions)
    question = f"<h2>Asked</h2>{html.quoted(found.question)}" if found.question else ""
    beside = "".join(
        f"<li>{_link(other)} ({100 * near.share:.0f} % of the words, {_state(other)}): {_snippet(other)}</li>"
        for near in line.queue.alike(found, line.now())
        if (other := line.queue.get(near.tip_id)) is not None
    )
    alike = f"<h2>Tells much the same</h2><ul>{beside}</ul>" if beside else ""
    deeds = _deeds(who, found) if found.is_open else ""
    title = f"Tip {found.tip_id}"
    return title, f"{_bar(who)}<h1>{title}</h1>{html.quoted(found.text)}{more}{question}{listed}{alike}{deeds}"


def number(who: Session, about: Tip, shown: str | None) -> str:
    """The number of somebody who wants to be called back; that it was read is in the audit."""
    said = f'<strong class="code">{escape(shown)}</strong>' if shown else "<p>No number is kept, or no longer.</p>"
    return f"{_bar(who)}<h1>Number of tip {about.tip_id}</h1>{said}<p>{_link(about)}</p>"


def fault(sentence: str, who: Session) -> str:
    """A page that says what is wrong."""
    return f'{_bar(who)}<h1>Not done</h1><p class="fault" role="alert">{escape(neutral(sentence))}</p>'


def _deeds(who: Session, about: Tip) -> str:
    def form(act: str, inner: str, button: str, title: str) -> str:
        return (
            f'<form method="post" action="/tips/{about.tip_id}/{act}">{_key(who)}<fieldset><legend>{title}</legend>'
            f"{inner}<button>{button}</button></fieldset></form>"
        )

    judged = (
        html.choice(
            "province", "Province", (_ANYWHERE, *((one.value, one.name.replace("_", " ").title()) for one in Province))
        )
        + html.field("district", "District")
        + html.choice(
            "category", "Category", (_ANYWHERE, *((one.value, one.value.replace("_", " ")) for one in ThreatCategory))
        )
        + html.choice("tip_class", "Class (NIEM)", (_ANYWHERE, *((one.value, one.value) for one in TipClassCode)))
        + html.field("headline", "Headline", hint="Without one the tip's first words.")
    )
    mark = ("calm", "Not urgent") if about.urgent else ("urgent", "Lives are in danger")
    return (
        form("accept", judged, "Accept: it becomes a report", "Accept")
        + form("refuse", html.field("reason", "Why it is refused"), "Refuse", "Refuse")
        + form("ask", html.field("question", "Question to the teller"), "Ask for more", "Ask for more")
        + form(mark[0], "", mark[1], "Urgency")
        + (form("number", "", "Show the number", "Call back") if about.has_contact else "")
    )


def _bar(who: Session) -> str:
    pages = (("/", "Queue"), ("/call", "Call"), ("/decided", "Decided"), ("/audit", "Audit"))
    shown = pages if who.clerk.role == "triage" else pages[1:2]
    links = "".join(f'<a href="{where}">{name}</a>' for where, name in shown)
    out = '<form method="post" action="/sign-out"><button>Sign out</button></form>'
    return f'<nav aria-label="Desk">{links}</nav><p class="hint">{escape(who.clerk.name)}</p>{out}'


def _key(who: Session) -> str:
    return html.hidden("form_key", who.form_key)


def _link(about: Tip) -> str:
    return f'<a href="/tips/{about.tip_id}">Tip {about.tip_id}</a>'


def _state(about: Tip) -> str:
    danger = '<span class="urgent">danger</span> ' if about.urgent else ""
    return f"{danger}{escape(about.standing if about.is_open and about.state != 'asked' else about.state)}"


def _snippet(about: Tip) -> str:
    line = " ".join(about.text.split())
    return html.quoted(line if len(line) <= SNIPPET_MAX else f"{line[: SNIPPET_MAX - 1]}…")


def _text(text: str | None) -> str:
    return f'<span dir="auto">{escape(neutral(text))}</span>' if text else ""


def _when(at: datetime | None) -> str:
    return at.astimezone(PKT).strftime("%d %b %Y %H:%M PKT") if at else ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(head)}</th>' if head else "<td></td>" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scrolls" tabindex="0" role="region" aria-label="List">{table}</div>'
