"""One topic's flood does not hold up another topic: topics of one agent take turns."""

import pytest

from integration.engine.kit import Bench, numbered, until

pytestmark = pytest.mark.broker
FLOOD = 3_000


def test_who_comes_in_the_middle_of_a_flood_does_not_wait_for_its_end(bench: Bench) -> None:
    bench.make_topics("flood", "quiet", "out")
    bench.write("flood", numbered(FLOOD))
    bench.start("ours", "in_turn", share=16)
    until(lambda: bench.sign("inside"))
    bench.write("quiet", [("me", b"")])
    until(lambda: bench.committed("quiet") == 1)
    until(lambda: bench.committed("flood") == FLOOD)
    order = [record.key for record in bench.read("out")]
    assert len(order) == len(set(order)) == FLOOD + 1
    assert order.index(b"me") < FLOOD * 2 // 3  # in the order of arrival it would be the last
