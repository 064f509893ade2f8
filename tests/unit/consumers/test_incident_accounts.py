"""The accounts of a pattern of payments as a graph, for readers of the full form alone."""

from typing import Any

import pytest

from builders import a_token, an_alert, an_alert_body, an_interval
from fusionbus.consumers.web.pages import incident_accounts
from fusionbus.contract.alert import Alert
from fusionbus.contract.report import Entity
from fusionbus.contract.sections import AssessmentSection, Figure
from fusionbus.contract.vocabulary import AlertKind, EntityType, FindingKind, Form, Kind


def an_account(number: int) -> Entity:
    return Entity(type=EntityType.ACCOUNT, token=a_token("account", number << 104))


def a_finding(payers: int = 2, payees: int = 1, **changes: Any) -> Alert:
    section = AssessmentSection(
        finding=FindingKind.PASS_THROUGH,
        window=an_interval(),
        figures=(
            Figure(name="came in", value=6_000_000, unit="PKR", threshold=2_000_000, source="A made-up <line>"),
            Figure(name="accounts that paid in", value=payers),
            Figure(name="accounts that were paid", value=payees),
        ),
    )
    tokens = tuple(an_account(number) for number in range(1, 2 + payers + payees))
    body = an_alert_body(kind=Kind.ASSESSMENT, section=section, entities=tokens)
    return an_alert(**{"kind": AlertKind.FINANCE_PATTERN, "form": Form.FULL, "body": body} | changes)


def test_accounts_stand_on_their_sides_by_a_few_digits_only() -> None:
    html = incident_accounts.parts(a_finding())["Accounts"]
    assert html.count("<line") == 3
    assert 'aria-label="2 accounts that paid in; 1 account that it paid"' in html
    assert a_token("account", 1 << 104).rpartition(":")[2][:7] not in html
    assert "account:k1" not in html


@pytest.mark.parametrize("form", [Form.SUMMARY, Form.TEARLINE, Form.POINTER])
def test_whoever_has_less_than_the_full_form_sees_no_account(form: Form) -> None:
    assert incident_accounts.parts(a_finding(form=form)) == {}


def test_an_alert_of_anything_else_has_no_such_panel() -> None:
    assert incident_accounts.parts(an_alert()) == {}
    assert incident_accounts.parts(a_finding(kind=AlertKind.WATCH_HIT)) == {}


@pytest.mark.parametrize(("payers", "payees"), [(0, 0), (24, 0), (0, 24), (12, 12)])
def test_any_number_of_accounts_can_be_drawn(payers: int, payees: int) -> None:
    html = incident_accounts.parts(a_finding(payers, payees))["Accounts"]
    assert html.count("<line") <= 2 * incident_accounts.SIDE_MAX
    assert html.count("<svg") == 1
    assert ("+13" in html) == (24 in (payers, payees))
