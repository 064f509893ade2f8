"""Whose records come next: one line a topic, served in turn, so that one writer's flood waits in its own line."""

from collections import deque
from typing import Any


class Lines:
    """Records that wait, by topic; each topic's in their order.

    A topic with `held_max` records waiting stands in `held` until half of them are gone: whoever fetches leaves it
    out meanwhile. Managed by Faust's flow control as its own queues are: cleared by a revoke or seek, which brings the
    records again.
    """

    def __init__(self, share_max: int, held_max: int, held: set[str]) -> None:
        self._lines: dict[str, deque[Any]] = {}
        self._share_max = share_max
        self._held_max = held_max
        self._held = held
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def put(self, message: Any) -> None:
        """Adds a record at the end of its topic's line."""
        line = self._lines.setdefault(message.topic, deque())
        line.append(message)
        self._waiting += 1
        if len(line) == self._held_max:
            self._held.add(message.topic)

    def take(self, size_max: int) -> list[Any]:
        """The next batch: of each topic that waits at most the share, in turn; who was left out is first next time."""
        taken: list[Any] = []
        for topic in list(self._lines):
            line = self._lines.pop(topic)
            count = min(self._share_max, len(line), size_max - len(taken))
            taken.extend(line.popleft() for _ in range(count))
            if line:
                self._lines[topic] = line  # to the end of the round
            if len(line) <= self._held_max // 2:
                self._held.discard(topic)
            if len(taken) >= size_max:
                break
        self._waiting -= len(taken)
        return taken

    def clear(self) -> None:
        """Lets all of them go."""
        self._held.difference_update(self._lines)
        self._lines.clear()
        self._waiting = 0
