"""A person's decision on its way through the second hop: what to write and what to tell. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from fusionbus.contract.control import Judgement
from fusionbus.contract.incident import Incident
from fusionbus.contract.records import RejectReason
from fusionbus.contract.vocabulary import Severity
from fusionbus.streams import retell
from fusionbus.streams.deadlines import Deadlines, awaiting
from fusionbus.streams.engine import Output
from fusionbus.streams.incidents import told_in
from fusionbus.streams.ingress import Tally
from fusionbus.streams.judge import Judged, Look, Move, judge
from fusionbus.streams.registry import Registry
from fusionbus.streams.shelf import is_too_large
from fusionbus.streams.values import Rejection, Ruling


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What a decision leads to."""

    outputs: list[Output]
    home: Incident | None = None
    """Where the moved reports are from now on; to be written before what they leave."""
    left: Incident | None = None
    moved: tuple[str, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    """On every agency one, where something moved."""
    tally: Tally = field(default_factory=Counter)


def carry_out(message: Judgement, look: Look, registry: Registry, now: datetime, *, by_hub: bool = False) -> CarriedOut:
    """All that the decision leads to; of the hub's own findings nobody gets a receipt as for an order of its."""
    judged = judge(message, look, now)
    if isinstance(judged, Judged) and judged.move is not None and is_too_large(judged.move.home):
        why = "Together they are too large for one incident: join fewer reports."
        judged = Rejection(RejectReason.TOO_LARGE, why, "incidents")
    if isinstance(judged, Rejection):
        if by_hub:
            return CarriedOut([])
        refused: Tally = Counter({("rejected", message.agency, judged.reason): 1})
        return CarriedOut(retell.refusal(message, judged, now), tally=refused)
    outputs = [
        retell.link_of(judged, message, now, by_hub=by_hub),
        *retell.receipts(judged, message, now, by_hub=by_hub),
    ]
    if judged.move is None:
        return CarriedOut([*outputs, *retell.audit_of(judged, message, (), now)])
    done = _carry(judged, judged.move, registry, now, by_hub=by_hub)
    done.outputs.extend(outputs)
    done.outputs.extend(retell.audit_of(judged, message, done.rulings, now))
    return done


def _carry(judged: Judged, move: Move, registry: Registry, now: datetime, *, by_hub: bool) -> CarriedOut:
    """The incidents after the move, with what is told of them."""
    rulings = retell.rulings_on(judged.same, move, registry, by_hub=by_hub)
    on_left = () if judged.same else retell.rulings_on_left(move, registry)
    home = awaiting(move.home, rulings, _gravest(move.home, registry.deadlines), registry.deadlines)
    left = awaiting(move.left, on_left, _gravest(move.left, registry.deadlines), registry.deadlines)
    merged_from, apart_from = ((left.incident_id,), None) if judged.same else (None, (left.incident_id,))
    alerts = retell.alerts(home, rulings, registry, now, merged_from=merged_from, apart_from=apart_from)
    alerts += retell.alerts(left, on_left, registry, now, apart_from=(home.incident_id,))
    home = _noted(home)
    left = left if judged.same else _noted(left)
    told = [ruling for ruling in (*rulings, *on_left) if ruling.form is not None]
    tally: Tally = Counter(("alert", ruling.agency, str(ruling.rule)) for ruling in told)
    moved = tuple(member.report_id for member in move.reports)
    return CarriedOut(alerts, home, left, moved, rulings, tally)


def _noted(incident: Incident) -> Incident:
    """The incident, each report of it noted as told of by this revision: whoever loses it erases that alert too."""
    name, revision = incident.incident_id, incident.revision
    return incident.model_copy(update={"members": tuple(told_in(each, name, revision) for each in incident.members)})


def _gravest(incident: Incident, deadlines: Deadlines) -> Severity:
    """The severity that leaves the least time."""
    severities = (member.severity for member in incident.members)
    return min(severities, key=deadlines.of_alert, default=Severity.UNKNOWN)
