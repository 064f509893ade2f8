"""One phone, plate, paper, account or device in reports on several incidents."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from fusionbus.contract.base import Interval
from fusionbus.contract.observation import Observation
from fusionbus.contract.report import Place
from fusionbus.contract.sections import Figure
from fusionbus.contract.vocabulary import FindingKind, Severity, Urgency
from fusionbus.streams.patterns.values import Finding
from fusionbus.streams.sightings import INCIDENTS_OF_TOKEN_MAX, TOKENS_SIGHTED_MAX

WINDOW: Final = timedelta(days=30)
"""How long a token is remembered, as in the entity index (`streams/keeping.py`)."""
INCIDENTS_MIN: Final = 2
_GRAVITY: Final = (Severity.UNKNOWN, Severity.MINOR, Severity.MODERATE, Severity.SEVERE, Severity.EXTREME)


class SharedDevice:
    """Relates incidents by what stands in reports on both; it never says that they are one.

    A token in more than `INCIDENTS_OF_TOKEN_MAX` incidents is a call centre's number or a bus, and relates nothing: the
    entity index shows it as capped.
    """

    def __init__(self) -> None:
        self._reports: dict[str, Observation] = {}
        self._by_token: dict[str, dict[str, Observation]] = {}

    def put(self, observation: Observation) -> None:
        """Takes a report, or its newer revision."""
        self.drop(observation.report_id)
        self._reports[observation.report_id] = observation
        for token in _tokens(observation):
            self._by_token.setdefault(token, {})[observation.report_id] = observation

    def drop(self, report_id: str) -> None:
        """Lets go of a report."""
        before = self._reports.pop(report_id, None)
        for token in _tokens(before) if before is not None else ():
            held = self._by_token[token]
            del held[report_id]
            if not held:
                del self._by_token[token]

    def standing(self, now: datetime) -> Sequence[Finding]:
        """A finding for each token that stands in reports on two to twenty incidents of the last thirty days."""
        found = []
        for token, held in self._by_token.items():
            if len(held) < INCIDENTS_MIN:
                continue
            recent = [each for each in held.values() if now - each.reported_at <= WINDOW]
            incidents = {each.incident_id for each in recent}
            if INCIDENTS_MIN <= len(incidents) <= INCIDENTS_OF_TOKEN_MAX:
                found.append(_finding(token, recent, len(incidents)))
        return found


def _tokens(observation: Observation) -> list[str]:
    tokens = {entity.token for entity in observation.entities}
    for subject in observation.subjects:
        tokens.update(subject.id_tokens)
    return sorted(tokens)[:TOKENS_SIGHTED_MAX]


def _finding(token: str, reports: list[Observation], incidents: int) -> Finding:
    thing = token.partition(":")[0]
    resting = sorted(reports, key=lambda each: (each.reported_at, each.report_id))
    entity = next((e for each in resting for e in each.entities if e.token == token), None)
    provinces = {each.place.province for each in resting if each.place is not None and each.place.province is not None}
    return Finding(
        kind=FindingKind.SHARED_DEVICE,
        # Of the digest, not of the token: a key is told to all who have the finding, and a token is private.
        key=hashlib.blake2b(token.encode(), digest_size=12).hexdigest(),
        window=Interval(start=resting[0].reported_at, end=resting[-1].reported_at),
        headline=f"The same {thing} in {incidents} incidents",
        statement=f"{len(resting)} reports on {incidents} incidents name the same {thing}. "
        "That relates the incidents; it does not make them one.",
        figures=(
            Figure(
                name="incidents",
                value=float(incidents),
                threshold=float(INCIDENTS_MIN),
                source="the entity index: a token in two incidents relates them",
            ),
        ),
        evidence=tuple((each, f"names the {thing}") for each in resting),
        place=Place(province=provinces.pop()) if len(provinces) == 1 else None,
        severity=max((each.severity for each in resting), key=_GRAVITY.index),
        urgency=Urgency.EXPECTED,
        entities=(entity,) if entity is not None else (),
    )
