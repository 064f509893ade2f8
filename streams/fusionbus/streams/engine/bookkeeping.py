"""The two sums that decide whether data is lost: what may be committed, and what the state has seen. No I/O."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from faust.types import TP


class Delivered(Protocol):
    """A message as the book needs it."""

    offset: int
    acked: bool


@dataclass(slots=True)
class DeliveryBook:
    """What was handed out in this epoch, per partition and in offset order.

    An epoch ends with every revoke and every seek: what was fetched before may be fetched again, here or elsewhere, so
    it counts no more. The commit position is the end of the acknowledged prefix of what was handed out.

    Works around: Faust counts a hole between two fetched offsets as acknowledged (consumer.py `_add_gap`), and its
    seek makes such holes when records wait in a queue that is then cleared: 57 of 52,240 records lost (measured). May
    go when Faust's recovery seeks before it resumes and drops `_add_gap`.
    """

    epoch: int = 0
    order: dict[TP, deque[Delivered]] = field(default_factory=dict)
    position: dict[TP, int] = field(default_factory=dict)

    def begin_epoch(self) -> None:
        """Forgets all that was handed out."""
        self.epoch += 1
        self.order.clear()
        self.position.clear()

    def queue_of(self, tp: TP) -> deque[Delivered]:
        """Where to append what is handed out; no longer looked at once the epoch is over."""
        return self.order.setdefault(tp, deque())

    def safe_offset(self, tp: TP) -> int | None:
        """The next offset to commit: everything before it was handed out in this epoch and acknowledged."""
        queue = self.order.get(tp)
        while queue and queue[0].acked:
            self.position[tp] = queue.popleft().offset + 1
        return self.position.get(tp)

    def partitions(self) -> Iterable[TP]:
        """Those of which something was handed out."""
        return list(self.order)

    def waiting(self, tp: TP) -> int | None:
        """The oldest offset handed out and not acknowledged."""
        queue = self.order.get(tp)
        return next((message.offset for message in queue if not message.acked), None) if queue else None


@dataclass(slots=True)
class Checkpoint:
    """How far the stored state of one changelog partition has no hole.

    Works around: Faust stores the offset of every own changelog record (tables/base.py `_on_changelog_sent`). A worker
    that was paused and comes back then jumps over what another worker wrote meanwhile, and that state is never read
    again. May go when Faust compares offsets there.
    """

    contiguous: int
    stored: int

    @classmethod
    def at(cls, persisted: int | None) -> "Checkpoint":
        """Begins where the store says it is; -1 is an empty store."""
        have = -1 if persisted is None else persisted
        return cls(have, have)

    def written(self, offset: int, every: int) -> int | None:
        """The offset to store now, or none: either there is a hole before it, or it is not worth a write yet."""
        if offset != self.contiguous + 1:
            return None
        self.contiguous = offset
        if offset - self.stored < every:
            return None
        self.stored = offset
        return offset
