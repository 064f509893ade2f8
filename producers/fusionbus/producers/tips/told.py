"""What somebody told, made clean and held to limits. Pure."""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal

from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.vocabulary import EntityType
from fusionbus.producers.language import language_of
from fusionbus.producers.normalise import normalise
from fusionbus.producers.tips.danger import is_imminent
from fusionbus.producers.tokens import FederationKey
from fusionbus.shell.plain import JOINERS

Channel = Literal["web", "phone", "sms", "email", "walk_in", "post"]

PLACE_MAX: Final = 300
"""As the contract's `Text`."""
TEXT_MIN: Final = 10
"""A tip has a sentence; shorter ones were typed by accident."""
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is read for another. Source: D. Crockford, Base 32."""
_CODE_LETTERS: Final = 12
"""60 bits: at the thirty questions in ten minutes that one address has, a million addresses would guess for a thousand
years before they met one of a million codes."""
_LOOKS_LIKE: Final = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class Told:
    """One tip, ready to be kept. It says nothing of who told it unless that was given."""

    channel: Channel
    text: str
    language: str
    place: str | None = None
    happens: str | None = None
    """When, in the teller's words."""
    plate_token: str | None = None
    caller_token: str | None = None
    callback: str | None = None
    """The number, only where a call back was asked for; it is kept apart and sealed."""
    urgent: bool = False
    marked: bool = False
    """Whether the call taker, and not only a word, says that lives are in danger."""


def tell(
    channel: Channel,
    text: str,
    *,
    text_max: int,
    key: FederationKey,
    place: str = "",
    happens: str = "",
    plate: str = "",
    callback: str = "",
    urgent: bool = False,
) -> Told:
    """The tip. Raises: FixTheReport, one sentence, for a text too short or long, or a plate or number that is none."""
    said = clean(text, lines=True)
    if len(said) < TEXT_MIN:
        raise FixTheReport(f"Tell what you saw in {TEXT_MIN} characters or more.")
    if len(said) > text_max:
        raise FixTheReport(f"The text has {len(said):,} characters: shorten it to {text_max:,}.")
    number = normalise(EntityType.PHONE, callback) if callback.strip() else None
    return Told(
        channel=channel,
        text=said,
        language=language_of(said),
        place=clean(place)[:PLACE_MAX] or None,
        happens=clean(happens)[:PLACE_MAX] or None,
        plate_token=key.token(EntityType.PLATE, normalise(EntityType.PLATE, plate)) if plate.strip() else None,
        caller_token=key.token(EntityType.PHONE, number) if number else None,
        callback=number,
        urgent=urgent or is_imminent(f"{said} {happens}"),
        marked=urgent,
    )


def clean(text: str, *, lines: bool = False) -> str:
    """The text without characters that steer, reorder or hide; with line breaks only where they may stay."""
    kept = "".join(char for char in text.replace("\r\n", "\n") if _stays(char, lines=lines))
    parts = (" ".join(part.split()) for part in kept.split("\n"))
    return "\n".join(parts).strip() if lines else " ".join(kept.split())


def _stays(char: str, *, lines: bool) -> bool:
    if char == "\n":
        return lines
    category = unicodedata.category(char)
    return char in JOINERS or char == "\t" or not (category[0] == "C" or category in {"Zl", "Zp"})


def new_code() -> str:
    """A reference code nobody can guess, in groups of four: `7QK2-9XWD-41MZ`."""
    return code_of(secrets.token_bytes(_CODE_LETTERS))


def code_of(random: bytes) -> str:
    """The code of these bytes, twelve or more, of which five bits each count."""
    letters = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in random[:_CODE_LETTERS])
    return "-".join(letters[at : at + 4] for at in range(0, _CODE_LETTERS, 4))


def digest_of_code(code: str) -> str | None:
    """Under what a code is kept, however it was typed; None for what cannot be one. The code itself is kept nowhere."""
    letters = "".join(char for char in unicodedata.normalize("NFKC", code).upper() if char.isalnum())
    letters = letters.translate(_LOOKS_LIKE)
    if len(letters) != _CODE_LETTERS or not set(letters) <= set(_ALPHABET):
        return None
    return sha256(f"tip code {letters}".encode()).hexdigest()


def to_the_minute(at: datetime) -> datetime:
    """The time as it is kept: seconds would match a tip to a line in somebody's network log."""
    return at.replace(second=0, microsecond=0)
