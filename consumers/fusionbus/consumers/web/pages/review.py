"""The review queue: doubtful pairs, likeliest first, for those who work for the hub's desk."""

from collections.abc import Sequence
from html import escape
from typing import Final

from anyio import to_thread
from fastapi import Request
from nicegui import ui

from fusionbus.consumers.threats.picture import Waiting, waiting
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.pages import acts, incident_ties
from fusionbus.consumers.web.pages.desk import Desk, desk_of
from fusionbus.consumers.web.pages.doing import Doing
from fusionbus.consumers.web.pages.frame import frame
from fusionbus.consumers.web.pages.live import Live, Pairs
from fusionbus.consumers.web.pages.marks import STYLE, at_html, count_of, spaced, tag, their, where
from fusionbus.consumers.web.people import Right
from fusionbus.consumers.web.site import signed_in
from fusionbus.contract.errors import FusionError
from fusionbus.contract.incident import Incident

SHOWN_MAX: Final = 20
"""Pairs on the page: nobody reads more at once, and what is decided makes room."""
POLL_S: Final = 1.0


@ui.page("/review")
async def show_queue(request: Request) -> None:
    """The page."""
    person = signed_in(request, Right.REVIEW)
    desk = desk_of(request, person)
    await to_thread.run_sync(desk.log, Act.VIEW, "review queue")
    ui.add_head_html(STYLE)
    with frame("Review", person, "/review", desk.csrf):
        queue = _Queue(desk)
    await queue.refresh()
    ui.timer(POLL_S, queue.refresh)


class _Queue:
    """One open page."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._said = Live().props("role=status aria-live=polite")
        self._list = Live(on_form=self._decide)
        self._doing = Doing(desk, self._said)

    async def refresh(self) -> None:
        """Reads and shows what waits."""
        try:
            found = await to_thread.run_sync(waiting, self._desk.threats, self._desk.viewer)
        except FusionError as exc:
            self._list.put(acts.said(str(exc), "bad"))
            return
        self._list.put(queue_html(found))

    async def _decide(self, fields: Pairs) -> None:
        if await self._doing.form(fields):
            await self.refresh()


def queue_html(found: Sequence[Waiting]) -> str:
    """What waits, likeliest first."""
    still = sorted((pair for pair in found if pair.is_open), key=lambda pair: -chance(pair))
    if not still:
        return '<p class="nothing">No pair of incidents waits for a decision.</p>'
    more = f", the likeliest {SHOWN_MAX} are shown" if len(still) > SHOWN_MAX else ""
    said = f"<p>{count_of(len(still), 'pair')} wait{'s' * (len(still) == 1)} for a decision{more}.</p>"
    return said + "".join(pair_html(pair) for pair in still[:SHOWN_MAX])


def chance(pair: Waiting) -> float:
    """How likely they are one event."""
    return incident_ties.probability_of(pair.link.reasons)


def pair_html(pair: Waiting) -> str:
    """One pair with what speaks for and against, and the two answers."""
    link, name = pair.link, pair.link.link_id
    names = {"incident": link.incidents[0], "other": link.incidents[1]}
    if link.type == "possible_split":
        question = "Does the report still belong to the incident?"
        out = {"act": "split", "incident": link.incidents[0], "report": link.report_id or ""}
        answers = [("It belongs", {"act": "merge"} | names), ("It does not", out)]
    else:
        question = "Are they one event?"
        answers = [("One event", {"act": "merge"} | names), ("Two events", {"act": "undo"} | names)]
    buttons = acts.decide_buttons(name, question, answers)
    likely = incident_ties.percent(chance(pair))
    sides = "".join(f"<li>{_side(incident)}</li>" for incident in pair.incidents)
    return (
        f'<section class="panel pair" aria-label="Pair {name[:8]}"><h2>{likely} likely. {question}</h2>'
        f'<ul class="sides">{sides}</ul><details data-key="{name}" open><summary>For and against</summary>'
        f"{incident_ties.waterfall(link.reasons)}</details>{buttons}</section>"
    )


def _side(incident: Incident) -> str:
    claim, name = incident.claim, incident.incident_id
    place = where([claim.place.name, claim.place.district, claim.place.province] if claim.place else [])
    reports = count_of(len(incident.members) + incident.members_beyond, "report")
    known = f"{reports} of {count_of(incident.independent_origins, 'origin')}"
    what = escape(spaced(claim.category) or "no category told")
    when = at_html(claim.occurred.start) if claim.occurred else "no time told"
    closed = f" {tag('closed')}" if incident.closed else ""
    return (
        f'<a href="/incidents/{name}">{their(claim.headline or name[:8])}</a>{closed}<br>'
        f'<span class="quiet">{what}, {their(place or "no place told")}, {when}, {known}</span>'
    )
