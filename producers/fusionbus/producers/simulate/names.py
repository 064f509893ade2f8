"""Made-up persons and things, and their tokens: spellings vary, what they stand for does not."""

import hashlib
import hmac
from dataclasses import dataclass
from random import Random
from typing import Final

from fusionbus.contract.clk import encode_name
from fusionbus.contract.names import fold_name
from fusionbus.contract.vocabulary import EntityType, Sex

KEY: Final = b"simulation key, protects nothing: every name here is made up"
KEY_ID: Final = "sim"

NAME_SAME: Final = 0.846
"""How often a source writes a name in its usual form: two of them then differ in 28 % of pairs (DESIGN, measured)."""

_FIRST: Final = (
    ("Zarbaz", "Zar Baz", "Zarbaaz"),
    ("Mirwais", "Mir Wais", "Meerwais"),
    ("Qadeerullah", "Qadir Ullah", "Qadeer Ullah"),
    ("Shahmir", "Shah Meer", "Shahmeer"),
    ("Gulrez", "Gul Rez", "Gulraiz"),
    ("Tehmasp", "Tahmasp", "Tehmasb"),
    ("Barkatullah", "Barkat Ullah", "Barakatullah"),
    ("Nooruddin", "Noor-ud-Din", "Nuruddin"),
    ("Sanobar", "Sanober", "Sanubar"),
    ("Dilawez", "Dil Awez", "Dilawaiz"),
)
_LAST: Final = (
    ("Testkhel", "Test Khel", "Testkhail"),
    ("Namunazai", "Namuna Zai", "Namoonazai"),
    ("Misalwal", "Misal Wal", "Missalwal"),
    ("Farzibugti", "Farzi Bugti", "Farzi Bugtee"),
    ("Khayalpuri", "Khayal Puri", "Khyalpuri"),
    ("Mashqani", "Mashqaani", "Mashkani"),
)


@dataclass(frozen=True, slots=True)
class MadeUpPerson:
    """A person who does not exist."""

    first: int
    last: int
    sex: Sex
    age: int

    def spelled(self, rng: Random) -> str:
        """The name as one source writes it."""
        first, last = _FIRST[self.first], _LAST[self.last]
        if rng.random() < NAME_SAME:
            return f"{first[0]} {last[0]}"
        return rng.choice((f"{rng.choice(first[1:])} {last[0]}", f"{first[0]} {rng.choice(last[1:])}"))

    def id_token(self) -> str:
        """The token of the person's identity card."""
        return token("cnic", f"{self.first}-{self.last}-{self.age}")


@dataclass(frozen=True, slots=True)
class Thing:
    """A phone, plate or account that does not exist."""

    type: EntityType
    number: int

    def token(self) -> str:
        """What others know it by."""
        return token(self.type.value, str(self.number))


def token(kind: str, value: str) -> str:
    """The keyed hash of a made-up value, in the contract's form."""
    digest = hmac.new(KEY, f"{kind}\x1f{value}".encode(), hashlib.sha256).hexdigest()
    return f"{kind}:{KEY_ID}:{digest[:32]}"


def name_tokens(spelled: str) -> tuple[str, ...]:
    """One token for each part of a name, as it sounds."""
    return tuple(token("name", part) for part in fold_name(spelled))


def name_clk(spelled: str) -> str | None:
    """The filter of a name."""
    return encode_name(spelled, KEY, KEY_ID)


def person(rng: Random) -> MadeUpPerson:
    """Somebody made up."""
    first = rng.randrange(len(_FIRST))
    sex = Sex.FEMALE if first in {8, 9} else Sex.MALE
    return MadeUpPerson(first, rng.randrange(len(_LAST)), sex, rng.randint(18, 60))


def thing(rng: Random) -> Thing:
    """Something made up."""
    types = (EntityType.PHONE, EntityType.PLATE, EntityType.ACCOUNT, EntityType.DEVICE)
    return Thing(rng.choice(types), rng.randrange(10_000_000))
