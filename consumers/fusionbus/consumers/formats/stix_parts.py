"""What every STIX object of ours shares: ids, markings, names."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import stix2

from fusionbus.consumers.formats import telling
from fusionbus.consumers.handlers.plain_text import line
from fusionbus.contract import ids
from fusionbus.contract.alert import Alert
from fusionbus.contract.vocabulary import TLP

ORGANISATION_SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""`created` of objects that never change: agencies and actors; any fixed time does."""
TLP_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
TLP_SINCE: Final = datetime(2022, 10, 1, tzinfo=UTC)
TLP_IDS: Final = {
    TLP.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    TLP.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    TLP.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    TLP.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    TLP.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""Source: OASIS, cti-stix-common-objects, "TLP 2.0" extension (2022): ids, `created` and the extension are fixed."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The marking objects of one alert, and how other objects refer to them."""

    definitions: tuple[Any, ...]

    @property
    def both(self) -> list[str]:
        """TLP and our own statement."""
        return [one.id for one in self.definitions]

    @property
    def tlp_only(self) -> list[str]:
        """For what is the same in many alerts."""
        return self.both[:1]


def marks_of(alert: Alert) -> Marks:
    """TLP 2.0, and in one statement whatever else restricts the alert."""
    handling, tlp = alert.handling, alert.handling.tlp
    said = [f"PAP:{handling.pap}", f"classification: {handling.classification}", f"for {alert.recipient}"]
    said += ["originator control"] * handling.originator_control + ["third-agency rule"] * handling.third_agency_rule
    said += [line(caveat) for caveat in handling.caveats]
    statement = "; ".join(said)
    return Marks(
        (
            stix2.MarkingDefinition(
                id=TLP_IDS[tlp],
                created=TLP_SINCE,
                name=f"TLP:{tlp}",
                extensions={TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp.lower()}},
            ),
            stix2.MarkingDefinition(
                id=stix_id("marking-definition", statement),
                created=ORGANISATION_SINCE,
                definition_type="statement",
                definition=stix2.StatementMarking(statement=statement),
            ),
        )
    )


def stix_id(kind: str, *about: str) -> str:
    """The id of an object, the same whenever it is made from the same parts."""
    return f"{kind}--{uuid.uuid5(ids.NAMESPACE, chr(31).join(('stix', kind, *about)))}"


def name_of(alert: Alert) -> str:
    """The headline, with a word before it that nobody overlooks where the traffic is not actual."""
    return telling.marked(alert, telling.headline(alert))
