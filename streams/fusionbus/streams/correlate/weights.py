"""The learned weights: what each finding of a comparison says, in bits."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


class Bits(dict[str, float]):
    """Bits for one unit of each finding; a finding that was never weighed weighs nothing."""

    def __missing__(self, name: str) -> float:
        """Nothing."""
        return 0.0


@dataclass(frozen=True, slots=True)
class Weights:
    """Bits for one unit of each finding, and the two thresholds as probabilities."""

    bits: Bits
    merge: float
    possible: float


@cache
def committed() -> Weights:
    """The weights that were learned and committed."""
    return read(files(__package__).joinpath("weights.json").read_text(encoding="utf-8"))


def read(text: str) -> Weights:
    """The weights in a JSON text."""
    said = json.loads(text)
    return Weights(Bits(said["bits"]), said["thresholds"]["merge"], said["thresholds"]["possible"])
