"""The web server: the API and the pages behind one guard."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from fusionbus.consumers.web import reply_links, sign_in, taxii
from fusionbus.consumers.web.api import routes
from fusionbus.consumers.web.guard import Guard
from fusionbus.consumers.web.problems import Problem, problem_of
from fusionbus.consumers.web.site import Site
from fusionbus.consumers.web.taxii_messages import shown
from fusionbus.contract.errors import FusionError

FAULTS_SHOWN: Final = 5
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def create_app(site: Site, *, with_pages: bool = True) -> ASGIApp:
    """The whole server over these parts; pages only once in a process, because NiceGUI is one."""
    app = FastAPI(title="fusionbus", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(sign_in.router)
    app.include_router(routes.health)
    app.include_router(routes.router)
    app.include_router(reply_links.router)
    app.include_router(taxii.router)
    _explain(app)
    if with_pages:
        from fusionbus.consumers.web.pages.mount import mount  # noqa: PLC0415 - half a second that only pages need

        mount(app, site.lookout)
    return Guard(app, site, LOOPBACK | frozenset(site.settings.web_names))


def _explain(app: FastAPI) -> None:
    """Every fault is a problem in words, never a traceback."""

    @app.exception_handler(Problem)
    async def of_its_own(asked: Request, fault: Problem) -> Response:
        return shown(asked.url.path, fault)

    @app.exception_handler(FusionError)
    async def of_a_fault(asked: Request, fault: FusionError) -> Response:
        return shown(asked.url.path, problem_of(fault))

    @app.exception_handler(RequestValidationError)
    async def of_the_words(asked: Request, fault: RequestValidationError) -> Response:
        said = dict.fromkeys(_sentence(each) for each in fault.errors()[:FAULTS_SHOWN])
        return shown(asked.url.path, Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{'; '.join(said)}."))

    @app.exception_handler(HTTPException)
    async def of_the_path(asked: Request, fault: HTTPException) -> Response:
        said = Problem(HTTPStatus(fault.status_code), f"{fault.detail}.", dict(fault.headers or {}))
        return shown(asked.url.path, said)


def _sentence(fault: Mapping[str, Any]) -> str:
    """What is wrong with one part; what was sent is not repeated, it may name a person."""
    named = ".".join(str(part) for part in fault["loc"][1:])[:80]
    said = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "string_pattern_mismatch":
        said = "this is not written as it must be, see /api/v1/openapi.json"
    elif fault["type"] == "extra_forbidden":
        said = "there is no such part"
    elif fault["type"] == "json_invalid":
        named, said = "", "the body is not JSON"
    return f"{named}: {said[:1].lower()}{said[1:]}" if named else said
