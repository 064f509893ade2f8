"""What a person sees instead of a page: one sentence, and a way back; never a traceback."""

from html import escape
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from fusionbus.consumers.web.pages.frame import HEAD
from fusionbus.consumers.web.problems import problem_of
from fusionbus.contract.errors import FusionError

BROKEN = "This page broke on the server: what happened is in its log. Try again, then call the operator."
NOWHERE = "There is no such page."

log = structlog.get_logger()


def explain(pages: FastAPI) -> None:
    """Puts every fault of a page into words."""

    @pages.exception_handler(FusionError)
    async def of_a_fault(_: Request, fault: FusionError) -> HTMLResponse:
        told = problem_of(fault)
        return HTMLResponse(refusal(told.detail), told.status.value, told.headers)

    @pages.exception_handler(HTTPStatus.NOT_FOUND.value)
    async def of_a_path(_: Request, __: Exception) -> HTMLResponse:
        return HTMLResponse(refusal(NOWHERE), HTTPStatus.NOT_FOUND.value)

    @pages.exception_handler(Exception)
    async def of_a_bug(request: Request, fault: Exception) -> HTMLResponse:
        log.error("page_broke", path=request.url.path, exc_info=fault)
        return HTMLResponse(refusal(BROKEN), HTTPStatus.INTERNAL_SERVER_ERROR.value)


def refusal(sentence: str) -> str:
    """The page that says it."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>fusionbus</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{HEAD}</head><body>'
        f'<main class="page"><h1>{escape(sentence)}</h1><p><a href="/">Back to the first page</a></p></main>'
        "</body></html>"
    )
