"""How fast a threat database of many incidents answers: made-up alerts of two agencies, the questions of a shift."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from statistics import quantiles
from typing import Any, Final

from sqlalchemy import Connection, func, insert, literal, select

from fusionbus.consumers.testing import SAMPLE_AT, sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.query import Query, Sort
from fusionbus.consumers.threats.search import alerts_of, check, incident_page, search
from fusionbus.consumers.threats.store import keep_alerts
from fusionbus.consumers.threats.tables import alerts, bodies, entities, incidents, texts, tokens
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract.alert import Alert
from fusionbus.contract.report import Actor, Entity, Place
from fusionbus.contract.vocabulary import EntityType, Province, Severity, SubjectRole, ThreatCategory

BATCH: Final = 500
NACTA: Final = Viewer("NACTA")
DAYS: Final = 720
COPIES: Final = "ghijklmno"
PLACES: Final = (
    (Province.KHYBER_PAKHTUNKHWA, "Peshawar", 34.01, 71.57),
    (Province.KHYBER_PAKHTUNKHWA, "Bannu", 32.99, 70.60),
    (Province.KHYBER_PAKHTUNKHWA, "Swat", 35.22, 72.43),
    (Province.BALOCHISTAN, "Quetta", 30.18, 66.99),
    (Province.BALOCHISTAN, "Gwadar", 25.12, 62.33),
    (Province.PUNJAB, "Lahore", 31.55, 74.34),
    (Province.SINDH, "Karachi", 24.86, 67.01),
)
ACTORS: Final = ("TTP", "BLA", "ISKP", "BLF", "Lashkar-e-Islam", None)
ENGLISH: Final = (
    *("blast", "bazaar", "police", "van", "patrol", "checkpost", "convoy", "gunmen", "motorcycle", "officer"),
    *("school", "mosque", "market", "road", "bridge", "wounded", "killed", "injured", "explosive", "device"),
    *("grenade", "firing", "raid", "arrest", "vehicle", "threat", "letter", "camp", "pipeline", "railway"),
)
URDU: Final = (
    *("دھماکہ", "پولیس", "بازار", "زخمی", "ہلاک", "گاڑی", "حملہ", "فائرنگ"),
    *("سکول", "مسجد", "سڑک", "اہلکار", "گرفتار", "دھمکی", "بم"),
)


def made_up(count: int, seed: int = 1, recipient: str = NACTA.agency) -> Iterator[Alert]:
    """So many alerts, each of an incident of its own: days, places, words and plates at random, the same each time."""
    dice = random.Random(seed)  # noqa: S311 - made-up alerts
    for number in range(count):
        province, district, lat, lon = dice.choice(PLACES)
        at = SAMPLE_AT - timedelta(minutes=dice.randrange(DAYS * 24 * 60))
        lat, lon = lat + dice.gauss(0, 0.3), lon + dice.gauss(0, 0.3)
        words = [*dice.choices(ENGLISH, k=25), *dice.choices(URDU, k=6), f"case{number}", district]
        actor = dice.choice(ACTORS)
        body = {
            "headline": " ".join(words[:6]),
            "narrative": " ".join(words),
            "place": Place(province=province, district=district, lat=lat, lon=lon, uncertainty_km=5.0),
            "category": dice.choice(list(ThreatCategory)),
            "actor": Actor(name=actor) if actor else None,
            "severity": dice.choice(list(Severity)),
            "entities": (Entity(type=EntityType.PLATE, token=plate(dice.randrange(count)), role=SubjectRole.OTHER),),
            "reported_at": at,
        }
        alert = sample_alert(recipient, number, published_at=at, body=body)
        claim = {"place": body["place"], "category": body["category"], "headline": body["headline"], "occurred": None}
        view = alert.incident.model_copy(update={"claim": alert.incident.claim.model_copy(update=claim)})
        yield alert.model_copy(update={"incident": view})


def plate(number: int) -> str:
    """A well-formed token of a number plate."""
    return f"plate:k1:{number:032x}"


def load(database: ThreatDatabase, count: int) -> float:
    """Alerts kept a second. A tenth of the incidents comes as alerts; the database copies the rest from those.

    Another agency's are there too, half of that tenth as many.
    """
    tenth, start = count // 10, time.perf_counter()
    for recipient, some in ((NACTA.agency, tenth), ("CTD-KP", tenth // 2)):
        coming = made_up(some, recipient=recipient)
        while batch := list(islice(coming, BATCH)):
            with database.writing() as connection:
                keep_alerts(connection, batch, SAMPLE_AT)
    rate = (tenth + tenth // 2) / (time.perf_counter() - start)
    for first in COPIES:
        with database.writing() as connection:
            _copy(connection, first)
    database.look_over()
    return rate


def _copy(connection: Connection, first: str) -> None:
    """Copies all that came for the centre; ids of copies begin with this letter, which no UUID has."""
    for table in (incidents, alerts, bodies, entities, tokens):
        names = [column.name for column in table.columns if column.name != "id"]
        renamed = [
            literal(first) + func.substr(table.c[name], 2) if name in {"incident_id", "alert_id"} else table.c[name]
            for name in names
        ]
        id_ = table.c.incident_id if table is incidents else table.c.alert_id
        came = select(*renamed).where(table.c.recipient == NACTA.agency, func.substr(id_, 1, 1) < COPIES[0])
        connection.execute(insert(table).from_select(names, came))
    copied = incidents.alias()
    same = copied.c.incident_id == literal(first) + func.substr(incidents.c.incident_id, 2)
    words = (
        select(copied.c.id, texts.c.text)
        .select_from(texts)
        .join(incidents, incidents.c.id == texts.c.id)
        .join(copied, (copied.c.recipient == incidents.c.recipient) & same)
        .where(incidents.c.recipient == NACTA.agency, func.substr(incidents.c.incident_id, 1, 1) < COPIES[0])
    )
    connection.execute(insert(texts).from_select(["id", "text"], words))


Question = Callable[[ThreatDatabase, random.Random], Any]


def _asks(**parts: Any) -> Question:
    """Searches with these parts; one that is a function is asked anew each time."""

    def ask(database: ThreatDatabase, dice: random.Random) -> Any:
        given = {name: part(dice) if callable(part) else part for name, part in parts.items()}
        return search(database, NACTA, Query(**given), SAMPLE_AT)

    return ask


def _page_of_one(database: ThreatDatabase, dice: random.Random) -> Any:
    return incident_page(database, NACTA, sample_alert(NACTA.agency, dice.randrange(1_000)).incident_id)


def _around(dice: random.Random) -> dict[str, Any]:
    _, _, lat, lon = dice.choice(PLACES)
    return {"lat": lat, "lon": lon, "radius_km": dice.choice((5, 25, 100))}


def _near(database: ThreatDatabase, dice: random.Random) -> Any:
    sort = dice.choice((Sort.NEAREST, Sort.NEWEST))
    return search(database, NACTA, Query(**_around(dice), sort=sort), SAMPLE_AT)


def _since(dice: random.Random) -> datetime:
    return SAMPLE_AT - timedelta(days=dice.randrange(1, DAYS))


QUESTIONS: Final[dict[str, Question]] = {
    "newest": _asks(),
    "open": _asks(open_only=True, sort=Sort.SEVERITY),
    "deep page": _asks(page=lambda dice: dice.randrange(1, 200)),
    "one rare word": _asks(text=lambda dice: f"case{dice.randrange(1_000)}"),
    "one common word": _asks(text=lambda dice: dice.choice(ENGLISH)),
    "two common words": _asks(text=lambda dice: " ".join(dice.sample(ENGLISH, 2))),
    "Urdu words": _asks(text=lambda dice: " ".join(dice.sample(URDU, 2))),
    "beginning": _asks(text=lambda dice: f"case{dice.randrange(10)}*"),
    "phrase": _asks(text=lambda dice: '"{} {}"'.format(*dice.sample(ENGLISH, 2))),
    "words and filters": _asks(
        text=lambda dice: dice.choice(ENGLISH),
        severity_min=Severity.EXTREME,
        category=ThreatCategory.CYBER,
        since=_since,
    ),
    "circle": _near,
    "circle and word": lambda database, dice: search(
        database, NACTA, Query(**_around(dice), text=dice.choice(ENGLISH)), SAMPLE_AT
    ),
    "actor": _asks(actor=lambda dice: dice.choice(ACTORS[:-1])),
    "category": _asks(category=lambda dice: dice.choice(list(ThreatCategory))),
    "severe": _asks(severity_min=Severity.SEVERE, sort=Sort.SEVERITY),
    "district": _asks(district=lambda dice: dice.choice(PLACES)[1], sort=Sort.OLDEST),
    "since": _asks(since=_since),
    "nothing": _asks(actor="nobody", province=Province.PUNJAB),
    "token": _asks(token=lambda dice: plate(dice.randrange(1_000))),
    "check": lambda database, dice: check(database, NACTA, plate(dice.randrange(1_000))),
    "incident's page": _page_of_one,
    "alerts": lambda database, _: alerts_of(database, NACTA),
    "unacknowledged": lambda database, _: alerts_of(database, NACTA, unacknowledged=True),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """How long answers took, in milliseconds."""

    p50_ms: float
    p95_ms: float
    slowest: tuple[tuple[str, float], ...]
    """Each kind of question with its p95, the longest first."""


def measure(database: ThreatDatabase, rounds: int = 30, seed: int = 7) -> Answers:
    """Every question so many times, in turn; the first round warms up and is not counted."""
    dice = random.Random(seed)  # noqa: S311 - made-up alerts
    took: dict[str, list[float]] = {name: [] for name in QUESTIONS}
    for number in range(rounds + 1):
        for name, question in QUESTIONS.items():
            start = time.perf_counter()
            question(database, dice)
            if number:
                took[name].append((time.perf_counter() - start) * 1_000)
    all_ms = sorted(ms for some in took.values() for ms in some)
    by_kind = {name: _percentile(some, 95) for name, some in took.items()}
    slowest = sorted(by_kind.items(), key=lambda one: -one[1])
    return Answers(_percentile(all_ms, 50), _percentile(all_ms, 95), tuple(slowest))


def _percentile(some: list[float], share: int) -> float:
    return quantiles(some, n=100)[share - 1]
