"""What a signed-in person does: answers an alert, joins incidents, takes them apart.

Rights are looked at here and nowhere else, so that a page and a forged request meet the same rule. The log has an act
before the hub hears of it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeVar

from pydantic import ValidationError

from fusionbus.consumers.answering import instead
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.access_log import Act, Outcome
from fusionbus.consumers.web.people import Person, Right
from fusionbus.contract import ids
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import AnyControl
from fusionbus.contract.control import Acknowledgement, Judgement, Split, Verdict, judgement_id
from fusionbus.contract.errors import FixTheReport, FusionError, NotAllowed
from fusionbus.contract.incident import Incident
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.vocabulary import AckAction, Opinion

Decision = Literal["same", "not_same"]
M = TypeVar("M", Acknowledgement, Verdict, Split)


class NotThere(FixTheReport):
    """What the act is about is not among what this person may see."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the broker has a message now."""

    topic: str
    partition: int
    offset: int


class Sender(Protocol):
    """The way to the hub."""

    def send(self, message: AnyControl) -> Sent:
        """Where the broker has it. Raises: RetryLater, NotAllowed, Misconfigured."""


class Book(Protocol):
    """What acts are about, as it is kept."""

    def alert(self, agency: str, alert_id: str) -> Alert | None:
        """This agency's alert."""

    def incident(self, agency: str, incident_id: str) -> Incident | None:
        """The incident as the hub holds it, for an agency that reviews."""


class Log(Protocol):
    """Who did what."""

    def wrote(
        self, person: Person, act: Act, what: str | None, outcome: Outcome = ..., address: str | None = ...
    ) -> None:
        """Writes a line; it is on the disk when this returns."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was told to the hub, and by which receipts it will answer."""

    sentence: str
    answers: frozenset[str] = frozenset()
    """Empty where the hub answers others: an acknowledgement shows in the originator's receipts."""


class Actions:
    """Acts of people, published in their agency's name."""

    def __init__(self, book: Book, sender: Sender, log: Log) -> None:
        self._book, self._sender, self._log = book, sender, log

    def acknowledge(
        self,
        person: Person,
        alert_id: str,
        action: AckAction,
        *,
        opinion: Opinion | None = None,
        note: str | None = None,
        address: str | None = None,
    ) -> Done:
        """Answers an alert of the person's agency. Raises: NotAllowed, NotThere, FixTheReport, RetryLater."""
        said = f"{action.value} ({opinion.value})" if opinion else action.value
        with self._logged(person, f"{said} {alert_id}", address):
            person.demand(Right.ACKNOWLEDGE)
            alert = self._book.alert(person.agency, alert_id)
            if alert is None or alert.recipient != person.agency:
                raise NotThere(f"{person.agency} has no alert {alert_id}: open it from the picture.")
            if alert.kind.is_notice:
                raise FixTheReport(instead(alert))
            fields = {
                "alert_id": alert.alert_id,
                "incident_id": alert.incident_id,
                "incident_revision": alert.incident_revision,
                "zone": alert.zone,
                "action": action,
                "opinion": opinion,
                "note": (note or "").strip() or None,
            }
            message = _made(Acknowledgement, person, fields)
        self._tell(person, message, f"{said} {alert_id}", address)
        return Done(f"Told the hub: {said.replace('_', ' ')}, in the name of {person.agency}.")

    def answer_by_link(self, message: Acknowledgement, address: str | None = None) -> Done:
        """Sends what the holder of a reply link answers; the link has proved what may be. Raises: RetryLater."""
        said, person = message.opinion or message.action, Person("", message.agency, message.by or "link", Role.ANALYST)
        self._tell(person, message, f"{said.value} {message.alert_id}", address)
        return Done(f"Told the hub: {said.value.replace('_', ' ')}, in the name of {message.agency}.")

    def decide(
        self, person: Person, pair: tuple[str, str], decision: Decision, reason: str, address: str | None = None
    ) -> Done:
        """Says that two incidents are one event, or two. Raises: as `acknowledge`."""
        what = f"{decision} {' '.join(pair)}"
        with self._logged(person, what, address):
            person.demand(Right.REVIEW)
            zones = self._zones(person.agency, pair)
            fields = {"incidents": pair, "decision": decision, "reason": reason.strip(), **zones}
            message = _made(Verdict, person, fields)
        return self._judged(person, message, what, address)

    def split(
        self, person: Person, incident_id: str, reports: Sequence[str], reason: str, address: str | None = None
    ) -> Done:
        """Takes reports out of an incident. Raises: as `acknowledge`."""
        what = f"split {incident_id} {' '.join(reports)}"
        with self._logged(person, what, address):
            person.demand(Right.REVIEW)
            zone = self._zones(person.agency, (incident_id, incident_id))
            fields = {"incident_id": incident_id, "reports": tuple(reports), "reason": reason.strip(), **zone}
            message = _made(Split, person, fields)
        return self._judged(person, message, what, address)

    def _zones(self, agency: str, pair: tuple[str, str]) -> dict[str, str]:
        """Where they lie, as a decision says it; what a split would make is nowhere yet."""
        one, other = (self._book.incident(agency, name) for name in pair)
        first = one or other
        if first is None:
            raise NotThere(f"The hub holds no incident {pair[0][:40]}: open it from the picture or the review queue.")
        if one is None or other is None or one.zone == other.zone:
            return {"zone": first.zone}
        return {"zone": one.zone, "other_zone": other.zone}

    def _judged(self, person: Person, message: Judgement, what: str, address: str | None) -> Done:
        lies = self._tell(person, message, what, address)
        name, letter = judgement_id(message), ids.dead_letter_id(lies.topic, lies.partition, lies.offset)
        answers = {ids.receipt_id(name, outcome) for outcome in (ReceiptOutcome.CONTROL_DONE, ReceiptOutcome.REJECTED)}
        refused = ids.receipt_id(letter, ReceiptOutcome.REJECTED)
        return Done("Sent to the hub, which has not answered yet.", frozenset({*answers, refused}))

    def _tell(self, person: Person, message: AnyControl, what: str, address: str | None) -> Sent:
        self._log.wrote(person, Act.ACTION, what, Outcome.DONE, address)
        with self._logged(person, what, address):
            return self._sender.send(message)

    @contextmanager
    def _logged(self, person: Person, what: str, address: str | None) -> Iterator[None]:
        """Writes down what failed or was refused."""
        try:
            yield
        except FusionError as exc:
            refused = isinstance(exc, NotAllowed | NotThere)
            outcome = Outcome.REFUSED if refused else Outcome.FAILED
            self._log.wrote(person, Act.ACTION, what, outcome, address)
            raise


def _made(kind: type[M], person: Person, fields: dict[str, Any]) -> M:
    """The message. Raises: FixTheReport, naming what was entered wrongly."""
    try:
        return kind(agency=person.agency, by=person.by, at=datetime.now(UTC), **fields)
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_input=False)[0]
        where = str(fault["loc"][0]).replace("_", " ") if fault["loc"] else "the answer"
        raise FixTheReport(f"What was entered for {where} cannot be sent ({fault['msg']}): change it.") from exc
