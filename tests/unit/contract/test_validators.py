"""Every rule of the contract that spans fields, and the sentence that says what to mend."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from builders import NOW, a_report, a_subscription, a_token, an_acknowledgement, an_alert
from fusionbus.contract.agency import Agency
from fusionbus.contract.base import Interval, Message, Range
from fusionbus.contract.control import Subscribe
from fusionbus.contract.handling import Handling, Legal, Predicate
from fusionbus.contract.report import Casualties, Person, Place
from fusionbus.contract.sections import OperationSection, SuspiciousActivitySection
from fusionbus.contract.vocabulary import (
    TLP,
    AckAction,
    Kind,
    MsgType,
    Opinion,
    Outcome,
    SubjectRole,
    SuspiciousActivityCode,
)

A_PERSON = Person(role=SubjectRole.WITNESS, name_tokens=(a_token("name"),))
A_SUSPECT = Person(role=SubjectRole.CRIMINAL_SUBJECT, name_tokens=(a_token("name"),))
PREDICATE = Legal(criminal_predicate=Predicate(basis="Made up for a test."))


def activity(code: SuspiciousActivityCode, justification: str | None = None) -> SuspiciousActivitySection:
    return SuspiciousActivitySection(activity=code, justification=justification)


def operation(length: timedelta) -> OperationSection:
    planned = Interval(start=NOW, end=NOW + length)
    return OperationSection(operation="raid", planned=planned, contact="Desk, internal 0000")


REFUSED: list[tuple[str, Callable[[], Message]]] = [
    ("`end` is before `start`", lambda: Interval(start=NOW, end=NOW - timedelta(seconds=1))),
    ("longer than ten years", lambda: Interval(start=NOW, end=NOW + timedelta(days=3661))),
    ("`high` is below `low`", lambda: Range(low=2, high=1)),
    ("`high` is below `low`", lambda: Casualties(outcome=Outcome.KILLED, low=2, high=1)),
    ("give both `lat` and `lon` or neither", lambda: Place(lat=34.0)),
    ("give both `lat` and `lon` or neither", lambda: Place(lon=71.0)),
    ("name them in `releasable_to`", lambda: Handling(tlp=TLP.RED)),
    ("`report_id` is not the id made from", lambda: a_report(report_id=a_report(local_ref="other").report_id)),
    ("an update or cancel has `revision` 2 or more", lambda: a_report(msg_type=MsgType.UPDATE)),
    ("an update or cancel has `revision` 2 or more", lambda: a_report(msg_type=MsgType.CANCEL)),
    (
        "say in `justification`",
        lambda: a_report(section=activity(SuspiciousActivityCode.PHOTO), persons=(A_PERSON,)),
    ),
    ("state the `legal.criminal_predicate`", lambda: a_report(persons=(A_SUSPECT,))),
    (
        "more than five years after `reported_at`",
        lambda: a_report(legal=Legal(retention_until=NOW + timedelta(days=1900))),
    ),
    ("31 days at most", lambda: operation(timedelta(days=32))),
    ("`opinion` goes with action `opinion`", lambda: an_acknowledgement(action=AckAction.OPINION)),
    ("`opinion` goes with action `opinion`", lambda: an_acknowledgement(opinion=Opinion.AGREE)),
    (
        "an agency subscribes for itself only",
        lambda: Subscribe(agency="CTD-KP", at=NOW, subscription=a_subscription(agency="CTD-PB")),
    ),
]


@pytest.mark.parametrize(("sentence", "make"), REFUSED, ids=[f"{n} {s}" for n, (s, _) in enumerate(REFUSED)])
def test_what_the_contract_forbids_is_refused_with_a_sentence_that_says_what_to_mend(
    sentence: str, make: Callable[[], Message]
) -> None:
    with pytest.raises(ValidationError) as caught:
        make()
    assert sentence in str(caught.value)


ALLOWED: list[tuple[str, Callable[[], Message]]] = [
    ("a moment is an interval", lambda: Interval(start=NOW, end=NOW)),
    ("ten years are an interval", lambda: Interval(start=NOW, end=NOW + timedelta(days=3660))),
    ("an exact count is a range", lambda: Range(low=3, high=3)),
    ("red with named recipients", lambda: Handling(tlp=TLP.RED, releasable_to=("IB",))),
    ("an update of revision two", lambda: a_report(msg_type=MsgType.UPDATE, revision=2)),
    (
        "a criminal act needs no justification",
        lambda: a_report(section=activity(SuspiciousActivityCode.THEFT), persons=(A_PERSON,)),
    ),
    (
        "a justified observation may name",
        lambda: a_report(section=activity(SuspiciousActivityCode.PHOTO, "Made up."), persons=(A_PERSON,)),
    ),
    ("an observation without persons", lambda: a_report(section=activity(SuspiciousActivityCode.PHOTO))),
    ("a suspect with a predicate", lambda: a_report(persons=(A_SUSPECT,), legal=PREDICATE)),
    ("a month of operation", lambda: operation(timedelta(days=31))),
    ("an opinion", lambda: an_acknowledgement(action=AckAction.OPINION, opinion=Opinion.AGREE)),
]


@pytest.mark.parametrize(("why", "make"), ALLOWED, ids=[why for why, _ in ALLOWED])
def test_what_lies_just_inside_the_rule_is_allowed(why: str, make: Callable[[], Message]) -> None:
    assert make(), why


BAD_FIELDS: list[tuple[str, Any]] = [
    ("agency", "ctd-kp"),
    ("agency", "CTD_KP"),
    ("agency", "CTD.KP"),
    ("agency", "-KP"),
    ("agency", "A" * 41),
    ("local_ref", ""),
    ("local_ref", "x" * 121),
    ("revision", 0),
    ("revision", 10_001),
    ("revision", True),
    ("revision", "1"),
    ("schema_version", "1"),
    ("language", "English"),
    ("narrative", ""),
    ("narrative", "x" * 20_001),
    ("headline", "x" * 301),
    ("reported_at", datetime(2026, 3, 5, 12, 0)),  # noqa: DTZ001 - that it has no zone is the point
    ("references", ("not an id",)),
    ("status", "Actual"),
    ("section", None),
]


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS, ids=[f"{f} {str(v)[:14]!r}" for f, v in BAD_FIELDS])
def test_a_field_out_of_bounds_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        a_report(**{field: value})
    assert field in {str(fault["loc"][0]) for fault in caught.value.errors() if fault["loc"]}


def test_messages_are_frozen_and_refuse_unknown_fields() -> None:
    report = a_report()
    with pytest.raises(ValidationError, match="frozen"):
        report.revision = 2  # type: ignore[misc]
    with pytest.raises(ValidationError, match="weather"):
        a_report(weather="dust storm")


def test_an_agency_without_any_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="kinds"):
        Agency(agency="A", name="A", group="police", organisation="A", kinds=(), contact="Desk, internal 0000")


def test_the_kind_of_a_report_is_the_kind_of_its_section() -> None:
    assert a_report().kind is Kind.INCIDENT
    assert a_report(section=operation(timedelta(days=1))).kind is Kind.OPERATION


def test_alerts_of_the_builders_are_valid_and_their_ids_follow() -> None:
    assert an_alert().alert_id == an_alert(published_at=datetime(2026, 1, 1, tzinfo=UTC)).alert_id
    assert an_alert(incident_revision=2).alert_id != an_alert().alert_id
