"""What a forecast says in words: what it is, what it is not, and how good it has been."""

from collections.abc import Sequence
from typing import Final

from fusionbus.contract.sections import AreaRisk
from fusionbus.streams.patterns.forecast.belief import COVER
from fusionbus.streams.patterns.forecast.models import Forecast, Model
from fusionbus.streams.patterns.forecast.rolling import Record
from fusionbus.streams.patterns.forecast.weeks import said

NAMED: Final = 5
"""Districts named in the words; all stand in the table."""
POLICY: Final = (
    "It says nothing of any person or people: nobody may be stopped, searched or held for living in, or passing "
    "through, a district with a high number."
)
FEW_WEEKS: Final = 8
"""A record of fewer weeks says next to nothing: two months. Our own choice."""


def headline(week: int) -> str:
    """One line."""
    return f"Forecast of attacks by district for the week {said(week)}"


def statement(made: Forecast, areas: Sequence[AreaRisk], attacks: int, fared: Record | None) -> str:
    """A few sentences for who reads nothing else."""
    first = "; ".join(
        f"{area.district} {percent(area.probability)} ({percent(area.low)} to {percent(area.high)}, "
        f"long run {percent(area.climatology)})"
        for area in areas[:NAMED]
    )
    return (
        f"How likely each district sees at least one attack in the week {said(made.week)}, from Monday to Monday. "
        f"Highest: {first}. In brackets is where the district's own chance lies with {COVER:.0%} certainty, if the "
        f"model is right. It rests on {attacks:,} attacks of {made.weeks_watched} weeks, from reports that the whole "
        "community may have and that were here when the week began: other attacks are not in it. It counts where "
        f"attacks were; it knows of no plan, and a low number is no safety. {record_said(fared)} {POLICY}"
    )


def record_said(fared: Record | None) -> str:
    """How good earlier forecasts have been, against the long run alone, with the number of weeks."""
    if fared is None:
        return "There is no earlier forecast to compare with what happened."
    ours, long_run = fared.briers[Model.SELF_EXCITING], fared.briers[Model.CLIMATOLOGY]
    weeks = f"the last {fared.weeks} weeks" if fared.weeks > 1 else "the last week"
    better = f"{abs(1 - ours / long_run):.0%} {'better' if ours < long_run else 'worse'} than" if long_run else "beside"
    few = " So few weeks say next to nothing." if fared.weeks < FEW_WEEKS else ""
    return (
        f"In {weeks} its Brier score (mean squared error, lower is better) was {ours:.4f}, {better} {long_run:.4f} "
        f"for each district's long run alone.{few}"
    )


def percent(share: float) -> str:
    """A share as people read it; what is next to nothing, or next to certain, is said so."""
    if share < 0.01:  # noqa: PLR2004 - one in a hundred
        return "under 1 %"
    return "over 99 %" if share > 0.99 else f"{share:.0%}".replace("%", " %")  # noqa: PLR2004
