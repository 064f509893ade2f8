"""One incident: what is known, why, who was told, and what may be done about it."""

import time
from datetime import UTC, datetime
from typing import Final

from anyio import to_thread
from fastapi import Request
from nicegui import ui

from fusionbus.consumers.threats.hub_rows import incident_as_held
from fusionbus.consumers.threats.picture import newest, receipts_in, ties
from fusionbus.consumers.threats.search import incident_page
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.pages import acts
from fusionbus.consumers.web.pages.desk import Desk, desk_of
from fusionbus.consumers.web.pages.doing import Doing
from fusionbus.consumers.web.pages.frame import frame
from fusionbus.consumers.web.pages.incident_parts import Read, buttons, head, sections, title_of
from fusionbus.consumers.web.pages.live import Live, Pairs
from fusionbus.consumers.web.pages.marks import STYLE, symbols
from fusionbus.consumers.web.pages.picture_rows import nowhere
from fusionbus.consumers.web.people import Right
from fusionbus.consumers.web.site import signed_in
from fusionbus.contract.errors import FusionError

POLL_S: Final = 0.5
AFRESH_S: Final = 5.0
"""What the hub holds changes without an alert for this agency too."""


@ui.page("/incidents/{incident_id}")
async def show_incident(request: Request, incident_id: str) -> None:
    """The page."""
    person = signed_in(request, Right.READ)
    desk = desk_of(request, person)
    await to_thread.run_sync(desk.log, Act.VIEW, f"incident {incident_id[:60]}")
    read = await to_thread.run_sync(look, desk, incident_id)
    ui.add_head_html(STYLE)
    with frame(title_of(read) if read.is_there else "No such incident", person, "", desk.csrf):
        if not read.is_there:
            ui.html(nowhere(person.agency), sanitize=False)
            return
        shown = _Shown(desk, read)
    ui.timer(POLL_S, shown.poll)


def look(desk: Desk, incident_id: str) -> Read:
    """The incident as this person may know it. Raises: NotAllowed, RetryLater, Misconfigured."""
    threats, viewer = desk.threats, desk.viewer
    told = incident_page(threats, viewer, incident_id)
    held = incident_as_held(threats, viewer, incident_id) if viewer.reviews else None
    links = ties(threats, viewer, incident_id) if viewer.reviews else ()
    return Read(incident_id, told, held, links, tuple(receipts_in(threats, viewer, incident_id)))


class _Shown:
    """One open page."""

    def __init__(self, desk: Desk, read: Read) -> None:
        self._desk, self._incident_id = desk, read.incident_id
        self._mark = ""
        self._busy = False
        ui.html(symbols(), sanitize=False)
        self._head = Live()
        self._said = Live().props("role=status aria-live=polite")
        self._acts = Live(on_form=self._act)
        self._parts: dict[str, Live] = {}
        with ui.element("div").classes("panels incident-panels"):
            for name in sections(read, datetime.now(UTC), desk.person.agency):
                with ui.element("section").classes("panel").props(f'aria-label="{name}"'):
                    ui.html(f"<h2>{name}</h2>", sanitize=False)
                    self._parts[name] = Live()
        self._doing = Doing(desk, self._said)
        self._fill(read)

    async def poll(self) -> None:
        """Looks whether there is news, and shows it."""
        if self._busy:
            return
        self._busy = True
        try:
            mark = await to_thread.run_sync(newest, self._desk.threats, self._desk.viewer)
            if mark != self._mark or time.monotonic() - self._read_at_s > AFRESH_S:
                await self._refresh()
                self._mark = mark
        except FusionError as exc:
            self._head.put(acts.said(f"{exc} What is shown is older.", "warn"))
        finally:
            self._busy = False

    async def _refresh(self) -> None:
        self._fill(await to_thread.run_sync(look, self._desk, self._incident_id))

    async def _act(self, fields: Pairs) -> None:
        if await self._doing.form(fields):
            await self._refresh()

    def _fill(self, read: Read) -> None:
        self._read_at_s = time.monotonic()
        self._head.put(head(read))
        self._acts.put(buttons(read, self._desk.person))
        for name, html in sections(read, datetime.now(UTC), self._desk.person.agency).items():
            if name in self._parts:
                self._parts[name].put(html)
