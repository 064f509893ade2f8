"""Wrong decisions by cause: which field misled, with examples to read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fusionbus.contract.incident import Reason
from quality.replay import Decision

EXAMPLES = 3
OVER, UNDER = "over-merge", "under-merge"
NOT_LOOKED_AT = "not among the incidents looked at"
_NO_CAUSE = {"prior", "rivals", "roundup", "others"}
"""Fields of no one report: they tell how sure one can be, and mislead nobody."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Errors with one cause."""

    kind: str
    field: str
    count: int
    examples: tuple[str, ...]


def causes_of(decisions: Iterable[Decision], first_of: Mapping[str, str]) -> list[Cause]:
    """The causes of all errors, the most frequent first."""
    held = list(decisions)
    told = {each.report.report_id: each for each in held}
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in held:
        kind, field, incident_id, reasons = _error(each) or (None, "", "", ())
        if kind is not None:
            found[kind, field].append(_example(each, told.get(first_of.get(incident_id, "")), reasons))
    ranked = sorted(found.items(), key=lambda item: -len(item[1]))
    return [Cause(kind, field, len(all_), tuple(all_[:EXAMPLES])) for (kind, field), all_ in ranked]


def _error(each: Decision) -> tuple[str, str, str, Sequence[Reason]] | None:
    """Kind, misleading field, incident and reasons of an error; None where the decision was right or nobody knows."""
    if each.joined and each.right is False:
        return OVER, _most(each.reasons, 1.0), each.candidate or "", each.reasons
    if not each.joined and each.missed is not None:
        if not each.missed_reasons:
            return UNDER, NOT_LOOKED_AT, each.missed, ()
        return UNDER, _most(each.missed_reasons, -1.0), each.missed, each.missed_reasons
    return None


def _most(reasons: Sequence[Reason], sign: float) -> str:
    """The field that spoke most for a wrong match, or against a right one."""
    fields = [reason for reason in reasons if reason.field not in _NO_CAUSE]
    speaking = [reason for reason in fields if reason.bits * sign > 0]
    return max(speaking, key=lambda reason: reason.bits * sign).field if speaking else "too little said"


def _example(each: Decision, other: Decision | None, reasons: Sequence[Reason]) -> str:
    why = "; ".join(f"{reason.field} {reason.bits:+.1f}" for reason in reasons[:5])
    theirs = _words(other) if other is not None else "?"
    return f"{_words(each)} ↔ {theirs}" + (f" [{why}]" if why else "")


def _words(each: Decision) -> str:
    report = each.report
    return (report.headline or report.narrative or report.local_ref)[:110]
