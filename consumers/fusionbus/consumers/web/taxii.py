"""TAXII 2.1, to be read from: one collection, what the asker's agency was alerted of.

Source: OASIS, TAXII Version 2.1 (OASIS Standard, 10 June 2021); numbers of sections stand beside what they ask for.
Why it is our own: docs/decisions/014-taxii-of-our-own.md.
"""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response

from fusionbus.consumers.threats.collection import LIMIT_MAX, Page, Wanted, objects_of, stamp
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.api.asking import Reader, hidden, looked, reader
from fusionbus.consumers.web.people import Person
from fusionbus.consumers.web.problems import Problem
from fusionbus.consumers.web.site import site
from fusionbus.consumers.web.taxii_messages import MEDIA_TYPE, PATH, STIX, accepts, answered
from fusionbus.contract import ids

PREFIX: Final = PATH
ROOT: Final = f"{PREFIX}alerts/"
ALIAS: Final = "alerts"
TITLE: Final = "Alerts"
_VALUES_MAX: Final = 100
"""Values of one `match`: no client has reason for more."""
_ID: Final = re.compile(r"^[a-z0-9-]{1,60}--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_KNOWN: Final = {"added_after", "limit", "next", "match[id]", "match[type]", "match[version]", "match[spec_version]"}

router = APIRouter(include_in_schema=False, dependencies=[Depends(accepts)])


@router.get(PREFIX)
def discovery(request: Request, person: Reader) -> Response:
    """What this server offers (4.1)."""
    looked(request, person, Act.VIEW, "taxii discovery")
    scheme = "https" if site(request).settings.web_tls else request.url.scheme
    root = f"{scheme}://{request.url.netloc}{ROOT}"
    return answered({"title": "fusionbus", "description": _said(person), "default": root, "api_roots": [root]})


@router.get(ROOT)
def api_root(request: Request, person: Reader) -> Response:
    """The one API root (4.2)."""
    looked(request, person, Act.VIEW, "taxii root")
    told = {"title": "fusionbus", "description": _said(person), "versions": [MEDIA_TYPE]}
    return answered(told | {"max_content_length": site(request).settings.web_request_bytes_max})


@router.get(f"{ROOT}status/{{status_id}}/")
def status(person: Reader, status_id: str) -> Response:
    """Of what was written (4.3); nothing is."""
    raise Problem(
        HTTPStatus.NOT_FOUND, f"{person.agency} has written nothing here: there is no status {status_id[:60]}."
    )


@router.get(f"{ROOT}collections/")
def collections(request: Request, person: Reader) -> Response:
    """The asker's one collection (5.1)."""
    looked(request, person, Act.VIEW, "taxii collections")
    return answered({"collections": [_collection(person)]})


def own_collection(person: Reader, collection_id: str) -> None:
    """Raises: Problem for any other collection than the asker's, whether or not there is one."""
    if collection_id not in {collection_id_of(person.agency), ALIAS}:
        detail = f"{person.agency} has no collection of this id: see {ROOT}collections/."
        raise Problem(HTTPStatus.NOT_FOUND, detail)


COLLECTION: Final = f"{ROOT}collections/{{collection_id}}/"
OWN: Final = [Depends(own_collection)]


@router.get(COLLECTION, dependencies=OWN)
def collection(request: Request, person: Reader) -> Response:
    """The collection (5.2)."""
    looked(request, person, Act.VIEW, "taxii collection")
    return answered(_collection(person))


@router.get(f"{COLLECTION}manifest/", dependencies=OWN)
def manifest(request: Request, person: Reader) -> Response:
    """What there is, without what it says (5.3)."""
    page = _page(request, person, "manifest")
    told = [
        {
            "id": entry.content["id"],
            "date_added": stamp(entry.added_at),
            "version": stamp(entry.version),
            "media_type": STIX,
        }
        for entry in page.entries
    ]
    return _enveloped(page, "objects", told)


@router.get(f"{COLLECTION}objects/", dependencies=OWN)
def objects(request: Request, person: Reader) -> Response:
    """The objects (5.4)."""
    page = _page(request, person, "objects")
    return _enveloped(page, "objects", [entry.content for entry in page.entries])


@router.get(f"{COLLECTION}objects/{{object_id}}/", dependencies=OWN)
def one_object(request: Request, person: Reader, object_id: str) -> Response:
    """One object (5.6)."""
    page = _there(_page(request, person, "object", object_id), person, object_id)
    return _enveloped(page, "objects", [entry.content for entry in page.entries])


@router.get(f"{COLLECTION}objects/{{object_id}}/versions/", dependencies=OWN)
def versions(request: Request, person: Reader, object_id: str) -> Response:
    """Which versions of an object there are (5.8)."""
    page = _there(_page(request, person, "versions", object_id), person, object_id)
    return _enveloped(page, "versions", [stamp(entry.version) for entry in page.entries])


@router.api_route(f"{COLLECTION}objects/", methods=["POST"], dependencies=OWN)
@router.api_route(f"{COLLECTION}objects/{{object_id}}/", methods=["DELETE"], dependencies=OWN)
def write(person: Reader) -> Response:
    """Nothing may be written (5.5, 5.7): reports come over the bus, signed."""
    raise Problem(HTTPStatus.FORBIDDEN, f"{person.agency} may read here; reports come over the bus: docs/partners.md.")


@router.api_route(PREFIX + "{rest:path}", methods=["GET", "POST", "PUT", "DELETE"], dependencies=[Depends(reader)])
def nothing(rest: str) -> Response:
    """Whatever else is asked for."""
    raise Problem(HTTPStatus.NOT_FOUND, f"There is nothing at {PREFIX}{rest[:100]}: begin at {PREFIX}.")


def collection_id_of(agency: str) -> str:
    """The id of an agency's collection."""
    return str(uuid.uuid5(ids.NAMESPACE, f"taxii collection {agency}"))


def _said(person: Person) -> str:
    return f"What {person.agency} was alerted of, as STIX 2.1, and nothing else."


def _collection(person: Person) -> dict[str, Any]:
    return {
        "id": collection_id_of(person.agency),
        "title": TITLE,
        "description": _said(person),
        "alias": ALIAS,
        "can_read": True,
        "can_write": False,
        "media_types": [STIX],
    }


def _page(request: Request, person: Person, what: str, object_id: str | None = None) -> Page:
    """What is asked for; who looks is written down first."""
    wanted = wanted_of(request.query_params, object_id, all_versions=what == "versions")
    about = object_id or " ".join(f"{name}={value}" for name, value in sorted(request.query_params.items()))
    looked(request, person, Act.EXPORT, f"taxii {what} {about if len(about) < LOGGED_MAX else hidden(about)}".strip())
    return objects_of(site(request).database, person.viewer, wanted)


LOGGED_MAX: Final = 150


def _there(page: Page, person: Person, object_id: str) -> Page:
    if not page.entries and page.next is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"{person.agency} was told of no object {object_id[:100]}: check the id.")
    return page


