"""Phones, plates, papers and accounts across all zones: a token in two incidents relates them, and never joins them.

A sighting goes to the partition of its token, whatever the zone, so that Karachi's phone meets Peshawar's.
"""

from datetime import datetime
from typing import Final, NamedTuple

from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.incident import Link, Member, Reason
from fusionbus.contract.records import AcceptedSighting
from fusionbus.contract.vocabulary import Status
from fusionbus.streams.engine import Output
from fusionbus.streams.keeping import WHOLE

TOKENS_SIGHTED_MAX: Final = 20
"""Tokens of one report that are looked up: a longer list is a seizure list."""
INCIDENTS_OF_TOKEN_MAX: Final = 20
"""Incidents remembered of one token; what is in more is a call centre's number or a bus: it is shown as capped.
Source: MISP's issues 3142, 7366 and 9366, where over-correlation drowned the analysts."""


class Seen(NamedTuple):
    """One line of a token's row."""

    report_id: str
    incident_id: str
    seen_at: str
    """ISO 8601, UTC: lines are compared as text."""


def sightings_of(
    member: Member, incident_id: str, status: Status, now: datetime, *, gone: bool = False
) -> list[Output]:
    """A sighting of each token of a report; with `gone` their withdrawal from the index."""
    found = []
    for token in member.tokens[:TOKENS_SIGHTED_MAX]:
        sighting = AcceptedSighting(
            token=token,
            report_id=member.report_id,
            incident_id=incident_id,
            status=status,
            accepted_at=now,
            gone=gone,
        )
        found.append(Output(topics.ACCEPTED, token.encode(), encode(sighting)))
    return found


def sighted(row: bytes | None, sighting: AcceptedSighting) -> tuple[bytes | None, list[Link]]:
    """The token's row after this sighting, none where nothing is left, and what it relates; told again, nothing."""
    lines = [line for line in _read(row) if not _is_old(line, sighting.accepted_at)]
    if sighting.gone:
        return _written([line for line in lines if line.report_id != sighting.report_id]), []
    before = list(dict.fromkeys(line.incident_id for line in lines))
    if any(line.report_id == sighting.report_id for line in lines):
        return _written(lines), []
    capped = len(before) >= INCIDENTS_OF_TOKEN_MAX and sighting.incident_id not in before
    others = [] if sighting.incident_id in before else before[:1] if capped else before
    if not capped:
        lines.append(Seen(sighting.report_id, sighting.incident_id, sighting.accepted_at.isoformat()))
    return _written(lines[-INCIDENTS_OF_TOKEN_MAX * 10 :]), [_link(sighting, other, capped=capped) for other in others]


def is_over(row: bytes, now: datetime) -> bool:
    """Whether nothing was seen of a token for as long as the hub keeps what reports said."""
    return all(_is_old(line, now) for line in _read(row))


def _read(row: bytes | None) -> list[Seen]:
    return [Seen(*line.split(" ")) for line in (row or b"").decode().splitlines()]


def _written(lines: list[Seen]) -> bytes | None:
    return "\n".join(" ".join(line) for line in lines).encode() or None


def _is_old(line: Seen, now: datetime) -> bool:
    return line.seen_at < (now - WHOLE).isoformat()


def _link(sighting: AcceptedSighting, other: str, *, capped: bool) -> Link:
    kind = sighting.token.partition(":")[0]
    return Link(
        link_id=ids.link_id("shared_token", sighting.incident_id, other),
        incidents=(other, sighting.incident_id),
        type="shared_token",
        reasons=(Reason(field=kind, bits=0.0, said=f"the same {kind} in both" + capped * ", and in many more"),),
        capped=capped,
        decided_by="entity index",
        at=sighting.accepted_at,
    )
