"""SMS by HTTP: an SMS provider posts each message here, and sends the answer to whoever wrote."""

import base64
import binascii
import re
from typing import Final

from fastapi import Response
from fastapi.responses import JSONResponse

from fusionbus.contract.errors import FixTheReport, FusionError
from fusionbus.producers.language import language_of
from fusionbus.producers.tips.line import EMERGENCY, TipLine, TurnedAway
from fusionbus.producers.tips.told import digest_of_code, tell
from fusionbus.producers.tips.web.texts import TEXTS, Language

_NAMES: Final = {
    "from": ("from", "From", "sender", "msisdn"),
    "text": ("text", "Text", "Body", "message", "content"),
    "id": ("id", "MessageSid", "messageId", "msgid", "message_id"),
}
"""How providers call the parts of a message."""
_CALL: Final = re.compile(r"(?:call(?: me)?|کال)\b[\s:,.،۔-]*", re.IGNORECASE)
"""Only a message that begins so lets us keep the number it came from."""


def take(line: TipLine, authorization: str, fields: dict[str, str]) -> Response:
    """The answer to a provider: `{"reply": …}` for whoever wrote; 401 without a gateway's token.

    200: it is kept, or nothing is to be kept; 5xx and 429: bring it again. Brought again it is kept once.
    """
    clerk = line.people.known(_token(authorization))
    if clerk is None or clerk.role != "gateway":
        return JSONResponse({"error": "give a gateway's token as Bearer, or as the password of Basic"}, 401)
    told = {part: next((fields[name] for name in names if name in fields), "") for part, names in _NAMES.items()}
    if not told["from"] or not told["text"]:
        return JSONResponse({"error": "`from` and `text` are wanted"}, 422)
    language: Language = "ur" if language_of(told["text"]) == "ur" else "en"
    try:
        reply = _reply(line, told, language, clerk.name)
    except TurnedAway as exc:
        return _say(language, exc.reason, 429)
    except FixTheReport:
        return _say(language, "too_short" if len(told["text"]) < line.queue.settings.tips_text_max else "too_long")
    except FusionError:
        return _say(language, "busy", 503)
    return JSONResponse({"reply": reply})


def _reply(line: TipLine, told: dict[str, str], language: Language, gateway: str) -> str:
    said = TEXTS[language]
    sender, text = f"sms {told['from']}", told["text"].strip()
    if digest_of_code(text) is not None:
        line.may_ask(sender)
        tip = line.queue.by_code(text)
        return f"{said['standing']} {said[tip.standing]}" if tip else said["unknown"]
    begins = _CALL.match(text)
    tip_told = tell(
        "sms",
        text[begins.end() :] if begins else text,
        text_max=line.queue.settings.tips_text_max,
        key=line.key,
        callback=told["from"] if begins else "",
    )
    name = f"sms {gateway} {told['id']}" if told["id"] else None
    code = line.take(tip_told, code=line.queue.contacts.code_for(name) if name else None, address=sender, by=gateway)
    return f"{said['sms_taken'].format(code=code)} {said['sms_call'].format(number=EMERGENCY)}"


def _say(language: Language, name: str, status: int = 200) -> Response:
    words = TEXTS[language][name].format(number=EMERGENCY, most="")
    return JSONResponse({"reply": words}, status)


def _token(authorization: str) -> str:
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
