"""Persons and things as keyed hashes: agencies can match them, and nobody without the key can read them."""

import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from fusionbus.contract.clk import encode_name
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.names import fold_name
from fusionbus.contract.report import Entity, Person
from fusionbus.contract.vocabulary import EntityType, Sex, SubjectRole
from fusionbus.producers.normalise import normalise
from fusionbus.producers.settings import ProducerSettings

KEY_BYTES_MIN: Final = 16
"""A phone number has some 33 bits: with a guessable key every token could be undone. Source: NIST SP 800-107, a key of
at least the strength wanted, here 128 bits."""
TOKEN_HEX: Final = 32


@dataclass(frozen=True, slots=True)
class FederationKey:
    """The secret under which all agencies of the federation hash."""

    key_id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Raises: Misconfigured for a key that could be guessed."""
        if len(self.secret) < KEY_BYTES_MIN:
            raise Misconfigured(
                f"The federation key has {len(self.secret)} bytes and needs {KEY_BYTES_MIN} or more: "
                "ask the hub's operator for it and set FUSION_FEDERATION_KEY or FUSION_FEDERATION_KEY_FILE.",
            )

    def token(self, type_: str, normalised: str) -> str:
        """The contract's token of a value already in its one form."""
        digest = hmac.new(self.secret, f"{type_}\x1f{normalised}".encode(), sha256).hexdigest()
        return f"{type_}:{self.key_id}:{digest[:TOKEN_HEX]}"


def demo_key() -> FederationKey:
    """A key that everybody can read here: for the demo and for tests, never for real persons."""
    return FederationKey("demo", b"a key for made-up persons only")


def federation_key(settings: ProducerSettings) -> FederationKey:
    """The key this machine is set to; the demo key where none is set and the broker is on this machine.

    Raises: Misconfigured where no key is set for a broker elsewhere, or its file cannot be read, or it is short.
    """
    if settings.federation_key is not None:
        return FederationKey(settings.federation_key_id, settings.federation_key.get_secret_value().encode())
    if settings.federation_key_file is not None:
        return FederationKey(settings.federation_key_id, _read(settings))
    if _is_local(settings.bootstrap):
        return demo_key()
    raise Misconfigured(
        "No federation key is set, so persons cannot be hashed: "
        "set FUSION_FEDERATION_KEY or FUSION_FEDERATION_KEY_FILE.",
    )


def tokenise_name(name: str, *, key: FederationKey) -> tuple[str, ...]:
    """One token for each part of the name as it sounds, 12 at most."""
    return tuple(key.token("name", part) for part in fold_name(name))


def name_clk(name: str, *, key: FederationKey) -> str | None:
    """The filter by which the name is matched although it is spelled otherwise; None for a name without letters."""
    return encode_name(name, key.secret, key.key_id)


def tokenise_person(
    *,
    key: FederationKey,
    role: SubjectRole = SubjectRole.OTHER,
    name: str | None = None,
    cnic: str | None = None,
    passport: str | None = None,
    phones: Sequence[str] = (),
    sex: Sex | None = None,
    age: int | None = None,
    release_name: bool = False,
) -> Person:
    """The person with hashes in place of what names it.

    Raises: FixTheReport, one sentence, for a CNIC, passport or phone that cannot be one.
    """
    given = [(EntityType.CNIC, cnic), (EntityType.PASSPORT, passport), *((EntityType.PHONE, one) for one in phones)]
    tokens = (key.token(type_, normalise(type_, value)) for type_, value in given if value)
    return Person(
        role=role,
        id_tokens=tuple(dict.fromkeys(tokens)),
        name_tokens=tokenise_name(name, key=key) if name else (),
        name_clk=name_clk(name, key=key) if name else None,
        released_name=name if release_name else None,
        sex=sex,
        age_low=age,
        age_high=age,
    )


def tokenise_entity(
    type_: EntityType,
    value: str,
    *,
    key: FederationKey,
    role: SubjectRole = SubjectRole.OTHER,
    release: bool = False,
) -> Entity:
    """The thing with a hash in place of its value.

    Raises: FixTheReport, one sentence, for a value that cannot be of this type.
    """
    token = key.token(type_, normalise(type_, value))
    return Entity(type=type_, token=token, role=role, released_value=value if release else None)


def source_token(source: str, *, key: FederationKey) -> str:
    """A token for a source: the same source always has the same, and nobody else can tell who it is."""
    return key.token("source", " ".join(source.casefold().split()))


def _read(settings: ProducerSettings) -> bytes:
    path = settings.federation_key_file
    if path is None:
        return b""
    try:
        return path.read_bytes().strip()
    except OSError as exc:
        raise Misconfigured(f"FUSION_FEDERATION_KEY_FILE names {path}, which cannot be read ({exc.strerror}).") from exc


def _is_local(bootstrap: str) -> bool:
    hosts = [one.rpartition(":")[0].strip("[]") for one in bootstrap.split(",")]
    return all(host == "localhost" or _is_loopback(host) for host in hosts)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
