"""A partner abroad on the hub on paper, and every way in which something could reach it: for tests that try to leak."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from builders import (
    NOW,
    a_handling,
    a_place,
    a_report,
    a_subscription,
    a_token,
    an_acknowledgement,
    an_agency,
)
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import Interval
from fusionbus.contract.codec import encode
from fusionbus.contract.control import CatchUp, SharingAnswer, SharingRequest, Split, Verdict
from fusionbus.contract.handling import Attachment, Handling, Legal, Predicate, Source
from fusionbus.contract.keeping import Purge
from fusionbus.contract.report import Actor, Entity, Person, ThreatReport
from fusionbus.contract.sections import AssessmentSection, OperationSection, Section
from fusionbus.contract.topics import CENTRE, reports_topic
from fusionbus.contract.vocabulary import (
    TLP,
    AlertKind,
    Classification,
    EntityType,
    MsgType,
    SubjectRole,
    Urgency,
)
from hub import HubOnPaper
from kinds import OPERATION, sections
from planted import MARK, a_telling_federation

PARTNER: Final = "LIAISON-1"
NAMED: Final = a_handling(tlp=TLP.GREEN, releasable_to=(PARTNER, "NACTA"))
HIDDEN: Final[tuple[tuple[str, Handling], ...]] = (
    ("CTD-KP", a_handling(tlp=TLP.GREEN)),
    ("CTD-PB", a_handling(tlp=TLP.AMBER, mask_source=True)),
    ("IB", a_handling(tlp=TLP.RED, releasable_to=("NACTA", "CTD-KP"))),
    ("CTD-KP", a_handling(tlp=TLP.CLEAR, classification=Classification.TOP_SECRET)),
    ("POLICE-KP", a_handling(tlp=TLP.CLEAR, releasable_to=("NACTA", "IB"))),
    ("CTD-PB", a_handling(tlp=TLP.CLEAR, originator_control=True)),
)
"""Every way of not being for the partner, whose clearance is `secret`."""
_WORD: Final = re.compile(
    rf"{MARK}[a-z]+|[a-z_]+:k1:[0-9a-f]{{32}}|[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"
    r"|2026-03-05T11:5\d:\d\dZ"
)
"""A planted word, a token, an id, and the second at which a report was made, which is another for each."""
_SIDE: Final = 26


def code(number: int) -> str:
    """Two letters that stand for a report in its words."""
    return chr(ord("a") + number // _SIDE) + chr(ord("a") + number % _SIDE)


def planted(number: int, agency: str, handling: Handling, **changes: Any) -> ThreatReport:
    """A report with a word or token of its own wherever one may stand; all tell of one hour and one place."""
    word = f"{MARK}{code(number)}"
    told: dict[str, Any] = {
        "agency": agency,
        "reported_at": NOW - timedelta(seconds=500 - number),
        "local_ref": f"{word}ref",
        "unit": f"{word}unit",
        "headline": f"Blast {word}headline",
        "narrative": f"A device {word}narrative went off near the gate.",
        "place": a_place(name=f"{word}place"),
        "actor": Actor(name=f"{word}actor"),
        "persons": (
            Person(role=SubjectRole.WITNESS, id_tokens=(a_token("cnic", number),), released_name=f"{word}person"),
        ),
        "entities": (Entity(type=EntityType.PHONE, token=a_token("phone", number), released_value=f"{word}phone"),),
        "source": Source(source_token=a_token("source", number)),
        "attachments": (Attachment(sha256=f"{number:064x}", name=f"{word}file", mime_type="text/plain", size_bytes=1),),
        "legal": Legal(criminal_predicate=Predicate(basis=f"{word}predicate")),
        "handling": handling.model_copy(update={"caveats": (f"{word}caveat",)}),
    }
    return a_report(**told | changes)


@dataclass
class Story:
    """What was told, and the hub that heard it."""

    hub: HubOnPaper = field(default_factory=lambda: HubOnPaper.of([*a_telling_federation(), *_wishes()]))
    sent: list[ThreatReport] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    """Words of desks: reasons, notes, names."""

    def tell(self, *reports: ThreatReport) -> None:
        """One report a minute."""
        for report in reports:
            self.sent.append(report)
            self.hub.send(report)
            self.hub.later(timedelta(minutes=1))

    def words(self) -> frozenset[str]:
        """All that was planted anywhere, with the contacts of every agency but the partner and the centre."""
        found = {word for report in self.sent for word in _WORD.findall(encode(report).decode())}
        desks = {
            agency.contact
            for name, agency in self.hub.registry.agencies.items()
            if name not in (PARTNER, "NACTA", CENTRE)
        }
        return frozenset(found | self.said | desks | {report.report_id for report in self.sent})

    def forbidden(self) -> frozenset[str]:
        """What the partner may read nowhere: all words but its own and those of what was released to it."""
        free = set[str]().union(*(released(report) for report in self.sent))
        return self.words() - free

    def read(self) -> str:
        """All that the partner is sent, as one text."""
        messages = [*self.hub.alerts_of(PARTNER), *self.hub.receipts_of(PARTNER)]
        return "\n".join(encode(each).decode() for each in messages)


def released(report: ThreatReport) -> set[str]:
    """What the partner may read of a report, by a reading of the rules of its own: not the hub's."""
    words = set(_WORD.findall(encode(report).decode())) | {report.report_id}
    if report.agency == PARTNER:
        return words
    handling = report.handling
    named = PARTNER in handling.releasable_to
    listed = named or not handling.releasable_to
    if not (listed and (named or handling.tlp is TLP.CLEAR)) or handling.classification is Classification.TOP_SECRET:
        return set()
    if handling.originator_control and not named:
        return set()
    made_at = {word for word in words if word.startswith("2026-")}
    contact = {f"{MARK}contact {'nacta' if report.is_masked else report.agency.lower()}"}
    if isinstance(report.section, AssessmentSection):
        return contact | made_at
    if report.tearline is not None:
        return set(_WORD.findall(report.tearline)) | contact | made_at
    shut = "person", "phone", "file", "predicate", "narrative", "payment", "triage", "evidence"
    open_words = {word for word in words if not word.endswith(shut) and ":k1:" not in word}
    return open_words - ({one for one in open_words if _tells_whose(one)} if report.is_masked else set()) | contact


