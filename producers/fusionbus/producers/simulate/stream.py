"""The whole simulated traffic: events, their tellings, echoes, corrections, withdrawals, repeats and exercises."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from fusionbus.contract.report import Casualties
from fusionbus.contract.vocabulary import Kind, MsgType, Outcome
from fusionbus.producers.simulate import events, world
from fusionbus.producers.simulate.echoes import echoed, revised
from fusionbus.producers.simulate.events import Event, Outbreak
from fusionbus.producers.simulate.telling import tell
from fusionbus.producers.simulate.truth import Facts, Line, Told

TELLERS: Final = {1: 36, 2: 28, 3: 17, 4: 10, 5: 6, 6: 3}
"""How many agencies tell of one incident; of other matters mostly one. An assumption."""
TELLERS_OTHER: Final = {1: 78, 2: 17, 3: 5}
RELAY_SHARE: Final = 0.18
UPDATE_SHARE: Final = 0.10
CANCEL_SHARE: Final = 0.03
REPEAT_SHARE: Final = 0.03
EXERCISE_SHARE: Final = 0.05
"""Shares of tellings (the last: of incidents). Assumptions, high enough that a few hundred reports show each."""

AFTERMATH_SHARE: Final = 0.002
"""Of the span, what is left after an outbreak's last attack for its reports to come in. An assumption."""

_TICK: Final = timedelta(milliseconds=1)


class Traffic:
    """Makes the lines of one simulation; the same arguments make the same lines.

    Args:
        seed: what all chance comes from.
        start: the earliest an event may be.
        span: no report is later than `start + span`.
        outbreaks: surges that are put on top, each at the end of the span.
    """

    def __init__(self, seed: int, start: datetime, span: timedelta, outbreaks: Sequence[Outbreak] = ()) -> None:
        self._rng = Random(seed)  # noqa: S311 - a simulation wants chance that can be repeated
        self._seed, self._start, self._end, self._span = seed, start, start + span, span
        self._outbreaks = outbreaks
        self._serial = 0
        self._taken: set[datetime] = set()

    def lines(self, count: int) -> list[Line]:
        """This many lines, oldest first; those of outbreaks come on top."""
        made: list[Line] = []
        for event in events.invent(self._rng, self._start, self._span):
            if len(made) >= count:
                break
            made.extend(self._of(event))
            if event.kind is Kind.INCIDENT and self._rng.random() < EXERCISE_SHARE:
                made.extend(self._exercise(events.rehearsal(self._rng, event)))
        made.sort(key=_order)
        return sorted([*made[:count], *self._surges()], key=_order) if self._outbreaks else made[:count]

    def _surges(self) -> Iterator[Line]:
        """The lines of the outbreaks."""
        for number, each in enumerate(self._outbreaks, start=1):
            begin = self._end - each.length - self._span * AFTERMATH_SHARE
            for event in events.surge(self._rng, f"S{number:02d}", each, begin):
                yield from self._of(event)

    def _of(self, event: Event) -> Iterator[Line]:
        """The lines about one event."""
        told: list[Line] = []
        used: set[str] = set()
        for agency, at in self._callers(event):
            line = self._telling(event, agency, at, told, used)
            told.append(line)
            yield line
            yield from self._afterwards(line, event)

    def _callers(self, event: Event) -> list[tuple[str, datetime]]:
        """Who tells of it, each agency once, and when; earliest first."""
        shares = TELLERS if event.kind is Kind.INCIDENT else TELLERS_OTHER
        wanted = self._rng.choices(list(shares), list(shares.values()))[0]
        pool = world.tellers(event.kind, event.district, event.sector)
        chosen: list[str] = []
        while pool and len(chosen) < wanted:
            agency = self._rng.choices(list(pool), list(pool.values()))[0]
            del pool[agency]
            chosen.append(agency)
        times = {agency: self._later(event.at, world.delay_min(self._rng, agency)) for agency in chosen}
        return sorted(times.items(), key=lambda item: item[1])

    def _telling(self, event: Event, agency: str, at: datetime, told: list[Line], used: set[str]) -> Line:
        report = tell(self._rng, event, agency, at, self._reference(agency), used=used)
        if not told:
            return Line(report, Told.ORIGINAL, report.report_id, _facts(event))
        if self._rng.random() < RELAY_SHARE:
            heard = self._rng.choice(told)
            report = echoed(self._rng, heard.report, report)
            return Line(report, Told.RELAY, heard.origin, _facts(event))
        return Line(report, Told.INDEPENDENT, report.report_id, _facts(event))

    def _afterwards(self, line: Line, event: Event) -> Iterator[Line]:
        """What becomes of a telling: sent twice, corrected, withdrawn."""
        report, chance = line.report, self._rng.random()
        if chance < REPEAT_SHARE:
            yield Line(report, Told.REPEAT, line.origin, line.facts)
        elif chance < REPEAT_SHARE + UPDATE_SHARE:
            report = revised(
                report, MsgType.UPDATE, self._later(report.reported_at, self._rng.uniform(10, 120)), _corrected(event)
            )
            yield Line(report, Told.UPDATE, line.origin, line.facts)
        elif chance < REPEAT_SHARE + UPDATE_SHARE + CANCEL_SHARE:
            report = revised(report, MsgType.CANCEL, self._later(report.reported_at, self._rng.uniform(10, 120)), {})
            yield Line(report, Told.CANCEL, line.origin, line.facts)

    def _exercise(self, event: Event) -> Iterator[Line]:
        used: set[str] = set()
        for agency, at in self._callers(event)[:3]:
            report = tell(self._rng, event, agency, at, self._reference(agency), used=used)
            yield Line(report, Told.EXERCISE, report.report_id, _facts(event))

    def _reference(self, agency: str) -> str:
        self._serial += 1
        return f"SIM-{self._seed}/{agency}/{self._serial:06d}"

    def _later(self, at: datetime, delay_min: float) -> datetime:
        """A time after `at` and before the end, at which nothing else was reported."""
        then = at + timedelta(minutes=delay_min)
        if then > self._end:
            then = at + (self._end - at) * (0.5 + self._rng.random() / 3)
        then = then.replace(microsecond=then.microsecond // 1000 * 1000)
        while then in self._taken:
            then += _TICK
        self._taken.add(then)
        return then


def _order(line: Line) -> tuple[datetime, bool]:
    return line.report.reported_at, line.told is Told.REPEAT


def _facts(event: Event) -> Facts:
    place = event.district
    return Facts(event.event_id, event.kind.value, place.province.value, place.name, event.series)


def _corrected(event: Event) -> dict[str, Any]:
    """The true toll, which a correction brings."""
    if event.kind is not Kind.INCIDENT:
        return {}
    tolls = ((Outcome.KILLED, event.killed), (Outcome.INJURED, event.injured))
    return {"casualties": tuple(Casualties(outcome=outcome, low=toll, high=toll) for outcome, toll in tolls)}
