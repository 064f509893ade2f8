"""How fast the API answers over HTTP from many incidents: the server in a process of its own, asked by one program.

`python -m bench.web` makes an SQLite file and a PostgreSQL of its own; `--database URL` measures one, which it fills if
that is empty.
"""

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from statistics import quantiles
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table

import postgresql
from bench import threats
from bench.threats import ACTORS, DAYS, ENGLISH, PLACES, URDU, load, plate
from fusionbus.consumers.testing import SAMPLE_AT, sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.query import Query
from fusionbus.consumers.threats.search import search
from fusionbus.consumers.threats.viewer import Role, Viewer
from fusionbus.consumers.web.api_tokens import ApiTokens

AGENCY: Final = "NACTA"
BAR_MS: Final = 100.0
START_S_MAX: Final = 60.0
Asked = Callable[[random.Random], dict[str, Any]]


def _around(dice: random.Random) -> dict[str, Any]:
    _, _, lat, lon = dice.choice(PLACES)
    return {"lat": lat, "lon": lon, "radius_km": dice.choice((5, 25, 100))}


def _since(dice: random.Random) -> str:
    return SAMPLE_AT.replace(year=SAMPLE_AT.year - dice.randrange(1, max(2, DAYS // 365))).isoformat()


SEARCHES: Final[dict[str, Asked]] = {
    "newest": lambda _: {},
    "deep page": lambda dice: {"page": dice.randrange(1, 200)},
    "one rare word": lambda dice: {"text": f"case{dice.randrange(1_000)}"},
    "one common word": lambda dice: {"text": dice.choice(ENGLISH)},
    "two common words": lambda dice: {"text": " ".join(dice.sample(ENGLISH, 2))},
    "Urdu words": lambda dice: {"text": " ".join(dice.sample(URDU, 2))},
    "beginning": lambda dice: {"text": f"case{dice.randrange(10)}*"},
    "circle": lambda dice: {**_around(dice), "sort": dice.choice(("nearest", "newest"))},
    "circle and word": lambda dice: {**_around(dice), "text": dice.choice(ENGLISH)},
    "actor": lambda dice: {"actor": dice.choice(ACTORS[:-1])},
    "severe": lambda _: {"severity_min": "Severe", "sort": "severity"},
    "district": lambda dice: {"district": dice.choice(PLACES)[1], "sort": "oldest"},
    "since": lambda dice: {"since": _since(dice)},
    "token": lambda dice: {"token": plate(dice.randrange(1_000))},
    "CSV": lambda dice: {"text": dice.choice(ENGLISH), "format": "csv"},
}


def ask(client: httpx.Client, kind: str, dice: random.Random) -> httpx.Response:
    """One question of this kind."""
    if kind == "incident's page":
        return client.get(f"/api/v1/incidents/{sample_alert(AGENCY, dice.randrange(1_000)).incident_id}")
    if kind == "check":
        return client.post("/api/v1/check", json={"token": plate(dice.randrange(1_000))})
    if kind == "alerts":
        return client.get("/api/v1/alerts")
    return client.get("/api/v1/incidents", params=SEARCHES[kind](dice))


KINDS: Final = (*SEARCHES, "incident's page", "check", "alerts")


@contextmanager
def served(url: str) -> Iterator[httpx.Client]:
    """A client with a token of the agency, at a server in a process of its own."""
    database = ThreatDatabase(url)
    _, token = ApiTokens(database).add(AGENCY, "bench", Role.ANALYST, days=1)
    database.close()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from fusionbus.shell.cli import main; main()", "web", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | {"FUSION_DATABASE_URL": url}, stdout=subprocess.DEVNULL)
    try:
        header = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=header, timeout=60) as client:
            _wait(client)
            yield client
    finally:
        process.terminate()
        process.wait(timeout=30)


def measure(client: httpx.Client, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each answer by kind; the first round warms up and is not counted."""
    dice = random.Random(7)  # noqa: S311 - made-up questions
    took: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(rounds + 1):
        for kind in KINDS:
            start = time.perf_counter()
            answer = ask(client, kind, dice)
            if number:
                took[kind].append((time.perf_counter() - start) * 1_000)
            assert answer.status_code == httpx.codes.OK, f"{kind}: {answer.text[:200]}"
    return took


@contextmanager
def empty_databases() -> Iterator[list[str]]:
    """An SQLite file and a PostgreSQL of this run's own."""
    with tempfile.TemporaryDirectory(prefix="fusionbus-bench-") as folder, postgresql.running() as cluster:
        yield [f"sqlite:{folder}/threats.db", cluster.new_database()]


def main() -> None:
    """Fills where that is needed, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", action="append", help="sqlite:PATH or postgresql://…; several [one of each]")
    parser.add_argument("--incidents", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    wish = parser.parse_args()
    with nullcontext(wish.database) if wish.database else empty_databases() as urls:
        for url in urls:
            measured(url, wish.incidents, wish.rounds)


def measured(url: str, incidents: int, rounds: int) -> None:
    """Prints what asking costs within this process, and over HTTP."""
    console, database = Console(width=120), ThreatDatabase(url)
    if search(database, Viewer(AGENCY), Query(per_page=1), SAMPLE_AT).total == 0:
        console.print(f"{database.dialect}: filled with {incidents:,} in {load(database, incidents):.0f} s")
    within = threats.measure(database, rounds)
    console.print(f"{database.dialect}, without HTTP: p50 {within.p50_ms:.1f} ms, p95 {within.p95_ms:.1f} ms")
    kind = database.dialect
    database.close()
    with served(url) as client:
        console.print(told(kind, incidents, measure(client, rounds)))


def told(kind: str, incidents: int, took: dict[str, list[float]]) -> Table:
    """The figures as a table."""
    table = Table("question", "p50", "p95", title=f"API over HTTP, {incidents:,} incidents, {kind}")
    everything = [ms for some in took.values() for ms in some]
    for name, some in (*took.items(), ("all", everything)):
        p50, p95 = quantiles(some, n=100)[49], quantiles(some, n=100)[94]
        table.add_row(name, f"{p50:.1f} ms", f"{p95:.1f} ms{'' if p95 < BAR_MS else '  over 100 ms'}")
    return table


def _wait(client: httpx.Client) -> None:
    until = time.monotonic() + START_S_MAX
    while True:
        try:
            client.get("/health").raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    main()
