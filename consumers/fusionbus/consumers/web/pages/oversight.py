"""The auditor's page: figures, the records behind them, who received a report, and on whom; never a body."""

from datetime import UTC, datetime

from anyio import to_thread
from fastapi import Request
from nicegui import ui
from pydantic import TypeAdapter, ValidationError

from fusionbus.consumers.oversight.desk import Oversight, period_of
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.pages import oversight_view as view
from fusionbus.consumers.web.pages.desk import Desk, desk_of
from fusionbus.consumers.web.pages.frame import frame
from fusionbus.consumers.web.pages.live import Live, Pairs
from fusionbus.consumers.web.people import Right
from fusionbus.consumers.web.site import signed_in, site
from fusionbus.contract.base import Id, Token
from fusionbus.contract.errors import FusionError, Misconfigured

POLL_S = 5.0
"""Figures change with what is read from the audit; they are counted again only while somebody looks."""
REASON_CHARS_MAX = 1_000
_ID: TypeAdapter[str] = TypeAdapter(Id)
_TOKEN: TypeAdapter[str] = TypeAdapter(Token)


@ui.page("/oversight")
async def oversight_page(request: Request) -> None:
    """The page."""
    person = signed_in(request, Right.OVERSIGHT)
    desk, book = desk_of(request, person), site(request).oversight
    asked = view.read(dict(request.query_params))
    await to_thread.run_sync(desk.log, Act.VIEW, f"oversight {asked.what}")
    with frame("Oversight", person, "/oversight", desk.csrf):
        ui.html(view.month_form(asked), sanitize=False)
        shown = Live().props("role=status")
        _Whom(desk, book).draw()

    async def look() -> None:
        shown.put(await to_thread.run_sync(_told, book, asked))

    await look()
    ui.timer(POLL_S, look)


class _Whom:
    """The question on a person: by a token that was made elsewhere, with a reason, written down before it is told."""

    def __init__(self, desk: Desk, book: Oversight) -> None:
        self._desk, self._book = desk, book

    def draw(self) -> None:
        """Makes the form and the place of its answer."""
        Live(view.whom_form(), on_form=self._ask)
        self._shown = Live().props("role=status")

    async def _ask(self, fields: Pairs) -> None:
        given = dict(fields)
        self._shown.put(await to_thread.run_sync(self._told, given.get("token", ""), given.get("reason", "")))

    def _told(self, token: str, reason: str) -> str:
        try:
            person = self._desk.now(Right.OVERSIGHT)
            asked = _TOKEN.validate_python(token.strip())
            if not reason.strip():
                raise Misconfigured("Say why you ask: the reason is kept with the question.")
            self._desk.log(Act.CHECK, "oversight: on whom, by a token")
            by = f"{person.agency} {person.by}"
            count, told = self._book.on_whom(asked, by, reason.strip()[:REASON_CHARS_MAX])
        except ValidationError:
            return view.fault("That is no token: make one with `fusionbus token cnic` on your own machine.")
        except FusionError as fault:
            return view.fault(str(fault))
        return view.on_whom(count, told)


def _told(book: Oversight, asked: view.Asked) -> str:
    try:
        period = period_of(asked.month, datetime.now(UTC))
        if asked.report:
            return view.story(book.told(_ID.validate_python(asked.report.lower())), asked)
        if asked.figure:
            return view.behind(book.behind(asked.figure, period, asked.agency or None), asked)
        found, newest = book.figures(period)
        return view.figures(found, period, newest, asked)
    except ValidationError:
        return view.fault("That is no report's id: copy it from a record behind a figure.")
    except FusionError as fault:
        return view.fault(str(fault))
