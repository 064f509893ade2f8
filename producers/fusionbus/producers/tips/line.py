"""The tip line as its ways in share it: queue, brakes, key, clock; and every tip counted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from fusionbus.producers.tips.brake import Brake, Rate
from fusionbus.producers.tips.decisions import Decisions
from fusionbus.producers.tips.people import People, Sessions
from fusionbus.producers.tips.queue import TipQueue
from fusionbus.producers.tips.told import Told
from fusionbus.producers.tokens import FederationKey
from fusionbus.shell.metrics import TIPS_TAKEN, TIPS_TURNED_AWAY

EMERGENCY: Final = "15"
"""Police emergency in all provinces of Pakistan."""
ADDRESS_S: Final = 600.0
HOUR_S: Final = 3_600.0
ASKS: Final = (Rate(30, ADDRESS_S), Rate(3_000, HOUR_S))
"""Questions with a code: nobody asks more often than every twenty seconds; 60 bits are not guessed at 72,000 a day."""
SIGN_INS: Final = (Rate(20, ADDRESS_S), Rate(200, HOUR_S))
"""Tries to sign in at the desk: a desk of ten that all mistype once."""


class TurnedAway(Exception):  # noqa: N818 - it says what happened
    """Somebody is beyond a bound; `reason` is `address` or `everybody`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class TipLine:
    """One running tip line."""

    queue: TipQueue
    key: FederationKey
    now: Callable[[], datetime] = _now
    people: People = field(init=False)
    sessions: Sessions = field(init=False)
    decisions: Decisions = field(init=False)

    def __post_init__(self) -> None:
        """Makes what stands on the queue."""
        settings = self.queue.settings
        self.people = People(self.queue)
        self.sessions = Sessions(self.people)
        self.decisions = Decisions(self.queue)
        self._tips = Brake(Rate(settings.tips_address_max, ADDRESS_S), Rate(settings.tips_hour_max, HOUR_S))
        self._asks, self._sign_ins = Brake(*ASKS), Brake(*SIGN_INS)

    def take(self, told: Told, *, code: str | None, address: str | None, by: str) -> str:
        """The code of a tip that is kept; `address` is whom the brake counts, none for a clerk.

        Raises: TurnedAway; RetryLater where it could not be kept.
        """
        if address is not None:
            self._held(self._tips, address)
        kept = self.queue.take(told, self.now(), by=by, code=code)
        TIPS_TAKEN.labels(told.channel).inc()
        return kept

    def may_ask(self, address: str) -> None:
        """Counts a question with a code. Raises: TurnedAway."""
        self._held(self._asks, address)

    def may_sign_in(self, address: str) -> None:
        """Counts a try to sign in. Raises: TurnedAway."""
        self._held(self._sign_ins, address)

    def remembered(self) -> int:
        """How many addresses are held, as keyed hashes."""
        return len(self._tips.remembered())

    def _held(self, brake: Brake, address: str) -> None:
        reason = brake.turns_away(address, self.now())
        if reason is not None:
            TIPS_TURNED_AWAY.labels(reason).inc()
            raise TurnedAway(reason)
