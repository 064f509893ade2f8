"""Faust's recovery, with an end to its silence."""

from typing import Any, NoReturn

from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery, ServiceStopped

from fusionbus.streams.engine.die import die


class EngineRecovery(Recovery):
    """Ends the process where a step of the recovery gets no answer in time.

    Works around: Faust takes its own time limit for the end of the service (recovery.py `_wait`), so its task ends
    without a word and nothing is handed out any more. A broker that was away for 55 s while state was recovered made
    the worker stand still for 180 s, until the watchdog ended it (measured). May go when Faust tells the two apart.
    """

    async def _wait(self, coro: Any, timeout: Any = None) -> None:  # noqa: ASYNC109 - Faust's signature
        try:
            await super()._wait(coro, timeout)
        except ServiceStopped:
            if not self.should_stop:
                self._no_answer()
            raise

    @staticmethod
    def _no_answer() -> NoReturn:
        die("the recovery of state found no answer", "is the broker there?")


class EngineTables(TableManager):
    """Tables that recover with it."""

    @property
    def recovery(self) -> Recovery:
        """The recovery of all tables."""
        if self._recovery is None:
            self._recovery = EngineRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
