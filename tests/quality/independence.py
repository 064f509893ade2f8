"""Echo or confirmation: whether a report that was counted as a word of its own is one."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from fusionbus.contract.incident import Relation
from quality.replay import Decision
from quality.truth import Truth


@dataclass(frozen=True, slots=True)
class Independence:
    """Precision and recall of "independent" over first tellings, and of incidents said to be confirmed."""

    precision: float
    recall: float
    confirmed_precision: float
    """Of incidents said to have two origins, those of which a truth has two."""
    reports: int


def independence(decisions: Iterable[Decision], truth: Truth) -> Independence:
    """How well echoes were told from confirmations.

    Counted are reports that joined an incident, for the first has nothing to be an echo of, and echoes that should have
    joined and stood alone, for those pass for news.
    """
    right = said = true = reports = 0
    said_origins: defaultdict[str, int] = defaultdict(int)
    true_origins: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for each in decisions:
        origin = truth.origin[each.key]
        own = origin == each.key
        said_origins[each.incident_id] += each.relation is not Relation.RELAY
        true_origins[each.incident_id][each.truth or ""].add(origin)
        if not each.joined and own:
            continue
        reports += 1
        independent = each.relation is not Relation.RELAY
        right += independent and own
        said += independent
        true += own
    confirmed = [incident_id for incident_id, count in said_origins.items() if count > 1]
    so = sum(any(len(held) > 1 for held in true_origins[incident_id].values()) for incident_id in confirmed)
    return Independence(right / max(1, said), right / max(1, true), so / max(1, len(confirmed)), reports)
