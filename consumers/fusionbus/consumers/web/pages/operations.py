"""The page of operations: how the bus runs, for those who keep it running and for those who depend on it."""

from anyio import to_thread
from fastapi import Request
from nicegui import ui

from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.pages.desk import desk_of
from fusionbus.consumers.web.pages.frame import frame
from fusionbus.consumers.web.pages.operations_board import Board
from fusionbus.consumers.web.people import Right
from fusionbus.consumers.web.site import signed_in, site


@ui.page("/operations")
async def show_operations(request: Request) -> None:
    """The page."""
    person = signed_in(request, Right.OPERATIONS)
    desk, lookout = desk_of(request, person), site(request).lookout
    await to_thread.run_sync(desk.log, Act.VIEW, "operations")
    with frame("Operations", person, "/operations", desk.csrf):
        Board(lookout.seen, person.agency, lookout.silent_s, reviews=person.reviews).draw()
