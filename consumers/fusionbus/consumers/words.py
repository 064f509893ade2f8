"""From what was typed to values of the contract; a wrong word is one sentence that names the right ones."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from fusionbus.contract.agency import Near
from fusionbus.contract.base import AgencyId, Id
from fusionbus.contract.errors import Misconfigured

E = TypeVar("E", bound=StrEnum)
_AGENCY: TypeAdapter[str] = TypeAdapter(AgencyId)
_ID: TypeAdapter[str] = TypeAdapter(Id)
SHOWN_CHARS_MAX = 60


def one_of(kind: type[E], option: str, word: str) -> E:
    """The member of the enumeration that the word names, in any case. Raises: Misconfigured."""
    for member in kind:
        if word.casefold() in {member.value.casefold(), member.name.casefold()}:
            return member
    allowed = ", ".join(member.value for member in kind)
    raise Misconfigured(f"{option} {_shown(word)} is not known: use one of {allowed}.")


def some_of(kind: type[E], option: str, words: Iterable[str] | None) -> tuple[E, ...]:
    """The members that the words name, each once, in their order. Raises: Misconfigured."""
    return tuple(dict.fromkeys(one_of(kind, option, word) for word in words or ()))


def agency_id(word: str) -> str:
    """The agency's short name, in upper case. Raises: Misconfigured."""
    try:
        return _AGENCY.validate_python(word.upper())
    except ValidationError as exc:
        raise Misconfigured(f"--agency {_shown(word)} is not an agency's short name such as CTD-KP.") from exc


def some_id(what: str, word: str) -> str:
    """The id. Raises: Misconfigured."""
    try:
        return _ID.validate_python(word.strip().lower())
    except ValidationError as exc:
        raise Misconfigured(
            f"{_shown(word)} is not {what}: it looks like 1b4e28ba-2fa1-51d2-883f-0016d3cca427."
        ) from exc


def circle(word: str | None) -> Near | None:
    """The circle that `lat,lon,km` names. Raises: Misconfigured."""
    if word is None:
        return None
    try:
        lat, lon, radius_km = (float(part) for part in word.split(","))
        return Near(lat=lat, lon=lon, radius_km=radius_km)
    except ValueError as exc:  # pydantic's error is one too
        raise Misconfigured(
            f"--near {_shown(word)} is not `lat,lon,km` such as 34.01,71.58,50: "
            "degrees to ±90 and ±180, at most 2000 km."
        ) from exc


def _shown(word: str) -> str:
    return repr(word if len(word) <= SHOWN_CHARS_MAX else word[:SHOWN_CHARS_MAX] + "…")
