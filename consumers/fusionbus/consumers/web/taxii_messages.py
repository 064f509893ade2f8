"""How TAXII 2.1 is spoken: media types, answers, refusals, and the way a client says who it is."""

import base64
import binascii
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request, Response

from fusionbus.consumers.web.problems import Problem

PATH: Final = "/taxii2/"
MEDIA_TYPE: Final = "application/taxii+json;version=2.1"
STIX: Final = "application/stix+json;version=2.1"
_TAKEN: Final = frozenset({"application/taxii+json", "application/*", "*/*"})
REALM: Final = 'Basic realm="fusionbus TAXII 2.1", charset="UTF-8"'


def answered(told: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """A resource."""
    return Response(json.dumps(told, ensure_ascii=False), media_type=MEDIA_TYPE, headers=dict(headers or {}))


def refused(problem: Problem) -> Response:
    """The refusal as an error message (3.6.1); to TAXII a wrong question is 400 and nothing finer."""
    wrong = problem.status is HTTPStatus.UNPROCESSABLE_ENTITY
    status = HTTPStatus.BAD_REQUEST if wrong else problem.status
    told = {
        "title": status.phrase,
        "description": problem.detail,
        "http_status": str(status.value),
    }
    made = answered(told, problem.headers)
    made.status_code = status.value
    if status is HTTPStatus.UNAUTHORIZED:
        made.headers["WWW-Authenticate"] = REALM
    return made


def shown(path: str, problem: Problem) -> Response:
    """The refusal in the words of whoever asked this path."""
    return refused(problem) if path.startswith(PATH) else problem.response()


def accepts(request: Request) -> None:
    """Raises: Problem, where the client does not take TAXII 2.1 (1.6.8)."""
    taken = request.headers.get("accept", "*/*")
    for one in taken.split(","):
        kind, *parameters = (part.strip().lower() for part in one.split(";"))
        version = next((part[len("version=") :].strip('"') for part in parameters if part.startswith("version=")), None)
        if kind in _TAKEN and version in {None, "2.1"}:
            return
    raise Problem(HTTPStatus.NOT_ACCEPTABLE, f"This server speaks {MEDIA_TYPE}: name it in Accept.")


def credentials(header: str) -> tuple[str, str | None] | None:
    """The API token that a client sends, and the agency that it names: `Bearer`, `Token`, or `Basic agency:token`."""
    scheme, _, rest = header.partition(" ")
    match scheme.lower():
        case "bearer" | "token":
            return rest.strip(), None
        case "basic":
            try:
                user, colon, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
            return (password, user.strip().upper()) if colon else None
        case _:
            return None
