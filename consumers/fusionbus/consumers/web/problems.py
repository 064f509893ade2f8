"""Refusals as RFC 9457 says them: `application/problem+json`, with one sentence that tells what to do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import structlog
from starlette.responses import JSONResponse

from fusionbus.consumers.web.actions import NotThere
from fusionbus.contract.errors import FixTheReport, FusionError, NotAllowed

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5
"""When to try again where the database or the broker is out of reach: a restart of either takes a few seconds."""
_STATUS: Final[dict[type[FusionError], HTTPStatus]] = {
    NotThere: HTTPStatus.NOT_FOUND,
    FixTheReport: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAllowed: HTTPStatus.FORBIDDEN,
}


class Problem(Exception):  # noqa: N818 - it is called what it is in the RFC
    """One refusal."""

    def __init__(self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})

    def response(self) -> JSONResponse:
        """The refusal as it goes over the wire."""
        body = {"type": "about:blank", "title": self.status.phrase, "status": self.status.value, "detail": self.detail}
        return JSONResponse(body, self.status.value, self.headers, MEDIA_TYPE)


def problem_of(fault: FusionError) -> Problem:
    """The refusal that this fault is to the asker; what is wrong with the server itself is for its operator's log."""
    for kind, status in _STATUS.items():
        if isinstance(fault, kind):
            return Problem(status, str(fault))
    log.warning("server_out_of_order", fault=str(fault))
    return unreachable()


def unreachable() -> Problem:
    """The refusal while the database or the broker does not answer."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The threat database or the broker does not answer: try again in a few seconds, then call the operator.",
        {"Retry-After": str(RETRY_AFTER_S)},
    )
