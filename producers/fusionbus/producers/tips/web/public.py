"""The public pages: tell, and ask with a code what became of it. No script, no cookie, no log of who comes."""

from collections.abc import Callable
from html import escape
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from fusionbus.contract.errors import FixTheReport, FusionError
from fusionbus.contract.vocabulary import EntityType
from fusionbus.producers.normalise import normalise
from fusionbus.producers.tips.line import EMERGENCY, TipLine, TurnedAway
from fusionbus.producers.tips.told import TEXT_MIN, Told, clean, new_code, tell
from fusionbus.producers.tips.web import html, sms
from fusionbus.producers.tips.web.asking import address_of, form_of
from fusionbus.producers.tips.web.headers import bare_app
from fusionbus.producers.tips.web.texts import TEXTS, Language, language_in
from fusionbus.shell.metrics import TIPS_TURNED_AWAY

TRAP: Final = "website"
"""A field that people do not see and programs fill in. Who fills it in is told so and loses nothing he wrote."""
Fields = dict[str, str]


def public_app(line: TipLine) -> FastAPI:
    """What the public reaches: put TLS in front of it, and nothing else of the desk."""
    app = bare_app(lambda request: _page(_language(request), "fault", _fault(_language(request), "gone"), 413))

    @app.get("/")
    async def form(request: Request) -> Response:
        language = _language(request)
        return _page(language, "title", _form(line, language, {}))

    @app.post("/")
    async def told(request: Request) -> Response:
        fields = await form_of(request)
        return await run_in_threadpool(_take, line, _language(request), fields, address_of(request))

    @app.get("/ask")
    async def question(request: Request) -> Response:
        language = _language(request)
        return _page(language, "ask", _ask_form(language))

    @app.post("/ask")
    async def asked(request: Request) -> Response:
        fields = await form_of(request)
        return await run_in_threadpool(_answer, line, _language(request), fields, address_of(request))

    @app.post("/sms")
    async def from_gateway(request: Request) -> Response:
        fields = await form_of(request)
        said = request.headers.get("authorization", "")
        return await run_in_threadpool(sms.take, line, said, fields)

    return app


