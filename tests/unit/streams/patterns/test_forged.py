"""Nobody but the hub speaks for the centre."""

import pytest

from builders import NOW, a_report, an_interval
from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.records import RejectReason
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import FindingKind
from hub import HubOnPaper, with_the_centre

SECTION = AssessmentSection(finding=FindingKind.SURGE, window=an_interval(NOW))


@pytest.mark.parametrize(
    ("agency", "topic", "reason"),
    [
        (topics.CENTRE, "CTD-KP", RejectReason.WRONG_AGENCY),
        ("CTD-KP", "CTD-KP", RejectReason.NOT_YOURS),
        ("CTD-KP", topics.CENTRE, RejectReason.WRONG_AGENCY),
    ],
)
def test_a_finding_in_anothers_name_or_by_another_than_the_centre_is_refused(
    agency: str, topic: str, reason: RejectReason
) -> None:
    hub = HubOnPaper.of(with_the_centre())
    report = a_report(agency=agency, report_id=ids.report_id(agency, "KP-2026-0001"), section=SECTION)
    hub.put(topics.reports_topic(topic), report.report_id.encode(), encode(report))
    (letter,) = hub.dead_letters()
    assert (letter.agency, letter.reason) == (topic, reason)
    assert hub.alerts() == []
