"""The demo: a real broker, two hub workers, a dozen receivers, several hundred reports, and the truth at the end."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.deploy import agencies, demo_check, demo_show, demo_traffic
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.demo_crew import Crew, tail
from fusionbus.deploy.demo_evidence import Evidence, Fault, dump
from fusionbus.deploy.demo_harvest import Harvest, Watch, quantile
from fusionbus.deploy.demo_oracle import Told
from fusionbus.deploy.demo_show import Screen
from fusionbus.deploy.demo_warm import send, warm_up
from fusionbus.shell.settings import BrokerSettings, load

RECEIVERS: Final = (
    "NACTA", "IB", "CTD-KP", "CTD-BA", "CTD-SD", "CTD-PB", "POLICE-KP", "POLICE-BA", "FC-KP", "PFC-KP",
    "RAILWAYS-POLICE", "FIA", "LIAISON-1",
)  # fmt: skip
"""Agencies with a receiver of their own: every group, every form, the partner abroad. The topics of all are checked."""
WORKERS: Final = 2
REPLAYED: Final = ("simulated", "scenario")
SPAN_D: Final = 30
"""Days that the simulated reports are spread over. 400 of them tell of about 200 events; 2024 had three attacks a day
(DESIGN) and as many other matters. Packed into one day they would be a traffic that no weights were learned from."""
SETTLE_S_MAX: Final = 45.0
QUIET_S: Final = 2.5
"""Nothing new for so long means that the hub is through."""
ANSWERS: Final = (("used", "Acted on."), ("false_alarm", "Nothing found at the place."), ("read", "Seen by the desk."))


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for."""

    folder: Path
    reports: int
    seed: int
    replay_s: float


def run(wish: Wish, screen: Screen) -> list[Fault]:
    """The faults found; every process is ended when this returns or raises."""
    with ExitStack() as open_things:
        settings = open_things.enter_context(_broker(wish, screen))
        crew = Crew(wish.folder, _environment(wish, settings), say=screen.say)
        open_things.callback(_ending, crew, screen)
        federation = agencies.read()
        with screen.phase("Topics, agencies and subscriptions"):
            crew.run("provision", "provision")
        with screen.phase("The scenario among simulated reports"):
            traffic = _traffic(wish, crew)
        harvest = Harvest((agency.agency for agency in federation.agencies), settings)
        open_things.callback(harvest.close)
        if not harvest.is_fresh:
            raise Misconfigured(
                f"The bus at {settings.bootstrap} has carried reports before, and open incidents would mix with the "
                "demo's: unset FUSION_BOOTSTRAP, or name a fresh cluster."
            )
        files = {name: wish.folder / f"alerts-{name}.jsonl" for name in RECEIVERS}
        watch = Watch(files)
        _start_hub_and_receivers(crew, files)
        with screen.phase(f"{WORKERS} hub workers and {len(files)} receivers are warm"):
            watch.start()
            open_things.callback(watch.stop)
            warm = warm_up(settings, harvest, crew.look_after)
        watch.latencies_s.clear()
        bad = demo_traffic.bad_messages(datetime.now(UTC))
        send(settings, bad)
        evidence_of = _Evidence(federation, traffic, warm, bad, harvest, watch)
        _play(wish, crew, screen, evidence_of)
        _acknowledge(crew, screen, watch, files)
        _settle(crew, screen, evidence_of)
        watch.stop()
        evidence = evidence_of.taken()
        dump(evidence, wish.folder)
        return _judge(screen, evidence, watch)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Where the evidence comes from, while it comes in."""

    federation: agencies.Federation
    traffic: demo_traffic.Traffic
    warm: tuple[Told, ...]
    bad: Sequence[demo_traffic.Message]
    harvest: Harvest
    watch: Watch

    @property
    def wanted(self) -> int:
        """How many messages need a receipt."""
        return len(self.traffic.told) + len(self.warm) + len(self.bad)

    @property
    def complete(self) -> bool:
        """Whether each message has its receipt, and each receiver its alerts."""
        handled = all(
            {alert.alert_id for alert in self.harvest.alerts[name]} <= ids for name, ids in self.watch.handled.items()
        )
        return handled and len(self.harvest.ended) >= self.wanted

    def show(self, screen: Screen) -> None:
        """Brings the screen up to date."""
        alerts = {name: len(held) for name, held in self.harvest.alerts.items()}
        screen.show(list(self.harvest.receipts.values()), alerts, self.watch.newest, self.wanted)

    def taken(self) -> Evidence:
        """What there is by now."""
        return Evidence(
            federation=self.federation,
            sent=(*self.warm, *self.traffic.told),
            bad=tuple(message.bad for message in self.bad),
            expectations=self.traffic.expectations,
            receipts=tuple(self.harvest.receipts.values()),
            alerts={name: tuple(held) for name, held in self.harvest.alerts.items()},
            handled={name: frozenset(ids) for name, ids in self.watch.handled.items()},
            unreadable=(*self.harvest.unreadable, *self.watch.unreadable),
        )


@contextmanager
def _broker(wish: Wish, screen: Screen) -> Iterator[BrokerSettings]:
    """A broker of the demo's own, or the cluster that FUSION_BOOTSTRAP names."""
    given = load(BrokerSettings)
    if "bootstrap" in given.model_fields_set:
        screen.say(f"Using the cluster at {given.bootstrap} (FUSION_BOOTSTRAP).")
        yield given
        return
    broker = LocalBroker(wish.folder / "broker")
    with screen.phase("A real Apache Kafka is up"):
        broker.start()
    try:
        yield load(BrokerSettings, bootstrap=broker.bootstrap)
    finally:
        broker.stop()
        screen.say("The broker has stopped.")


