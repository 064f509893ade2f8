"""What the desk says of a tip that it accepts, read from words. Pure."""

from enum import StrEnum
from typing import TypeVar

from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.vocabulary import Province, ThreatCategory, TipClassCode
from fusionbus.producers.tips.reporting import Judged
from fusionbus.producers.tips.told import PLACE_MAX, clean

E = TypeVar("E", bound=StrEnum)


def judged_in(fields: dict[str, str]) -> Judged:
    """What the desk filled in. Raises: FixTheReport for a value that no list has."""
    return Judged(
        province=one_of(Province, fields.get("province", "")),
        district=clean(fields.get("district", ""))[:PLACE_MAX] or None,
        category=one_of(ThreatCategory, fields.get("category", "")),
        tip_class=one_of(TipClassCode, fields.get("tip_class", "")),
        headline=clean(fields.get("headline", ""))[:PLACE_MAX] or None,
    )


def one_of(kind: type[E], value: str) -> E | None:
    """The member of this value; None for nothing."""
    if not value:
        return None
    known = {one.value: one for one in kind}
    if value not in known:
        raise FixTheReport(f"{value[:40]!r} is none of {', '.join(known)}.")
    return known[value]
