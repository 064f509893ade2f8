"""Ids: the same thing told twice has the same id, and different things have different ones."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.contract import ids

parts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1f"), min_size=1, max_size=30)


def test_the_id_of_a_report_is_the_one_that_the_wire_format_page_tells() -> None:
    # Never change this: it is on the wire, and producers in other languages compute it.
    assert ids.report_id("CTD-KP", "KP-2026-0417") == "86db73e8-262a-5fa3-a2d6-33f240b4fb01"


def test_the_name_space_is_the_one_that_the_wire_format_page_tells() -> None:
    assert uuid.uuid5(uuid.NAMESPACE_DNS, "fusionbus.invalid") == ids.NAMESPACE


@given(parts, parts)
def test_the_same_parts_make_the_same_id(agency: str, local_ref: str) -> None:
    assert ids.report_id(agency, local_ref) == ids.report_id(agency, local_ref)
    assert str(uuid.UUID(ids.report_id(agency, local_ref))) == ids.report_id(agency, local_ref)


@given(st.tuples(parts, parts), st.tuples(parts, parts))
def test_other_parts_make_another_id(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (ids.report_id(*one) == ids.report_id(*other)) == (one == other)


def test_things_of_different_sorts_never_share_an_id() -> None:
    made = [
        ids.report_id("A", "B"),
        ids.incident_id("A", "B"),
        ids.subscription_id("A", "B"),
        ids.receipt_id("A", "B"),
        ids.audit_id("A", "B"),
        ids.alert_id("A", 1, "B"),
        ids.dead_letter_id("A", 1, 2),
    ]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("revision", [1, 2, 11])
def test_each_revision_of_an_incident_makes_its_own_alert_for_each_recipient(revision: int) -> None:
    mine = ids.alert_id("incident", revision, "CTD-KP")
    assert mine != ids.alert_id("incident", revision, "CTD-PB")
    assert mine != ids.alert_id("incident", revision + 1, "CTD-KP")


@given(parts, parts)
def test_an_id_is_the_uuid5_of_its_parts(agency: str, local_ref: str) -> None:
    told = f"report\x1f{agency}\x1f{local_ref}"
    assert ids.report_id(agency, local_ref) == str(uuid.uuid5(ids.NAMESPACE, told))
