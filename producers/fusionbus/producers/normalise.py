"""One form for each phone number, identity card, plate, account and device, however it was written down."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

import phonenumbers

from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.vocabulary import EntityType

HOME_REGION: Final = "PK"
VALUE_CHARACTERS_MAX: Final = 200
CNIC_DIGITS: Final = 13
IBAN: Final = re.compile(r"PK\d{2}[A-Z]{4}[A-Z0-9]{16}")
IMEI_DIGITS: Final = 15


def normalise(type_: EntityType, value: str) -> str:
    """The value in the one form that is hashed.

    Raises: FixTheReport, one sentence that says what is wrong; the value is not repeated, logs are read by many.
    """
    text = "".join(_ascii_digit(letter) for letter in unicodedata.normalize("NFKC", value[:VALUE_CHARACTERS_MAX]))
    return _FORMS[type_](text.strip())


def _ascii_digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException as exc:
        raise FixTheReport("This is not a phone number: write it as 0300-1234567 or +92 300 1234567.") from exc
    # `is_possible_number` would also take a number that only makes sense within one town.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise FixTheReport("This phone number has too many or too few digits: write it as 0300-1234567.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _cnic(text: str) -> str:
    digits = re.sub(r"[-\s.]", "", text)
    if not re.fullmatch(rf"\d{{{CNIC_DIGITS}}}", digits):
        raise FixTheReport("A CNIC has 13 digits, written as 12345-1234567-1 or without the dashes.")
    return digits


def _plate(text: str) -> str:
    joined = _alphanumeric(text, 2, 12, "A number plate has letters and digits, such as LEA-1234.")
    parts = re.fullmatch(r"([A-Z]+)0*(\d+)", joined)
    return "".join(parts.groups()) if parts else joined


def _account(text: str) -> str:
    joined = _alphanumeric(text, 5, 34, "An account is an IBAN (PK and 22 more) or a number of 5 digits or more.")
    if not joined.startswith(HOME_REGION):
        return joined
    if not IBAN.fullmatch(joined):
        raise FixTheReport("A Pakistani IBAN is PK, 2 digits, 4 letters of the bank and 16 more: 24 characters.")
    if int("".join(str(int(letter, 36)) for letter in joined[4:] + joined[:4])) % 97 != 1:
        raise FixTheReport("The check digits of this IBAN do not fit: a digit is mistyped.")
    return joined


def _device(text: str) -> str:
    joined = _alphanumeric(text, 4, 40, "A device is an IMEI of 15 digits or a serial number of 4 characters or more.")
    if not re.fullmatch(r"\d{14,16}", joined):
        return joined
    if len(joined) == IMEI_DIGITS and not _luhn(joined):
        raise FixTheReport("The check digit of this IMEI does not fit: a digit is mistyped.")
    # The first 14 digits are the device; the rest is a check digit or the software's version.
    return joined[:14]


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def _email(text: str) -> str:
    folded = text.casefold()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", folded):
        raise FixTheReport("This is not an e-mail address: it is name@host.")
    return folded


def _passport(text: str) -> str:
    return _alphanumeric(text, 6, 12, "A passport number has 6 to 12 letters and digits.")


def _serial(text: str) -> str:
    return _alphanumeric(text, 3, 40, "A weapon's serial number has 3 letters and digits or more.")


def _alphanumeric(text: str, low: int, high: int, otherwise: str) -> str:
    joined = re.sub(r"[\s\-_./()#:]", "", text).upper()
    if not re.fullmatch(rf"[A-Z0-9]{{{low},{high}}}", joined):
        raise FixTheReport(otherwise)
    return joined


_FORMS: Final[dict[EntityType, Callable[[str], str]]] = {
    EntityType.PHONE: _phone,
    EntityType.CNIC: _cnic,
    EntityType.PLATE: _plate,
    EntityType.ACCOUNT: _account,
    EntityType.DEVICE: _device,
    EntityType.EMAIL: _email,
    EntityType.PASSPORT: _passport,
    EntityType.WEAPON_SERIAL: _serial,
}
