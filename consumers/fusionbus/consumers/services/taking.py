"""The handler of alert services: what an alert means for whom is worked out and on the disk before it is taken."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from fusionbus.consumers.handlers import Taken
from fusionbus.consumers.services.config import AlertServices
from fusionbus.consumers.services.outbox import Outbox
from fusionbus.consumers.services.plan import plan
from fusionbus.contract.alert import Alert

TIDY_EVERY: Final = timedelta(hours=1)


class ServicesHandler:
    """Plans the deliveries of each alert, once."""

    name = "services"

    def __init__(
        self, config: AlertServices, outbox: Outbox, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._config, self._outbox, self._now = config, outbox, now
        self._tidied_at = now() - TIDY_EVERY

    def take(self, alert: Alert) -> Taken:
        """Whether the alert was new here; its deliveries are on the disk then. Raises: RetryLater, Misconfigured."""
        now = self._now()
        if now - self._tidied_at >= TIDY_EVERY:
            self._outbox.forget(now)
            self._tidied_at = now
        if alert.alert_id in self._outbox.book:
            return Taken.REPEAT
        self._outbox.keep(alert, plan(alert, self._config, now, self._outbox.told(alert)), now)
        return Taken.NEW

    def close(self) -> None:
        """Closes the outbox."""
        self._outbox.close()
