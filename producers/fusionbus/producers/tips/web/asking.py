"""What a browser sent: a bounded form, its address for the brake and nothing else of it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

BODY_BYTES_MAX: Final = 131_072
"""A tip of 10,000 Urdu letters takes 60 kB in a form; twice that."""
BODY_S_MAX: Final = 30.0
"""Who sends his form for longer is cut off; at 2G's 40 kbit/s 60 kB take 12 s."""
FIELDS_MAX: Final = 40


class BadForm(Exception):  # noqa: N818 - it says what it is
    """The body is too large, too slow, or no form."""


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form or of a flat JSON object; of a name given twice the first. Raises: BadForm."""
    body = await _body(request)
    try:
        text = body.decode()
        if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
            return _flat(json.loads(text))
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except (ValueError, RecursionError) as exc:
        raise BadForm from exc
    return dict(reversed(pairs))


def address_of(request: Request) -> str:
    """Where it came from, for the brake's keyed hash only."""
    return request.client.host if request.client is not None else "local"


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S_MAX):
            async for piece in request.stream():
                body += piece
                if len(body) > BODY_BYTES_MAX:
                    raise BadForm
    except TimeoutError as exc:
        raise BadForm from exc
    return bytes(body)


def _flat(read: object) -> dict[str, str]:
    if not isinstance(read, Mapping):
        raise BadForm
    return {str(name): str(value) for name, value in read.items() if isinstance(value, str | int)}
