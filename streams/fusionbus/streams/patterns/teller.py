"""What is told of findings, and when: first, where they change, and once when they are over or taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from fusionbus.contract import codec, ids, topics
from fusionbus.contract.codec import Undecodable, encode
from fusionbus.contract.handling import Handling
from fusionbus.contract.observation import NATION
from fusionbus.contract.records import AuditEvent, AuditRecord, Tick
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import TLP, Status
from fusionbus.streams.engine import Event
from fusionbus.streams.ingress import Work
from fusionbus.streams.patterns import assessing
from fusionbus.streams.patterns.audience import Audience, audience_of, for_nobody, joined_handling
from fusionbus.streams.patterns.linking import tie_of
from fusionbus.streams.patterns.told import COUNTED, EVIDENCE_MAX, Rows, Told
from fusionbus.streams.patterns.values import Finding
from fusionbus.streams.patterns.watched import Watched
from fusionbus.streams.written import audit_out

CHANGES_APART: Final = timedelta(minutes=15)
"""A finding that only grows is told again no sooner: our own choice, for each revision is a line on every desk. Who may
have it, how grave it is, what was withdrawn and that it is over is told at once."""
UNKNOWN_REST: Final = timedelta(minutes=1)
"""How soon to look again where the centre's own cell is not in the registry, and so nothing can be told."""
TOLD_AT_ONCE_MAX: Final = 100
"""Findings told by one look; what is more waits for the next, seconds later."""
_NOTHING_TOLD: Final = Handling(tlp=TLP.RED, releasable_to=(topics.CENTRE,))
REVISIONS_MAX: Final = 9_000
"""Of 10,000 that the contract lets one report have; past it only its end is told."""


class Turn(NamedTuple):
    """One look: the batch it belongs to, the record that caused it, what is searched, and the time that counts."""

    work: Work
    event: Event
    watched: Watched
    at: datetime


@dataclass(slots=True)
class Teller:
    """Compares what holds with what was told."""

    rows: Rows

    def tick(self, work: Work, event: Event, tick: Tick, watched: Watched) -> None:
        """Sends what waits, and looks for what is to be told; that is sent by the next tick, which is asked for."""
        on = Turn(work, event, watched, tick.at)
        for told in list(watched.waiting.values()):
            self._send(on, told)
        if not watched.is_due(tick.at):
            return
        if not work.registry.knows(topics.CENTRE):
            watched.changed, watched.looked_at, watched.due_at = False, tick.at, tick.at + UNKNOWN_REST
            return
        self._look(on)
        if watched.waiting:
            work.draft.send(topics.OBSERVATIONS, NATION, encode(tick))

    def lose(self, work: Work, event: Event, told: Told, watched: Watched) -> None:
        """Notes that evidence was withdrawn; what is over is taken back, what is open is looked at anew."""
        after = told.model_copy(update={"withdrawn": True})
        watched.changed = True
        on = Turn(work, event, watched, work.now)
        if after.phase == "open":
            self._keep(on, after)
        else:
            self._take_back(on, after)

    def _send(self, on: Turn, told: Told) -> None:
        assert told.report is not None  # noqa: S101 - for the type checker: what waits has its text
        on.work.draft.send(topics.reports_topic(topics.CENTRE), told.report_id.encode(), told.report.encode())
        report = codec.decode_report(told.report.encode())
        if isinstance(report, ThreatReport):
            on.work.draft.outputs.extend(tie_of(report, told.told_at))
        kept = {"waits": False} if told.phase == "open" else {"waits": False, "report": None}
        self._keep(on, told.model_copy(update=kept))

    def _look(self, on: Turn) -> None:
        on.watched.changed, on.watched.looked_at, on.watched.due_at = False, on.at, None
        found, whole = on.watched.standing(on.at, on.work.tally)
        for name, finding in found.items():
            if len(on.watched.waiting) >= TOLD_AT_ONCE_MAX:
                on.watched.changed = True
                return
            try:
                self._tell(on, name[0], finding, on.watched.open.get(name))
            except Exception:  # noqa: BLE001 - one finding that cannot be told must not hold back the others
                on.work.tally["search_failed", str(finding.kind)] += 1
        if whole:
            for name in [name for name in on.watched.open if name not in found]:
                self._end(on, on.watched.open[name])

    def _tell(self, on: Turn, status: Status, finding: Finding, held: Told | None) -> None:
        """Tells what holds, where it is new or has changed in what matters."""
        if held is None and finding.phase == "over":
            return
        told = held if held is not None else _first(finding, status, on.at)
        if finding.kind in COUNTED and told.revision > 0:
            return
        audience = _audience(finding, status, on.work)
        handling = audience.handling
        if handling is None and told.revision > 0:
            handling = for_nobody(told.handling)
        digest = assessing.digest_of(finding, handling)
        if digest == told.digest or told.revision >= REVISIONS_MAX:
            return
        urgent = _is_urgent(told, finding, handling)
        if not urgent and on.at - told.told_at < CHANGES_APART:
            due_at = told.told_at + CHANGES_APART
            on.watched.due_at = min(on.watched.due_at or due_at, due_at)
            return
        after = _changed(told, finding, digest, on.at)
        if handling is None:
            self._withhold(on, after, audience)
            return
        after = after.model_copy(update={"revision": told.revision + 1, "handling": handling, "phase": finding.phase})
        self._write(on, after, assessing.assessment_of(finding, handling, after, on.at))
        phase = "changed" if told.revision and after.phase == "open" else after.phase
        on.work.tally["finding", finding.kind, phase] += 1

    def _end(self, on: Turn, told: Told) -> None:
        """Tells once that a finding holds no more, or takes it back where its evidence went; a count just ends."""
        if told.revision == 0 or told.kind in COUNTED:
            self.rows.let_go(on.work.draft, on.event, told)
            on.watched.forget(told)
        elif told.withdrawn:
            self._take_back(on, told)
        else:
            seen = [self.rows.observation(on.work.draft, on.event, report_id) for report_id in told.evidence]
            resting = [each for each in seen if each is not None]
            handling = _narrowed(
                told.handling, audience_of(resting, told.status, on.work.registry) if resting else None
            )
            before = codec.decode_report((told.report or "").encode())
            assert isinstance(before, ThreatReport)  # noqa: S101 - for the type checker: what is open has its text
            after = told.model_copy(
                update={"revision": told.revision + 1, "phase": "over", "told_at": on.at, "handling": handling}
            )
            after = after.model_copy(update={"evidence": after.evidence[-assessing.EVIDENCE_LISTED_MAX :]})
            self._write(on, after, assessing.over_of(before, after, handling, on.at))
            on.work.tally["finding", told.kind, "over"] += 1

    def _take_back(self, on: Turn, told: Told) -> None:
        after = told.model_copy(
            update={
                "revision": told.revision + 1,
                "phase": "withdrawn",
                "withdrawn": False,
                "told_at": on.at,
                "evidence": told.evidence[-assessing.EVIDENCE_LISTED_MAX :],
            }
        )
        self._write(on, after, assessing.withdrawal_of(after, on.at))
        on.work.tally["finding", told.kind, "withdrawn"] += 1

    def _withhold(self, on: Turn, told: Told, audience: Audience) -> None:
        """Notes that nobody may have all that a finding rests on; the audit says who was kept from it by which rule."""
        record = AuditRecord(
            audit_id=ids.audit_id(told.report_id, "finding_withheld", told.digest),
            at=told.told_at,
            event=AuditEvent.FINDING_WITHHELD,
            agency=topics.CENTRE,
            report_id=told.report_id,
            decisions=dict(audience.kept_from),
            note=f"{told.kind} {told.key}",
        )
        on.work.draft.outputs.append(audit_out(record, told.report_id))
        self._keep(on, told)
        on.work.tally["finding_withheld", told.kind] += 1

    def _write(self, on: Turn, told: Told, report: ThreatReport) -> None:
        """Writes what is to be sent. Raises: ValueError where a search made what the contract does not bear."""
        body = encode(report)
        read = codec.decode_report(body)
        if isinstance(read, Undecodable):
            raise ValueError(read.sentence)  # noqa: TRY004 - what it says is wrong, not of which type it is
        self._keep(on, told.model_copy(update={"report": body.decode(), "waits": True}))

    def _keep(self, on: Turn, told: Told) -> None:
        listed = told.evidence[-assessing.EVIDENCE_LISTED_MAX :] if told.revision > 0 else ()
        self.rows.keep_told(on.work.draft, on.event, told, listed)
        on.watched.note(told)


