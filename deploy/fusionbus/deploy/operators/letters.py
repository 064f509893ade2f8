"""Dead letters and what operators did with them; which may be sent again. Pure."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from fusionbus.contract import ids, topics
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.records import AuditEvent, AuditRecord, DeadLetter

KEY_BYTES_KEPT: Final = 1024
"""The hub keeps so much of a key: one of this length may have been longer."""
ID_CHARS_MIN: Final = 6
"""So much of an id may stand for it; with 16 million of them two letters rarely share it, and then it is said."""


class Action(StrEnum):
    """What an operator did with a dead letter."""

    REPLAYED = "replayed"
    DISCARDED = "discarded"


_NOTE: Final = re.compile(
    rf"dead letter (?P<id>[0-9a-f-]{{36}}) (?P<action>{'|'.join(Action)}) by (?P<by>[\w.@-]+): (?P<said>.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Handled:
    """One act of an operator, as its audit record tells it."""

    letter_id: str
    action: Action
    at: datetime
    by: str
    said: str


@dataclass(frozen=True, slots=True)
class Filed:
    """A dead letter and the acts on it, oldest first."""

    letter: DeadLetter
    handled: tuple[Handled, ...] = ()


@dataclass(frozen=True, slots=True)
class Sendable:
    """What a replay sends: the very bytes, to the very partition they lay in.

    The partition is kept because the state of a report lies beside it: elsewhere its revisions would not meet.
    """

    topic: str
    partition: int
    key: bytes | None
    value: bytes


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters are meant; None means any."""

    agency: str | None = None
    reason: str | None = None
    since: datetime | None = None

    def takes(self, letter: DeadLetter) -> bool:
        """Whether this letter is meant."""
        return (
            self.agency in (None, letter.agency)
            and self.reason in (None, letter.reason.value)
            and (self.since is None or letter.at >= self.since)
        )


def record_of(letter: DeadLetter, action: Action, by: str, said: str, now: datetime) -> AuditRecord:
    """The audit record of an act; its key on the topic is the letter's id."""
    return AuditRecord(
        audit_id=ids.audit_id(letter.dead_letter_id, AuditEvent.PERSON_ACTION, action, now.isoformat()),
        at=now,
        event=AuditEvent.PERSON_ACTION,
        agency=letter.agency,
        note=f"dead letter {letter.dead_letter_id} {action} by {by}: {said}",
    )


def handled_in(record: AuditRecord) -> Handled | None:
    """The act on a dead letter that an audit record tells of, if it does."""
    told = _NOTE.fullmatch(record.note or "") if record.event is AuditEvent.PERSON_ACTION else None
    if told is None:
        return None
    return Handled(told["id"], Action(told["action"]), record.at, told["by"], told["said"])


def filed(letters: Iterable[DeadLetter], acts: Iterable[Handled]) -> list[Filed]:
    """Each letter once, by time, with the acts on it."""
    by_letter: dict[str, dict[tuple[Action, datetime], Handled]] = {}
    for act in acts:
        by_letter.setdefault(act.letter_id, {})[act.action, act.at] = act
    once = {letter.dead_letter_id: letter for letter in letters}
    return [
        Filed(letter, tuple(sorted(by_letter.get(letter.dead_letter_id, {}).values(), key=lambda act: act.at)))
        for letter in sorted(once.values(), key=lambda letter: (letter.at, letter.topic, letter.offset))
    ]


def named(found: Iterable[Filed], word: str) -> Filed:
    """The letter whose id begins so. Raises: Misconfigured where there is none, or more than one."""
    start = word.strip().lower()
    if len(start) < ID_CHARS_MIN:
        raise Misconfigured(f"{word!r} is too short for a dead letter's id: give at least {ID_CHARS_MIN} characters.")
    hits = [one for one in found if one.letter.dead_letter_id.startswith(start)]
    if not hits:
        raise Misconfigured(f"There is no dead letter {word[:60]!r}: `fusionbus dead-letters list --all` shows all.")
    if len(hits) > 1:
        raise Misconfigured(f"{len(hits)} dead letters have an id that begins with {word!r}: give more of it.")
    return hits[0]


def body_of(letter: DeadLetter) -> bytes:
    """What is kept of the message; nothing where it cannot be read."""
    return _decoded(letter.body_base64)


def sendable(one: Filed, *, again: bool = False) -> Sendable | str:
    """What a replay would send, or in a sentence why it would not."""
    letter, body = one.letter, body_of(one.letter)
    about = f"Dead letter {letter.dead_letter_id}"
    if one.handled and not again:
        last = one.handled[-1]
        return f"{about} was {last.action} by {last.by} already: --again sends it nevertheless."
    if not letter.topic.startswith((topics.REPORTS, topics.CONTROL)) and letter.topic != topics.ACCEPTED:
        return f"{about} came from {letter.topic!r}, which is no topic that the hub reads: it cannot be sent again."
    if letter.body_bytes > len(body):
        return (
            f"{about} had {letter.body_bytes:,} bytes and {len(body):,} are kept: "
            f"ask {letter.agency or 'its writer'} to send the report again."
        )
    if hashlib.sha256(body).hexdigest() != letter.body_sha256:
        return (
            f"{about} does not have the digest it was stored with: it was altered, do not send it; tell the hub's desk."
        )
    if not body:
        return f"{about} has no body: there is nothing to send."
    key = None if letter.key_base64 is None else _decoded(letter.key_base64)
    if key is not None and len(key) >= KEY_BYTES_KEPT:
        return f"{about} may have had a longer key than is kept: ask {letter.agency or 'its writer'} to send it again."
    return Sendable(letter.topic, letter.partition, key, body)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # not ASCII, or not base64
        return b""


def counted(found: Iterable[Filed]) -> Mapping[str, int]:
    """How many letters have each reason, most first."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.letter.reason.value] = counts.get(one.letter.reason.value, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))
