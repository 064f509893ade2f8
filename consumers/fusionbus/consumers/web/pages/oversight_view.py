"""Oversight as HTML: numbers with what they are out of, records with their places, recipients with their rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final
from urllib.parse import urlencode

from fusionbus.consumers.oversight.figures import ALL, BY_KEY, Behind, Count, Figure, Period
from fusionbus.consumers.oversight.folding import PKT
from fusionbus.consumers.oversight.report_page import share
from fusionbus.consumers.oversight.whom import Step, Told

PATH: Final = "/oversight"
CHARS_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    month: str = ""
    figure: str = ""
    agency: str = ""
    report: str = ""

    @property
    def what(self) -> str:
        """In words, for the access log."""
        parts = (self.report, self.figure, self.agency, self.month)
        return " ".join(part for part in parts if part) or "figures"

    def link(self, **more: str) -> str:
        """The address of the same month with something else asked."""
        told = {"month": self.month} | more
        query = urlencode({name: value for name, value in told.items() if value})
        return escape(f"{PATH}?{query}" if query else PATH)


def read(given: Mapping[str, str]) -> Asked:
    """What the parts of an address ask for; anything may stand there."""
    return Asked(*(given.get(name, "").strip()[:CHARS_MAX] for name in ("month", "figure", "agency", "report")))


def figures(found: Sequence[Figure], period: Period, newest: datetime | None, asked: Asked) -> str:
    """A panel for each figure."""
    read_to = f"Read up to {_clock(newest)}." if newest else "Nothing was read from the audit yet."
    said = f"From {_clock(period.begin)} up to {_clock(period.end)}, time of Pakistan. {read_to}"
    panels = "".join(_figure(one, asked) for one in found)
    return f'<p class="quiet">{said}</p><div class="panels">{panels}</div>'


def behind(records: Sequence[Behind], asked: Asked) -> str:
    """The records behind a figure, each with its place on the audit."""
    told = BY_KEY[asked.figure]
    rows = (
        (
            _clock(one.at),
            escape(one.about),
            escape(one.event.replace("_", " ")),
            f"{one.partition}/{one.offset}",
            _report_link(one.report_id, asked),
        )
        for one in records
    )
    table = _table(told.title, ("time (PKT)", "agency", "event", "partition/offset", "report"), rows)
    said = f"{escape(told.counted)}; {escape(told.meaning)} {escape(told.law)}."
    return _panel(told.title, f'{_back(asked)}<p class="quiet">{said}</p>{table}<p>{len(records)} records.</p>')


def story(told: Told, asked: Asked) -> str:
    """Who received a report, by which rule, and what they answered."""
    if not told.steps:
        return fault("The audit tells of no such report.")
    rows = [row for step in told.steps for row in _step_rows(step)]
    heads = ("time (PKT)", "what", "agency", "said", "rule", "form", "partition/offset")
    whose = escape(told.agency or "an unknown agency")
    head = f'{_back(asked)}<p class="quiet">Report <span class="whole">{escape(told.report_id)}</span> of {whose}</p>'
    return _panel("Who received it, and why", head + _table("Acts on this report", heads, rows))


def whom_form() -> str:
    """The form that asks on whom."""
    return (
        '<section class="panel wide"><h2>On whom</h2>'
        '<p class="quiet">Make a token of the value on your own machine (<code>fusionbus token cnic</code>): the value '
        "itself is not sent here. The question is kept, with your name and reason.</p>"
        # Without script it would be posted: a token must not stand in an address, which is logged and remembered.
        '<form class="ask" data-live method="post" action="/oversight">'
        '<label>Token<input class="field" name="token" autocomplete="off" required></label>'
        '<label>Why you ask<input class="field" name="reason" autocomplete="off" required maxlength="1000"></label>'
        '<button class="do" type="submit">Ask</button></form></section>'
    )


def on_whom(count: int, told: Sequence[Told]) -> str:
    """The reports that carried a token, and who received them."""
    head = f"<p>{count} reports carried it. The question was written down.</p>"
    return head + "".join(story(one, Asked()) for one in told)


def fault(sentence: str) -> str:
    """One sentence that says what is wrong."""
    return f'<p class="stale">{escape(sentence)}</p>'


def _figure(figure: Figure, asked: Asked) -> str:
    told, total = figure.definition, figure.total
    shown = [row for row in figure.rows if row.count]
    rows = [_row(row, told.key, asked) for row in shown]
    if len(shown) > 1 or not shown:
        rows.append(_row(Count(ALL, total.count, total.of), told.key, asked))
    table = _table(f"{told.counted}, out of {told.out_of}", ("agency", "count", "out of", "share"), rows, numbers=3)
    source = (
        f'<details class="source" data-key="{told.key}"><summary>What it counts</summary>'
        f"<p>{escape(told.counted)}, out of "
        f"{escape(told.out_of)}; by {escape(told.by)}. {escape(told.meaning)}</p><p>{escape(told.law)}</p></details>"
    )
    return _panel(told.title, table + source)


def _row(row: Count, key: str, asked: Asked) -> tuple[str, ...]:
    more = {"figure": key} | ({} if row.about == ALL else {"agency": row.about})
    count = f'<a href="{asked.link(**more)}">{row.count:,}</a>' if row.count else "0"
    return escape(row.about), count, f"{row.of:,}", share(row)


def _step_rows(step: Step) -> Sequence[tuple[str, ...]]:
    said = ", ".join(part for part in (step.detail, "danger to life overrode" if step.override else "") if part)
    place = f"{step.partition}/{step.offset}"
    what = escape(step.event.replace("_", " "))
    rows = [(_clock(step.at), what, escape(step.agency or ""), escape(said), "", "", place)]
    return rows + [("", "sent to", escape(one.agency), "", one.rule, one.form, "") for one in step.receivers]


def _report_link(report_id: str | None, asked: Asked) -> str:
    if report_id is None:
        return ""
    return f'<a class="whole" href="{asked.link(report=report_id)}">{escape(report_id)}</a>'


def _back(asked: Asked) -> str:
    return f'<p><a href="{asked.link()}">All figures</a></p>'


def month_form(asked: Asked) -> str:
    """The form that asks for a month."""
    return (
        f'<form class="ask" method="get" action="{PATH}"><label>Month (empty: the last 30 days)'
        f'<input class="field" name="month" placeholder="2026-11" value="{escape(asked.month)}"></label>'
        '<button class="do" type="submit">Show</button></form>'
    )


def _panel(title: str, body: str) -> str:
    return f'<section class="panel"><h2>{escape(title)}</h2>{body}</section>'


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """A table that scrolls by keyboard too; cells are HTML already, the last `numbers` columns are numbers."""
    first = len(heads) - numbers

    def kind(place: int) -> str:
        return ' class="number"' if place >= first else ""

    top = "".join(f'<th scope="col"{kind(place)}>{escape(head)}</th>' for place, head in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(f"<td{kind(place)}>{cell}</td>" for place, cell in enumerate(row)) + "</tr>" for row in rows
    )
    name = escape(caption)
    return (
        f'<div class="scrolls" tabindex="0" role="region" aria-label="{name}"><table class="facts">'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _clock(at: datetime) -> str:
    return at.astimezone(PKT).strftime("%Y-%m-%d %H:%M")
