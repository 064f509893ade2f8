"""What is told of somebody wanted who was met, and of somebody who only has the name."""

from collections.abc import Iterable
from typing import Final

from fusionbus.contract.base import Interval
from fusionbus.contract.observation import Observation
from fusionbus.contract.report import Entity
from fusionbus.contract.sections import BorderSection, Figure, RecordSection
from fusionbus.contract.vocabulary import EntityType, FindingKind, Severity, SubjectRole, Urgency
from fusionbus.streams.patterns.values import Finding
from fusionbus.streams.patterns.watching.names_alike import ALIKE_MIN, NAMESAKES_MAX, Likeness

_EVENTS: Final = {
    "crossed": "crossed the border",
    "refused": "was refused at the border",
    "detained": "was detained at the border",
    "seized": "had goods seized at the border",
    "watch_list_hit": "was held against a watch list at the border",
    "irregular_crossing": "crossed the border past the posts",
}
_DIRECTION: Final = {"in": ", coming in", "out": ", going out", "unknown": ""}


def hit(listing: Observation, report: Observation, papers: Iterable[str]) -> Finding:
    """A wanted person was met: the paper is the same."""
    tokens = list(papers)
    kinds = sorted({token.partition(":")[0].replace("cnic", "identity card") for token in tokens})
    return Finding(
        kind=FindingKind.WATCH_LIST_HIT,
        key=f"watch/{listing.report_id}/{report.report_id}",
        window=_window(report),
        headline=f"Wanted person {_did(report)}",
        statement=(
            f"The same {' and '.join(kinds)} stands in a record of a wanted person and in a later report. "
            f"{_call(listing, report)} A paper can be lost, stolen or borrowed: look at the person and the photograph "
            "before anybody is held, and ask the agency that wants the person whether the warrant still stands."
        ),
        figures=(Figure(name="papers in common", value=len(tokens), threshold=1, source="The same keyed hash"),),
        evidence=_evidence(listing, report),
        place=listing.place or report.place,  # its ground is whose matter it is; border agencies ask for all hits
        category=listing.category,
        actor=listing.actor,
        severity=Severity.SEVERE,
        urgency=Urgency.IMMEDIATE,
        entities=tuple(_paper(token, listing) for token in tokens),
    )


def possible(listing: Observation, report: Observation, why: Likeness) -> Finding:
    """Somebody has the name, the sex and the age of a wanted person: a question, told without any paper."""
    return Finding(
        kind=FindingKind.WATCH_LIST_POSSIBLE,
        key=f"possible/{listing.report_id}/{report.report_id}",
        window=_window(report),
        headline="Possible, by name alone: for a person to judge, no ground to stop anybody",
        statement=(
            "Somebody at the border has a name, sex and age like those of a wanted person. Many people do. This is not "
            "a hit: nobody may be held or refused on it. Compare the papers with the record's, and tell the hub what "
            f"you found. {_call(listing, report)}"
        ),
        figures=(
            Figure(
                name="likeness of the names",
                value=round(why.dice, 3),
                threshold=ALIKE_MIN,
                source="Dice of keyed filters; random pairs of Pakistani names: 99 % below 0.66 (docs/borders.md)",
            ),
            Figure(name="parts of the name that are the same", value=why.parts),
            Figure(
                name="namesakes from which on none is told",
                value=NAMESAKES_MAX + 1,
                source="A name that so many have tells nobody apart",
            ),
        ),
        evidence=_evidence(listing, report),
        place=listing.place or report.place,
        severity=Severity.UNKNOWN,
        urgency=Urgency.UNKNOWN,
    )


def _window(report: Observation) -> Interval:
    return report.occurred or Interval(start=report.reported_at, end=report.reported_at)


def _did(report: Observation) -> str:
    section = report.section
    if isinstance(section, BorderSection):
        where = f", at {section.crossing_point[:60]}" if section.crossing_point else ""
        return f"{_EVENTS[section.event]}{_DIRECTION[section.direction]}{where}"
    if isinstance(section, RecordSection):
        return f"named in a police record ({section.record_type.replace('_', ' ')})"
    return f"named in a report of kind {report.kind.value.replace('_', ' ')}"


def _call(listing: Observation, report: Observation) -> str:
    """With whom to speak; a masked agency is reached through the centre alone."""
    wants = "the watch floor of the centre, for who wants the person is masked" if listing.masked else listing.agency
    met = "through the watch floor of the centre" if report.masked else report.agency
    return f"Call {wants}, which wants the person; who met the person: {met}."


def _evidence(listing: Observation, report: Observation) -> tuple[tuple[Observation, str], ...]:
    section = listing.section
    kind = section.record_type.replace("_", " ") if isinstance(section, RecordSection) else "record"
    made = section.recorded_at if isinstance(section, RecordSection) else None
    says = f"A record ({kind}) of {(made or listing.reported_at):%Y-%m-%d} makes the person wanted."
    met = f"Somebody {_did(report)}, {_window(report).start:%Y-%m-%d %H:%M} UTC."
    return (listing, says), (report, met)


def _paper(token: str, listing: Observation) -> Entity:
    named = next((entity for entity in listing.entities if entity.token == token), None)
    return Entity(
        type=EntityType(token.partition(":")[0]),
        token=token,
        role=SubjectRole.CRIMINAL_SUBJECT,
        privacy=named.privacy if named is not None else True,
    )
