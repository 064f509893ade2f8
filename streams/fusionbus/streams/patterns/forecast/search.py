"""The search that makes one forecast a week, from what was known when the week began, and how good it was."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fusionbus.contract.base import Interval
from fusionbus.contract.observation import Observation
from fusionbus.contract.sections import AreaRisk, Figure
from fusionbus.contract.vocabulary import FindingKind, Urgency
from fusionbus.streams.patterns.forecast.counted import Counted, Events
from fusionbus.streams.patterns.forecast.ground import pakistan
from fusionbus.streams.patterns.forecast.models import Forecast, Model
from fusionbus.streams.patterns.forecast.rolling import Record, forecasts, record
from fusionbus.streams.patterns.forecast.weeks import name_of, said, start_of, week_of
from fusionbus.streams.patterns.forecast.wording import headline, statement
from fusionbus.streams.patterns.values import Finding

RECORD_WEEKS: Final = 13
"""Over how many past forecasts their record goes: a quarter of a year, of what a year of reports lets forecast."""
WEEKS_MIN: Final = 4
"""Weeks of watching before the first forecast: with less all is the provinces' mean. Our own choice."""
PLACES: Final = 4
"""Decimals of what is told; the models do not know more."""


@dataclass(slots=True)
class WeeklyForecast:
    """Counts attacks, and once a week says what the counts say of the next."""

    _events: Events = field(default_factory=Events)
    _made: dict[int, Forecast] = field(default_factory=dict)
    """Forecasts as they were made when their week began: what is withdrawn or corrected later leaves them alone."""
    _areas: dict[int, tuple[AreaRisk, ...]] = field(default_factory=dict)
    """What they say of each district: quantiles take time."""
    _found: dict[int, Finding] = field(default_factory=dict)

    def put(self, observation: Observation) -> None:
        """Takes a report, or a newer revision of one that is here."""
        if self._events.put(observation):
            self._found.clear()
        new = self._events.new
        if new is not None:
            # The past is still being read: what was made of a part of it is made again.
            known = week_of(new.first_at)
            for week in [week for week in self._made if week > known]:
                del self._made[week]
                self._areas.pop(week, None)

    def drop(self, report_id: str) -> None:
        """Lets go of a report."""
        if self._events.drop(report_id):
            self._found.clear()

    def standing(self, now: datetime) -> Sequence[Finding]:
        """The forecast of the week that holds this moment, if the country was watched for long enough."""
        week = week_of(now)
        found = self._found.get(week)
        if found is None:
            found = self._look(week)
            self._found = {} if found is None else {week: found}
        return () if found is None else (found,)

    def _look(self, week: int) -> Finding | None:
        evidence = self._events.known_before(start_of(week))
        if not evidence:
            return None
        attacks = [each.attack for each in evidence]
        wanted = range(week - RECORD_WEEKS, week + 1)
        held = {each: made for each, made in self._made.items() if each in wanted}
        missing = [each for each in wanted if each not in held]
        if missing:
            held |= {made.week: made for made in forecasts(pakistan(), attacks, range(missing[0], week + 1))} | held
        self._made = held
        made = held[week]
        if made.weeks_watched < WEEKS_MIN:
            return None
        past = [held[each] for each in wanted if each < week and held[each].weeks_watched >= WEEKS_MIN]
        if week not in self._areas:
            self._areas = {week: _areas(made)}
        return _finding(made, self._areas[week], evidence, record(past, attacks))


def _finding(made: Forecast, areas: tuple[AreaRisk, ...], evidence: Sequence[Counted], fared: Record | None) -> Finding:
    return Finding(
        kind=FindingKind.FORECAST,
        key=f"forecast/{name_of(made.week)}",
        window=Interval(start=start_of(made.week), end=start_of(made.week + 1)),
        headline=headline(made.week),
        statement=statement(made, areas, len(evidence), fared),
        figures=_figures(made, len(evidence), fared),
        evidence=tuple((each.told, f"one attack in the week {said(each.week)}") for each in evidence),
        areas=areas,
        urgency=Urgency.FUTURE,
    )


def _areas(made: Forecast) -> tuple[AreaRisk, ...]:
    """Every district, the likeliest first."""
    rows = zip(pakistan().names, made.beliefs[Model.SELF_EXCITING], made.beliefs[Model.CLIMATOLOGY], strict=True)
    areas = []
    for name, belief, long_run in rows:
        low, high = belief.interval
        areas.append(
            AreaRisk(
                district=name,
                probability=round(belief.probability, PLACES),
                low=round(low, PLACES),
                high=round(high, PLACES),
                climatology=round(long_run.probability, PLACES),
            )
        )
    return tuple(sorted(areas, key=lambda area: (-area.probability, area.district)))


def _figures(made: Forecast, attacks: int, fared: Record | None) -> tuple[Figure, ...]:
    counted = (
        Figure(name="attacks counted", value=attacks, unit="attacks"),
        Figure(name="weeks watched", value=made.weeks_watched, unit="weeks"),
    )
    if fared is None:
        return counted
    long_run = fared.briers[Model.CLIMATOLOGY]
    names = {Model.SELF_EXCITING: "this forecast", Model.EWMA: "the last months alone"}
    return (
        *counted,
        Figure(name="past forecasts compared", value=fared.weeks, unit="weeks"),
        *(
            Figure(
                name=f"Brier score of {name} (lower is better)",
                value=round(fared.briers[model], 5),
                threshold=round(long_run, 5),
                source="the long run of each district alone, over the same weeks",
            )
            for model, name in names.items()
        ),
        *(
            Figure(
                name=f"came true of what was said to be {each.low:.0%} to {each.high:.0%} likely",
                value=round(each.so, PLACES),
                unit=f"share of {each.number:,} district-weeks",
                threshold=round(each.said, PLACES),
                source="what was said, in the mean",
            )
            for each in fared.stretches
        ),
    )
