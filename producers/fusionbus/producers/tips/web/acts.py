"""What a clerk may do with a tip, by the name of the act."""

from typing import Final

from fusionbus.contract.errors import FixTheReport
from fusionbus.producers.tips import reporting
from fusionbus.producers.tips.judging import judged_in
from fusionbus.producers.tips.line import TipLine
from fusionbus.producers.tips.tip import Tip
from fusionbus.shell.metrics import TIPS_DECIDED

MARKS: Final = {"urgent": True, "calm": False}


def act(line: TipLine, tip: Tip, name: str, fields: dict[str, str], by: str) -> None:
    """Does it. Raises: FixTheReport where the tip was decided before, or what is wanted is missing."""
    decisions, now = line.decisions, line.now()
    if name in MARKS:
        decisions.mark_urgent(tip.tip_id, by, now, urgent=MARKS[name])
    elif name == "refuse":
        decisions.refuse(tip.tip_id, fields.get("reason", ""), by, now)
        TIPS_DECIDED.labels("refused").inc()
    elif name == "ask":
        decisions.ask(tip.tip_id, fields.get("question", ""), by, now)
        TIPS_DECIDED.labels("asked").inc()
    elif name == "accept":
        reporting.accept(decisions, tip, judged_in(fields), by=by, now=now, key=line.key)
        TIPS_DECIDED.labels("accepted").inc()
    else:
        raise FixTheReport("There is no such act: accept, refuse, ask, urgent or calm.")
