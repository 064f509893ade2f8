"""Whether a receiver that gets nothing stands still: alerts wait on the broker, and its client does not fetch them."""

import time

from kafka import KafkaConsumer
from kafka import errors as kafka_errors

ANSWER_MS_MAX = 5_000


class Standstill:
    """Looks after every quiet while whether the quiet is real.

    Seen once after a broker's restart under load: kafka-python's consumer fetched nothing more, and told nothing.

    Args:
        quiet_s_max: how long nothing may come before the broker is asked how far its records go.
    """

    def __init__(self, quiet_s_max: float) -> None:
        self._quiet_s_max = quiet_s_max
        self._since = time.monotonic()

    def found(self, consumer: KafkaConsumer, *, came: bool) -> bool:
        """Whether alerts wait that are not fetched; a broker that does not answer is no standstill."""
        now = time.monotonic()
        if came:
            self._since = now
        if now - self._since < self._quiet_s_max:
            return False
        self._since = now
        try:
            return _is_behind(consumer)
        except kafka_errors.KafkaError:
            return False


def _is_behind(consumer: KafkaConsumer) -> bool:
    mine = consumer.assignment()
    if not mine:
        # Others of the group may hold everything; but one that is in no group at all gets nothing ever.
        return bool(consumer.group_metadata().generation_id < 0)
    ends = consumer.end_offsets(list(mine), timeout_ms=ANSWER_MS_MAX)
    return any((consumer.position(one, timeout_ms=ANSWER_MS_MAX) or 0) < end for one, end in ends.items())
