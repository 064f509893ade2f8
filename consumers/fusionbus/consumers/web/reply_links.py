"""Answering an alert by the link in a mail: a page that asks, and only its form answers.

Opening the link does nothing, for mail scanners and previews open links too. Source: RFC 9110, 9.2.1, GET is safe.
"""

from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from fusionbus.consumers.reply import Reply, read_reply_token
from fusionbus.consumers.services.links import PATH, ReplySettings
from fusionbus.consumers.web.sign_in_page import a_page
from fusionbus.consumers.web.site import address, site
from fusionbus.contract.errors import FusionError, Misconfigured, NotAllowed
from fusionbus.contract.vocabulary import AckAction, Opinion
from fusionbus.shell.settings import load

router = APIRouter(include_in_schema=False)

CHOICES: Final = {
    AckAction.READ: "We have read it",
    AckAction.USED: "We have acted on it",
    AckAction.FALSE_ALARM: "It is a false alarm",
    AckAction.MORE_WANTED: "We need to know more",
}
NOTE_CHARS_MAX: Final = 2_000
"""A sentence for the originator's desk; who has more to say signs in."""


@router.get(f"{PATH}{{token}}")
def ask(token: str) -> HTMLResponse:
    """The page that asks what to answer."""
    try:
        return HTMLResponse(_form(_read(token)))
    except FusionError as fault:
        return _refused(fault)


@router.post(f"{PATH}{{token}}")
def answer(
    request: Request,
    token: str,
    said: Annotated[str, Form(max_length=60)] = "",
    note: Annotated[str, Form(max_length=NOTE_CHARS_MAX)] = "",
) -> HTMLResponse:
    """Tells the hub."""
    try:
        reply = _read(token)
        action, opinion = _choice(said)
        message = reply.answered(action, datetime.now(UTC), opinion=opinion, note=note.strip() or None)
        done = site(request).actions.answer_by_link(message, address(request))
    except FusionError as fault:
        return _refused(fault)
    return HTMLResponse(a_page("Told", done.sentence, None, ""))


def _read(token: str) -> Reply:
    key = load(ReplySettings).key
    if not key:
        raise Misconfigured("This server takes no answers by link: FUSION_REPLY_KEY_FILE is not set.")
    return read_reply_token(token, key, datetime.now(UTC))


def _choice(said: str) -> tuple[AckAction, Opinion | None]:
    """Raises: NotAllowed for what the form does not offer."""
    if said in CHOICES:
        return AckAction(said), None
    if said in set(Opinion):
        return AckAction.OPINION, Opinion(said)
    raise NotAllowed("That is no answer of this page: go back and choose one.")


def _form(reply: Reply) -> str:
    options = [f'<option value="{value}">{escape(words)}</option>' for value, words in CHOICES.items()]
    options += [f'<option value="{one}">Our opinion: {one.replace("-", " ")}</option>' for one in Opinion]
    about = f"Alert {reply.alert_id[:8]} for {reply.agency}, answered as {reply.by}."
    return a_page(
        "Answer an alert",
        about,
        None,
        '<form method="post"><label for="said">What do you answer?</label>'
        f'<select id="said" name="said" required>{"".join(options)}</select>'
        '<label for="note">A sentence for the originator (may stay empty)</label>'
        f'<textarea id="note" name="note" rows="4" maxlength="{NOTE_CHARS_MAX}" dir="auto"></textarea>'
        '<button type="submit">Send the answer</button></form>',
    )


def _refused(fault: FusionError) -> HTMLResponse:
    status = HTTPStatus.FORBIDDEN if isinstance(fault, NotAllowed) else HTTPStatus.SERVICE_UNAVAILABLE
    return HTMLResponse(a_page("Not answered", "", str(fault), ""), status)
