"""Refusals as RFC 9457 says them: `application/problem+json`, with one sentence that tells what to do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import JSONResponse

from fusionbus.contract.errors import FixTheReport, FusionError, Misconfigured, NotAllowed, RetryLater

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5
"""When to try again where the database or the broker is out of reach: a restart of either takes a few seconds."""
_STATUS: Final[dict[type[FusionError], HTTPStatus]] = {
    RetryLater: HTTPStatus.SERVICE_UNAVAILABLE,
    FixTheReport: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAllowed: HTTPStatus.FORBIDDEN,
    Misconfigured: HTTPStatus.UNPROCESSABLE_ENTITY,
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
    """The refusal that this fault is to the asker."""
    status = next((code for kind, code in _STATUS.items() if isinstance(fault, kind)), HTTPStatus.BAD_REQUEST)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Problem(status, str(fault), headers)