def _take(line: TipLine, language: Language, fields: Fields, address: str) -> Response:
    """Keeps what was told, or gives the form back with all that was written and a sentence."""
    fault, told = _checked(line, fields)
    if told is None:
        return _page(language, "title", _form(line, language, fields, fault), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        code = line.take(told, code=fields.get("code"), address=address, by="web form")
    except TurnedAway as exc:
        return _page(language, "title", _form(line, language, fields, exc.reason), HTTPStatus.TOO_MANY_REQUESTS)
    except FusionError:
        return _page(language, "title", _form(line, language, fields, "busy"), HTTPStatus.SERVICE_UNAVAILABLE)
    said = TEXTS[language]
    body = (
        f'<p>{escape(said["code"])}</p><strong class="code" id="code">{escape(code)}</strong>'
        f'<p>{escape(said["code_hint"])}</p><p><a href="/ask?lang={language}">{escape(said["ask"])}</a></p>'
        f'<p><a href="/?lang={language}">{escape(said["another"])}</a></p>'
    )
    return _page(language, "thanks", body)


def _checked(line: TipLine, fields: Fields) -> tuple[str, Told | None]:
    """The tip, or the name of the sentence that says what is wrong with it."""
    if fields.get(TRAP):
        TIPS_TURNED_AWAY.labels("trap").inc()
        return "trapped", None
    most, text = line.queue.settings.tips_text_max, clean(fields.get("text", ""), lines=True)
    if len(text) < TEXT_MIN:
        return "too_short", None
    if len(text) > most:
        TIPS_TURNED_AWAY.labels("size").inc()
        return "too_long", None
    plate, callback = fields.get("plate", ""), fields.get("callback", "")
    for type_, value, sentence in ((EntityType.PLATE, plate, "bad_plate"), (EntityType.PHONE, callback, "bad_number")):
        if value.strip() and not _is(type_, value):
            return sentence, None
    place, happens = fields.get("place", ""), fields.get("happens", "")
    return "", tell(
        "web", text, text_max=most, key=line.key, place=place, happens=happens, plate=plate, callback=callback
    )


def _is(type_: EntityType, value: str) -> bool:
    try:
        normalise(type_, value)
    except FixTheReport:
        return False
    return True


def _answer(line: TipLine, language: Language, fields: Fields, address: str) -> Response:
    """What became of a tip: one of four words, and a question if the desk has one."""
    said, code = TEXTS[language], fields.get("code", "")
    try:
        line.may_ask(address)
    except TurnedAway as exc:
        return _page(language, "ask", _fault(language, exc.reason) + _ask_form(language, code), 429)
    added = ""
    if fields.get("text", "").strip():
        try:
            kept = line.queue.add(code, fields["text"], line.now())
        except FixTheReport:
            added = _fault(language, "too_long", most=line.queue.settings.tips_text_max)
        except FusionError:
            added = _fault(language, "busy")
        else:
            added = f"<p>{escape(said['added'])}</p>" if kept else _fault(language, "unknown")
    tip = line.queue.by_code(code)
    if tip is None:
        return _page(language, "ask", _fault(language, "unknown") + _ask_form(language, code), HTTPStatus.NOT_FOUND)
    body = f'<p>{escape(said["standing"])} <strong id="standing">{escape(said[tip.standing])}</strong></p>{added}'
    if tip.state == "asked" and tip.question:
        body += f"<h2>{escape(said['question'])}</h2>{html.quoted(tip.question)}"
    if tip.is_open:
        body += (
            f'<form method="post" action="/ask?lang={language}">{html.hidden("code", code)}'
            f"{html.field('text', said['more'], area=True)}<button>{escape(said['send'])}</button></form>"
        )
    return _page(language, "ask", body)


def _form(line: TipLine, language: Language, fields: Fields, fault: str = "") -> str:
    said, settings = TEXTS[language], line.queue.settings
    most = f"{settings.tips_text_max:,}"
    free = f" {said['optional']}"
    told: Callable[[str], str] = lambda name: fields.get(name, "")  # noqa: E731 - short for what was written
    wrong = _fault(language, fault, most=most) if fault else ""
    return (
        f"{wrong}<p>{escape(said['intro'])}</p>"
        f'<p class="danger">{escape(said["danger"].format(number=EMERGENCY))}</p>'
        f'<form method="post" action="/?lang={language}">{html.hidden("code", told("code") or new_code())}'
        + html.field("text", said["what"], hint=said["what_hint"].format(most=most), value=told("text"), area=True)
        + html.field("place", said["place"] + free, hint=said["place_hint"], value=told("place"))
        + html.field("happens", said["happens"] + free, value=told("happens"))
        + html.field("plate", said["plate"] + free, value=told("plate"))
        + html.field(
            "callback",
            said["callback"] + free,
            hint=said["callback_hint"].format(days=settings.tips_contact_days),
            value=told("callback"),
            more=' inputmode="tel"',
        )
        + f'<div class="{"trap" if fault != "trapped" else "shown"}">'
        + html.field(TRAP, said["trap"], value=told(TRAP), more=' tabindex="-1"' if fault != "trapped" else "")
        + f"</div><button>{escape(said['send'])}</button></form>"
        f'<p><a href="/ask?lang={language}">{escape(said["ask"])}</a></p>'
    )


def _ask_form(language: Language, code: str = "") -> str:
    said = TEXTS[language]
    return (
        f'<form method="post" action="/ask?lang={language}">{html.field("code", said["ask_code"], value=code)}'
        f"<button>{escape(said['ask_send'])}</button></form>"
        f'<p><a href="/?lang={language}">{escape(said["another"])}</a></p>'
    )


def _fault(language: Language, name: str, most: object = "") -> str:
    said = TEXTS[language]
    words = said[name].format(number=EMERGENCY, most=most)
    return f'<p class="fault" role="alert"><strong>{escape(said["fault"])}</strong> {escape(words)}</p>'


def _page(language: Language, title: str, body: str, status: int = 200) -> Response:
    said = TEXTS[language]
    other = "en" if language == "ur" else "ur"
    switch = (
        f'<nav><a href="/?lang={other}" lang="{other}" hreflang="{other}">{escape(said["other_language"])}</a></nav>'
    )
    whole = html.page(said[title], f"{switch}<h1>{escape(said[title])}</h1>{body}", language=language)
    return HTMLResponse(whole, status)


def _language(request: Request) -> Language:
    return language_in(request.query_params.get("lang"), request.headers.get("accept-language"))
