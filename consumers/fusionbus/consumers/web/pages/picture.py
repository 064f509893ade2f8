"""The picture: open incidents on a map and in a list, as they come."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from anyio import to_thread
from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import ui

from fusionbus.consumers.threats.findings import open_findings
from fusionbus.consumers.threats.forecasts import newest_forecast
from fusionbus.consumers.threats.picture import answered, newest, spots, told_since
from fusionbus.consumers.threats.search import search
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.pages import findings, picture_rows
from fusionbus.consumers.web.pages.desk import Desk, desk_of
from fusionbus.consumers.web.pages.filters import Filters, read
from fusionbus.consumers.web.pages.forecast_words import week_said
from fusionbus.consumers.web.pages.frame import frame
from fusionbus.consumers.web.pages.live import Live, Pairs
from fusionbus.consumers.web.pages.marks import STYLE, symbols
from fusionbus.consumers.web.pages.picture_map import PictureMap, Window, basemap_of, points, risks
from fusionbus.consumers.web.people import Right
from fusionbus.consumers.web.site import signed_in
from fusionbus.contract.errors import FusionError

POLL_S: Final = 0.3
"""A third of the second within which an alert has to show; a poll takes two looks into an index."""
OVERLAP: Final = timedelta(seconds=10)
"""Alerts of several zones come a little out of order."""
AFRESH_S: Final = 15.0
"""All is read again after so long, for what a poll cannot see: incidents that close by time or are joined to others."""


@ui.page("/")
async def picture_page(request: Request) -> RedirectResponse | None:
    """The page."""
    person = signed_in(request)
    if not person.may(Right.READ):
        return RedirectResponse("/oversight" if person.may(Right.OVERSIGHT) else "/operations")
    desk = desk_of(request, person)
    filters, wrong = read(dict(request.query_params))
    await to_thread.run_sync(desk.log, Act.SEARCH, filters.address)
    ui.add_head_html(STYLE)
    with frame("Picture", person, "/", desk.csrf):
        picture = _Picture(desk, filters, wrong)
        picture.draw()
    await picture.refresh()
    ui.timer(POLL_S, picture.poll)
    return None


class _Picture:
    """One open page: what is asked, what is shown."""

    def __init__(self, desk: Desk, filters: Filters, wrong: tuple[str, ...]) -> None:
        self._desk, self._filters, self._wrong = desk, filters, wrong
        self._mark = ""
        self._read_at_s = 0.0
        self._spotted_at: datetime | None = None
        self._busy = False

    def draw(self) -> None:
        """Makes the parts, still empty."""
        ui.html(symbols(), sanitize=False)
        self._said = Live(picture_rows.sentences(self._wrong)).props("role=status")
        with ui.element("div").classes("picture"):
            with ui.element("section").classes("picture-list panel").props('aria-label="Incidents"'):
                Live(picture_rows.filter_form(self._filters), on_form=self._filter)
                self._findings = Live()
                self._count = Live().props("role=status")
                self._list = Live().classes("list-holds").props('tabindex=0 role=region aria-label="List of incidents"')
                self._pager = Live()
            with ui.element("section").classes("picture-map").props('aria-label="Map"'):
                window = (self._filters.start, self._filters.end)
                self._map = PictureMap(self._slide, window, "No incident with a place is in this view.")
        self._map.basemap(basemap_of(self._desk.basemap))

    async def poll(self) -> None:
        """Looks whether there is news, and shows it."""
        if self._busy:
            return
        self._busy = True
        try:
            mark = await to_thread.run_sync(newest, self._desk.threats, self._desk.viewer)
            stale = time.monotonic() - self._read_at_s > AFRESH_S
            if mark != self._mark or stale:
                await self.refresh(whole=stale)
                self._mark = mark
        except FusionError as exc:
            self._said.put(picture_rows.sentences([f"{exc} What is shown is older."]))
        finally:
            self._busy = False

    async def refresh(self, *, whole: bool = True) -> None:
        """Reads and shows the list and the map; of the map, where not the whole, what was told lately."""
        now, filters = datetime.now(UTC), self._filters
        try:
            await self._list_again(filters, now)
            since = None if whole or self._spotted_at is None else self._spotted_at - OVERLAP
            found = await to_thread.run_sync(
                spots, self._desk.threats, self._desk.viewer, filters.of_map.query(now, 1), now, since
            )
            told, held = frozenset[str](), None
            if since is None:  # not with every news, for it is looked for among all incidents
                held = await to_thread.run_sync(open_findings, self._desk.threats, self._desk.viewer, now)
            else:
                told = await to_thread.run_sync(told_since, self._desk.threats, self._desk.viewer, since)
        except FusionError as exc:
            self._said.put(picture_rows.sentences([str(exc)]))
            return
        if filters is not self._filters:  # while this was read, something else was asked
            return
        if held is not None:
            self._findings.put(findings.panel(held, now))
            self._map.surges(findings.surged(held))
            self._map.show(points(found))
            await self._forecast()
            self._read_at_s = time.monotonic()
        else:
            self._map.change(points(found), told - {spot.incident_id for spot in found})
        self._spotted_at = max((spot.updated_at for spot in found), default=self._spotted_at)

    async def _forecast(self) -> None:
        """Shows the forecast that holds now; a past one, or none, colours nothing."""
        told = await to_thread.run_sync(newest_forecast, self._desk.threats, self._desk.viewer)
        if told is None or not told.section.window.start <= datetime.now(UTC) < told.section.window.end:
            self._map.risk("", [])
        else:
            self._map.risk(week_said(told.section.window), risks(told.section.areas))

    async def _list_again(self, filters: Filters, now: datetime) -> None:
        desk = self._desk
        query = filters.query(now, picture_rows.PER_PAGE)
        found = await to_thread.run_sync(search, desk.threats, desk.viewer, query, now)
        alerts = [line.alert_id for line in found.incidents]
        done = await to_thread.run_sync(answered, desk.threats, desk.viewer, alerts)
        if filters is not self._filters:
            return
        self._said.put(picture_rows.sentences(self._wrong))
        self._count.put(picture_rows.said(len(found.incidents), found.total, filters, capped=found.total_is_capped))
        self._list.put(picture_rows.rows(found.incidents, filters, now, done))
        self._pager.put(picture_rows.pager(found.total, filters))

    async def _filter(self, fields: Pairs) -> None:
        """Somebody chose other filters."""
        told = dict(fields)
        window = {"start": self._filters.start, "end": self._filters.end}
        told |= {name: str(value) for name, value in window.items() if value is not None}
        filters, self._wrong = read(told)
        await to_thread.run_sync(self._desk.log, Act.SEARCH, filters.address)
        await self._ask(filters)

    async def _slide(self, window: Window) -> None:
        """Somebody moved the slider: the map has done so already, the list follows."""
        start, end = (None if moment is None else int(moment) for moment in window)
        await self._ask(self._filters.with_(start=start, end=end))

    async def _ask(self, filters: Filters) -> None:
        self._filters = filters
        ui.navigate.history.replace(filters.address)
        await self.refresh()
