"""Made-up federations and their traffic, for laws of the hub's core."""

from typing import Any, Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from builders import NOW, a_report, a_subscription, an_agency, an_interval, minutes
from fusionbus.contract import ids
from fusionbus.contract.agency import Agency, Near, Subscription
from fusionbus.contract.handling import Handling, Source
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import (
    TLP,
    Classification,
    Kind,
    MsgType,
    Province,
    Severity,
    Status,
    ThreatCategory,
    Urgency,
)
from strategies import reports

LAW: Final = settings(
    max_examples=40,
    phases=[phase for phase in Phase if phase is not Phase.explain],
    deadline=None,  # the first example reads the gazetteer
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
NAMES: Final = ("CTD-KP", "POLICE-KP", "IB", "FC-KP", "LIAISON-1", "NACTA")
STATUSES: Final = (Status.ACTUAL, Status.ACTUAL, Status.EXERCISE, Status.TEST)
OPEN_TO_SHUT: Final = (TLP.CLEAR, TLP.GREEN, TLP.AMBER, TLP.AMBER_STRICT, TLP.RED)


def some(values: Any, **bounds: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=3, **bounds).map(tuple)


@st.composite
def federations(draw: st.DrawFn) -> list[Agency | Subscription]:
    """Agencies with any rights, and what they ask for."""
    made: list[Agency | Subscription] = []
    for name in NAMES:
        rights: dict[str, Any] = {
            "agency": name,
            "organisation": draw(st.sampled_from(("One", "Other"))),
            "provinces": draw(some((Province.KHYBER_PAKHTUNKHWA, Province.SINDH))),
            "clearance": draw(st.sampled_from(Classification)),
            "serves": draw(some(NAMES)),
            "kinds": draw(st.just(tuple(Kind)) | some(Kind, min_size=1)),
            "personal_data": draw(st.booleans()),
            "foreign": name.startswith("LIAISON"),
            "active": draw(st.integers(0, 9)) > 0,
        }
        made.append(an_agency(**rights))
        if draw(st.booleans()):
            wish: dict[str, Any] = {
                "statuses": draw(some(Status, min_size=1)),
                "kinds": draw(some(Kind)),
                "categories": draw(some(ThreatCategory)),
                "urgencies": draw(some(Urgency)),
                "near": draw(st.none() | st.just(Near(lat=34.0, lon=71.5, radius_km=50.0))),
            }
            made.append(a_subscription(agency=name, severity_min=draw(st.none() | st.sampled_from(Severity)), **wish))
    return made


@st.composite
def admissible(draw: st.DrawFn) -> ThreatReport:
    """A first revision that the hub takes; half of them tell of one of two events, so that they may meet."""
    agency, number = draw(st.sampled_from(NAMES)), draw(st.integers(1, 4))
    head: dict[str, Any] = {
        "agency": agency,
        "local_ref": f"ref-{number}",
        "report_id": ids.report_id(agency, f"ref-{number}"),
        "status": draw(st.sampled_from(STATUSES)),
        "msg_type": MsgType.REPORT,
        "revision": 1,
        "occurred": an_interval(NOW - minutes(draw(st.sampled_from((30, 35, 9_000))))),
        "reported_at": NOW - minutes(draw(st.integers(0, 20))),
    }
    if draw(st.booleans()):
        return a_report(**head, handling=Handling(tlp=draw(st.sampled_from(OPEN_TO_SHUT[:4]))))
    if draw(st.booleans()):
        linked = ids.report_id(draw(st.sampled_from(NAMES)), f"ref-{draw(st.integers(1, 4))}")
        head["source"] = Source(derived_from=(linked,))
    return draw(reports()).model_copy(update=head)


@st.composite
def traffic(draw: st.DrawFn) -> list[ThreatReport]:
    """First revisions, updates, withdrawals, in any order that an agency may send them, and some out of order."""
    sent: list[ThreatReport] = []
    for report in draw(st.lists(admissible(), min_size=1, max_size=7)):
        sent.append(report)
        changes = draw(st.lists(st.sampled_from((MsgType.UPDATE, MsgType.UPDATE, MsgType.CANCEL)), max_size=2))
        for revision, msg_type in enumerate(changes, start=2):
            told: dict[str, Any] = {"msg_type": msg_type, "revision": revision}
            if draw(st.integers(0, 5)) == 0:
                told["status"] = draw(st.sampled_from(STATUSES))
            if draw(st.booleans()):
                told["handling"] = Handling(tlp=draw(st.sampled_from(OPEN_TO_SHUT[:4])))
            sent.insert(draw(st.integers(0, len(sent))), report.model_copy(update=told))
    return sent
