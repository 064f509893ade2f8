"""Quotas: each agency its own or the default, an ended one none, and nothing to do where all is right."""

from builders import an_agency
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.quotas import DEFAULT_BYTES_S, QuotaChange, plan_quotas

AGENCIES = (
    an_agency(quota_bytes_s=50_000),
    an_agency(agency="IB"),
    an_agency(agency="OLD", active=False),
)
FEDERATION = Federation(AGENCIES, ())


def test_an_agency_gets_its_own_quota_or_the_default() -> None:
    assert plan_quotas(FEDERATION, {}) == (
        QuotaChange("CTD-KP", None, 50_000),
        QuotaChange("IB", None, DEFAULT_BYTES_S),
    )


def test_what_is_right_is_left_and_an_ended_agency_loses_its_quota() -> None:
    there = {"CTD-KP": 50_000.0, "IB": 1.0, "OLD": 7.0, "somebody": 9.0}
    changes = plan_quotas(FEDERATION, there)
    assert changes == (QuotaChange("IB", 1.0, DEFAULT_BYTES_S), QuotaChange("OLD", 7.0, None))
    assert str(changes[1]) == "no limit (is 7 bytes/s)"
