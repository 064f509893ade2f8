"""What a YAML file of ours may be: a parser would hang over a thousand brackets, and nine lines unfold to a billion."""

from itertools import accumulate
from typing import Any, Final

VALUES_MAX: Final = 100_000
"""Far more than the longest file of ours has: the packaged agencies.yaml has some 1,500."""
DEPTH_MAX: Final = 50
"""Brackets open at once; ours have three. PyYAML takes 10 s and more over 4,096 (found by fuzzing)."""
_STEPS: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


def is_too_deep(text: str) -> bool:
    """Whether more brackets are open at once than any file of ours has; those in quotes count too."""
    return max(accumulate((_STEPS[char] for char in text if char in _STEPS), initial=0)) > DEPTH_MAX


def is_too_large(tree: Any, values_max: int = VALUES_MAX) -> bool:
    """Whether there are more values than that, each alias counted with all it stands for; one in itself has no end."""
    waiting, seen = [tree], 0
    while waiting and seen <= values_max:
        held = waiting.pop()
        seen += 1
        waiting.extend(held.values() if isinstance(held, dict) else held if isinstance(held, list) else ())
    return seen > values_max
