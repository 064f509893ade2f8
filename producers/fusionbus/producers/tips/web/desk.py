"""The desk: clerks sign in with a token, see the queue, decide; call takers write down what they are told."""

from collections.abc import Callable
from http import HTTPStatus
from secrets import compare_digest
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from fusionbus.contract.errors import FixTheReport, FusionError
from fusionbus.producers.tips.line import TipLine, TurnedAway
from fusionbus.producers.tips.people import SESSION_S, Session
from fusionbus.producers.tips.told import tell
from fusionbus.producers.tips.web import acts, desk_pages, html
from fusionbus.producers.tips.web.asking import address_of, form_of
from fusionbus.producers.tips.web.headers import bare_app
from fusionbus.producers.tips.web.places import alarm

COOKIE: Final = "desk"
REFRESH_S: Final = "30"
"""The queue's page loads itself anew, so that danger is heard within half a minute."""
Fields = dict[str, str]


def desk_app(line: TipLine) -> FastAPI:
    """What the desk reaches, on a port of its own that nobody publishes."""
    app = bare_app(lambda _: _page("Refused", "<h1>Refused</h1><p>The form was too large or broken.</p>", 413))
    _signing(app, line)
    _reading(app, line)
    _writing(app, line)
    return app


def _signing(app: FastAPI, line: TipLine) -> None:
    @app.get("/sign-in")
    async def sign_in() -> Response:
        return _page("Sign in", desk_pages.sign_in())

    @app.post("/sign-in")
    async def signed(request: Request) -> Response:
        fields = await form_of(request)
        try:
            line.may_sign_in(address_of(request))
        except TurnedAway:
            return _page("Sign in", desk_pages.sign_in("Too many tries: wait some minutes."), 429)
        cookie = await run_in_threadpool(line.sessions.begin, fields.get("token", "").strip())
        if cookie is None:
            return _page(
                "Sign in", desk_pages.sign_in("Nobody has this token: ask for one with `fusionbus tips token`."), 403
            )
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        secure = line.queue.settings.tips_tls
        answer.set_cookie(COOKIE, cookie, max_age=int(SESSION_S), httponly=True, samesite="strict", secure=secure)
        return answer

    @app.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        line.sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        answer.delete_cookie(COOKIE)
        return answer


def _reading(app: FastAPI, line: TipLine) -> None:
    def page(
        path: str, *, triage: bool, make: Callable[[Request, Session], tuple[str, str] | None], **headers: str
    ) -> None:
        async def shown(request: Request) -> Response:
            session = line.sessions.of(request.cookies.get(COOKIE, ""))
            if session is None:
                return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
            if triage and session.clerk.role != "triage":
                return RedirectResponse("/call", HTTPStatus.SEE_OTHER)
            try:
                made = await run_in_threadpool(make, request, session)
            except FusionError as exc:
                return _page("Not now", desk_pages.fault(str(exc), session), 503)
            if made is None:
                return _page("Not here", desk_pages.fault("There is no such tip: it may be deleted.", session), 404)
            return _page(*made, headers=headers)

        app.add_api_route(path, shown, methods=["GET"])

    page("/", triage=True, make=lambda _, who: ("Tips", desk_pages.queue(line, who)), Refresh=REFRESH_S)
    page("/decided", triage=True, make=lambda _, who: ("Decided", desk_pages.decided(line, who)))
    page("/audit", triage=True, make=lambda _, who: ("Audit", desk_pages.audit(line, who)))
    page("/call", triage=False, make=lambda _, who: ("Write down a call", desk_pages.call(line, who, {})))
    page("/tips/{tip_id}", triage=True, make=lambda asked, who: desk_pages.tip(line, who, asked.path_params["tip_id"]))

    @app.get("/alarm.wav")
    async def sound() -> Response:
        return Response(alarm(), media_type="audio/wav")


def _writing(app: FastAPI, line: TipLine) -> None:
    def deed(path: str, *, triage: bool, do: Callable[[Request, Session, Fields], Response]) -> None:
        async def done(request: Request) -> Response:
            fields = await form_of(request)
            session = line.sessions.of(request.cookies.get(COOKIE, ""))
            if session is None:
                return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
            if not compare_digest(fields.get("form_key", "").encode(), session.form_key.encode()) or (
                triage and session.clerk.role != "triage"
            ):
                return _page(
                    "Refused", desk_pages.fault("This form is not of your session, or not your right.", session), 403
                )
            try:
                return await run_in_threadpool(do, request, session, fields)
            except FixTheReport as exc:
                return _page("Refused", desk_pages.fault(str(exc), session), 422)
            except FusionError as exc:
                return _page("Not now", desk_pages.fault(str(exc), session), 503)

        app.add_api_route(path, done, methods=["POST"])

    deed("/call", triage=False, do=lambda _, who, fields: _write_down(line, who, fields))
    deed("/tips/{tip_id}/{act}", triage=True, do=lambda asked, who, fields: _decide(line, asked, who, fields))


def _write_down(line: TipLine, who: Session, fields: Fields) -> Response:
    given = {name: fields.get(name, "") for name in ("place", "happens", "plate", "callback")}
    urgent, most = bool(fields.get("urgent")), line.queue.settings.tips_text_max
    try:
        told = tell("phone", fields.get("text", ""), text_max=most, key=line.key, urgent=urgent, **given)
    except FixTheReport as exc:
        return _page("Write down a call", desk_pages.call(line, who, fields, str(exc)), 422)
    code = line.take(told, code=fields.get("code"), address=None, by=who.clerk.name)
    return _page("Taken", desk_pages.taken(who, code))


def _decide(line: TipLine, request: Request, who: Session, fields: Fields) -> Response:
    number, act = str(request.path_params["tip_id"]), str(request.path_params["act"])
    tip = line.queue.get(desk_pages.number_in(number))
    if tip is None:
        return _page("Not here", desk_pages.fault("There is no such tip: it may be deleted.", who), 404)
    if act == "number":
        shown = line.decisions.number_of(tip.tip_id, who.clerk.name, line.now())
        return _page("Number", desk_pages.number(who, tip, shown))
    acts.act(line, tip, act, fields, who.clerk.name)
    # The next of the queue is what a clerk wants after a decision; after a mark, the same tip.
    onward = f"/tips/{tip.tip_id}" if act in {"urgent", "calm"} else "/"
    return RedirectResponse(onward, HTTPStatus.SEE_OTHER)


def _page(title: str, body: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return HTMLResponse(html.page(title, body, wide=True), status, headers)
