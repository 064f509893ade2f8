"""What the engine counts; the hub exports it. Faust's own monitor is not fed (the engine bypasses its hooks)."""

from dataclasses import dataclass, field

from fusionbus.streams.engine.watchdog import clock_s


@dataclass(slots=True)
class Counters:
    """Plain numbers, written on the event loop only."""

    records_in: int = 0  # handed to a handler
    records_stale: int = 0  # dropped, because their epoch was over; Kafka brings them again
    batches: int = 0
    slices: int = 0  # of state read before a batch could be decided
    outputs_sent: int = 0  # acknowledged by the broker
    marks_written: int = 0
    epochs: int = 0
    commits: int = 0
    commits_refused: int = 0  # the group had moved on; Kafka replays
    progress_at_s: float = field(default_factory=clock_s)  # last batch or commit, on the clock of `clock_s`
    commit_at_s: float = field(default_factory=clock_s)
    committed: dict[tuple[str, int], int] = field(default_factory=dict)  # (topic, partition) to next offset
    end: dict[tuple[str, int], int] = field(default_factory=dict)  # as the last fetch told

    def commit_age_s(self) -> float:
        """Seconds since the last commit; it grows when there is nothing to do."""
        return clock_s() - self.commit_at_s

    def progress_age_s(self) -> float:
        """Seconds since the last batch or commit."""
        return clock_s() - self.progress_at_s

    def lag(self) -> dict[tuple[str, int], int]:
        """Records between the commit and the end, for the partitions of which both are known."""
        return {tp: max(0, end - self.committed[tp]) for tp, end in self.end.items() if tp in self.committed}