def _enveloped(page: Page, name: str, told: list[Any]) -> Response:
    """The envelope and the headers of a page (3.5, 3.7): `more` and `next` where something follows."""
    more: dict[str, Any] = {"more": True, "next": page.next} if page.next is not None else {}
    headers = {}
    if page.entries:
        headers["X-TAXII-Date-Added-First"] = stamp(page.entries[0].added_at)
        headers["X-TAXII-Date-Added-Last"] = stamp(page.entries[-1].added_at)
    return answered(more | ({name: told} if told else {}), headers)


def wanted_of(asked: Mapping[str, str], object_id: str | None = None, *, all_versions: bool = False) -> Wanted:
    """The filter (3.4) and the page (3.5) that are asked for. Raises: Problem, which names the part that is wrong."""
    if unknown := sorted(asked.keys() - _KNOWN):
        raise _wrong(f"{unknown[0][:60]} is no part of a question: use {', '.join(sorted(_KNOWN))}.")
    ids = frozenset({object_id} if object_id is not None else _values(asked, "match[id]"))
    if bad := [one for one in ids if _ID.fullmatch(one) is None]:
        if object_id is not None:
            raise Problem(HTTPStatus.NOT_FOUND, f"{bad[0][:100]} is no id of a STIX object.")
        raise _wrong("`match[id]` has something that is no id of a STIX object.")
    versions, moments = _versions(asked)
    return Wanted(
        added_after=_moment(asked["added_after"], "added_after") if "added_after" in asked else None,
        limit=_limit(asked.get("limit")),
        next=asked.get("next"),
        ids=ids,
        types=frozenset(_values(asked, "match[type]")),
        spec_versions=frozenset(_values(asked, "match[spec_version]")),
        versions=frozenset({"all"}) if all_versions else versions,
        moments=moments,
    )


def _versions(asked: Mapping[str, str]) -> tuple[frozenset[str], frozenset[datetime]]:
    given = _values(asked, "match[version]") or ["last"]
    words = frozenset(given) & {"first", "last", "all"}
    return words, frozenset(_moment(one, "match[version]") for one in given if one not in words)


def _values(asked: Mapping[str, str], name: str) -> list[str]:
    values = [one.strip() for one in asked.get(name, "").split(",") if one.strip()]
    if len(values) > _VALUES_MAX:
        raise _wrong(f"`{name}` has more than {_VALUES_MAX} values: ask in parts.")
    return values


def _moment(text: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)  # noqa: TRY301 - as what is no time
    except ValueError as exc:
        raise _wrong(f"`{name}` is a moment such as 2026-03-05T12:00:00.000Z.") from exc
    return moment


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT_MAX
    if not (text.isdecimal() and len(text) < len(str(LIMIT_MAX)) * 3 and int(text) > 0):
        raise _wrong("`limit` is a whole number from 1 on.")
    return min(int(text), LIMIT_MAX)


def _wrong(detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, detail)
