"""A forecast in words: classes of risk, shares, the week. Pure."""

from typing import Final

from fusionbus.consumers.web.pages.marks import PKT
from fusionbus.contract.base import Interval
from fusionbus.contract.sections import AreaRisk

CLASSES: Final = (
    (0.05, "under 5 %: hardly ever"),
    (0.10, "5 to 10 %: one week in ten to twenty"),
    (0.25, "10 to 25 %: one week in four to ten"),
    (0.50, "25 to 50 %: one week in two to four"),
    (1.01, "over 50 %: more often than not"),
)
"""Upper bounds of the classes of risk, and their words; the colours are `--risk-N` in picture.css."""


def class_of(probability: float) -> int:
    """The class of risk, lowest 0."""
    return next(rank for rank, (bound, _) in enumerate(CLASSES) if probability < bound)


def percent(share: float) -> str:
    """A share as it is shown; neither nought nor certainty is ever claimed."""
    if share < 0.01:  # noqa: PLR2004 - one in a hundred
        return "under 1 %"
    return "over 99 %" if share > 0.99 else f"{share * 100:.0f} %"  # noqa: PLR2004


def risk_said(area: AreaRisk) -> str:
    """What is said of a district, as on the map."""
    span = f"{percent(area.low)} to {percent(area.high)}"
    return f"{percent(area.probability)} ({span}), long run {percent(area.climatology)}"


def week_said(window: Interval) -> str:
    """The week in Pakistan's days."""
    start, end = (moment.astimezone(PKT) for moment in (window.start, window.end))
    return f"{start:%A %d %b %Y, %H:%M}, to {end:%A %d %b %Y, %H:%M}"
