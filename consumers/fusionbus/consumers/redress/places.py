"""Looks everywhere again: topics, the threat database, files; how often a person's tokens are still there."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kafka import errors as kafka_errors
from sqlalchemy import func, select

from fusionbus.consumers.reading import TopicReader
from fusionbus.consumers.redress.finding import ALIKE_MIN, Wanted
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables import alerts, persons, tokens
from fusionbus.contract import topics
from fusionbus.contract.errors import FusionError
from fusionbus.shell.kafka import client_options, explain
from fusionbus.shell.settings import BrokerSettings

CLIENT: Final = "redress"
CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """One place, and how many of its records hold a token or filter of the person; None where it was not searched."""

    name: str
    records: int | None
    remark: str = ""


def needles(wanted: Wanted) -> tuple[bytes, ...]:
    """What is looked for, as it is written everywhere."""
    return tuple(one.encode() for one in (*sorted(wanted.tokens), *wanted.clks))


def in_topics(broker: BrokerSettings, sought: Sequence[bytes], seconds_max: float) -> Iterator[Place]:
    """Every topic that this user sees; of a compacted one the records that are still read."""
    for name in _topics(broker):
        try:
            with TopicReader(broker, name, CLIENT) as reader:
                found = [_at(record) for record in reader.there_now(seconds_max) if _holds(record, sought)]
            yield Place(f"topic {name}", len(found), _until(name, found))
        except (FusionError, kafka_errors.KafkaError) as fault:
            said = fault if isinstance(fault, FusionError) else explain(fault, broker)
            yield Place(f"topic {name}", None, str(said))


def in_database(database: ThreatDatabase, wanted: Wanted) -> Place:
    """Rows of the threat database: tokens, names, and the alerts themselves."""
    with database.reading() as connection:
        count = connection.scalar(
            select(func.count()).select_from(tokens).where(tokens.c.token.in_(sorted(wanted.tokens)))
        )
        for one in needles(wanted):
            held = alerts.c.json.like(f"%{one.decode()}%")
            count = (count or 0) + (connection.scalar(select(func.count()).select_from(alerts).where(held)) or 0)
        clks = connection.scalars(select(persons.c.name_clk).where(persons.c.name_clk.is_not(None)))
        count = (count or 0) + sum(wanted.names(clk) >= ALIKE_MIN for clk in clks)
    return Place(f"threat database {database.shown}", count)


def in_files(path: Path, sought: Sequence[bytes]) -> Place:
    """A file, or all files of a folder: how many hold any of it."""
    try:
        files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        return Place(f"files {path}", sum(_file_holds(one, sought) for one in files))
    except OSError as exc:
        return Place(f"files {path}", None, f"cannot be read ({exc.strerror})")


def _topics(broker: BrokerSettings) -> list[str]:
    from kafka import KafkaConsumer  # noqa: PLC0415 - only to list names

    try:
        consumer = KafkaConsumer(**client_options(broker, CLIENT), group_id=None)
    except kafka_errors.KafkaError as exc:
        raise explain(exc, broker) from exc
    try:
        return sorted(name for name in consumer.topics() if not name.startswith("__"))
    finally:
        consumer.close(autocommit=False, timeout_ms=1_000)


def _holds(record: object, sought: Sequence[bytes]) -> bool:
    value = (getattr(record, "value", None) or b"") + (getattr(record, "key", None) or b"")
    return any(one in value for one in sought)


def _at(record: object) -> float:
    return float(getattr(record, "timestamp", 0) or 0) / 1_000


def _until(name: str, found: Sequence[float]) -> str:
    """When what is still there goes by itself."""
    if not found:
        return ""
    carries = name in {topics.ACCEPTED, topics.OBSERVATIONS} or name.startswith((topics.REPORTS, topics.ALERTS))
    if not carries:
        return "goes as docs/retention.md says"
    gone_at = max(found) + 8 * topics.DAY_MS / 1_000
    day = time.strftime("%Y-%m-%d", time.gmtime(gone_at))
    return f"gone by {day}; sooner with `fusionbus retention cut`"


def _file_holds(path: Path, sought: Sequence[bytes]) -> bool:
    keep = max((len(one) for one in sought), default=1) - 1
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if any(one in tail + chunk for one in sought):
                return True
            tail = (tail + chunk)[-keep:] if keep else b""
    return False
