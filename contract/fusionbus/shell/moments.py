"""When a record was written, found without reading it: whoever watches the lag need not be let into the reports. Pure.

The broker tells for a time the first offset written then or later, and asks no more than DESCRIBE for it. So a record's
time is found by halving: some forty questions, each for all partitions at once.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

Place = tuple[str, int]
"""A topic and one of its partitions."""
Answer = tuple[int, int]
"""The first offset at or after the time asked for, and that record's own time in ms."""
Ask = Callable[[Mapping[Place, int]], Mapping[Place, Answer | None]]
"""By partition a time in ms to what is there; None where nothing is so new."""

DAY_MS: Final = 86_400_000
"""A writer's clock may be so far ahead; the hub refuses more than five minutes anyway."""


def written_at(targets: Mapping[Place, int], ask: Ask, now: datetime) -> dict[Place, datetime]:
    """When the record at each offset was written, to the millisecond. Times are taken to rise with offsets."""
    found: dict[Place, int] = {}
    bounds = dict.fromkeys(targets, (0, int(now.timestamp() * 1000) + DAY_MS))
    while bounds:
        middles = {place: (low + high) // 2 for place, (low, high) in bounds.items()}
        answers = ask(middles)
        for place, middle in middles.items():
            low, high = bounds[place]
            answer = answers.get(place)
            if answer is not None and answer[0] == targets[place]:
                found[place] = answer[1]
            elif high - low <= 1:
                found[place] = low  # one of several of the same millisecond
            else:
                bounds[place] = (middle, high) if answer is not None and answer[0] < targets[place] else (low, middle)
                continue
            del bounds[place]
    return {place: datetime.fromtimestamp(at_ms / 1000, UTC) for place, at_ms in found.items()}
