"""The picture as values become HTML: the list of incidents, its filters, its sentences. Pure; every word is escaped."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import Final

from fusionbus.consumers.threats.found import IncidentLine
from fusionbus.consumers.threats.picture import Spot
from fusionbus.consumers.web.pages.filters import WORDS_MAX, Filters, Show, Since
from fusionbus.consumers.web.pages.marks import (
    ago,
    count_of,
    moment,
    province_name,
    severity_badge,
    spaced,
    tag,
    their,
    where,
)
from fusionbus.contract.vocabulary import Province, Severity, Status, ThreatCategory

GRAVE: Final = [(severity, f"{severity.value} or graver") for severity in Severity][:-1]
SINCE_WORDS: Final = {Since.DAY: "last 24 hours", Since.WEEK: "last 7 days", Since.MONTH: "last 30 days"}


def title(line: IncidentLine | Spot) -> str:
    """What the incident is called."""
    return line.headline or f"{spaced(line.category).capitalize() or 'Incident'}, no headline released"


def row(seen: IncidentLine, now: datetime, *, answered: bool) -> str:
    """One line of the list."""
    place = where([seen.place, seen.district]) or province_name(seen.province) or "no place told"
    known = f"{count_of(seen.reports, 'report')} of {count_of(seen.independent_origins, 'origin')}"
    tags = [tag(seen.status, "status")] if seen.status != Status.ACTUAL else []
    tags += [tag("withdrawn", "bad")] if seen.withdrawn else []
    tags += [tag("now part of another", "quiet")] if seen.merged_into else []
    tags += [] if answered else [tag("not answered", "warn")]
    facts = " · ".join(escape(fact) for fact in (spaced(seen.category), place) if fact)
    return (
        f'<li><a class="incident sev-edge-{seen.severity.lower()}" href="/incidents/{escape(seen.incident_id)}">'
        f'<span class="incident-top">{severity_badge(seen.severity)}{"".join(tags)}'
        f'<time title="{moment(seen.updated_at)}">{ago(seen.updated_at, now)}</time></span>'
        f'<span class="incident-name">{their(title(seen))}</span>'
        f'<span class="quiet">{facts} · {known}</span></a></li>'
    )


def sentences(said: Iterable[str]) -> str:
    """What has to be told about the view itself."""
    return "".join(f'<p class="stale">{escape(sentence)}</p>' for sentence in said)


def nowhere(agency: str) -> str:
    """What is said where there is nothing to show."""
    return (
        f'<p class="nothing">{escape(agency)} was told of no incident of this id. Copy the id from an alert, or go '
        '<a href="/">back to the picture</a>.</p>'
    )


def rows(found: Sequence[IncidentLine], filters: Filters, now: datetime, answered: Collection[str]) -> str:
    """The list, or a sentence where it is empty; `answered` are the alerts of which a person has said something."""
    if not found:
        return f'<p class="nothing">{escape(nothing(filters))}</p>'
    lines = "".join(row(seen, now, answered=seen.alert_id in answered) for seen in found)
    return f'<ol class="incidents" start="{_first(filters)}">{lines}</ol>'


def nothing(filters: Filters) -> str:
    """What is said where there is nothing."""
    if filters == Filters():
        return "No incident is open. The first alert will show here within a second of its coming."
    return "No incident is like that: widen the filters."


PER_PAGE: Final = 50


def _first(filters: Filters) -> int:
    return (filters.page - 1) * PER_PAGE + 1


def said(shown: int, total: int, filters: Filters, *, capped: bool = False) -> str:
    """Which part of how many is shown."""
    if not shown:
        return "0 incidents"
    first = _first(filters)
    part = f"{first:,}–{first + shown - 1:,} of " if total > shown else ""
    return f"{part}{count_of(total, 'incident')}{' or more' * capped}, newest first"


def pager(total: int, filters: Filters) -> str:
    """Links to the neighbouring pages."""
    last = max(1, -(-total // PER_PAGE))
    if last == 1:
        return ""
    links = []
    for page, name in ((filters.page - 1, "Newer"), (filters.page + 1, "Older")):
        if 1 <= page <= last:
            links.append(f'<a href="{escape(filters.model_copy(update={"page": page}).address)}">{name}</a>')
    where_now = f'<span class="quiet">page {filters.page} of {last}</span>'
    return f'<nav class="pager" aria-label="Pages of the list">{" ".join(links)}{where_now}</nav>'


def filter_form(filters: Filters) -> str:
    """The filters as a form: it works by itself, and without the mouse; a change sends it."""
    return (
        '<form class="filters" method="get" action="/" data-live="change" role="search" '
        'aria-label="Filter the incidents">'
        f"{_words('q', 'Words', filters.q, 'English or اردو', search=True)}"
        f"{_choice('severity', 'Severity', filters.severity, GRAVE, 'any')}"
        f"{_choice('category', 'Category', filters.category, [(c, spaced(c)) for c in ThreatCategory], 'any')}"
        f"{_choice('province', 'Province', filters.province, [(p, province_name(p)) for p in Province], 'any')}"
        f"{_words('actor', 'Actor', filters.actor, 'name')}"
        f"{_choice('since', 'Since', filters.since, list(SINCE_WORDS.items()), 'any time')}"
        f"{_choice('status', 'Status', filters.status, [(s, s.value) for s in Status])}"
        f"{_choice('show', 'Show', filters.show, [(Show.OPEN, 'open'), (Show.ALL, 'all')])}"
        '<span class="filter-acts"><button type="submit" class="do">Filter</button> <a href="/">Clear</a></span></form>'
    )


def _words(name: str, label: str, value: str, hint: str, *, search: bool = False) -> str:
    mark = " data-search" if search else ""
    return (
        f'<label class="filter"><span>{label}</span><input class="field" type="search" name="{name}" dir="auto"{mark} '
        f'maxlength="{WORDS_MAX}" value="{escape(value)}" placeholder="{hint}" autocomplete="off"></label>'
    )


def _choice(
    name: str, label: str, chosen: str | None, options: Iterable[tuple[StrEnum, str]], nothing_chosen: str | None = None
) -> str:
    first = f'<option value="">{nothing_chosen}</option>' if nothing_chosen else ""
    rest = "".join(
        f'<option value="{escape(value.value)}"{" selected" if value == chosen else ""}>{escape(word)}</option>'
        for value, word in options
    )
    return (
        f'<label class="filter"><span>{label}</span><select class="field" name="{name}">{first}{rest}</select></label>'
    )
