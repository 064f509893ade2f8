"""Kills, stops and freezes workers under load: `engine_chaos.py WORKERS SEED random|storm [NAME=VALUE …]`.

Prints one line of JSON and exits with 1 if a record is missing, a worker hung, or a table differs from what it must
hold. Names go to the workers (STORE=memory://); RATE is the load in records a second. A broker is started unless
FUSION_BOOTSTRAP names one. A run takes one to two minutes.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from fusionbus.deploy.broker import LocalBroker

PARTITIONS = 4
BUCKETS = 50
HANG_S = 32.0  # the engine promises 25 s
DRAIN_S_MAX = 120.0
FREEZE_S = 12.0  # longer than the session of 8 s
KILL, TERM, FREEZE = signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP


def say(*words: object) -> None:
    """What happens, on stderr."""
    sys.stderr.write(" ".join(map(str, words)) + "\n")


def bucket_of(key: str) -> str:
    """The bucket in which a worker counts a key."""
    return f"b{int(key[:8], 16) % BUCKETS}"


class Load(threading.Thread):
    """Writes records until told to stop; one in twenty comes a second time, at once or up to 10 s later."""

    def __init__(self, bootstrap: str, topic: str, rate: int, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.acknowledged: dict[str, bool] = {}  # key to whether it is sent twice
        self.over = threading.Event()
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "linger.ms": 5, "acks": "all", "enable.idempotence": True}
        )
        self._topic, self._rate, self._chance = topic, rate, chance
        self._again: list[tuple[float, str]] = []

    def run(self) -> None:
        """Writes."""
        begun, written = time.monotonic(), 0
        while not self.over.is_set():
            self._write(uuid.UUID(int=self._chance.getrandbits(128)).hex)
            written += 1
            self._producer.poll(0)
            ahead_s = begun + written / self._rate - time.monotonic()
            if ahead_s > 0:
                self.over.wait(ahead_s)
        for _, key in self._again:
            self._producer.produce(self._topic, b"x" * 400, key)
        self._producer.flush(60)

    def _write(self, key: str) -> None:
        twice = self._chance.random() < 0.05

        def on_delivery(error: KafkaError | None, _message: Message) -> None:
            if error is None:
                self.acknowledged[key] = twice

        self._producer.produce(self._topic, b"x" * 400, key, on_delivery=on_delivery)
        if twice:
            self._again.append((time.monotonic() + self._chance.choice([0, 0.05, 2, 10]), key))
        due = [again for again in self._again if again[0] < time.monotonic()]
        for again in due:
            self._again.remove(again)
            self._producer.produce(self._topic, b"x" * 400, again[1])


@dataclass
class Chaos:
    """One run."""

    bootstrap: str
    folder: Path
    workers_n: int
    seed: int
    mode: str
    given: dict[str, str]
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    exits: list[int | str] = field(default_factory=list)
    stops_s: list[float] = field(default_factory=list)

    def start(self, number: int) -> "subprocess.Popen[bytes]":
        """Worker `number`, with the state folder it always has."""
        with (self.folder / f"worker-{number}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("engine_worker.py"))],
                env={
                    **os.environ,
                    **self.given,
                    "BROKER": self.bootstrap,
                    "RUN": self.run,
                    "DUMPS": str(self.folder),
                    "STATE": str(self.folder / f"state-{number}"),
                    "PARTITIONS": str(PARTITIONS),
                    "BUCKETS": str(BUCKETS),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def end(self, number: int, with_signal: signal.Signals) -> None:
        """Ends a worker; one that is gone already is noted."""
        worker, begun = self.workers[number], time.monotonic()
        if worker.poll() is not None:
            self.exits.append(worker.returncode)
            return
        worker.send_signal(with_signal)
        try:
            code: int | str = worker.wait(HANG_S)
        except subprocess.TimeoutExpired:
            code = "HANG"
            worker.kill()
            worker.wait()
        took_s = round(time.monotonic() - begun, 1)
        say("worker", number, with_signal.name, code, took_s)
        if with_signal is TERM:
            self.exits.append(code)
            self.stops_s.append(took_s)

    def freeze(self, number: int) -> None:
        """Stops a worker for longer than its session; it should leave when it wakes."""
        worker = self.workers[number]
        worker.send_signal(signal.SIGSTOP)
        time.sleep(FREEZE_S)
        worker.send_signal(signal.SIGCONT)
        time.sleep(1)
        say("worker", number, "woke up", worker.poll())

    def start_the_dead(self) -> None:
        """What a supervisor does."""
        for number, worker in enumerate(self.workers):
            if worker.poll() is not None:
                say("worker", number, "found dead", worker.returncode)
                self.exits.append(worker.returncode)
                self.workers[number] = self.start(number)

    def strike(self, chance: random.Random) -> None:
        """All faults, one after the other."""
        if self.mode == "storm":
            for count in range(6):
                number = count % self.workers_n
                self.end(number, TERM if count % 3 else KILL)
                time.sleep(3)
                self.workers[number] = self.start(number)
                time.sleep(3)
            return
        faults = [KILL, KILL, KILL, TERM, TERM, TERM, FREEZE, FREEZE]
        chance.shuffle(faults)
        for fault in faults:
            time.sleep(chance.choice([1, 3, 6]))
            self.start_the_dead()
            number = chance.randrange(self.workers_n)
            if fault is FREEZE:
                self.freeze(number)
            else:
                self.end(number, fault)
                self.workers[number] = self.start(number)
            self.start_the_dead()

    def lag(self, consumer: Consumer) -> int:
        """Records not committed yet."""
        wanted = [TopicPartition(f"in-{self.run}", number) for number in range(PARTITIONS)]
        committed = consumer.committed(wanted, 10)
        return sum(consumer.get_watermark_offsets(tp, 10)[1] - max(tp.offset, 0) for tp in committed)

    def drain(self) -> int:
        """What is still not committed in the end."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": f"chaos-{self.run}"})
        end, left = time.monotonic() + DRAIN_S_MAX, -1
        while left and time.monotonic() < end:
            self.start_the_dead()
            left = self.lag(consumer)
            time.sleep(0.5 if left else 0)
        consumer.close()
        return left

    def read(self, topic: str) -> list[tuple[int, int, str, bytes | None]]:
        """All records of a topic: partition, offset, key, value."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "chaos-reader"})
        found = []
        for number in range(PARTITIONS):
            end = consumer.get_watermark_offsets(TopicPartition(topic, number), 10)[1]
            consumer.assign([TopicPartition(topic, number, 0)])
            at = 0
            while at < end:
                for message in consumer.consume(5000, 5):
                    at = (message.offset() or 0) + 1
                    found.append((number, at - 1, (message.key() or b"").decode(), message.value()))
        consumer.close()
        return found

    def dumped(self, table: str) -> dict[tuple[int, str], str]:
        """What the workers say stands in a table."""
        return {
            (number, key): value
            for number in range(PARTITIONS)
            for key, value in json.loads((self.folder / f"{table}-{number}.json").read_text()).items()
        }

    def changelog(self, table: str) -> dict[tuple[int, str], str]:
        """What the next worker with an empty folder would recover."""
        records = self.read(f"chaos-{self.run}-{table}-changelog")
        return {(number, key): (value or b"").decode() for number, _, key, value in records}

    def ask_for_dumps(self) -> None:
        """Every owner writes down its partitions."""
        producer = Producer({"bootstrap.servers": self.bootstrap})
        for number in range(PARTITIONS):
            producer.produce(f"in-{self.run}", b"", "dump", partition=number)
        producer.flush(30)

    def play(self) -> dict[str, object]:
        """The result."""
        chance = random.Random(self.seed)  # noqa: S311 - the same faults for the same seed
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        names = [f"in-{self.run}", f"out-{self.run}"]
        for made in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names]).values():
            made.result(30)
        self.workers = [self.start(number) for number in range(self.workers_n)]
        load = Load(self.bootstrap, names[0], int(self.given.get("RATE", "700")), random.Random(self.seed + 1))  # noqa: S311
        load.start()
        time.sleep(8)
        self.strike(chance)
        time.sleep(4)
        load.over.set()
        load.join()
        begun = time.monotonic()
        left = self.drain()
        drained_s = round(time.monotonic() - begun, 1)
        self.ask_for_dumps()
        left += self.drain()
        result = {**self.compare(load.acknowledged), "lag": left, "drain_s": drained_s}
        for number in range(self.workers_n):
            self.end(number, TERM)
        return {**result, "exits": self.exits, "stops_s": self.stops_s, "seed": self.seed, "mode": self.mode}

    def compare(self, acknowledged: dict[str, bool]) -> dict[str, object]:
        """What is missing, what came twice, and where a table is wrong."""
        sent = Counter(key for _, _, key, _ in self.read(f"out-{self.run}"))
        written = [record for record in self.read(f"in-{self.run}") if record[2] != "dump"]
        must_be_seen = {(number, key): "1" for number, _, key, _ in written}
        must_be_latest = {(number, bucket_of(key)): str(offset) for number, offset, key, _ in written}
        seen, latest = self.dumped("seen"), self.dumped("latest")
        return {
            "workers": self.workers_n,
            "written": len(acknowledged),
            "missing": len(set(acknowledged) - set(sent)),
            "twice": sum(count - 1 for count in sent.values()),
            "state_rows": len(seen) + len(latest),
            "seen_wrong": len(seen.items() ^ must_be_seen.items()),
            "latest_wrong": len(latest.items() ^ must_be_latest.items()),
            "seen_changelog_wrong": len(self.changelog("seen").items() ^ must_be_seen.items()),
            "latest_changelog_wrong": len(self.changelog("latest").items() ^ must_be_latest.items()),
        }


def main() -> int:
    """0 when nothing is missing, nothing hung and all state is right."""
    given = dict(pair.split("=", 1) for pair in sys.argv[4:])
    with tempfile.TemporaryDirectory(prefix="engine-chaos-") as name:
        folder = Path(name)
        broker = None if "FUSION_BOOTSTRAP" in os.environ else LocalBroker(folder / "broker").start()
        bootstrap = broker.bootstrap if broker else os.environ["FUSION_BOOTSTRAP"]
        chaos = Chaos(bootstrap, folder, int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], given)
        try:
            result = chaos.play()
        finally:
            for worker in chaos.workers:
                worker.kill()
                worker.wait()
            if broker:
                broker.stop()
    sys.stdout.write(json.dumps({**result, **given}) + "\n")
    bad = [name for name in result if name.endswith("wrong") or name in {"missing", "lag"}]
    return int(any(result[name] for name in bad) or "HANG" in chaos.exits)


if __name__ == "__main__":
    sys.exit(main())
