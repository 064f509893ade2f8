"""Takes to one contact what is due, for as long as it takes: a server that is out is waited for."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Annotated

import structlog
from pydantic import Field

from fusionbus.consumers.handlers import Handler, TellsTogether
from fusionbus.consumers.services.outbox import Delivery, Outbox
from fusionbus.consumers.services.plan import Way
from fusionbus.consumers.stopping import Stop
from fusionbus.contract.errors import FixTheReport, FusionError
from fusionbus.shell import metrics
from fusionbus.shell.settings import RoomSettings

log = structlog.get_logger()


class ServiceSettings(RoomSettings):
    """How contacts are served."""

    service_poll_s: Annotated[float, Field(ge=0.01, le=60)] = 0.3
    """`FUSION_SERVICE_POLL_S`: how often a contact's thread looks for what is due; one indexed query."""
    service_retry_s: Annotated[float, Field(gt=0, le=600)] = 2.0
    """`FUSION_SERVICE_RETRY_S`: pause after the first failure; it doubles each time."""
    service_retry_s_max: Annotated[float, Field(gt=0, le=3_600)] = 300.0
    """`FUSION_SERVICE_RETRY_S_MAX`: no pause is longer: five minutes after a server is back all is on its way."""
    service_give_up_h: Annotated[float, Field(gt=0, le=720)] = 72.0
    """`FUSION_SERVICE_GIVE_UP_H`: so long after it was due a delivery is given up: a long weekend's outage is less.
    Source: Standard Webhooks' example schedule ends after three days."""
    service_digest_alerts_max: Annotated[int, Field(ge=1, le=1_000)] = 200
    """`FUSION_SERVICE_DIGEST_ALERTS_MAX`: more alerts make a further mail; what one reads at a sitting."""


class Courier:
    """Serves one contact."""

    def __init__(
        self,
        contact: str,
        agency: str,
        handler: Handler,
        outbox: Outbox,
        settings: ServiceSettings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._contact, self._agency = contact, agency
        self._handler, self._outbox, self._settings = handler, outbox, settings
        self._now, self._jitter = now, jitter
        self._failures = 0

    def run(self, stop: Stop) -> None:
        """Serves until a stop is asked for. Raises: RetryLater, Misconfigured where the outbox cannot be used."""
        while not stop.requested:
            well = self.round()
            pause = self._settings.service_poll_s if well else self._pause_s(self._failures)
            stop.wait(pause)

    def round(self) -> bool:
        """Delivers what is due; whether nothing failed. After a failure the rest waits: the server may be out."""
        now = self._now()
        since = self._outbox.overdue_since(self._contact, now)
        overdue_s = (now - since).total_seconds() if since else 0.0
        metrics.DELIVERY_OVERDUE.labels(self._agency, self._contact).set(overdue_s)
        due = self._outbox.due(self._contact, now, self._settings.service_digest_alerts_max) if since else []
        for together in _letters(due, self._handler):
            if not self._deliver(together):
                self._failures += 1
                return False
            self._failures = 0
        return True

    def _deliver(self, together: Sequence[Delivery]) -> bool:
        """Whether the contact has them, or never will."""
        try:
            self._hand_over(together)
        except FixTheReport as exc:
            self._give_up(together, str(exc))
            return True
        except Exception as exc:  # noqa: BLE001 - a handler is anybody's code, and other contacts must not suffer
            said = str(exc) if isinstance(exc, FusionError) else f"{type(exc).__name__}, see the log"
            self._postpone(together, said)
            return False
        self._outbox.sent(together, self._now())
        return True

    def _hand_over(self, together: Sequence[Delivery]) -> None:
        alerts, first = self._outbox.alerts(together), together[0]
        if isinstance(self._handler, TellsTogether) and first.way is not Way.ALERT:
            if alerts:
                self._handler.tell(alerts, first.word, _key(first, self._contact))
            return
        for alert in alerts:
            self._handler.take(alert)

    def _postpone(self, together: Sequence[Delivery], said: str) -> None:
        now, first = self._now(), together[0]
        if now - first.due_at > timedelta(hours=self._settings.service_give_up_h):
            self._give_up(together, said)
            return
        again_at = now + timedelta(seconds=self._pause_s(first.tries + 1))
        self._outbox.failed(together, again_at, said)
        log.warning(
            "delivery_failed", contact=self._contact, handler=self._handler.name, tries=first.tries + 1, said=said
        )

    def _give_up(self, together: Sequence[Delivery], said: str) -> None:
        self._outbox.given_up(together, said, self._now())
        metrics.DELIVERY_GIVEN_UP.labels(self._agency, self._contact).inc(len(together))
        log.error(
            "delivery_given_up",
            contact=self._contact,
            handler=self._handler.name,
            alerts=[one.alert_id for one in together],
            said=said,
        )

    def _pause_s(self, tries: int) -> float:
        """Doubles from try to try up to the limit; the jitter keeps contacts from knocking all at once."""
        settings = self._settings
        pause: float = settings.service_retry_s * 2.0 ** min(tries - 1, 30)
        return min(pause, settings.service_retry_s_max) * (0.5 + self._jitter() / 2)


def _letters(due: Sequence[Delivery], handler: Handler) -> Iterator[Sequence[Delivery]]:
    """Deliveries that go together: those of one digest and one time, if the handler can; otherwise each alone."""
    for (way, _, _), group in groupby(due, key=lambda one: (one.way, one.service, one.due_at)):
        several = list(group)
        if way is Way.DIGEST and isinstance(handler, TellsTogether):
            yield several
        else:
            yield from ([one] for one in several)


def _key(first: Delivery, contact: str) -> str:
    """What the message id is made from: a digest that is sent again after a crash is the same message."""
    if first.way is Way.DIGEST:
        return f"digest.{contact}.{first.due_at:%Y%m%dT%H%M%S}.{first.alert_id}"
    return f"{first.alert_id}.escalation.{first.step}"
