"""A whole federation under test: brokers, workers of the hub, a producer with a ledger, receivers with sinks."""

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from chaos.brokers import Brokers
from chaos.crew import COMMAND, HERE, Crew, Mate, clean_environment
from chaos.oracle import Evidence, Sent
from chaos.reading import Reader
from chaos.traffic import AGENCIES, Raw, Traffic, agencies_file
from fusionbus.contract import topics
from fusionbus.contract.codec import encode

PARTITIONS = 4
RATE = 25.0
"""Reports a second: a share of what one worker takes, so that a fault has something to hit and the machine keeps up."""
RECEIVERS = {"NACTA": ("jsonl", "sqlite"), "CTD-KP": ("jsonl",)}
DRAIN_S_MAX = 150.0
"""Without anything moving: how long a sink takes that fsyncs every alert, the machine decides."""
PUT_BYTES_MAX = 2_000_000  # it is for the broker to refuse
COMMAND_S_MAX = 90.0


@dataclass
class Federation:
    """One run. Everything lies in `folder`; everything ends with the block."""

    brokers: Brokers
    folder: Path
    seed: int
    scale: float = 1.0
    workers: int = 2
    rate: float = RATE
    dead_letters_wanted: int = 0
    faults: list[str] = field(default_factory=list)
    """What a row itself saw go wrong."""
    sent: list[Sent] = field(default_factory=list)
    """The ledger of what the row sent itself."""
    notes: list[str] = field(default_factory=list)
    """What is worth telling and no fault."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - the same faults for the same seed
        self.now = datetime.now(UTC)
        self.traffic = Traffic(self.seed, self.now)
        self.caught_up_s = 0.0
        self._ledgers: list[Path] = []

    def __enter__(self) -> Self:
        self.brokers.start()
        self.reader = Reader(self.brokers.direct)
        self.crew = Crew(self.folder, clean_environment(self.brokers.bootstrap, self.folder / "home"))
        try:
            self.provision()
            for number in range(1, self.workers + 1):
                self.start_worker(number)
            for agency in RECEIVERS:
                self.start_receiver(agency)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.crew.close()
        self.reader.close()
        self.brokers.close()

    # -- processes -------------------------------------------------------------------------------------------------
    def start_worker(self, number: int, *, dies_at: str = "", log: Path | None = None, **env: str) -> Mate:
        """Worker `number`, with the state folder it always has; with `dies_at` it kills itself there."""
        words = ["worker", "--id", f"w{number}"]
        env |= {"FUSION_REPLICATION": str(self.brokers.copies)}
        if dies_at:
            line = [sys.executable, str(HERE / "dying_worker.py"), *words]
            return self.crew.start(f"w{number}", line, env | {"CHAOS_DIE_AT": dies_at}, supervised=False)
        return self.crew.start(f"w{number}", [COMMAND, *words], env, log=log)

    def state_of(self, number: int) -> Path:
        """Where a worker keeps its state."""
        return self.folder / "home" / f"worker-w{number}"

    def start_receiver(self, agency: str, **env: str) -> Mate:
        """An agency's receiver with its sinks."""
        handlers = [part for kind in RECEIVERS[agency] for part in ("--handler", f"{kind}:{self.sink(agency, kind)}")]
        line = [COMMAND, "alerts", "--agency", agency, "--follow", *handlers]
        line += ["--dead-letters", str(self.folder / f"set-aside-{agency}.jsonl")]
        return self.crew.start(f"receiver-{agency}", line, env)

    def sink(self, agency: str, kind: str) -> Path:
        """The file in which an agency keeps its alerts."""
        return self.folder / f"{agency}.{'db' if kind == 'sqlite' else kind}"

    # -- traffic ---------------------------------------------------------------------------------------------------
    def load(self, seconds: float, prefix: str = "e") -> Mate:
        """Starts a producer that sends for at most so many seconds."""
        path, ledger = self.folder / f"reports-{prefix}.jsonl", self.folder / f"ledger-{prefix}.jsonl"
        traffic = Traffic(self.seed, self.now, prefix)
        path.write_bytes(b"".join(encode(one) + b"\n" for one in traffic.reports(int(seconds * self.rate))))
        self._ledgers.append(ledger)
        line = [sys.executable, str(HERE / "writer.py"), str(path), str(ledger), str(self.rate)]
        return self.crew.start(f"writer-{prefix}", line, supervised=False)

    def put(self, *raws: Raw) -> None:
        """Sends bytes as they are, and notes where they lie."""

        def noted(raw: Raw, error: KafkaError | None, message: Message) -> None:
            if error is not None:
                raise KafkaException(error)
            place = int(message.partition() or 0), int(message.offset() or 0)
            self.sent.append(Sent(raw.topic, *place, raw.report_id, raw.revision))

        limits = {"acks": "all", "message.max.bytes": PUT_BYTES_MAX, "partitioner": "murmur2_random"}
        producer = Producer({"bootstrap.servers": self.brokers.direct} | limits)
        for raw in raws:
            producer.produce(raw.topic, raw.value, raw.key, on_delivery=partial(noted, raw))
        if producer.flush(COMMAND_S_MAX):
            raise TimeoutError("the broker did not take what a row sent")

    # -- time ------------------------------------------------------------------------------------------------------
    def pause(self, seconds: float) -> None:
        """Lets time go by, and starts again who ended."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.crew.look_after()
            time.sleep(0.05)

    def wait_until(self, true: Callable[[], object], seconds_max: float) -> None:
        """Returns when it is true, or after so long."""
        until = time.monotonic() + seconds_max
        while not true() and time.monotonic() < until:
            self.pause(0.2)

    def pause_about(self, low_s: float, high_s: float) -> None:
        """Lets a while go by that the seed decides."""
        self.pause(self.chance.uniform(low_s, high_s))

    def wait_for_outputs(self, seconds_max: float = 90.0) -> None:
        """Returns when the hub writes: the workers are at it."""
        begun, until = None, time.monotonic() + seconds_max
        while time.monotonic() < until:
            with suppress(KafkaException):  # a broker is away
                written = self.reader.records(topics.AUDIT)
                if begun is not None and written > begun:
                    return
                begun = written
            self.pause(0.1)
        self.faults.append(f"the hub wrote nothing for {seconds_max:.0f} s under load")

    def finish_loads(self) -> None:
        """Ends the producers in order; all that was begun is acknowledged then."""
        for name, mate in self.crew.mates.items():
            if name.startswith("writer-") and mate.alive:
                mate.signal(signal.SIGTERM)
        until = time.monotonic() + 170
        for name, mate in self.crew.mates.items():
            if not name.startswith("writer-"):
                continue
            while mate.alive and time.monotonic() < until:
                self.pause(0.1)
            if mate.process.poll() != 0:
                self.faults.append(f"{name} ended with {mate.process.poll()}: {mate.told()[-300:]}")

    def drain(self) -> None:
        """Returns when everything is committed and in the sinks, or after a limit: then the oracle tells."""
        begun = time.monotonic()
        for mate in self.crew.mates.values():
            if not mate.alive and not mate.name.startswith("writer-") and mate.again_at is None:
                mate.supervised = True
        least, moved_at = None, begun
        while time.monotonic() - moved_at < DRAIN_S_MAX:
            self.pause(0.4)
            left = self._left()
            if left == 0:
                break
            if left is not None and (least is None or left < least):
                least, moved_at = left, time.monotonic()
        self.caught_up_s = time.monotonic() - begun

    def _left(self) -> int | None:
        """How many records the hub and the receivers have yet to commit, if that can be told."""
        try:
            hub = self.reader.behind()
            sinks = [self.reader.behind(f"{agency}.alerts", (topics.alerts_topic(agency),)) for agency in RECEIVERS]
            # And again, for the receivers' acknowledgements come back to the hub.
            return sum(sum(told.values()) for told in (hub, *sinks, self.reader.behind()))
        except KafkaException:  # a broker is away
            return None

    # -- what came out -----------------------------------------------------------------------------------------------
    def evidence(self) -> Evidence:
        """Everything there is to see."""
        reader = self.reader
        lines = [line for path in self._ledgers for line in path.read_bytes().splitlines()]
        receipts = [body for name in AGENCIES for body in reader.bodies(topics.receipts_topic(name))]
        aside = list(self.folder.glob("set-aside-*.jsonl"))
        return Evidence(
            ledger=[*(Sent(**json.loads(line)) for line in lines), *self.sent],
            records={name: reader.records(topics.reports_topic(name)) for name in AGENCIES},
            receipts=receipts,
            dead_letters=reader.bodies(topics.DEAD_LETTERS),
            alerts={name: reader.bodies(topics.alerts_topic(name)) for name in AGENCIES},
            sinks={agency: self._lines(self.sink(agency, "jsonl")) for agency in RECEIVERS},
            stored={agency: self._stored(agency) for agency, kinds in RECEIVERS.items() if "sqlite" in kinds},
            set_aside=sum(len(path.read_bytes().splitlines()) for path in aside),
            behind=self._behind(),
        )

    def _behind(self) -> Mapping[str, int]:
        """By topic, what is not committed; the hub writes itself a tick every few seconds, which is no lag."""
        for _ in range(20):
            left = self.reader.behind()
            if not any(left.values()):
                break
            self.pause(0.3)
        return left

    @staticmethod
    def _lines(path: Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []

    def _stored(self, agency: str) -> Counter[str]:
        path = self.sink(agency, "sqlite")
        if not path.exists():
            return Counter()
        with closing(sqlite3.connect(path)) as database:
            return Counter(row[0] for row in database.execute("SELECT alert_id FROM alerts"))

    def provision(self) -> None:
        """Makes what topics and registry entries are missing."""
        words = ["provision", "--agencies", str(agencies_file(self.folder)), "--partitions", str(PARTITIONS)]
        if self.brokers.copies > 1:
            words += ["--replication", str(self.brokers.copies)]
        self.command(*words, FUSION_BOOTSTRAP=self.brokers.direct)

    def command(self, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Runs a `fusionbus` command to its end. Raises: CalledProcessError."""
        done = self.try_command(*words, **env)
        done.check_returncode()
        return done

    def try_command(self, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Runs a `fusionbus` command to its end, however that is."""
        given = self.crew.env | env
        return subprocess.run(
            [COMMAND, *words], env=given, check=False, capture_output=True, text=True, timeout=COMMAND_S_MAX
        )


def scratch(name: str) -> Path:
    """A new folder for one run."""
    return Path(tempfile.mkdtemp(prefix=f"chaos-{name}-"))


def discard(folder: Path) -> None:
    """Removes a run's folder."""
    shutil.rmtree(folder, ignore_errors=True)
