"""Reports whose every word can be told from every other's, routed to agencies with different rights."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Table

from builders import a_handling, a_place, a_report, a_token, an_acknowledgement
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.store import keep_acknowledgements
from fusionbus.consumers.threats.tables_hub import agencies, hub_incidents, link_incidents, links, receipts
from fusionbus.contract.agency import Agency
from fusionbus.contract.base import Message
from fusionbus.contract.codec import encode
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.handling import Handling, Source
from fusionbus.contract.report import Entity, Person, ThreatReport
from fusionbus.contract.vocabulary import (
    TLP,
    AckAction,
    Classification,
    EntityType,
    Province,
    SubjectRole,
    ThreatCategory,
)
from hub import HubOnPaper, a_federation
from threats import keep

MARK = "zq"
"""Stands in every planted word, and in no word of the software."""
_TELLING = re.compile(rf"{MARK}|[0-9a-f]{{8}}-[0-9a-f]{{4}}-|^[a-z_]+:k1:[0-9a-f]{{32}}$")
_WHERE = (
    (Province.KHYBER_PAKHTUNKHWA, "Peshawar", 34.01, 71.57),
    (Province.PUNJAB, "Lahore", 31.55, 74.34),
    (Province.KHYBER_PAKHTUNKHWA, "Bannu", 32.99, 70.6),
    (Province.PUNJAB, "Multan", 30.2, 71.47),
    (Province.KHYBER_PAKHTUNKHWA, "Swat", 35.22, 72.43),
    (Province.PUNJAB, "Attock", 33.77, 72.36),
)
_MARKINGS: tuple[tuple[str, Handling], ...] = (
    ("CTD-KP", a_handling()),
    ("CTD-PB", a_handling(tlp=TLP.CLEAR)),
    ("CTD-KP", a_handling(tlp=TLP.RED, releasable_to=("IB",))),
    ("CTD-PB", a_handling(tlp=TLP.AMBER_STRICT, mask_source=True)),
    ("IB", a_handling(classification=Classification.TOP_SECRET, releasable_to=("NACTA", "IB"))),
    ("POLICE-KP", a_handling(tlp=TLP.AMBER, originator_control=True)),
    ("CTD-KP", a_handling(tlp=TLP.GREEN, mask_source=True)),
)


def a_planted_report(number: int, agency: str, handling: Handling) -> ThreatReport:
    """A report in which every field that may tell something holds a word of its own."""
    province, district, lat, lon = _WHERE[number % len(_WHERE)]
    word = f"{MARK}{chr(ord('a') + number)}"
    return a_report(
        agency=agency,
        local_ref=f"{word}-ref",
        unit=f"{word}unit",
        headline=f"Trouble {word}headline",
        narrative=f"It began {word}narrative and went on.",
        tearline=f"Something {word}tearline happened.",
        place=a_place(province=province, district=district, lat=lat, lon=lon, name=f"{word}place"),
        category=list(ThreatCategory)[number],
        persons=(
            Person(
                role=SubjectRole.WITNESS,
                id_tokens=(a_token("cnic", 100 + number),),
                name_tokens=(a_token("name", 200 + number),),
                released_name=f"{word}person",
                privacy=number % 2 == 0,
            ),
        ),
        entities=(Entity(type=EntityType.PHONE, token=a_token("phone", 300 + number), released_value=f"{word}phone"),),
        source=Source(source_token=a_token("source", 400 + number)),
        handling=handling,
    )


def a_telling_federation() -> list[Any]:
    """The small federation, each agency with a contact that can be told from the others'."""
    return [
        one.model_copy(update={"contact": f"{MARK}contact {one.agency.lower()}"}) if isinstance(one, Agency) else one
        for one in a_federation()
    ]


