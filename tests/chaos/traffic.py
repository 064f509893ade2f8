"""The traffic of a chaos run: made-up reports of eight agencies, and messages that must be refused. Same seed, same."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from builders import a_report, an_interval
from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.report import REPORT_BYTES_MAX, Place, ThreatReport
from fusionbus.contract.vocabulary import MsgType, Province, ThreatCategory

PROVINCES: Final = {
    "CTD-KP": "PK-KP",
    "POLICE-KP": "PK-KP",
    "CTD-PB": "PK-PB",
    "POLICE-PB": "PK-PB",
    "CTD-SD": "PK-SD",
    "CTD-BA": "PK-BA",
}
EVERYTHING: Final = ("IB", "NACTA")
AGENCIES: Final = (*PROVINCES, *EVERYTHING)
CATEGORIES: Final = tuple(ThreatCategory)
SHARE_LATER: Final = 0.12
"""Of the reports so many are followed by an update, and a quarter as many by a withdrawal."""
SHARE_AGAIN: Final = 0.05
"""So many are sent a second time as they are."""
SHARE_TOLD_TWICE: Final = 0.3
"""Of the events so many are told by a second agency too."""


def agencies_file(folder: Path) -> Path:
    """The federation of a chaos run, as `fusionbus provision` reads it; JSON is YAML."""
    shared: dict[str, Any] = {"kinds": ["incident"], "contact": "Desk"}
    listed: list[dict[str, Any]] = [
        {"agency": name, "name": name, "group": "ctd", "organisation": name, "provinces": [province]} | shared
        for name, province in PROVINCES.items()
    ]
    listed += [
        {"agency": name, "name": name, "group": "federal", "organisation": name, "clearance": "top_secret"}
        | {"subscriptions": [{"name": "Everything"}]}
        | shared
        for name in EVERYTHING
    ]
    path = folder / "agencies.yaml"
    path.write_text(json.dumps({"as_of": "2026-01-01T00:00:00Z", "agencies": listed}), encoding="utf-8")
    return path


@dataclass
class Traffic:
    """Reports without end, in the order to send. `prefix` keeps two streams of one run apart."""

    seed: int
    now: datetime
    prefix: str = "e"
    number: int = 0

    def reports(self, count: int) -> Iterator[ThreatReport]:
        """So many messages: reports, their updates and withdrawals, and exact repeats."""
        chance = random.Random(f"{self.seed}{self.prefix}")  # noqa: S311 - the same traffic for the same seed
        sent = 0
        for event in range(count):
            for told in self._event(event, chance):
                yield told
                sent += 1
                if sent == count:
                    return

    def _event(self, event: int, chance: random.Random) -> Iterator[ThreatReport]:
        agency = chance.choice(tuple(PROVINCES))
        tellers = [agency, chance.choice(EVERYTHING)] if chance.random() < SHARE_TOLD_TWICE else [agency]
        happened = self.now - timedelta(minutes=chance.randrange(60, 8_000))
        for teller in tellers:
            self.number += 1
            report = self._report(event, agency, teller, happened)
            yield report
            if chance.random() < SHARE_AGAIN:
                yield report
            if chance.random() < SHARE_LATER:
                yield self._later(report, MsgType.UPDATE, 2)
                if chance.random() < SHARE_LATER * 2:
                    yield self._later(report, MsgType.CANCEL, 3)

    def _report(self, event: int, agency: str, teller: str, happened: datetime) -> ThreatReport:
        words = " ".join(f"{self.prefix}{event}w{n}" for n in range(8))
        return a_report(
            agency=teller,
            local_ref=f"{self.prefix}-{event}-{teller}",
            headline=f"Matter {event}",
            narrative=f"Matter {self.prefix}{event} as {teller} has it: {words}.",
            occurred=an_interval(happened),
            reported_at=self.now - timedelta(minutes=30) + timedelta(milliseconds=10 * self.number),
            place=Place(province=Province(PROVINCES[agency])),
            category=CATEGORIES[event % len(CATEGORIES)],
            weapon=None,
            target_sector=None,
        )

    def _later(self, report: ThreatReport, msg_type: MsgType, revision: int) -> ThreatReport:
        self.number += 1
        at = self.now - timedelta(minutes=30) + timedelta(milliseconds=10 * self.number)
        changes = {"msg_type": msg_type, "revision": revision, "reported_at": at}
        return report.model_copy(update=changes)


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes for an agency's topic, sent past the publisher; what is a report says which."""

    agency: str
    key: bytes | None
    value: bytes | None
    report_id: str | None = None
    revision: int | None = None

    @classmethod
    def of(cls, report: ThreatReport, value: bytes | None = None) -> "Raw":
        """A report as it is, or in other bytes."""
        return cls(report.agency, report.report_id.encode(), value or encode(report), report.report_id, report.revision)

    @property
    def topic(self) -> str:
        """Where it goes."""
        return topics.reports_topic(self.agency)


def poison(agency: str, now: datetime, number: int) -> tuple[Raw, ...]:
    """One message for each way to be refused; `number` tells the rounds apart."""

    def report(kind: str, **changes: Any) -> ThreatReport:
        made = {"agency": agency, "local_ref": f"poison-{number}-{kind}", "reported_at": now}
        return a_report(**made | changes)

    def raw(value: bytes | None, key: bytes | None = b"some key") -> Raw:
        return Raw(agency, key, value)

    def altered(kind: str, **fields: Any) -> Raw:
        whole = report(kind)
        told = json.loads(encode(whole)) | fields
        return Raw(agency, whole.report_id.encode(), json.dumps(told).encode())

    future, gone = (
        report("future", reported_at=now + timedelta(days=2)),
        report("gone", msg_type=MsgType.CANCEL, revision=2),
    )
    other = report("another", agency="NACTA" if agency != "NACTA" else "IB")
    return (
        raw(None),  # nothing
        raw(b"{}", None),  # no key
        raw(b""),  # empty
        raw(bytes(range(256))),  # binary
        raw(encode(report("half"))[:-9]),  # half of a report
        raw(b"[]"),  # a list
        raw(b"[" * 20_000),  # deeply nested
        raw(b'{"local_ref":"\\ud800"}'),  # half a character
        raw(b'"' + b"x" * REPORT_BYTES_MAX + b'"'),  # too large
        raw(encode(report("key"))),  # wrong key
        altered("unknown version", schema_version="9.0"),
        altered("unknown field", surprise=1),
        altered("wrong type", narrative={"a": ["b"]}),
        altered("time without a zone", reported_at="2026-03-05T12:00:00"),
        altered("not a number", place={"lat": "NaN", "lon": 1e400}),
        Raw(agency, other.report_id.encode(), encode(other)),  # another agency's name
        Raw(agency, future.report_id.encode(), encode(future)),  # from the future
        Raw(agency, gone.report_id.encode(), encode(gone)),  # withdraws the unknown
    )
