"""Hypothesis strategies: reports and alerts of every kind, made up at random within the contract."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from builders import a_report, a_token, an_alert
from fusionbus.contract import ids
from fusionbus.contract.alert import Alert, AlertBody, AlertHandling, Escalation, IncidentView, SharingQuestion
from fusionbus.contract.base import Interval, Range
from fusionbus.contract.handling import Handling, Legal, Predicate, Source
from fusionbus.contract.incident import Claim
from fusionbus.contract.keeping import Erasure
from fusionbus.contract.report import Actor, Casualties, Entity, Person, Place, ThreatReport
from fusionbus.contract.sections import (
    AreaRisk,
    AssessmentSection,
    BorderSection,
    CyberSection,
    Evidence,
    Figure,
    FinanceSection,
    IncidentSection,
    Indicator,
    OperationSection,
    RecordSection,
    SuspiciousActivitySection,
    ThreatSection,
    TipSection,
    Transaction,
)
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    AlertKind,
    AlertMsgType,
    CasualtyGroup,
    Certainty,
    Classification,
    Credibility,
    EntityType,
    FindingKind,
    Form,
    MsgType,
    Outcome,
    Province,
    Reliability,
    Severity,
    Status,
    SubjectRole,
    SuspiciousActivityCode,
    TargetSectorCode,
    ThreatCategory,
    Urgency,
    Weapon,
)
from fusionbus.streams.compose import body_of

AGENCIES = ("CTD-KP", "POLICE-KP", "IB", "FC-KP", "NACTA-TIPS", "LIAISON-1")

# Lone surrogates are no text: no encoder can write them.
letters = st.characters(exclude_categories=["Cs"])
texts = st.text(letters, min_size=1, max_size=60)
proses = st.text(letters, min_size=1, max_size=400)
times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
tokens = st.builds(a_token, st.sampled_from(("phone", "plate", "cnic", "account")), st.integers(0, 2**64))
agencies = st.sampled_from(AGENCIES)


@st.composite
def intervals(draw: st.DrawFn, days_max: int = 30) -> Interval:
    """A stretch of time."""
    start = draw(times)
    return Interval(start=start, end=start + draw(st.timedeltas(timedelta(0), timedelta(days=days_max))))


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    """A count between bounds."""
    low = draw(st.integers(0, 999))
    return Range(low=low, high=low + draw(st.integers(0, 999)))


@st.composite
def casualties(draw: st.DrawFn) -> Casualties:
    """People hurt."""
    count = draw(ranges())
    outcome, group = draw(st.sampled_from(Outcome)), draw(st.sampled_from(CasualtyGroup))
    return Casualties(outcome=outcome, group=group, low=count.low, high=count.high)


@st.composite
def places(draw: st.DrawFn) -> Place:
    """A place, with or without a point."""
    point: dict[str, Any] = {}
    if draw(st.booleans()):
        point = {"lat": draw(st.floats(-90, 90)), "lon": draw(st.floats(-180, 180))}
    return Place(
        province=draw(st.none() | st.sampled_from(Province)),
        district=draw(st.none() | texts),
        name=draw(st.none() | texts),
        uncertainty_km=draw(st.none() | st.floats(0, 2_000)),
        **point,
    )


@st.composite
def handlings(draw: st.DrawFn) -> Handling:
    """Markings, with named recipients where TLP:RED asks for them."""
    tlp = draw(st.sampled_from(TLP))
    named = draw(st.lists(agencies, min_size=1 if tlp is TLP.RED else 0, max_size=4, unique=True))
    return Handling(
        tlp=tlp,
        pap=draw(st.sampled_from(PAP)),
        classification=draw(st.sampled_from(Classification)),
        releasable_to=tuple(named),
        originator_control=draw(st.booleans()),
        mask_source=draw(st.booleans()),
        caveats=tuple(draw(st.lists(texts, max_size=2))),
    )


def sections() -> st.SearchStrategy[Any]:
    """A section of any of the nine kinds that agencies send."""
    indicators = st.builds(Indicator, type=st.just("domain"), value=texts)
    payments = st.builds(Transaction, at=times, amount=st.floats(0.01, 1e15), to_account=st.none() | tokens)
    return st.one_of(
        st.builds(IncidentSection, attackers=st.none() | ranges(), damage=st.none() | texts),
        st.builds(ThreatSection, expected=st.none() | intervals(), modus_operandi=st.none() | texts),
        st.builds(SuspiciousActivitySection, activity=st.sampled_from(SuspiciousActivityCode), justification=proses),
        st.builds(FinanceSection, transactions=st.lists(payments, max_size=3).map(tuple)),
        st.builds(CyberSection, indicators=st.lists(indicators, max_size=3).map(tuple)),
        st.builds(TipSection, channel=st.sampled_from(("web", "sms")), caller_token=st.none() | tokens),
        st.builds(BorderSection, event=st.sampled_from(("crossed", "seized")), goods=st.none() | texts),
        st.builds(RecordSection, record_type=st.sampled_from(("fir", "arrest")), recorded_at=st.none() | times),
        st.builds(OperationSection, operation=st.just("raid"), planned=intervals(), contact=texts),
    )


def assessments() -> st.SearchStrategy[AssessmentSection]:
    """A section of what the fusion centre itself finds."""
    known = {"report_id": st.just(ids.report_id("A", "1")), "incident_id": st.just(ids.report_id("A", "2"))}
    shares = st.floats(0, 1)
    risk = st.builds(AreaRisk, district=texts, probability=shares, low=shares, high=shares, climatology=shares)
    resting = st.builds(Evidence, agency=st.none() | agencies, reported_at=times, says=texts, **known)
    figure = st.builds(Figure, name=texts, value=st.floats(-1e6, 1e6), threshold=st.none() | st.floats(0, 1e6))
    return st.builds(
        AssessmentSection,
        finding=st.sampled_from(FindingKind),
        phase=st.sampled_from(("open", "over")),
        window=intervals(),
        figures=st.lists(figure, max_size=2).map(tuple),
        evidence=st.lists(resting, max_size=2).map(tuple),
        areas=st.lists(risk, max_size=2).map(tuple),
    )


@st.composite
def reports(draw: st.DrawFn, section: st.SearchStrategy[Any] | None = None) -> ThreatReport:
    """A valid report of any kind that agencies send, or of this section."""
    msg_type = draw(st.sampled_from(MsgType))
    persons = st.builds(
        Person,
        role=st.sampled_from(SubjectRole),
        name_tokens=st.lists(tokens, max_size=3).map(tuple),
        released_name=st.none() | texts,
    )
    entities = st.builds(Entity, type=st.sampled_from(EntityType), token=tokens, role=st.sampled_from(SubjectRole))
    return a_report(
        agency=draw(agencies),
        local_ref=draw(texts),
        status=draw(st.sampled_from(Status)),
        msg_type=msg_type,
        revision=draw(st.integers(1 if msg_type is MsgType.REPORT else 2, 10_000)),
        occurred=draw(st.none() | intervals()),
        reported_at=draw(times),
        place=draw(st.none() | places()),
        category=draw(st.none() | st.sampled_from(ThreatCategory)),
        weapon=draw(st.none() | st.sampled_from(Weapon)),
        target_sector=draw(st.none() | st.sampled_from(TargetSectorCode)),
        actor=draw(st.none() | st.builds(Actor, name=texts, claimed=st.booleans())),
        urgency=draw(st.sampled_from(Urgency)),
        severity=draw(st.sampled_from(Severity)),
        certainty=draw(st.sampled_from(Certainty)),
        source=draw(
            st.builds(Source, reliability=st.sampled_from(Reliability), credibility=st.sampled_from(Credibility))
        ),
        casualties=tuple(draw(st.lists(casualties(), max_size=3))),
        persons=tuple(draw(st.lists(persons, max_size=2))),
        entities=tuple(draw(st.lists(entities, max_size=2))),
        headline=draw(st.none() | texts),
        narrative=draw(st.none() | proses),
        tearline=draw(st.none() | proses),
        handling=draw(handlings()),
        legal=Legal(criminal_predicate=Predicate(basis="Made up for a test.")),
        section=draw(section if section is not None else sections()),
    )


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    """What is said of an event."""
    return Claim(
        occurred=draw(st.none() | intervals()),
        place=draw(st.none() | places()),
        category=draw(st.none() | st.sampled_from(ThreatCategory)),
        weapon=draw(st.none() | st.sampled_from(Weapon)),
        actor=draw(st.none() | texts),
        killed=draw(st.none() | ranges()),
        injured=draw(st.none() | ranges()),
        headline=draw(st.none() | texts),
    )


def _notice_of(kind: AlertKind, draw: st.DrawFn) -> dict[str, Any]:
    """What an alert of this kind has besides."""
    at, name = draw(times), draw(agencies)
    if kind is AlertKind.ESCALATION:
        told = Escalation(
            agency=name,
            alert_id=ids.sharing_alert_id(name),
            recall=False,
            sent_at=at,
            acknowledge_by=at,
            contact=draw(texts),
        )
        return {"escalation": told}
    if kind is AlertKind.SHARING_REQUEST:
        asked = SharingQuestion(request_id=ids.report_id(name, "q"), to=(name,), reason=draw(texts), answer_by=at)
        return {"sharing": asked}
    return {}


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    """A valid alert of any kind and form, its body made by the hub's own rules."""
    report = draw(reports() | reports(assessments()))
    form, kind = draw(st.sampled_from(Form)), draw(st.sampled_from(AlertKind))
    body = AlertBody.model_validate_json(body_of(report, form, draw(texts)))
    marks, language = report.handling, draw(st.sampled_from(("en", "ur", "ur-Latn", "ps")))
    erased = Erasure(alerts=(report.report_id,), incidents=())
    return an_alert(
        kind=kind,
        msg_type=draw(st.sampled_from(AlertMsgType)),
        status=draw(st.sampled_from(Status)),
        incident_revision=draw(st.integers(1, 10_000)),
        issued_at=draw(times),
        form=form,
        why=draw(texts),
        handling=AlertHandling(
            tlp=marks.tlp, pap=marks.pap, classification=marks.classification, caveats=marks.caveats
        ),
        incident=IncidentView(
            claim=draw(claims()), reports=2, independent_origins=1, credibility=draw(st.sampled_from(Credibility))
        ),
        body=body.model_copy(update={"language": language}),
        erase=draw(st.none() | st.just(erased)),
        acknowledge_by=draw(st.none() | times),
        merged_from=draw(st.none() | st.just((report.report_id,))),
        **_notice_of(kind, draw),
    )
