"""Settings of the tip line."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from fusionbus.contract.base import AgencyId
from fusionbus.contract.vocabulary import Status
from fusionbus.producers.settings import ProducerSettings


class TipSettings(ProducerSettings):
    """How this tip line takes, bounds and forgets."""

    tips_agency: AgencyId = "NACTA-TIPS"
    """`FUSION_TIPS_AGENCY`: in whose name an accepted tip becomes a report."""
    tips_status: Status = Status.ACTUAL
    """`Exercise` keeps what is told in an exercise away from all real traffic."""
    tips_tls: bool = False
    """`FUSION_TIPS_TLS`: TLS stands in front of it, so the desk's cookie is only ever sent over TLS."""
    tips_text_max: Annotated[int, Field(ge=200, le=10_000)] = 4_000
    """Characters of one tip: two typed pages. Our own choice; a report's narrative may have 20,000."""
    tips_address_max: Annotated[int, Field(ge=1, le=10_000)] = 6
    """Tips of one address or IPv6 /64 in ten minutes. Our own choice: a person writes one in minutes, and a few people
    behind one shared address (a family, a mobile network's NAT) must not shut each other out."""
    tips_hour_max: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    """Tips of everybody in an hour. Our own choice: ten clerks, a minute each; at 4,000 characters of Urdu (8 kB) a
    day of it is 115 MB."""
    tips_waiting_max: Annotated[int, Field(ge=1, le=10_000_000)] = 50_000
    """Tips that may wait for triage, 400 MB at the largest: beyond that the form says that it cannot take more."""
    tips_refused_days: Annotated[int, Field(ge=1, le=3_650)] = 30
    """After so many days a refused tip is deleted: long enough to correct a wrong refusal. Our own choice."""
    tips_passed_days: Annotated[int, Field(ge=1, le=3_650)] = 90
    """After so many days a tip that was passed on is deleted here: its report lies at the hub. Our own choice."""
    tips_contact_days: Annotated[int, Field(ge=1, le=365)] = 14
    """After so many days a number given for a call back is deleted, called or not. Our own choice."""
    tips_contact_key_file: Path | None = None
    """`FUSION_TIPS_CONTACT_KEY_FILE`: the key under which numbers lie; by default `tips/contact.key` in FUSION_HOME,
    made when it is first needed. On another disk it makes a stolen copy of the tips worthless for finding a caller."""

    @property
    def tips_folder(self) -> Path:
        """Where the tips lie."""
        return self.home / "tips"
