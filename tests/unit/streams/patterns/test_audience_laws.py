"""No finding of any kind reaches an agency that routing keeps from any report behind it, and none in a fuller form."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from builders import NOW, a_report, a_subscription, a_token, an_agency, an_interval, minutes
from fusionbus.contract import topics
from fusionbus.contract.agency import Agency, Subscription
from fusionbus.contract.handling import Handling
from fusionbus.contract.incident import Claim
from fusionbus.contract.observation import Observation
from fusionbus.contract.report import Entity, ThreatReport
from fusionbus.contract.sections import BorderSection, FinanceSection, IncidentSection, OperationSection
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    Classification,
    EntityType,
    FindingKind,
    Form,
    Kind,
    MsgType,
    Province,
    Severity,
    Status,
)
from fusionbus.streams.patterns.values import Finding
from fusionbus.streams.registry import facets_of
from fusionbus.streams.route import barred_by, form_for
from hub import HubOnPaper

NAMES: Final = ("CTD-KP", "POLICE-KP", "IB", "LIAISON-1", "NACTA")
FULLNESS: Final = {Form.POINTER: 1, Form.TEARLINE: 2, Form.SUMMARY: 3, Form.FULL: 4}
SECTIONS: Final = (
    IncidentSection(),
    FinanceSection(),
    BorderSection(event="crossed"),
    OperationSection(operation="raid", planned=an_interval(), contact="Desk"),
)


class Everything:
    """A search that finds, of the kind it is made for, whatever there is."""

    def __init__(self, kind: FindingKind) -> None:
        self.kind = kind
        self.held: dict[str, Observation] = {}

    def put(self, observation: Observation) -> None:
        self.held[observation.report_id] = observation

    def drop(self, report_id: str) -> None:
        self.held.pop(report_id, None)

    def standing(self, now: datetime) -> Sequence[Finding]:
        del now  # it holds whenever there is anything
        seen = list(self.held.values())
        if not seen:
            return []
        return [
            Finding(
                kind=self.kind,
                key="everything",
                window=an_interval(min(each.reported_at for each in seen)),
                headline="All there is",
                statement="It rests on everything.",
                figures=(),
                evidence=tuple((each, "is here") for each in seen),
                severity=Severity.EXTREME,
                entities=tuple(entity for each in seen for entity in each.entities),
            )
        ]


def some(values: Any, **bounds: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=3, **bounds).map(tuple)


@st.composite
def federations(draw: st.DrawFn) -> list[Agency | Subscription]:
    made: list[Agency | Subscription] = [an_agency(agency=topics.CENTRE, organisation="NACTA")]
    for name in NAMES:
        rights: dict[str, Any] = {
            "agency": name,
            "organisation": draw(st.sampled_from(("NACTA", "One"))),
            "provinces": draw(some((Province.KHYBER_PAKHTUNKHWA, Province.SINDH))),
            "clearance": draw(st.sampled_from(tuple(Classification)[1:])),
            "serves": draw(some(NAMES)),
            "kinds": draw(st.just(tuple(Kind)) | st.just((Kind.INCIDENT, Kind.ASSESSMENT))),
            "personal_data": draw(st.booleans()),
            "foreign": name.startswith("LIAISON"),
        }
        made += [an_agency(**rights), a_subscription(agency=name, statuses=draw(some(Status, min_size=1)))]
    return made


@st.composite
def handlings(draw: st.DrawFn) -> Handling:
    tlp = draw(st.sampled_from(TLP))
    return Handling(
        tlp=tlp,
        pap=draw(st.sampled_from(PAP)),
        classification=draw(st.sampled_from(Classification)),
        releasable_to=draw(some(NAMES, min_size=1) if tlp is TLP.RED else st.just(()) | some(NAMES)),
        originator_control=draw(st.booleans()),
        mask_source=draw(st.booleans()),
    )


@st.composite
def traffic(draw: st.DrawFn) -> list[ThreatReport]:
    status = draw(st.sampled_from((Status.ACTUAL, Status.EXERCISE)))
    made = []
    for number in range(draw(st.integers(1, 3))):
        thing = Entity(type=EntityType.PHONE, token=a_token("phone", number), privacy=draw(st.booleans()))
        made.append(
            a_report(
                agency=draw(st.sampled_from(NAMES)),
                local_ref=f"ref-{number}",
                status=status,
                reported_at=NOW - minutes(number),
                handling=draw(handlings()),
                section=draw(st.sampled_from(SECTIONS)),
                entities=draw(st.just(()) | st.just((thing,))),
                tearline=draw(st.none() | st.just("Something happened.")),
            )
        )
    return made


@settings(
    max_examples=60,
    phases=[phase for phase in Phase if phase is not Phase.explain],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(federations(), traffic(), st.sampled_from(FindingKind), handlings())
def test_no_finding_reaches_whom_routing_keeps_from_any_of_its_evidence_nor_in_a_fuller_form(
    federation: list[Agency | Subscription], sent: list[ThreatReport], kind: FindingKind, narrowed: Handling
) -> None:
    hub = HubOnPaper.of(federation)
    hub.searches = (lambda: Everything(kind),)
    hub.restart()
    hub.send(*sent)
    hub.look()
    _hold(hub, sent)
    changed = sent[0].model_copy(update={"revision": 2, "msg_type": MsgType.UPDATE, "handling": narrowed})
    hub.clear()
    hub.send(changed)
    hub.look()
    _hold(hub, [changed, *sent[1:]])


def _hold(hub: HubOnPaper, sent: Sequence[ThreatReport]) -> None:
    assert hub.dead_letters() == []
    evidence = [report for report in sent if report.kind is not Kind.OPERATION]
    for alert in hub.alerts():
        if alert.body.kind is not Kind.ASSESSMENT or alert.msg_type == "Cancel":
            continue
        agency = hub.registry.agencies[alert.recipient]
        for report in evidence:
            if report.agency == alert.recipient:
                continue
            facets = facets_of(report, Claim(), hub.registry)
            assert barred_by(agency, facets, hub.registry) is None, (alert.recipient, report)
            assert report.kind in agency.kinds
            assert FULLNESS[alert.form] <= FULLNESS[form_for(agency, facets)]
            assert alert.handling.tlp.level >= report.handling.tlp.level
            assert alert.handling.classification.level >= report.handling.classification.level
            if report.is_masked:
                assert report.report_id not in alert.model_dump_json()
