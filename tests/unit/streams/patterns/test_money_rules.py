"""Each pattern of payments: what makes it, and what just does not."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from builders import NOW, a_place, a_token
from fusionbus.contract.incident import Relation
from fusionbus.contract.observation import Observation, Subject
from fusionbus.contract.sections import RecordSection
from fusionbus.contract.vocabulary import FindingKind, Kind, Province, Severity, SubjectRole
from fusionbus.streams.patterns.money import MoneySearch
from fusionbus.streams.patterns.money import thresholds as lines
from fusionbus.streams.patterns.values import Finding
from ledgers import account, an_entity, an_observation, hours, paid, told


def found(reports: Iterable[Observation], kind: FindingKind | None = None) -> list[Finding]:
    search = MoneySearch()
    for report in reports:
        search.put(report)
    return [each for each in search.standing(NOW) if kind is None or each.kind is kind]


def cash(amounts: Iterable[float], apart_h: float = 20, account_no: int = 1) -> list[Observation]:
    """Cash paid into one account, each payment told by a report of its own."""
    return [
        told(f"cash {number}", [paid(None, account_no, amount, NOW - hours(apart_h * number))])
        for number, amount in enumerate(amounts)
    ]


def test_three_cash_payments_just_below_the_line_within_a_week_are_structuring() -> None:
    (finding,) = found(cash([1_950_000, 1_900_000, 1_990_000]))
    assert finding.kind is FindingKind.STRUCTURING
    assert len(finding.evidence) == 3
    limit = next(figure for figure in finding.figures if figure.name == "largest of them")
    assert (limit.value, limit.threshold, limit.unit) == (1_990_000, lines.CASH_REPORT_PKR, "PKR")
    assert limit.source is not None
    assert "AML Act 2010" in limit.source


@pytest.mark.parametrize(
    "amounts",
    [(1_950_000, 1_900_000), (2_000_000, 1_900_000, 1_950_000), (400_000, 900_000, 350_000)],
    ids=["two only", "one is reported anyway", "a shop's takings"],
)
def test_fewer_larger_or_much_smaller_cash_payments_are_not(amounts: tuple[float, ...]) -> None:
    assert found(cash(amounts)) == []


def test_cash_payments_weeks_apart_are_not_structuring() -> None:
    assert found(cash([1_900_000] * 4, apart_h=24 * 6)) == []


def test_transfers_between_banks_are_not_structuring_for_only_cash_is_reported() -> None:
    assert found([told("1", [paid(2, 1, 1_900_000, NOW - hours(n)) for n in range(4)])]) == []


def test_payments_in_other_money_are_counted_and_never_summed() -> None:
    payments = [paid(n, 1, 1_900, NOW - hours(n), currency="USD") for n in range(2, 12)]
    (finding,) = found([told("1", payments)])
    figures = {figure.name: figure.value for figure in finding.figures}
    assert finding.kind is FindingKind.FAN_IN
    assert figures["together"] == 0
    assert figures["payments in other money, counted and not summed"] == 10
    assert "USD" in finding.evidence[0][1]


@pytest.mark.parametrize(("others", "is_fan"), [(lines.FAN_ACCOUNTS_MIN, True), (lines.FAN_ACCOUNTS_MIN - 1, False)])
def test_a_fan_needs_so_many_different_accounts_in_a_week(others: int, *, is_fan: bool) -> None:
    into = [told(f"in {n}", [paid(10 + n, 1, 290_000, NOW - hours(n))]) for n in range(others)]
    out = [told(f"out {n}", [paid(2, 50 + n, 290_000, NOW - hours(n))]) for n in range(others)]
    assert [each.kind for each in found([*into, *out])] == [FindingKind.FAN_IN, FindingKind.FAN_OUT] * is_fan


def test_a_shop_s_customers_are_many_and_pay_little() -> None:
    assert found([told(f"in {n}", [paid(10 + n, 1, 3_000, NOW - hours(n))]) for n in range(30)]) == []


def test_one_payer_who_pays_often_is_no_fan() -> None:
    assert found([told("1", [paid(2, 1, 90_000, NOW - hours(n)) for n in range(30)])]) == []


def turn(day: int, came: float = 3_000_000, left: float = 2_900_000, after_h: float = 20) -> Observation:
    at = NOW - timedelta(days=day)
    return told(f"turn {day}", [paid(2, 1, came, at), paid(1, 3, left, at + hours(after_h))])


def test_money_that_leaves_within_two_days_twice_in_a_month_passes_through() -> None:
    (finding,) = found([turn(20), turn(10)])
    assert finding.kind is FindingKind.PASS_THROUGH
    assert [each.value for each in finding.figures] == [2, 6_000_000, 0.967, 1, 1]
    tokens = [each.token for each in finding.entities]
    assert tokens == [account(1), account(2), account(3)]  # the account, who paid it, whom it paid


@pytest.mark.parametrize(
    "reports",
    [[turn(10)], [turn(20), turn(10, left=2_000_000)], [turn(20), turn(10, after_h=60)], [turn(50), turn(10)]],
    ids=["once, as a car is bought", "a third stays", "after two days", "not within a month"],
)
def test_what_stays_is_late_or_happens_once_does_not_pass_through(reports: list[Observation]) -> None:
    assert found(reports) == []


def test_hawala_payments_with_many_others_are_told_and_those_of_a_sender_home_are_not() -> None:
    agent = [paid(10 + n, 1, 60_000, NOW - timedelta(days=n), channel="hawala") for n in range(6)]
    home = [paid(5, 6, 60_000, NOW - timedelta(days=n), channel="hawala") for n in range(6)]
    (finding,) = found([told("1", agent), told("2", home)])
    assert (finding.kind, finding.entities[0].token) == (FindingKind.UNLICENSED_HAWALA, account(1))


def test_gifts_that_leave_in_cash_are_told_and_gifts_spent_by_transfer_are_not() -> None:
    def charity(number: int, **how: str) -> Observation:
        gifts = [paid(20 + n, number, 800_000, NOW - timedelta(days=20 + n), channel="charity") for n in range(3)]
        spent = paid(number, None if how else 77, 2_200_000, NOW - timedelta(days=5), **how)
        return told(f"charity {number}", [*gifts, spent])

    (finding,) = found([charity(1, channel="cash"), charity(2)])
    assert (finding.kind, finding.entities[0].token) == (FindingKind.FRONT_CHARITY, account(1))


def a_record(name: str, number: int, **changes: object) -> Observation:
    made: dict[str, object] = {
        "agency": "CTD-SD",
        "kind": Kind.RECORD,
        "section": RecordSection(record_type="arrest"),
        "entities": (an_entity(account(number)),),
        "place": a_place(province=Province.SINDH, district="Malir", lat=None, lon=None),
    }
    return an_observation(name, **made | changes)


def test_an_account_in_a_report_of_payments_and_in_a_record_is_shared_and_the_record_says_where() -> None:
    (finding,) = found([told("1", [paid(1, 2, 50_000)]), a_record("arrest", 2)])
    assert finding.kind is FindingKind.SHARED_ACCOUNT
    assert finding.severity is Severity.SEVERE
    assert finding.place is not None
    assert (finding.place.province, finding.place.district) == (Province.SINDH, "Malir")
    assert {says for _, says in finding.evidence} == {
        "A report of payments tells of 1 by this account.",
        "A police record (arrest) names the account.",
    }


def test_an_account_in_one_case_only_or_in_a_relay_is_not_shared() -> None:
    payments, record = told("1", [paid(1, 2, 50_000)]), a_record("arrest", 2)
    assert found([payments, record.model_copy(update={"incident_id": payments.incident_id})]) == []
    assert found([payments, record.model_copy(update={"relation": Relation.RELAY})]) == []


def test_an_account_seen_everywhere_is_capped_and_shown_as_capped() -> None:
    records = [a_record(f"record {n}", 2, reported_at=NOW + hours(n)) for n in range(60)]
    (finding,) = found([told("1", [paid(1, 2, 50_000)]), *records])
    assert "capped" in finding.headline
    assert finding.severity is Severity.MODERATE
    assert len(finding.evidence) == lines.INCIDENTS_SHARED_MAX
    assert finding.figures[0].source == lines.CAP_SOURCE


def test_an_account_with_very_many_payments_is_judged_by_its_newest_and_says_so() -> None:
    many = [
        told(
            f"bill {n}", [paid(1_000 + n * 100 + k, 1, 9_000, NOW - hours(n) - timedelta(seconds=k)) for k in range(40)]
        )
        for n in range(20)
    ]
    (finding,) = found(many)
    looked_at = next(figure for figure in finding.figures if figure.name == "payments looked at, the newest")
    assert looked_at.value == lines.PAYMENTS_LOOKED_AT_MAX
    assert "only the newest" in finding.statement
    assert len(finding.evidence) == 13  # of 20 reports with 40 payments each


def test_two_agencies_that_call_an_account_a_hawala_make_a_finding_and_its_customers_are_left_out() -> None:
    first = told("1", [paid(n, 1, 9_000) for n in (2, 3, 4)], suspicion="unlicensed_hawala")
    second = told("2", [paid(n, 1, 9_000) for n in (2, 5, 6)], suspicion="unlicensed_hawala", agency="FIA")
    (finding,) = found([first, second])
    assert (finding.kind, finding.entities[0].token) == (FindingKind.UNLICENSED_HAWALA, account(1))
    assert found([first, second.model_copy(update={"origin": first.origin})]) == []
    assert found([first, told("2", [paid(5, 1, 9_000)], suspicion="unlicensed_hawala")]) == []


def test_a_payment_told_by_two_reports_is_one_and_both_are_evidence() -> None:
    both = [paid(None, 1, 1_900_000, NOW - hours(n)) for n in range(3)]
    (finding,) = found([told("bank", both), told("fia", both, agency="FIA")])
    assert finding.figures[2].value == 5_700_000
    assert len(finding.evidence) == 2


def test_a_relay_is_evidence_only_for_what_nobody_tells_first_hand() -> None:
    payments = [paid(None, 1, 1_900_000, NOW - hours(n)) for n in range(3)]
    relay = told("relay", payments, agency="IB", relation=Relation.RELAY)
    assert [report.agency for report, _ in found([told("bank", payments), relay])[0].evidence] == ["FMU"]
    assert [report.agency for report, _ in found([relay])[0].evidence] == ["IB"]


def test_a_suspect_whom_two_of_the_reports_name_is_told_with_the_accounts() -> None:
    paper = a_token("cnic", 7)
    suspect = (Subject(role=SubjectRole.CRIMINAL_SUBJECT, id_tokens=(paper,)),)
    witness = (Subject(role=SubjectRole.WITNESS, id_tokens=(a_token("cnic", 8),)),)
    reports = [each.model_copy(update={"subjects": suspect + witness}) for each in cash([1_900_000] * 3)]
    (finding,) = found(reports)
    assert [each.token for each in finding.entities] == [account(1), paper]
    assert all(each.privacy for each in finding.entities)


def test_a_finding_names_no_token_in_its_words_or_its_key() -> None:
    fan = [told(f"fan {n}", [paid(10 + n, 1, 500_000)]) for n in range(9)]
    everything = [*cash([1_900_000] * 3), turn(20), turn(10), a_record("arrest", 2), *fan]
    findings = found(everything)
    assert len(findings) >= 3
    for each in findings:
        words = " ".join([each.key, each.headline, each.statement, *(says for _, says in each.evidence)])
        assert not any(token.token.rpartition(":")[2] in words for token in each.entities)
        assert len(each.key) <= 90
        assert len(each.headline) <= 200
