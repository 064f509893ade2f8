"""A record's time is found by asking for times only."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from builders import NOW
from fusionbus.shell.moments import Answer, Place, written_at

NOW_MS = int(NOW.timestamp() * 1000)
TIMES = st.lists(st.integers(NOW_MS - 10**9, NOW_MS + 300_000), min_size=1, max_size=40).map(sorted)
ONE, OTHER = ("reports-CTD-KP", 0), ("alerts-IB", 0)


class FakeLog:
    """Partitions that answer as a broker does; the first offset is 100."""

    def __init__(self, times: Mapping[Place, list[int]]) -> None:
        self.times = times
        self.asked = 0

    def ask(self, times: Mapping[Place, int]) -> dict[Place, Answer | None]:
        self.asked += 1
        return {place: self._first(self.times[place], at_ms) for place, at_ms in times.items()}

    @staticmethod
    def _first(written: list[int], at_ms: int) -> Answer | None:
        index = bisect_left(written, at_ms)
        return (100 + index, written[index]) if index < len(written) else None


@given(TIMES, TIMES, st.data())
def test_every_records_time_is_found_also_among_records_of_one_millisecond(
    times: list[int], others: list[int], data: st.DataObject
) -> None:
    log = FakeLog({ONE: times, OTHER: others})
    index, other = (data.draw(st.integers(0, len(of) - 1)) for of in (times, others))
    found = written_at({ONE: 100 + index, OTHER: 100 + other}, log.ask, NOW)
    assert found == {
        ONE: datetime.fromtimestamp(times[index] / 1000, UTC),
        OTHER: datetime.fromtimestamp(others[other] / 1000, UTC),
    }
    assert log.asked <= 45


def test_nothing_is_asked_where_nothing_waits() -> None:
    log = FakeLog({})
    assert written_at({}, log.ask, NOW) == {}
    assert log.asked == 0
