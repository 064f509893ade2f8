"""What may be done with a report: markings, law, source grading."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fusionbus.contract.base import AgencyId, Id, Message, Prose, Text, Token, UtcDatetime
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    Attribution,
    Classification,
    Credibility,
    NatureOfSource,
    Reliability,
)

RETENTION_MAX = timedelta(days=5 * 366)
"""Source: 28 CFR 23.20(h), five years without re-validation."""


class Handling(Message):
    """Who may see it and what they may do with it; the hub only ever narrows it."""

    tlp: TLP
    pap: PAP = PAP.AMBER
    classification: Classification = Classification.RESTRICTED
    releasable_to: Annotated[tuple[AgencyId, ...], Field(max_length=100)] = ()
    """Empty: no list; otherwise nobody else receives anything of it."""
    originator_control: bool = False
    third_agency_rule: bool = True
    caveats: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    attribution: Attribution = Attribution.MAY
    mask_source: bool = False

    @model_validator(mode="after")
    def _red_names_its_recipients(self) -> Self:
        if self.tlp is TLP.RED and not self.releasable_to:
            raise ValueError("TLP:RED is for named recipients only: name them in `releasable_to`")
        return self


class Source(Message):
    """Where the information comes from and how good it is, by the originator's own grading."""

    reliability: Reliability = Reliability.F
    credibility: Credibility = Credibility.CANNOT_BE_JUDGED
    nature: NatureOfSource = NatureOfSource.CANNOT_BE_JUDGED
    source_token: Token | None = None
    """The same source always has the same token; who it is never leaves the originator."""
    derived_from: Annotated[tuple[Id, ...], Field(max_length=50)] = ()
    """Reports this one was made out of: it is their echo, not their confirmation."""


class Predicate(Message):
    """The criminal predicate (28 CFR 23.20): why a person may be named at all."""

    basis: Prose
    reference: Text | None = None


class Review(Message):
    """The last look at whether the report may be kept."""

    reviewer: Text
    at: UtcDatetime
    decision: Literal["keep", "correct", "purge"]
    explanation: Prose


class Legal(Message):
    """The legal ground, and until when."""

    legal_basis: Text | None = None
    criminal_predicate: Predicate | None = None
    review_due: UtcDatetime | None = None
    retention_until: UtcDatetime | None = None
    legal_hold: bool = False
    last_review: Review | None = None


class Attachment(Message):
    """A file known by its digest; it does not travel on the bus."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^/\\\x00-\x1f]+$")]
    mime_type: Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+-]{1,100}$")]
    size_bytes: Annotated[int, Field(ge=0)]


KeyId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,80}$")]


class Signature(Message):
    """An Ed25519 signature over the bytes of the report without this field: `contract/signing.py`."""

    key_id: KeyId
    value: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]
