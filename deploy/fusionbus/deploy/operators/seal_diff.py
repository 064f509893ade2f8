"""From records that are not what was sealed to what was done: altered, inserted, dropped, moved. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

Spot = tuple[int, int]
"""Partition and offset."""


class Run(NamedTuple):
    """Neighbouring offsets to which the same was done."""

    partition: int
    first: int
    last: int
    sentence: str


@dataclass(slots=True)
class Differ:
    """Takes what does not agree, and tells at the end what was done: that shows only when all is seen."""

    waiting: int = 0
    """Records after the last seal that are no sealed record from elsewhere."""
    _lost: dict[bytes, Spot] = field(default_factory=dict)
    """Sealed hashes that are not at their place."""
    _strange: dict[Spot, bytes] = field(default_factory=dict)
    """Hashes at a place where another one, or none, was sealed."""
    _sealed: dict[Spot, bytes] = field(default_factory=dict)
    _new: set[Spot] = field(default_factory=set)

    def differs(self, partition: int, offset: int, sealed: bytes | None, found: bytes, *, new: bool) -> None:
        """A record that is not the sealed one; `new` where it lies after the last seal."""
        self._strange[partition, offset] = found
        if new:
            self._new.add((partition, offset))
        self.sealed_only(partition, offset, sealed)

    def sealed_only(self, partition: int, offset: int, sealed: bytes | None) -> None:
        """A sealed hash whose record is not here; None where none was sealed."""
        if sealed is not None:
            self._sealed[partition, offset] = sealed
            self._lost[sealed] = partition, offset

    def runs(self) -> Iterator[Run]:
        """What was done, by partition and offset, neighbours in one."""
        here = set(self._strange.values())
        done: list[tuple[Spot, str, Spot | None]] = []
        for spot in sorted(self._strange.keys() | self._sealed.keys()):
            found, sealed = self._strange.get(spot), self._sealed.get(spot)
            source = self._lost.get(found) if found is not None else None
            if source is not None:
                done.append((spot, "moved", source))
            elif found is not None and (sealed is None or sealed in here):
                if spot in self._new:
                    self.waiting += 1
                else:
                    done.append((spot, "inserted: this record was never sealed", None))
            elif found is not None:
                done.append((spot, "altered: this is not the record that was sealed", None))
            if sealed is not None and sealed not in here and (found is None or source is not None):
                done.append((spot, "dropped: the record that was sealed is gone", None))
        yield from _merged(done)


def _merged(done: list[tuple[Spot, str, Spot | None]]) -> Iterator[Run]:
    """Neighbours to which the same was done; of what was moved, by the same distance."""
    open_runs: dict[tuple[int, str, int, int], list[int]] = {}
    for (partition, offset), what, source in done:
        sourced = (source[0], source[1] - offset) if source is not None else (-1, 0)
        name = partition, what, *sourced
        held = open_runs.get(name)
        if held is not None and held[1] == offset - 1:
            held[1] = offset
            continue
        if held is not None:
            yield _run(name, *held)
        open_runs[name] = [offset, offset]
    for name, held in open_runs.items():
        yield _run(name, *held)


def _run(name: tuple[int, str, int, int], first: int, last: int) -> Run:
    partition, what, source, shift = name
    if source >= 0:
        what = f"moved: what is here was sealed at partition {source}, offset {first + shift}"
    return Run(partition, first, last, what)
