"""The section of a simulated report, and who may see it: markings, law, grading."""

from datetime import timedelta
from random import Random
from typing import Final, Literal

from fusionbus.contract.base import Interval, Range
from fusionbus.contract.handling import Handling, Legal, Predicate, Source
from fusionbus.contract.sections import (
    BorderSection,
    CyberSection,
    FinanceSection,
    IncidentSection,
    Indicator,
    OperationSection,
    RecordSection,
    Section,
    SuspiciousActivitySection,
    ThreatSection,
    TipSection,
    Transaction,
)
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    Classification,
    Confidence,
    Credibility,
    Kind,
    NatureOfSource,
    Reliability,
    SuspiciousActivityCode,
    TipClassCode,
)
from fusionbus.producers.simulate.events import Event
from fusionbus.producers.simulate.names import token

TLP_SHARE: Final = {TLP.CLEAR: 0.07, TLP.GREEN: 0.63, TLP.AMBER: 0.21, TLP.AMBER_STRICT: 0.04, TLP.RED: 0.05}
CLASS_SHARE: Final = {
    Classification.UNCLASSIFIED: 0.06,
    Classification.RESTRICTED: 0.66,
    Classification.CONFIDENTIAL: 0.20,
    Classification.SECRET: 0.08,
}
"""How agencies mark. Assumptions: no agency publishes its practice."""
NAMED: Final = ("NACTA", "IB", "CTD-KP", "CTD-BA", "CTD-SD", "CTD-PB", "PFC-KP", "PFC-BA", "LIAISON-1", "FIA")


def handling(rng: Random, agency: str) -> Handling:
    """The markings this agency puts on a report, this time."""
    if agency == "NACTA-TIPS":
        return Handling(tlp=TLP.AMBER, classification=Classification.RESTRICTED, mask_source=True)
    tlp = rng.choices(list(TLP_SHARE), list(TLP_SHARE.values()))[0]
    classification = rng.choices(list(CLASS_SHARE), list(CLASS_SHARE.values()))[0]
    if tlp is TLP.CLEAR:
        classification = Classification.UNCLASSIFIED
    if agency == "LIAISON-1":
        classification = Classification.RESTRICTED
    named = tlp is TLP.RED or rng.random() < 0.04  # noqa: PLR2004 - an assumption, as below
    others = [name for name in NAMED if name != agency]
    return Handling(
        tlp=tlp,
        pap=rng.choice((PAP.GREEN, PAP.AMBER, PAP.AMBER, PAP.RED)),
        classification=classification,
        releasable_to=tuple(sorted(rng.sample(others, 3))) if named else (),
        originator_control=rng.random() < 0.05,  # noqa: PLR2004
        mask_source=rng.random() < 0.07,  # noqa: PLR2004
        caveats=("Not for use in court",) if rng.random() < 0.1 else (),  # noqa: PLR2004
    )


def source(rng: Random, agency: str) -> Source:
    """The grading this agency gives its source; it never claims that others confirm it."""
    good = agency.startswith(("CTD", "IB", "PFC", "NACTA"))
    grades = (Reliability.A, Reliability.B, Reliability.C) if good else (Reliability.B, Reliability.C, Reliability.F)
    return Source(
        reliability=Reliability.F if agency == "NACTA-TIPS" else rng.choice(grades),
        credibility=rng.choice(
            (Credibility.PROBABLY_TRUE, Credibility.PROBABLY_TRUE, Credibility.POSSIBLY_TRUE, Credibility.DOUBTFUL)
        ),
        nature=rng.choice((NatureOfSource.WITNESSED, NatureOfSource.TOLD, NatureOfSource.DEDUCED)),
        source_token=_source_token(rng, agency) if rng.random() < 0.25 else None,  # noqa: PLR2004 - an assumption
    )


def _source_token(rng: Random, agency: str) -> str:
    """One of the agency's few standing sources, or one met once."""
    number = rng.randrange(3) if rng.random() < 0.15 else rng.randrange(10_000, 10_000_000)  # noqa: PLR2004 - as above
    return token("source", f"{agency}-{number}")


def legal(event: Event, *, subject: bool) -> Legal:
    """The legal ground; a criminal subject needs a predicate."""
    if not subject:
        return Legal()
    return Legal(
        legal_basis="Anti-Terrorism Act 1997",
        criminal_predicate=Predicate(basis="Named by two witnesses and by a recovery", reference=event.event_id),
        retention_until=event.at + timedelta(days=365),
    )


def section(rng: Random, event: Event, *, names_person: bool) -> Section:
    """What is special to the kind of the event."""
    match event.kind:
        case Kind.INCIDENT:
            attackers = Range(low=1, high=rng.randint(2, 8)) if rng.random() < 0.3 else None  # noqa: PLR2004
            return IncidentSection(course=rng.choice(("ongoing", "over", "over", "unknown")), attackers=attackers)
        case Kind.THREAT:
            until = event.at + timedelta(days=3)
            return ThreatSection(
                expected=Interval(start=event.at, end=until),
                confidence=rng.choice((Confidence.LOW, Confidence.MODERATE)),
                target_description=f"Around {event.spot.name}",
            )
        case Kind.SUSPICIOUS_ACTIVITY:
            codes = (SuspiciousActivityCode.PHOTO, SuspiciousActivityCode.SURVL, SuspiciousActivityCode.INTRSN)
            why = "Returned after being turned away, with a false plate" if names_person else None
            return SuspiciousActivitySection(activity=rng.choice(codes), justification=why)
        case Kind.FINANCE:
            return _finance(rng, event)
        case _:
            return _more(rng, event)


def _more(rng: Random, event: Event) -> Section:
    match event.kind:
        case Kind.CYBER:
            trace = Indicator(type="domain", value=f"signin-{rng.randrange(999)}.example.invalid")
            return CyberSection(vector=rng.choice(("phishing", "defacement")), indicators=(trace,))
        case Kind.TIP:
            return TipSection(channel=rng.choice(("phone", "web", "sms")), tip_class=TipClassCode.THRTPUB)
        case Kind.BORDER:
            return BorderSection(event=rng.choice(("seized", "watch_list_hit")), crossing_point=event.spot.name)
        case Kind.RECORD:
            entered: Literal["fir", "arrest"] = "fir" if rng.random() < 0.6 else "arrest"  # noqa: PLR2004 - an assumption
            return RecordSection(record_type=entered, police_station=event.spot.name, law_sections=("7 ATA",))
        case _:
            planned = Interval(start=event.at, end=event.at + timedelta(hours=8))
            return OperationSection(operation="search", planned=planned, contact="Duty desk, internal 0000")


def _finance(rng: Random, event: Event) -> FinanceSection:
    accounts = [token("account", f"{event.event_id}-{n}") for n in range(4)]
    moved = tuple(
        Transaction(
            at=event.at - timedelta(hours=rng.uniform(1, 40)),
            amount=float(rng.randrange(20, 490) * 1_000),
            from_account=sender,
            to_account=accounts[0],
            channel=rng.choice(("bank", "mobile_wallet", "hawala")),
        )
        for sender in accounts[1:]
    )
    return FinanceSection(suspicion=rng.choice(("fan_in", "structuring")), transactions=moved)
