"""Rolling origin: each week is forecast from the weeks before it, and compared with what then happened."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fusionbus.streams.patterns.forecast.course import Attack
from fusionbus.streams.patterns.forecast.ground import Ground, neighbours_of
from fusionbus.streams.patterns.forecast.models import Forecast
from fusionbus.streams.patterns.forecast.rolling import forecasts
from fusionbus.streams.patterns.forecast.weeks import PKT, week_of
from fusionbus.streams.reading.gazetteer import DISTRICTS, NAMES
from fusionbus.streams.reading.words import key_of

COLUMNS = ("date", "province", "district")


@dataclass(frozen=True, slots=True)
class Told:
    """Attacks of a table, and the districts that stand in it."""

    ground: Ground
    attacks: tuple[Attack, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """One week: what was forecast of it, and how many attacks each district then had."""

    forecast: Forecast
    happened: Counter[int]


def read(path: Path) -> Told:
    """The attacks of a CSV file with the columns `COLUMNS`. Raises: ValueError with the line that cannot be read."""
    with path.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines)
        if missing := [name for name in COLUMNS if name not in (table.fieldnames or ())]:
            raise ValueError(f"{path} has no column {missing[0]}: it needs {', '.join(COLUMNS)}.")
        rows = []
        for row in table:
            try:
                day = datetime.fromisoformat(row["date"]).replace(tzinfo=PKT)
            except ValueError as exc:
                raise ValueError(f"{path}, line {table.line_num}: {row['date']!r} is no date like 2011-01-31.") from exc
            rows.append((week_of(day), row["province"], row["district"]))
    return told(rows)


def told(rows: Sequence[tuple[int, str, str]]) -> Told:
    """The attacks of rows with week, province and district; each counts as known in its own week."""
    places = sorted({(province, district) for _, province, district in rows})
    number = {place: index for index, place in enumerate(places)}
    provinces = sorted({province for province, _ in places})
    ground = Ground(
        tuple(district for _, district in places),
        tuple(provinces.index(province) for province, _ in places),
        neighbours_of([_circle(district, index) for index, (_, district) in enumerate(places)]),
    )
    attacks = sorted(Attack(week, week, (number[province, district],)) for week, province, district in rows)
    return Told(ground, tuple(attacks))


def _circle(district: str, index: int) -> tuple[float, float, float]:
    """The district's middle and radius; where the gazetteer does not know it, a place with no neighbours."""
    name = district.removeprefix("FR ")
    if name not in DISTRICTS:
        found = NAMES.get(key_of(name))
        name = next((place.name for place in found.places if place.kind == "district"), "") if found else ""
    place = DISTRICTS.get(name)
    return (place.lat, place.lon, place.uncertainty_km) if place else (-80.0, float(index), 0.1)


def origins(case: Told, weeks: range) -> Iterator[Origin]:
    """Each of the weeks with its forecast, in order; of no later week is anything known."""
    then: dict[int, list[Attack]] = {}
    for attack in case.attacks:
        then.setdefault(attack.week, []).append(attack)
    for made in forecasts(case.ground, case.attacks, weeks):
        yield Origin(made, happened(then.get(made.week, [])))


def happened(attacks: Iterable[Attack]) -> Counter[int]:
    """Attacks by district."""
    return Counter(attack.districts[0] for attack in attacks)
