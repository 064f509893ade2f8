"""How much each agency may write in the long run, and what of that the broker does not hold to yet. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fusionbus.deploy.agencies import Federation

DEFAULT_BYTES_S: Final = 131_072
"""About 80 signed reports of 1.6 kB a second, 280,000 an hour: a tenth of what one worker of the hub takes (850/s,
`make bench`), so that an agency at its quota slows nobody down."""


@dataclass(frozen=True, slots=True)
class QuotaChange:
    """A principal's quota to set (bytes a second), or with None to take away."""

    principal: str
    old: float | None
    new: int | None

    def __str__(self) -> str:
        """In words, for a plan."""
        was = "no limit" if self.old is None else f"{self.old:,.0f} bytes/s"
        return f"{'no limit' if self.new is None else f'{self.new:,} bytes/s'} (is {was})"


def quota_of(bytes_s: int | None) -> int:
    """An agency's quota: its own, or the default."""
    return DEFAULT_BYTES_S if bytes_s is None else bytes_s


def plan_quotas(federation: Federation, there: Mapping[str, float]) -> tuple[QuotaChange, ...]:
    """What has to be changed so that every active agency has its quota and one that has ended has none."""
    return tuple(_changes(federation, there))


def _changes(federation: Federation, there: Mapping[str, float]) -> Iterator[QuotaChange]:
    for agency in sorted(federation.agencies, key=lambda one: one.agency):
        old = there.get(agency.agency)
        new = quota_of(agency.quota_bytes_s) if agency.active else None
        if old != new:
            yield QuotaChange(agency.agency, old, new)