def the_reports() -> tuple[ThreatReport, ...]:
    """One of each marking, and another agency's account of the first."""
    told = [a_planted_report(number, agency, handling) for number, (agency, handling) in enumerate(_MARKINGS)]
    again = a_planted_report(0, "POLICE-KP", a_handling())
    return (*told, again.model_copy(update={"narrative": f"Constables saw {MARK}other smoke from the gate."}))


def leaves(tree: Any) -> Iterator[str]:
    """Every text in a tree of JSON."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for name, inner in tree.items():
            yield name
            yield from leaves(inner)
    elif isinstance(tree, list):
        for inner in tree:
            yield from leaves(inner)


@dataclass(frozen=True)
class Planted:
    """What was reported, what the hub wrote, and which of the words tell something."""

    reports: tuple[ThreatReport, ...]
    hub: HubOnPaper

    @classmethod
    def told(cls) -> "Planted":
        """All reports, sent one a minute."""
        reports, hub = the_reports(), HubOnPaper.of(a_telling_federation())
        for report in reports:
            hub.send(report)
            hub.later(timedelta(minutes=1))
        return cls(reports, hub)

    def messages_of(self, agency: str) -> list[Message]:
        """All that an agency was sent; of one that reviews also what it reads of the hub's own."""
        said = [answer for answer in self.answers() if answer.agency == agency]
        sent: list[Message] = [*self.hub.alerts_of(agency), *self.hub.receipts_of(agency), *said]
        held = self.hub.registry.agencies[agency].reviews
        return [*sent, *self.hub.incidents().values(), *self.hub.links()] if held else sent

    def answers(self) -> list[Acknowledgement]:
        """What each agency said of every alert, also of those that it was not sent."""
        return [
            an_acknowledgement(
                agency=agency,
                by=f"{MARK}desk{agency.lower()}",
                alert_id=alert.alert_id,
                action=AckAction.USED,
                note=f"{MARK}note of {agency.lower()}",
            )
            for agency in self.agencies
            for alert in self.hub.alerts()
        ]

    def secrets(self) -> frozenset[str]:
        """Every word, id and token of anybody's that tells something."""
        sent = [message for agency in self.agencies for message in self.messages_of(agency)]
        everything = [*self.reports, *self.hub.registry.agencies.values(), *sent]
        return frozenset(word for word in _words(everything) if _TELLING.search(word))

    def known_to(self, agency: str) -> str:
        """All that the agency may see, as one text."""
        return "\n".join(_words(self.messages_of(agency)))

    @property
    def agencies(self) -> tuple[str, ...]:
        """The members of the federation."""
        return tuple(sorted(self.hub.registry.agencies))

    def keep_in(self, database: ThreatDatabase) -> None:
        """Puts all of it into one database, as the centre's keeper does."""
        keep(database, self.hub.alerts())
        told = {receipt.receipt_id: receipt for agency in self.agencies for receipt in self.hub.receipts_of(agency)}
        tied = {link.link_id: link for link in self.hub.links()}
        with database.writing() as db:
            keep_acknowledgements(db, self.answers())
            for receipt in told.values():
                db.execute(receipts.insert(), _row(receipt, receipts))
            for incident in self.hub.incidents().values():
                row = _row(incident, hub_incidents) | {"closed": False, "updated_at": self.hub.now}
                db.execute(hub_incidents.insert(), row)
            for link in tied.values():
                db.execute(links.insert(), _row(link, links))
                for one in link.incidents:
                    db.execute(link_incidents.insert(), {"link_id": link.link_id, "incident_id": one})
            for agency in self.hub.registry.agencies.values():
                db.execute(agencies.insert(), _row(agency, agencies))


def _row(message: Message, table: Table) -> dict[str, Any]:
    """The message as a row: the columns that are named as its fields, and its JSON."""
    named = [column.name for column in table.columns if column.name in type(message).model_fields]
    return {name: getattr(message, name) for name in named} | {"json": encode(message).decode()}


def _words(messages: Iterable[Message]) -> Iterator[str]:
    for message in messages:
        yield from leaves(json.loads(encode(message)))