def _tells_whose(word: str) -> bool:
    """Whether the word leads to the originator of a masked report."""
    return word.endswith(("ref", "unit")) or word.count("-") == len("abcd")


def _wishes() -> Iterator[Any]:
    yield a_subscription(agency="CTD-PB", name="All")
    yield a_subscription(agency=PARTNER, name="Abroad all")
    yield an_agency(agency=CENTRE, organisation="NACTA", provinces=(), group="federal", contact="The centre")


def every_kind_hidden() -> Story:
    """Reports of every kind under every marking that is not for the partner."""
    story = Story()
    kinds = len(sections("", a_token("account", 0)))
    for number in range(len(HIDDEN) * kinds):
        agency, handling = HIDDEN[number // kinds]
        mine = sections(f"{MARK}{code(number)}", a_token("account", number))[number % kinds]
        story.tell(planted(number, teller(mine, agency), handling, section=mine))
    return story


def teller(section: Section, agency: str) -> str:
    """Who tells of it: findings are the centre's own."""
    return CENTRE if isinstance(section, AssessmentSection) else agency


def mixed() -> Story:
    """One event, told by hidden and released reports in turn and by the partner; then all that can befall them."""
    story = Story()
    first, second = planted(0, "CTD-KP", HIDDEN[0][1]), planted(1, "CTD-PB", NAMED)
    own = planted(2, PARTNER, a_handling(tlp=TLP.AMBER, originator_control=True, releasable_to=("NACTA",)))
    late = planted(3, "IB", HIDDEN[2][1])
    tearline = planted(4, "POLICE-KP", a_handling(tlp=TLP.CLEAR), tearline=f"Beware {MARK}aetearline.")
    masked = planted(5, "IB", a_handling(tlp=TLP.CLEAR, mask_source=True))
    story.tell(first, second, own, late, tearline, masked)
    _elsewhere(story)
    _controlled(story)
    _change(story, second, own)
    return story


def _elsewhere(story: Story) -> None:
    """Operations at one place, the partner's among them, and things that share a phone with a hidden report."""
    for number, agency, handling in ((6, "CTD-KP", HIDDEN[0][1]), (7, PARTNER, a_handling()), (8, "IB", HIDDEN[2][1])):
        raid = OperationSection(operation="raid", planned=OPERATION, contact=f"{MARK}{code(number)}operation")
        story.tell(planted(number, agency, handling, section=raid, occurred=None))
    shared = (Entity(type=EntityType.PHONE, token=a_token("phone", 0)),)
    far: dict[str, Any] = {"occurred": Interval(start=NOW - timedelta(days=2), end=NOW - timedelta(days=2))}
    mine = planted(9, PARTNER, a_handling(), entities=shared, headline=f"Other {MARK}ajheadline", **far)
    story.tell(mine)


def _controlled(story: Story) -> None:
    """Questions about controlled reports: the partner's, asked by the centre, and the centre's desk for the partner."""
    hub = story.hub
    story.tell(planted(10, "CTD-KP", a_handling(originator_control=True), urgency=Urgency.PAST))
    for number, alert in enumerate(hub.alerts_of("NACTA")):
        reason = f"{MARK}reason{code(number)}"
        story.said.add(reason)
        head: dict[str, Any] = {"agency": "NACTA", "at": hub.now, "request_id": str(UUID(int=number, version=4))}
        about: dict[str, Any] = {"alert_id": alert.alert_id, "incident_id": alert.incident_id, "zone": alert.zone}
        hub.tell(SharingRequest(**head, **about, to=(PARTNER, "CTD-PB"), reason=reason))
        hub.later(timedelta(minutes=1))
    for asked in [alert for alert in hub.alerts() if alert.kind is AlertKind.SHARING_REQUEST]:
        hub.tell(_granted(asked, story))
        hub.later(timedelta(minutes=1))


def _granted(asked: Alert, story: Story) -> SharingAnswer:
    assert asked.sharing is not None
    assert asked.body.report_id is not None
    story.said.add(f"{MARK}answer{asked.recipient.lower()}")
    return SharingAnswer(
        agency=asked.recipient,
        at=story.hub.now,
        request_id=asked.sharing.request_id,
        report_id=asked.body.report_id,
        answer="grant",
        reason=f"{MARK}answer{asked.recipient.lower()}",
        incident_id=asked.incident_id,
        zone=asked.zone,
    )


def _change(story: Story, released_one: ThreatReport, own: ThreatReport) -> None:
    """Answers, missed deadlines, joined and parted incidents, a narrowed report, a purge, and a catch-up."""
    hub = story.hub
    story.said |= {f"{MARK}desknote", f"{MARK}verdict", f"{MARK}splitting", f"{MARK}purging"}
    for alert in [one for one in hub.alerts() if one.recipient == "NACTA"][:3]:
        hub.tell(
            an_acknowledgement(
                agency="NACTA",
                alert_id=alert.alert_id,
                incident_id=alert.incident_id,
                incident_revision=alert.incident_revision,
                note=f"{MARK}desknote",
                at=hub.now,
            )
        )
    hub.later(timedelta(hours=5))
    hub.tick()
    names = sorted(name for name, one in hub.incidents().items() if one.zone == "PK-KP" and one.members)
    head: dict[str, Any] = {"agency": "NACTA", "zone": "PK-KP"}
    for one in names[1:]:
        pair: dict[str, Any] = {"incidents": (names[0], one), "decision": "same", "reason": f"{MARK}verdict"}
        hub.tell(Verdict(**head, **pair, at=hub.now))
        hub.later(timedelta(minutes=1))
    split: dict[str, Any] = {"incident_id": names[0], "reports": (own.report_id,), "reason": f"{MARK}splitting"}
    hub.tell(Split(**head, **split, at=hub.now))
    hub.later(timedelta(hours=5))
    hub.tick()
    narrowed = {"msg_type": MsgType.UPDATE, "revision": 2, "handling": a_handling(tlp=TLP.AMBER)}
    story.tell(planted(11, "CTD-PB", NAMED), _update(released_one, narrowed))
    hub.put(
        reports_topic("CTD-KP"),
        story.sent[0].report_id.encode(),
        encode(Purge(agency="CTD-KP", at=hub.now, report_id=story.sent[0].report_id, reason=f"{MARK}purging")),
    )
    hub.tell(CatchUp(agency=PARTNER, at=hub.now, since=hub.now - timedelta(days=20)))
    for _ in range(3):
        hub.later(timedelta(minutes=1))
        hub.tick()


def _update(report: ThreatReport, changes: dict[str, Any]) -> ThreatReport:
    """A later revision whose every new word is for fewer."""
    word = f"{MARK}upd"
    return report.model_copy(update=changes | {"headline": f"{word}headline", "narrative": f"{word}narrative"})


def leaks(text: str, forbidden: Iterable[str]) -> list[str]:
    """The words of these that stand in the text."""
    return sorted(word for word in forbidden if word in text)
