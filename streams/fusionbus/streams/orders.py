"""What an agency orders about a report it has sent: who may order, and on the way to the report's zone."""

import json
from datetime import datetime

from fusionbus.contract import codec
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.keeping import ORDERS, AnyOrder
from fusionbus.contract.records import RejectReason
from fusionbus.streams.admit import CLOCK_SKEW_MAX, Arrival
from fusionbus.streams.registry import Registry
from fusionbus.streams.values import Rejection
from fusionbus.streams.verify import signature_fault

NO_SUCH_REPORT = "This agency has no report with that id here: give the id that stands in its receipts."


def admit_order(arrival: Arrival, registry: Registry, now: datetime) -> AnyOrder | Rejection | None:
    """The order, why it is none that may be given, or None where the message is no order at all.

    Only asked of what is no report, so that no report is read twice.
    """
    if not _is_order(arrival.value or b""):
        return None
    order = codec.decode_order(arrival.value or b"")
    if isinstance(order, Undecodable):
        return Rejection(order.reason, order.sentence, order.field)
    name = order.report_id
    if order.agency != arrival.agency:
        why = f"The order says it is from {order.agency}, and this is the topic of {arrival.agency}."
        return Rejection(RejectReason.WRONG_AGENCY, why, "agency", name)
    if arrival.key != name.encode():
        why = "The record's key is not the report_id: set the key, it brings the order to where the report is known."
        return Rejection(RejectReason.WRONG_KEY, why, "key", name)
    if order.at > now + CLOCK_SKEW_MAX:
        return Rejection(RejectReason.FUTURE_DATED, "`at` lies in the future: set this machine's clock.", "at", name)
    entry = registry.agencies[arrival.agency]
    unsigned = signature_fault(order, arrival.value or b"", arrival.published_at, entry)
    return order if unsigned is None else Rejection(RejectReason.BAD_SIGNATURE, unsigned, "signature", name)


def no_such_report(order: AnyOrder) -> Rejection:
    """The refusal for a report that is unknown, or another agency's: which of the two is not told."""
    return Rejection(RejectReason.UNKNOWN_REPORT, NO_SUCH_REPORT, "report_id", order.report_id)


def _is_order(value: bytes) -> bool:
    try:
        told = json.loads(value)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("type") in ORDERS
