"""Whose rows are read: a viewer sees what its agency was sent, whatever is asked, and an operator no report."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import a_token
from fusionbus.consumers.testing import SAMPLE_AT, sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.hub_rows import incident_as_held, review_queue
from fusionbus.consumers.threats.journeys import journey
from fusionbus.consumers.threats.query import Query, Sort
from fusionbus.consumers.threats.search import alert_of, alerts_of, check, incident_page, search
from fusionbus.consumers.threats.viewer import Role, Viewer
from fusionbus.contract.errors import NotAllowed
from threats import BOTH, KP, empty_url, keep, with_subjects


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ThreatDatabase]:
    with closing(ThreatDatabase(empty_url(request.param, tmp_path, request))) as opened:
        yield opened


def test_an_operator_reads_no_report_and_only_reviewers_read_what_the_hub_holds(database: ThreatDatabase) -> None:
    operator = Viewer("CTD-KP", frozenset({Role.OPERATOR}))
    report = sample_alert().body.report_id or ""
    keep(database, [sample_alert()])
    for ask in (
        lambda: search(database, operator, Query()),
        lambda: alerts_of(database, operator),
        lambda: alert_of(database, operator, sample_alert().alert_id),
        lambda: incident_page(database, operator, sample_alert().incident_id),
        lambda: check(database, operator, a_token()),
        lambda: review_queue(database, KP),
        lambda: incident_as_held(database, KP, sample_alert().incident_id),
    ):
        with pytest.raises(NotAllowed):
            ask()
    way = journey(database, operator, report)
    assert way is not None
    assert "Roadside" not in way.model_dump_json()


AGENCIES = st.sampled_from(["CTD-KP", "CTD-PB", "CTD", "CTD-KP-2", "KP"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(st.tuples(AGENCIES, st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=8), who=AGENCIES)
def test_nobody_ever_sees_a_row_of_another(
    database: ThreatDatabase, sent: list[tuple[str, int, int]], who: str
) -> None:
    def secret(agency: str) -> str:
        return f"plantedfor{agency.replace('-', 'x').lower()}end"

    marked = [
        with_subjects(agency, number, revision=revision, headline=secret(agency), narrative=f"{secret(agency)} bomb")
        for agency, number, revision in sent
    ]
    keep(database, marked)
    viewer = Viewer(who, frozenset(Role))
    answers = [
        search(database, viewer, query, SAMPLE_AT).model_dump_json()
        for query in (
            Query(per_page=200),
            Query(text="bomb"),
            Query(text="plantedfor*"),
            Query(token=a_token("plate", 2)),
            Query(lat=32.99, lon=70.6, radius_km=50, sort=Sort.NEAREST),
            Query(open_only=True, sort=Sort.SEVERITY),
        )
    ]
    answers += [
        alerts_of(database, viewer).model_dump_json(),
        check(database, viewer, a_token("cnic", 1)).model_dump_json(),
    ]
    for alert in marked:
        answers += [
            str(incident_page(database, viewer, alert.incident_id)),
            str(alert_of(database, viewer, alert.alert_id)),
            str(journey(database, viewer, alert.body.report_id or "")),
        ]
    for other in {agency for agency, _, _ in sent} - {who}:
        assert [answer for answer in answers if secret(other) in answer or f'recipient="{other}"' in answer] == []
    of_others = {alert.alert_id for alert in marked if alert.recipient != who}
    assert [answer for answer in answers if any(name in answer for name in of_others)] == []
    if who in {agency for agency, _, _ in sent}:
        assert secret(who) in answers[0]
        assert secret(who) in answers[1]
