"""Refusals as RFC 9457 says them: `application/problem+json`, with one sentence that tells what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Problem(Exception):  # noqa: N818 - it is called what it is in the RFC
    """One refusal."""

    status: HTTPStatus
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> JSONResponse:
        """The refusal as it goes over the wire."""
        body = {"type": "about:blank", "title": self.status.phrase, "status": self.status.value, "detail": self.detail}
        return JSONResponse(body, self.status.value, dict(self.headers), MEDIA_TYPE)


def problem_of(fault: FusionError) -> Problem:
    """The refusal that this fault is to the asker."""
    status = next((code for kind, code in _STATUS.items() if isinstance(fault, kind)), HTTPStatus.BAD_REQUEST)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Problem(status, str(fault), headers)
