"""What every answer tells the browser not to do."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

ASSETS: Final = ("static/", "libraries/", "components/", "resources/", "esm/")
"""Code and fonts of the pages' library, the same for everybody."""

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}
"""Source: OWASP HTTP Headers Cheat Sheet."""
PLAIN_PAGE: Final = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
"""For the API, sign-in and refusals: no script at all."""
LIVE_PAGE: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""NiceGUI 3 starts itself by scripts in the page and Vue compiles templates in the browser, so inline scripts and
eval must be allowed; nothing may be loaded from, or told to, another host."""
HSTS: Final = "max-age=31536000"
PLAIN: Final = ("/api/", "/taxii2/", "/sign-in", "/password", "/health", "/reply/")


def is_asset(path: str) -> bool:
    """Whether the path is code, style or a font: ours, or `/_nicegui/<version>/static/…` of the pages' library."""
    if path.startswith("/static/"):
        return True
    parts = path.split("/", 3)
    return len(parts) > len("abc") and parts[1] == "_nicegui" and parts[3].startswith(ASSETS)


def added(send: Send, path: str, *, tls: bool) -> Send:
    """As `send`, with these headers on the answer; nothing but assets is kept by browser or proxy."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer = MutableHeaders(raw=message["headers"])
            for name, value in ALWAYS.items():
                answer[name] = value
            answer["Content-Security-Policy"] = PLAIN_PAGE if path.startswith(PLAIN) else LIVE_PAGE
            if not is_asset(path):
                answer["Cache-Control"] = "no-store"
            if tls:
                answer["Strict-Transport-Security"] = HSTS
            message["headers"] = answer.raw
        await send(message)

    return send_with_headers
