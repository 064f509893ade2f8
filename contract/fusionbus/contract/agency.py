"""The registry: agencies, their subscriptions, and their removal."""

from typing import Annotated, Literal

from pydantic import Field

from fusionbus.contract.base import AgencyId, Id, Latitude, Longitude, Message, Text, UtcDatetime
from fusionbus.contract.handling import KeyId
from fusionbus.contract.vocabulary import (
    Classification,
    FindingKind,
    Kind,
    Province,
    Severity,
    Status,
    TargetSectorCode,
    ThreatCategory,
    Urgency,
)

SIGNING_KEYS_MAX = 20
"""Old keys stay listed, so that what they signed can be judged; a rotation a year fills twenty years."""


class SigningKey(Message):
    """A public key with which an agency's reports are signed, and when it counts: by the broker's time stamp."""

    key_id: KeyId
    public_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
    """The 32 bytes of an Ed25519 key in base64."""
    valid_from: UtcDatetime
    valid_until: UtcDatetime | None = None
    revoked_at: UtcDatetime | None = None
    """From here on nothing signed with it is taken, however old it says it is."""


class Agency(Message):
    """One member of the federation, and what it may see."""

    type: Literal["agency"] = "agency"
    agency: AgencyId
    name: Text
    group: Literal["federal", "ctd", "police", "fusion_centre", "paramilitary", "border", "public", "partner"]
    organisation: Text
    """Agencies of one organisation share what is marked TLP:AMBER+STRICT."""
    provinces: tuple[Province, ...] = ()
    """The territory it answers for; what happens there reaches it without a subscription. Empty: none or national."""
    districts: tuple[Text, ...] = ()
    """Narrows the territory to these districts, where given."""
    clearance: Classification = Classification.RESTRICTED
    serves: tuple[AgencyId, ...] = ()
    """Agencies it serves: they may receive its TLP:AMBER."""
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    """Need to know: the kinds of report it may receive at all."""
    personal_data: bool = False
    """Whether it may receive the full form, with persons and entities."""
    foreign: bool = False
    """A partner abroad: it receives only what names it in `releasable_to` or is TLP:CLEAR, and never full."""
    reviews: bool = False
    """Whether its analysts work for the hub's own desk: they read all incidents, join and part them."""
    contact: Text
    escalation_contact: Text | None = None
    """Where to reach somebody when the desk does not acknowledge; by default `contact`."""
    escalates_to: AgencyId | None = None
    """The agency that is told when this one does not acknowledge, and calls it; by default the centre."""
    active: bool = True
    keys: Annotated[tuple[SigningKey, ...], Field(max_length=SIGNING_KEYS_MAX)] = ()
    """Keys that sign its reports; two may count at once, while one follows the other."""
    must_sign: bool = False
    """Whether a report without signature is refused."""
    quota_bytes_s: Annotated[int, Field(ge=1_024, le=1_000_000_000)] | None = None
    """What it may write in the long run; without it the hub's default."""


class Near(Message):
    """A circle."""

    lat: Latitude
    lon: Longitude
    radius_km: Annotated[float, Field(gt=0, le=2_000)]


class Subscription(Message):
    """What an agency wants to hear of; every given list narrows, an empty one does not."""

    type: Literal["subscription"] = "subscription"
    subscription_id: Id
    agency: AgencyId
    name: Text
    statuses: Annotated[tuple[Status, ...], Field(min_length=1)] = (Status.ACTUAL,)
    kinds: tuple[Kind, ...] = ()
    categories: tuple[ThreatCategory, ...] = ()
    provinces: tuple[Province, ...] = ()
    districts: tuple[Text, ...] = ()
    target_sectors: tuple[TargetSectorCode, ...] = ()
    actors: tuple[Text, ...] = ()
    severity_min: Severity | None = None
    urgencies: tuple[Urgency, ...] = ()
    near: Near | None = None
    findings: tuple[FindingKind, ...] | None = None
    """Kinds of what the centre itself finds; given, nothing but assessments of these is asked for."""
    created_at: UtcDatetime


class Removal(Message):
    """An agency or subscription that is no more."""

    type: Literal["removal"] = "removal"
    subscription_id: Id
    agency: AgencyId
    removed_at: UtcDatetime


RegistryEntry = Annotated[Agency | Subscription | Removal, Field(discriminator="type")]


def registry_key(entry: Agency | Subscription | Removal) -> str:
    """The key of an entry on the compacted topic."""
    if isinstance(entry, Agency):
        return f"agency:{entry.agency}"
    return f"subscription:{entry.subscription_id}"