def _first(finding: Finding, status: Status, at: datetime) -> Told:
    """A matter that comes up at this time, with nothing told of it."""
    local_ref = assessing.local_ref_of(finding.kind, finding.key, status, at)
    return Told(
        key=finding.key,
        kind=finding.kind,
        status=status,
        report_id=assessing.report_id_of(local_ref),
        local_ref=local_ref,
        opened_at=at,
        told_at=at - CHANGES_APART,
        revision=0,
        window=finding.window,
        handling=_NOTHING_TOLD,
        digest="",
        evidence=(),
    )


def _changed(told: Told, finding: Finding, digest: str, at: datetime) -> Told:
    return told.model_copy(
        update={
            "told_at": at,
            "window": finding.window,
            "digest": digest,
            "grave": f"{finding.severity}/{finding.urgency}",
            "evidence": ()
            if finding.kind in COUNTED
            else tuple(observation.report_id for observation, _ in finding.evidence),
            "withdrawn": False,
        }
    )


def _audience(finding: Finding, status: Status, work: Work) -> Audience:
    if len(finding.evidence) > EVIDENCE_MAX or not finding.evidence:
        return Audience(None, {})
    return audience_of([observation for observation, _ in finding.evidence], status, work.registry)


def _is_urgent(told: Told, finding: Finding, handling: Handling | None) -> bool:
    """Whether a change is told at once."""
    graver = told.grave != f"{finding.severity}/{finding.urgency}"
    return told.withdrawn or graver or finding.phase == "over" or handling != told.handling


def _narrowed(before: Handling, now: Audience | None) -> Handling:
    """Who may have the last word on a finding: whoever might have what was told, and may have its evidence still."""
    if now is None:
        return before
    if now.handling is None:
        return for_nobody(before)
    both = joined_handling((before, now.handling))
    lists = [set(each.releasable_to) for each in (before, now.handling) if each.releasable_to]
    named = set.intersection(*lists) if lists else None
    if named is None:
        return both
    return both.model_copy(update={"releasable_to": tuple(sorted(named))}) if named else for_nobody(both)
