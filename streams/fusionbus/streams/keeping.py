"""How long a report may be kept, as its incident notes it: dates, holds, and what a purge leaves. Pure.

Source: 28 CFR 23.20(h) (review, purge, five years), DESIGN (review due, retention, legal hold).
"""

from datetime import datetime, timedelta
from typing import Final

from fusionbus.contract.facts import Facts, mark_of
from fusionbus.contract.handling import RETENTION_MAX
from fusionbus.contract.incident import Claim, Incident, Member
from fusionbus.contract.keeping import Keeping
from fusionbus.contract.report import ThreatReport

WHOLE: Final = timedelta(days=30)
"""How long the hub keeps what the reports of a closed incident said; after it a correction reaches all who had the
report, as before, but no further report joins by what it says. Our own choice: a month of second thoughts."""
AT_ALL: Final = RETENTION_MAX + timedelta(days=366)
"""How long it keeps that a closed incident was there and who had its reports: no report may live longer than
RETENTION_MAX, and for a year more a late copy still meets what is known of it."""
SEEN: Final = RETENTION_MAX
"""How long a report's id is known at the door: less than AT_ALL, so that a copy which gets in there is known here."""

PREDICATE_CHARS_MAX: Final = 300
"""Of a predicate so much is noted beside the report, for the desk that answers a person: a line of its list."""
_NOTHING = Keeping()


def keeping_of(report: ThreatReport) -> Keeping | None:
    """What a report says of its own keeping; nothing where it says nothing, which is the common case."""
    legal = report.legal
    predicate = legal.criminal_predicate
    said = (legal.review_due, legal.retention_until, legal.legal_basis, predicate)
    if not any(said) and not legal.legal_hold:
        return None
    return Keeping(
        legal_basis=legal.legal_basis,
        predicate=(predicate.reference or predicate.basis)[:PREDICATE_CHARS_MAX] if predicate else None,
        review_due=legal.review_due,
        retention_until=legal.retention_until,
        holds=(report.agency,) if legal.legal_hold else (),
    )


def keeping_after(before: Keeping | None, report: ThreatReport) -> Keeping | None:
    """The same after a newer revision: its dates are in force, and no revision ends a hold that was ordered."""
    now = keeping_of(report)
    if before is None or not (before.holds or before.review_told or before.redress):
        return now
    now = now or _NOTHING
    again = now.review_due != before.review_told
    return now.model_copy(
        update={
            "review_due": now.review_due if again else None,
            "review_told": before.review_told,
            "holds": tuple(sorted({*before.holds, *now.holds})),
            "redress": before.redress,
            "redress_due": before.redress_due,
        }
    )


def facts_of(report: ThreatReport, incident: Incident) -> Facts:
    """What the audit notes of a report for oversight, beside who got it."""
    papers = (token for person in report.persons for token in person.id_tokens)
    named = dict.fromkeys((*papers, *(entity.token for entity in report.entities)))
    return Facts(
        origins=incident.independent_origins,
        ring=incident.echo_ring or None,
        review_due=report.legal.review_due,
        retention_until=report.legal.retention_until,
        held=report.legal.legal_hold or None,
        marks=tuple(mark_of(report.report_id, token) for token in named) or None,
    )


def is_purged(member: Member) -> bool:
    """Whether nothing is left of it but that it was here."""
    return member.keeping is not None and member.keeping.purged_at is not None


def holders(member: Member) -> tuple[str, ...]:
    """The agencies that hold it."""
    return member.keeping.holds if member.keeping is not None else ()


def with_hold(member: Member, agency: str, *, holds: bool) -> Member:
    """The member, held by this agency or not."""
    before = member.keeping or _NOTHING
    after = {*before.holds, agency} if holds else set(before.holds) - {agency}
    return member.model_copy(update={"keeping": before.model_copy(update={"holds": tuple(sorted(after))})})


def is_review_due(member: Member, now: datetime) -> bool:
    """Whether its originator should look at it again and was not told so yet."""
    keeping = member.keeping
    if keeping is None or keeping.review_due is None or keeping.purged_at is not None:
        return False
    return keeping.review_due <= now


def reminded(member: Member) -> Member:
    """The member whose originator was told that its review is due."""
    before = member.keeping or _NOTHING
    told = {"review_due": None, "review_told": before.review_due}
    return member.model_copy(update={"keeping": before.model_copy(update=told)})


def is_past_retention(member: Member, now: datetime) -> bool:
    """Whether it may not be kept any longer."""
    keeping = member.keeping
    if keeping is None or keeping.retention_until is None or keeping.purged_at is not None:
        return False
    return keeping.retention_until <= now and not keeping.holds


def tombstone_of(member: Member, now: datetime) -> Member:
    """What is left of a purged report: ids, agency, times, markings, who had it; nothing of what it said."""
    left = {"forms": member.forms, "withdrawn": True, "told": member.told, "keeping": Keeping(purged_at=now)}
    return bare(member).model_copy(update=left)


def bare(member: Member) -> Member:
    """Its names, lineage, time and markings; nothing of what it said, who had it, or what is kept of it."""
    return Member(
        report_id=member.report_id,
        agency=member.agency,
        kind=member.kind,
        revision=member.revision,
        relation=member.relation,
        origin=member.origin,
        reported_at=member.reported_at,
        claim=Claim(),
        tlp=member.tlp,
        classification=member.classification,
        masked=member.masked,
    )


def is_held(incident: Incident) -> bool:
    """Whether anybody holds one of its reports."""
    return any(holders(member) for member in incident.members)


def reduced(incident: Incident) -> Incident:
    """The incident without what its reports said: who told it, when, and who had it stays for recalls and purges."""
    nothing = {
        "claim": Claim(),
        "terms": (),
        "tokens": (),
        "persons": (),
        "source_token": None,
        "probability": None,
        "reasons": (),
    }
    members = tuple(member.model_copy(update=nothing | _without_words(member)) for member in incident.members)
    return incident.model_copy(update={"members": members, "claim": Claim(), "reduced": True})


def _without_words(member: Member) -> dict[str, Keeping | None]:
    """What is noted of its keeping, without the words of its predicate, which may tell of a person."""
    keeping = member.keeping
    return {"keeping": keeping and keeping.model_copy(update={"predicate": None})}
