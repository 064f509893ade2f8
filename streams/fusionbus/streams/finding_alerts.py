"""Which kind of alert tells of what the centre found. Pure."""

from typing import Final

from fusionbus.contract.vocabulary import AlertKind, FindingKind

_KINDS: Final = {
    FindingKind.SURGE: AlertKind.SURGE,
    FindingKind.FORECAST: AlertKind.FORECAST,
    FindingKind.NEAR_REPEAT: AlertKind.RELATED,
    FindingKind.COORDINATION: AlertKind.RELATED,
    FindingKind.SHARED_DEVICE: AlertKind.RELATED,
    FindingKind.STRUCTURING: AlertKind.FINANCE_PATTERN,
    FindingKind.FAN_IN: AlertKind.FINANCE_PATTERN,
    FindingKind.FAN_OUT: AlertKind.FINANCE_PATTERN,
    FindingKind.PASS_THROUGH: AlertKind.FINANCE_PATTERN,
    FindingKind.SHARED_ACCOUNT: AlertKind.FINANCE_PATTERN,
    FindingKind.UNLICENSED_HAWALA: AlertKind.FINANCE_PATTERN,
    FindingKind.FRONT_CHARITY: AlertKind.FINANCE_PATTERN,
    FindingKind.WATCH_LIST_HIT: AlertKind.WATCH_HIT,
    FindingKind.WATCH_LIST_POSSIBLE: AlertKind.WATCH_HIT,
}


def alert_kind_of(finding: FindingKind) -> AlertKind:
    """The kind of alert that tells of such a finding."""
    return _KINDS[finding]
