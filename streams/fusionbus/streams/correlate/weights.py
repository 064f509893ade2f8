"""The learned weights: what each finding of a comparison says, in bits."""

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files


class Bits(dict[str, float]):
    """Bits for one unit of each finding; a finding that was never weighed weighs nothing."""

    def __missing__(self, name: str) -> float:
        """Nothing."""
        return 0.0


@dataclass(frozen=True, slots=True)
class Weights:
    """Bits for one unit of each finding, the two thresholds as probabilities, and how often an event has a double."""

    bits: Bits
    merge: float
    possible: float
    doubles: dict[str, float] = field(default_factory=dict)
    """By level of time, as in `time.apart`: how many times as likely as the best incident is another event alike that
    nobody reported here. It bounds the probability that agreement can reach: 0.05 leaves 0.95."""


@cache
def committed() -> Weights:
    """The weights that were learned and committed."""
    return read(files(__package__).joinpath("weights.json").read_text(encoding="utf-8"))


def read(text: str) -> Weights:
    """The weights in a JSON text."""
    said = json.loads(text)
    thresholds = said["thresholds"]
    return Weights(Bits(said["bits"]), thresholds["merge"], thresholds["possible"], said.get("doubles", {}))
