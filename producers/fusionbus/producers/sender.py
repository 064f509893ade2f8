"""Empties an outbox: batch by batch, each marked only after the broker acknowledged it."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from fusionbus.contract.errors import FusionError, RetryLater
from fusionbus.contract.report import ThreatReport
from fusionbus.producers.outbox import Outbox, Put, Waiting, report_in
from fusionbus.producers.outcomes import Delivered, Failed, Outcome, Publishes
from fusionbus.producers.publisher import Publisher
from fusionbus.producers.settings import ProducerSettings

POLL_S: Final = 0.5
"""How often a following sender looks for new reports: well under a desk's notice, and one indexed query."""
PAUSE_S_MAX: Final = 30.0
"""The longest pause between two tries at a broker that is away; after it returns nothing waits longer than this."""
RESOLVE_S: Final = 5.0
"""Beyond the publisher's own time limit, how long its outcome is waited for. On a line dead one way kafka-python gave
none within half a minute; what it would have said does not matter, the report is sent again."""


@dataclass(frozen=True, slots=True)
class Drained:
    """What one emptying did."""

    sent: int = 0
    refused: int = 0
    held_by: str | None = None
    """Why it ended with reports still waiting, in one sentence."""

    def __add__(self, other: "Drained") -> "Drained":
        return Drained(self.sent + other.sent, self.refused + other.refused, other.held_by or self.held_by)


def drain(
    outbox: Outbox,
    publisher: Publishes,
    *,
    settings: ProducerSettings,
    on_sent: Callable[[int], None] | None = None,
) -> Drained:
    """Sends what waits, in order, until nothing does or the broker cannot take more. `on_sent` gets each batch's size.

    Raises: RetryLater when another process is sending from this outbox.
    """
    total = Drained()
    with outbox.sole_sender():
        while total.held_by is None and (batch := outbox.next_batch()):
            sending = [(one, publisher.publish(report_in(one))) for one in batch]
            until_s = time.monotonic() + settings.delivery_timeout_s + settings.connect_timeout_s + RESOLVE_S
            outcomes = [(one, _outcome(one, future, until_s)) for one, future in sending]
            outbox.mark(outcomes)
            total += _sum([outcome for _, outcome in outcomes])
            if on_sent is not None:
                on_sent(len(batch))
    return total


def follow(
    agency: str,
    settings: ProducerSettings,
    stop: threading.Event,
    tell: Callable[[str], None],
) -> None:
    """Sends whatever comes into the outbox until `stop` is set; a broker that is away is waited for.

    Raises: Misconfigured, NotAllowed: what waiting does not mend.
    """
    pause_s, told = POLL_S, ""
    with Outbox(agency, settings) as outbox:
        while not stop.is_set():
            try:
                with Publisher(agency, settings) as publisher:
                    pause_s, told = POLL_S, _tell_once(tell, f"{agency}: connected to {settings.bootstrap}.", told)
                    _follow_connected(outbox, publisher, settings, stop, tell)
            except RetryLater as exc:
                told = _tell_once(tell, f"{agency}: {exc}", told)
            stop.wait(pause_s)
            pause_s = min(pause_s * 2, PAUSE_S_MAX)


def send_or_keep(report: ThreatReport, settings: ProducerSettings) -> str:
    """Puts the report in its agency's outbox and tries to send it: one sentence on where it is now.

    Raises: FixTheReport for a wrong report. Everything else leaves it safe in the outbox.
    """
    with Outbox(report.agency, settings) as outbox:
        put: Put = outbox.put(report)
        if put == "sent already":
            return f"{report.report_id} was sent before; nothing to do."
        try:
            with Publisher(report.agency, settings) as publisher:
                done = drain(outbox, publisher, settings=settings)
        except FusionError as exc:
            return f"{report.report_id} is kept in the outbox: {exc}"
    if done.held_by is not None:
        return f"{report.report_id} is kept in the outbox: {done.held_by}"
    return f"{report.report_id} is on the bus ({done.sent} sent)."


def _follow_connected(
    outbox: Outbox,
    publisher: Publishes,
    settings: ProducerSettings,
    stop: threading.Event,
    tell: Callable[[str], None],
) -> None:
    while not stop.is_set():
        done = drain(outbox, publisher, settings=settings)
        if done.sent or done.refused:
            tell(f"{outbox.agency}: {done.sent} sent" + (f", {done.refused} refused." if done.refused else "."))
        if done.held_by is not None:
            raise RetryLater(done.held_by)
        stop.wait(POLL_S)


def _tell_once(tell: Callable[[str], None], sentence: str, told: str) -> str:
    if sentence != told:
        tell(sentence)
    return sentence


def _outcome(one: Waiting, future: "Future[Outcome]", until_s: float) -> Outcome:
    try:
        return future.result(timeout=max(0.0, until_s - time.monotonic()))
    except TimeoutError:
        return Failed(one.report_id, "The line is dead: the broker took reports and answered none; try again.", "retry")


def _sum(outcomes: list[Outcome]) -> Drained:
    held = next((one.sentence for one in outcomes if isinstance(one, Failed) and one.retry), None)
    return Drained(
        sum(isinstance(one, Delivered) for one in outcomes),
        sum(isinstance(one, Failed) and not one.retry for one in outcomes),
        held,
    )
