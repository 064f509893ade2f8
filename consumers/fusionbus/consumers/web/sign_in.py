"""Signing in and out, and choosing a password: plain forms, no script."""

import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from fusionbus.consumers.web import sign_in_page as page
from fusionbus.consumers.web.access_log import Act, Entry, Outcome
from fusionbus.consumers.web.accounts import NAME
from fusionbus.consumers.web.guard import cookie_name
from fusionbus.consumers.web.people import Account
from fusionbus.consumers.web.problems import Problem
from fusionbus.consumers.web.site import Site, address, session, site
from fusionbus.consumers.words import agency_id
from fusionbus.contract.errors import Misconfigured

router = APIRouter(include_in_schema=False)

NOT_KNOWN: Final = "Agency, name and password do not belong together, or the account is switched off."
"""The same for every cause: a stranger learns no name."""
Field = Annotated[str, Form(max_length=300)]


@router.get("/sign-in")
def ask(next: str = "/") -> HTMLResponse:  # noqa: A002 - as it is called in the address
    """The page that asks who you are."""
    return HTMLResponse(page.sign_in(_local(next)))


@router.get("/sign-in.css")
def style() -> Response:
    """How these pages look."""
    return Response(page.STYLE, media_type="text/css")


@router.post("/sign-in")
def answer(request: Request, agency: Field = "", name: Field = "", password: Field = "", next: Field = "/") -> Response:  # noqa: A002 - as above
    """Lets in, or says why not; every try is in the access log."""
    here, source = site(request), address(request)
    agency, name = agency.strip().upper(), name.strip().lower()
    who = f"{agency}/{name}"
    wait_s = here.brake.wait_s(who, source, time.monotonic())
    if wait_s > 0:
        _log(here, agency, name, Outcome.SLOWED, source)
        sentence = f"Too many failed tries: wait {wait_s:.0f} s, then try again."
        refused = HTMLResponse(page.sign_in(_local(next), sentence), HTTPStatus.TOO_MANY_REQUESTS)
        refused.headers["Retry-After"] = str(int(wait_s) + 1)
        return refused
    here.brake.tried(who, source, time.monotonic())
    account = here.accounts.known(agency, name, password)
    if account is None:
        _log(here, agency, name, Outcome.FAILED, source)
        return HTMLResponse(page.sign_in(_local(next), NOT_KNOWN), HTTPStatus.UNAUTHORIZED)
    here.brake.succeeded(who, source)
    _log(here, agency, name, Outcome.DONE, source)
    return _entered(here, account, _local(next))


@router.post("/sign-out")
def leave(request: Request, csrf: Field = "") -> Response:
    """Ends the session."""
    now = session(request)
    if now is not None:
        _own_form(request, csrf)
        site(request).sessions.end(now.secret)
        site(request).log.wrote(now.person, Act.SIGN_OUT, None, address=address(request))
    gone = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    gone.delete_cookie(cookie_name(site(request)), path="/")
    return gone


@router.get("/password")
def ask_password(request: Request) -> Response:
    """The page on which a password is chosen."""
    now = session(request)
    if now is None:
        return RedirectResponse("/sign-in?next=/password", HTTPStatus.SEE_OTHER)
    return HTMLResponse(page.password(now.csrf, first=now.person.must_change))


@router.post("/password")
def choose_password(
    request: Request, old: Field = "", new: Field = "", again: Field = "", csrf: Field = ""
) -> Response:
    """Changes the password; all sessions end, and this one begins anew."""
    here, now, source = site(request), session(request), address(request)
    if now is None:
        return RedirectResponse("/sign-in?next=/password", HTTPStatus.SEE_OTHER)
    _own_form(request, csrf)
    person = now.person
    who = f"{person.agency}/{person.name}"
    if here.brake.wait_s(who, source, time.monotonic()) > 0:
        return _again(request, "Too many failed tries: wait some minutes, then try again.")
    here.brake.tried(who, source, time.monotonic())
    account = here.accounts.known(person.agency, person.name, old)
    if account is None:
        here.log.wrote(person, Act.PASSWORD, None, Outcome.FAILED, source)
        return _again(request, "The old password is another.")
    here.brake.succeeded(who, source)
    if new != again or new == old:
        return _again(request, "The new password must differ from the old one, and be typed twice alike.")
    try:
        chosen = here.accounts.choose(account, new)
    except Misconfigured as exc:
        return _again(request, str(exc))
    here.log.wrote(person, Act.PASSWORD, None, address=source)
    return _entered(here, chosen, "/")


def _entered(here: Site, account: Account, where: str) -> Response:
    """On to the page that was asked for, with a new session's cookie."""
    entered = RedirectResponse("/password" if account.must_change else where, HTTPStatus.SEE_OTHER)
    # Lax and not Strict: a link in an alert's e-mail should find its reader signed in.
    entered.set_cookie(
        cookie_name(here),
        here.sessions.start(account),
        max_age=here.settings.web_session_s_max,
        path="/",
        secure=here.settings.web_tls,
        httponly=True,
        samesite="lax",
    )
    return entered


def _again(request: Request, sentence: str) -> Response:
    now = session(request)
    shown = page.password(now.csrf, first=now.person.must_change, sentence=sentence) if now else ""
    return HTMLResponse(shown, HTTPStatus.BAD_REQUEST)


def _own_form(request: Request, csrf: str) -> None:
    """Raises: Problem, where the form is not one of this session."""
    now = session(request)
    if now is None or not now.owns(csrf):
        raise Problem(HTTPStatus.FORBIDDEN, "The form is of another session: open the page again and repeat it.")


def _log(here: Site, agency: str, name: str, outcome: Outcome, source: str) -> None:
    """Writes a try down; what cannot be a name may be a password in the wrong field, and is not."""
    try:
        named: str | None = agency_id(agency)
    except Misconfigured:
        named = None
    who = name if NAME.fullmatch(name) else "(no name)"
    here.log.write(Entry(datetime.now(UTC), named, who, Act.SIGN_IN, None, outcome, source))


def _local(path: str) -> str:
    """The path if it is one of this server, else the first page: nobody is sent elsewhere after signing in."""
    local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if local else "/"
