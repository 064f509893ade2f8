"""Which reports name a person: by tokens, or by names that are much alike."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables import alerts, bodies, persons, tokens
from fusionbus.contract.clk import dice, read_clk
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.keeping import Keeping
from fusionbus.contract.redress import FoundReport

ALIKE_MIN: Final = 0.8
"""Dice from which two names are spellings of one. Measured (`streams/correlate/compare_persons.py`): of random pairs of
Pakistani names 99 % lie below 0.66, and what differs by one letter lies above 0.8. A person of the desk judges."""
INCIDENTS: Final = "incidents"
THREATS: Final = "threat database"
_NOTHING: Final = Keeping()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for."""

    tokens: frozenset[str]
    clks: tuple[str, ...]

    def names(self, clk: str | None) -> float:
        """How alike the most alike of the names is to this filter, 0 to 1; 0 where they are of different keys."""
        other = read_clk(clk) if clk is not None else None
        mine = [read for one in self.clks if (read := read_clk(one)) is not None]
        if other is None:
            return 0.0
        return max((dice(one[1], other[1]) for one in mine if one[0] == other[0]), default=0.0)


def in_incidents(incidents: Iterable[Incident], wanted: Wanted) -> list[FoundReport]:
    """The hub's reports that name the person."""
    return [
        _of_member(incident, member, by)
        for incident in incidents
        for member in incident.members
        if (by := _matched(member, wanted))
    ]


def in_threats(database: ThreatDatabase, wanted: Wanted) -> list[FoundReport]:
    """Reports in the rows of any recipient that name the person."""
    named: dict[str, str] = {}
    with database.reading() as connection:
        held = select(tokens.c.alert_id, tokens.c.token).where(tokens.c.token.in_(sorted(wanted.tokens)))
        for alert_id, token in connection.execute(held):
            named[alert_id] = _kind(token)
        if wanted.clks:
            for alert_id, clk in connection.execute(select(persons.c.alert_id, persons.c.name_clk)):
                if (alike := wanted.names(clk)) >= ALIKE_MIN:
                    named.setdefault(alert_id, _alike(alike))
        found: dict[str, FoundReport] = {}
        for alert_id, by in sorted(named.items()):
            asked = (
                select(
                    bodies.c.report_id, bodies.c.agency, bodies.c.revision, alerts.c.incident_id, bodies.c.reported_at
                )
                .join(alerts, alerts.c.alert_id == bodies.c.alert_id)
                .where(bodies.c.alert_id == alert_id)
            )
            for report_id, agency, revision, incident_id, reported_at in connection.execute(asked):
                if report_id is not None and agency is not None:
                    found[report_id] = FoundReport(
                        report_id=report_id,
                        agency=agency,
                        found_in=(THREATS,),
                        by=by,
                        incident_id=incident_id,
                        revision=revision,
                        reported_at=reported_at,
                    )
    return list(found.values())


def together(*lists: Sequence[FoundReport]) -> tuple[FoundReport, ...]:
    """Each report once, with all the places it was found in; what the first place tells of it holds."""
    found: dict[str, FoundReport] = {}
    for one in (each for some in lists for each in some):
        known = found.get(one.report_id)
        places = tuple(dict.fromkeys((*(known.found_in if known else ()), *one.found_in)))
        found[one.report_id] = (known or one).model_copy(update={"found_in": places})
    return tuple(found[name] for name in sorted(found))


def _matched(member: Member, wanted: Wanted) -> str:
    """By what the report names the person; empty where it does not."""
    held = sorted({_kind(token) for token in wanted.tokens.intersection(member.tokens)})
    alike = max((wanted.names(clue.name_clk) for clue in member.persons), default=0.0)
    return ", ".join((*held, *([_alike(alike)] if alike >= ALIKE_MIN else ())))


def _of_member(incident: Incident, member: Member, by: str) -> FoundReport:
    keeping = member.keeping or _NOTHING
    return FoundReport(
        report_id=member.report_id,
        agency=member.agency,
        found_in=(INCIDENTS,),
        by=by,
        incident_id=incident.incident_id,
        revision=member.revision,
        reported_at=member.reported_at,
        review_due=keeping.review_due or keeping.review_told,
        retention_until=keeping.retention_until,
        legal_basis=keeping.legal_basis,
        predicate=keeping.predicate,
        held_by=keeping.holds,
        recipients=member.forms,
        purged_at=keeping.purged_at,
    )


def _kind(token: str) -> str:
    return token.partition(":")[0]


def _alike(share: float) -> str:
    return f"name alike {share:.2f}"


def lines(text: str) -> Iterator[str]:
    """The lines that say something."""
    return (line.strip() for line in text.splitlines() if line.strip())
