"""Alerts this agency could not take, kept whole in a local file."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from fusionbus.consumers.append_file import AppendFile
from fusionbus.contract import codec, ids
from fusionbus.contract.base import AgencyId
from fusionbus.contract.codec import SENTENCE_MAX, Undecodable
from fusionbus.contract.errors import FixTheReport, Misconfigured, RetryLater
from fusionbus.contract.keeping import Erasure
from fusionbus.contract.records import DeadLetter, RejectReason
from fusionbus.shell.settings import default_home


def default_path(agency: AgencyId, group: str) -> Path:
    """Where a receiver of this agency and group keeps its dead letters, if not told otherwise."""
    return default_home() / f"dead-letters-{agency}.{group}.jsonl"


@dataclass(frozen=True, slots=True)
class RawAlert:
    """A record of an alerts topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    body: bytes


class DeadLetters:
    """Writes dead letters, one JSON line each, the same one once; the file is made with the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: AppendFile | None = None

    def write(self, raw: RawAlert, why: Undecodable, by: str = "") -> None:
        """Keeps the alert with the reason; `by` is the handler that gave it up, empty if it was not readable at all.

        Raises: Misconfigured where the file cannot be written: then the receiver must not go on.
        """
        letter = DeadLetter(
            dead_letter_id=ids.dead_letter_id(f"{raw.topic}/{by}" if by else raw.topic, raw.partition, raw.offset),
            at=datetime.now(UTC),
            topic=raw.topic,
            partition=raw.partition,
            offset=raw.offset,
            agency=None,
            reason=why.reason,
            field=by or why.field,
            sentence=why.sentence,
            key_base64=None if raw.key is None else base64.b64encode(raw.key).decode(),
            body_base64=base64.b64encode(raw.body).decode(),
            body_bytes=len(raw.body),
            body_sha256=hashlib.sha256(raw.body).hexdigest(),
        )
        try:
            self._open().append(letter.dead_letter_id, codec.encode(letter))
        except RetryLater as exc:
            raise Misconfigured(f"A dead letter cannot be kept: {exc} The receiver stops; nothing is lost.") from exc

    def erase(self, erasure: Erasure, by: str) -> None:
        """Takes the body out of letters that hold an alert which this erasure touches; their size and digest stay.

        Raises: Misconfigured where the file cannot be written: then the receiver must not go on.
        """
        if self.path.exists():
            try:
                self._open().rewrite(partial(_left_of_letter, erasure=erasure, by=by))
            except RetryLater as exc:
                raise Misconfigured(f"A dead letter cannot be erased: {exc} The receiver stops.") from exc

    def close(self) -> None:
        """Closes the file; the next letter opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> AppendFile:
        if self._file is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as exc:
                raise Misconfigured(f"{self.path.parent} cannot be made ({exc.strerror}): see --dead-letters.") from exc
            self._file = AppendFile(self.path, "dead_letter_id")
        return self._file


def given_up(handler: str, error: Exception) -> Undecodable:
    """Why a handler could not take an alert. An unforeseen error's text stays out: it may quote the alert."""
    said = (
        str(error)
        if isinstance(error, RetryLater | FixTheReport)
        else f"{type(error).__name__}, see the receiver's log"
    )
    return Undecodable(RejectReason.UNPROCESSABLE, f"Handler {handler}: {said}"[:SENTENCE_MAX], handler)


def _left_of_letter(line: bytes, *, erasure: Erasure, by: str) -> bytes:
    """The letter as it may stay; which alert it holds is looked for by id, for it may be no readable one."""
    letter = codec.decode(DeadLetter, line)
    if isinstance(letter, Undecodable):
        return line
    body = base64.b64decode(letter.body_base64)
    touched = any(name.encode() in body for name in (*erasure.alerts, *erasure.incidents))
    if not touched or by.encode() in body:
        return line
    return codec.encode(letter.model_copy(update={"body_base64": ""}))
