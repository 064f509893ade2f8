"""What every publisher keeps to: run over the recording one, over one on a fake wire, and over a real broker."""

from fusionbus.contract.vocabulary import Kind
from fusionbus.producers.outcomes import Delivered, Failed, Outcome, Publishes
from fusionbus.producers.testing import sample_report

WAIT_S = 30.0


def good_reports_are_delivered_in_order_with_their_place(publisher: Publishes) -> None:
    reports = [
        sample_report(kind, agency=publisher.agency, local_ref=f"{publisher.agency}/law-{kind}") for kind in Kind
    ]
    outcomes = [publisher.publish(report) for report in reports]
    done = [future.result(timeout=WAIT_S) for future in outcomes]
    assert [outcome.report_id for outcome in done] == [report.report_id for report in reports]
    assert all(isinstance(outcome, Delivered) for outcome in done), done


def anothers_report_is_refused(publisher: Publishes) -> None:
    outcome = publisher.publish(sample_report(agency="SOMEBODY-ELSE")).result(timeout=WAIT_S)
    assert isinstance(outcome, Failed)
    assert not outcome.retry
    assert "SOMEBODY-ELSE" in outcome.sentence


def a_report_changed_behind_the_models_back_is_refused(publisher: Publishes) -> None:
    broken = sample_report(agency=publisher.agency).model_copy(update={"revision": 0})
    outcome = publisher.publish(broken).result(timeout=WAIT_S)
    assert isinstance(outcome, Failed)
    assert not outcome.retry
    assert "revision" in outcome.sentence


def each_outcome_is_told_once_to_the_callback_too(publisher: Publishes) -> None:
    told: list[Outcome] = []
    future = publisher.publish(sample_report(agency=publisher.agency, local_ref="law-callback"), told.append)
    assert told in ([], [future.result(timeout=WAIT_S)])
    publisher.close()
    assert told == [future.result()]


LAWS = (
    good_reports_are_delivered_in_order_with_their_place,
    anothers_report_is_refused,
    a_report_changed_behind_the_models_back_is_refused,
    each_outcome_is_told_once_to_the_callback_too,
)
