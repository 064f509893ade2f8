"""What every answer tells the browser not to do, and that nobody keeps it."""

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse

from fusionbus.producers.tips.web.asking import BadForm
from fusionbus.producers.tips.web.places import STATIC

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; media-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""Source: OWASP HTTP Headers Cheat Sheet. No cookie, no script, nothing kept: a shared phone tells nothing later."""


def bare_app(bad_form: Callable[[Request], Response]) -> FastAPI:
    """An application without documentation pages, with these headers and the static files."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def closed(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            response = await answer(request)
        except BadForm:
            response = bad_form(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    @app.get("/static/{name}")
    async def static(name: str) -> Response:
        found = STATIC.get(name)
        return FileResponse(found[0], media_type=found[1]) if found else Response(status_code=404)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app
