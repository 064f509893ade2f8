"""The page of one report's way, by id, under the asker's rights; it goes on while it is looked at."""

from html import escape
from typing import Final

from anyio import to_thread
from fastapi import Request
from nicegui import ui
from pydantic import TypeAdapter, ValidationError

from fusionbus.consumers.threats.journeys import journey
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.pages import journey_view as view
from fusionbus.consumers.web.pages.desk import Desk, desk_of
from fusionbus.consumers.web.pages.frame import frame
from fusionbus.consumers.web.pages.live import Live
from fusionbus.consumers.web.people import Right
from fusionbus.consumers.web.site import signed_in
from fusionbus.contract import ids
from fusionbus.contract.base import Id
from fusionbus.contract.errors import FusionError

POLL_S: Final = 1.0
ASKED_CHARS_MAX: Final = 300
_ID: Final[TypeAdapter[str]] = TypeAdapter(Id)


@ui.page("/journey")
async def journey_page(request: Request) -> None:
    """The page."""
    person = signed_in(request, Right.READ)
    desk = desk_of(request, person)
    asked = request.query_params.get("report", "").strip()[:ASKED_CHARS_MAX]
    with frame("Report’s journey", person, "/journey", desk.csrf):
        ui.html(view.form(asked), sanitize=False)
        shown = Live(view.start()).props("role=status")
    if not asked:
        return
    report_id = id_of(asked, person.agency)
    await to_thread.run_sync(desk.log, Act.VIEW, f"journey {report_id}")

    async def look() -> None:
        shown.put(await to_thread.run_sync(_told, desk, report_id, asked))

    await look()
    ui.timer(POLL_S, look)


def id_of(asked: str, agency: str) -> str:
    """The report's id: as given, or made from the agency's own reference."""
    try:
        return _ID.validate_python(asked.lower())
    except ValidationError:
        return ids.report_id(agency, asked)


def _told(desk: Desk, report_id: str, asked: str) -> str:
    try:
        way = journey(desk.threats, desk.viewer, report_id)
    except FusionError as fault:
        return f'<p class="stale">{escape(str(fault))}</p>'
    return view.nothing(asked, desk.person.agency) if way is None else view.steps(way.steps)
