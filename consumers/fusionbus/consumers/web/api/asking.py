"""What every path of the API shares: who asks, how it is answered, how it is refused."""

import hashlib
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request, Response
from pydantic import BaseModel

from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.people import Person, Right
from fusionbus.consumers.web.problems import MEDIA_TYPE, Problem
from fusionbus.consumers.web.site import address, session, signed_in, site
from fusionbus.contract.base import Id

CSRF_HEADER: Final = "X-CSRF"
AN_ID: Final = "1b4e28ba-2fa1-51d2-883f-0016d3cca427"


class ProblemBody(BaseModel):
    """A refusal (RFC 9457); `detail` is a sentence for a person: what, where, what to do."""

    type: str
    title: str
    status: int
    detail: str


def reader(request: Request) -> Person:
    """Who asks; who may not read reports is refused. Raises: NotAllowed."""
    return signed_in(request, Right.READ)


def watcher(request: Request) -> Person:
    """Who asks; any role may see how the bus runs. Raises: NotAllowed."""
    return signed_in(request, Right.OPERATIONS)


def unforged(request: Request) -> None:
    """Raises: Problem, where a browser's session acts without the token of its own pages; a program needs none."""
    now = session(request)
    if now is not None and not now.owns(request.headers.get(CSRF_HEADER, "")):
        raise Problem(HTTPStatus.FORBIDDEN, f"Send the session's form token in {CSRF_HEADER}, or use an API token.")


Reader = Annotated[Person, Depends(reader)]
Watcher = Annotated[Person, Depends(watcher)]
IncidentId = Annotated[Id, Path(description="The incident's id.", examples=[AN_ID])]
AlertId = Annotated[Id, Path(description="The alert's id.", examples=[AN_ID])]
ReportId = Annotated[Id, Path(description="The report's id.", examples=[AN_ID])]


def refusals(*codes: int) -> dict[int | str, dict[str, Any]]:
    """How a path may refuse, for the document: what all share, and these."""
    said = {
        401: "Nobody is signed in, or the token is over.",
        403: "The role may not do this.",
        404: "The agency was told of no such thing.",
        422: "A part of the question is wrong; the sentence names it.",
        503: "The database or the broker does not answer; `Retry-After` says when to try again.",
    }
    schema = {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
    return {
        code: {"description": said[code], "content": {MEDIA_TYPE: schema}} for code in sorted({401, 403, 503, *codes})
    }


def answered(request: Request, found: BaseModel) -> Response:
    """The answer as JSON; nothing but 304 where the asker has the same already (`If-None-Match`)."""
    return tagged(request, found.model_dump_json().encode(), "application/json")


def tagged(request: Request, body: bytes, media_type: str, name: str | None = None) -> Response:
    """As `answered`, for a body that is written already; with a name it is a file to keep."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    headers = {"ETag": tag}
    if tag in known or "*" in known:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(body, media_type=media_type, headers=headers)


def not_there(person: Person, what: str) -> Problem:
    """The refusal of what the agency was not told of, whether or not it exists."""
    return Problem(HTTPStatus.NOT_FOUND, f"{person.agency} was told of no {what}: check the id.")


def looked(request: Request, person: Person, act: Act, what: str) -> None:
    """Writes down who looks at what, before it is shown."""
    site(request).log.wrote(person, act, what, address=address(request))


def hidden(text: str) -> str:
    """What stands in the access log, which forgets nothing, for words that may name a person: equal for equal words."""
    return f"#{hashlib.sha256(text.encode()).hexdigest()[:12]}"