def _environment(wish: Wish, settings: BrokerSettings) -> dict[str, str]:
    return {
        "FUSION_BOOTSTRAP": settings.bootstrap,
        "FUSION_HOME": str(wish.folder / "home"),
        "XDG_DATA_HOME": str(wish.folder / "home"),
        "FUSION_FEDERATION_KEY": "the demo's key, which protects nothing",
        "FUSION_LOG_LEVEL": "WARNING",
        "NO_COLOR": "1",
    }


def _ending(crew: Crew, screen: Screen) -> None:
    count = len(crew.mates)
    crew.end()
    screen.say(f"{count} processes have ended.")


def _traffic(wish: Wish, crew: Crew) -> demo_traffic.Traffic:
    made, told = (wish.folder / f"{name}.jsonl" for name in REPLAYED)
    truths = [path.with_suffix(".truth.jsonl") for path in (made, told)]
    count, seed = str(wish.reports), str(wish.seed)
    crew.run("scenario", "scenario", "--out", str(told), "--truth", str(truths[1]))
    crew.run(
        "simulate", "simulate", "--reports", count, "--seed", seed, "--now", "--span", f"{SPAN_D}d",
        "--out", str(made), "--truth", str(truths[0]),
    )  # fmt: skip
    return demo_traffic.read(zip((made, told), truths, strict=True))


def _start_hub_and_receivers(crew: Crew, files: dict[str, Path]) -> None:
    for number in range(1, WORKERS + 1):
        crew.start(f"worker-{number}", "worker", "--id", f"demo-{number}")
    for name, path in files.items():
        crew.start(f"receiver-{name}", "alerts", "--agency", name, "--handler", f"jsonl:{path}", "--follow")


def _play(wish: Wish, crew: Crew, screen: Screen, evidence: _Evidence) -> None:
    """Replays both files side by side, each over the same time, and shows what comes of it."""
    mates = []
    for name in REPLAYED:
        path = wish.folder / f"{name}.jsonl"
        first, last = demo_traffic.ends_of(path)
        length = last - first
        speed = max(1.0, length.total_seconds() / wish.replay_s)
        screen.say(f"{name.capitalize()} reports of {length.total_seconds() / 3600:.0f} h, {speed:,.0f} times faster")
        mates.append(crew.start(f"replay-{name}", "replay", str(path), "--speed", f"{speed:.1f}", lasting=False))
    with screen:
        while any(mate.process.poll() is None for mate in mates):
            evidence.harvest.poll(0.1)
            crew.look_after()
            evidence.show(screen)
    for mate in mates:
        if mate.process.returncode != 0:
            raise RetryLater(f"`fusionbus replay` ended with code {mate.process.returncode}: {tail(mate.log)}")


def _acknowledge(crew: Crew, screen: Screen, watch: Watch, files: dict[str, Path]) -> None:
    """Some desks say what became of an alert; that it arrived each receiver has said by itself."""
    chosen = {agency: alert for agency, alert in list(watch.newest) if alert.body.report_id is not None}
    answers = []
    with screen.phase("Some desks answer"):
        for (agency, alert), (action, note) in zip(chosen.items(), ANSWERS, strict=False):
            said = ("--action", action, "--note", note, "--store", f"jsonl:{files[agency]}")
            answers.append(crew.start(f"ack-{agency}", "ack", alert.alert_id, "--agency", agency, *said, lasting=False))
        for mate in answers:
            crew.finish(mate)


def _settle(crew: Crew, screen: Screen, evidence: _Evidence) -> None:
    """Returns when everything is in and nothing more comes, or after a limit: then the check tells what is missing."""
    until = time.monotonic() + SETTLE_S_MAX
    with screen:
        while time.monotonic() < until:
            evidence.harvest.poll(0.2)
            crew.look_after()
            evidence.show(screen)
            if evidence.complete and time.monotonic() - evidence.harvest.newest_at > QUIET_S:
                return


def _judge(screen: Screen, evidence: Evidence, watch: Watch) -> list[Fault]:
    with screen.phase("Check against the truth"):
        faults = demo_check.check(evidence)
    alerts = {name: len(held) for name, held in evidence.alerts.items()}
    ms = [1000 * seconds for seconds in watch.latencies_s]
    latency = demo_show.Latency(len(ms), quantile(ms, 0.5), quantile(ms, 0.99))
    answered = sum(1 for receipt in evidence.receipts if receipt.outcome is ReceiptOutcome.ACKNOWLEDGED)
    screen.console.print(demo_show.counters(evidence.receipts, alerts))
    screen.console.print(demo_show.closing(evidence, latency, answered))
    screen.console.print(demo_show.verdict(tuple(demo_check.CHECKS), faults))
    for fault in faults[: demo_show.FAULTS_SHOWN]:
        screen.console.print(f"{fault.check}: {fault.sentence}", style="red", markup=False)
    return faults
