"""What a row of the matrix is, and how one is played from the start of the broker to the verdict."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from chaos.brokers import Brokers, OnSmallDisk, Proxied, Single, Three
from chaos.federation import RATE, Federation, discard, scratch
from chaos.oracle import Verdict, judge

Play = Callable[[Federation], None]
Kind = Literal["one", "proxied", "small disk", "three"]


@dataclass(frozen=True, slots=True)
class Row:
    """One way to pull the bus apart. `play` starts load with `fed.load` and returns when the last fault is over."""

    name: str
    does: str
    play: Play
    brokers: Kind = "one"
    workers: int = 2


def times(fed: Federation, number: int) -> int:
    """How often a row strikes at this scale; at least once."""
    return max(1, round(number * fed.scale))


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table."""

    row: str
    verdict: Verdict
    catch_up_s: float
    took_s: float
    notes: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether the row came out well."""
        return self.verdict.is_clean


def play(row: Row, seed: int, scale: float, rate: float = RATE, keep: Path | None = None) -> Result:
    """The result of one row; its folder stays where something was wrong, or where `keep` names one."""
    begun = time.monotonic()
    folder = keep or scratch(row.name)
    folder.mkdir(parents=True, exist_ok=True)
    with Federation(_brokers(row.brokers, folder / "broker"), folder, seed, scale, row.workers, rate) as fed:
        row.play(fed)
        fed.finish_loads()
        fed.drain()
        judged = judge(fed.evidence(), fed.dead_letters_wanted)
        ends = [f"{mate.name} ended with {mate.codes}" for mate in fed.crew.mates.values() if mate.codes]
    faults = (*judged.faults, *fed.faults)
    verdict = replace(judged, faults=faults)
    result = Result(row.name, verdict, fed.caught_up_s, time.monotonic() - begun, (*fed.notes, *ends))
    if result.is_clean and keep is None:
        discard(folder)
        return result
    return replace(result, notes=(*result.notes, f"logs: {folder}"))


def broken(name: str, error: Exception) -> Result:
    """The result of a row that could not be played to its end."""
    return Result(name, Verdict(0, 0, 0, 0, 0, (f"it broke: {type(error).__name__}: {error}",)), 0, 0, ())


def _brokers(kind: Kind, folder: Path) -> Brokers:
    match kind:
        case "one":
            return Single(folder)
        case "proxied":
            return Proxied(folder)
        case "small disk":
            return OnSmallDisk(folder)
        case "three":
            return Three(folder)
