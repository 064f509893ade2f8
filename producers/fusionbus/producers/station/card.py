"""What a station is: said once, so that no command has to ask for it again."""

import os
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from fusionbus.contract.base import AgencyId, Message, Text
from fusionbus.contract.errors import Misconfigured
from fusionbus.producers.settings import ProducerSettings

Language = Literal["en", "ur"]
CARD_BYTES_MAX: Final = 10_000


class Card(Message):
    """The station's card, `station/card.json` in FUSION_HOME."""

    agency: AgencyId
    name: Text
    language: Language = "en"


def folder_of(settings: ProducerSettings) -> Path:
    """Where a station keeps what it knows."""
    return settings.home / "station"


def write_card(agency: str, name: str, language: str, settings: ProducerSettings) -> Card:
    """The card, on the disk whole or not at all. Raises: Misconfigured."""
    try:
        card = Card.model_validate({"agency": agency, "name": name, "language": language})
    except ValidationError as exc:
        wrong = str(exc.errors(include_url=False, include_input=False)[0]["loc"][0])
        raise Misconfigured(_WRONG[wrong]) from exc
    path = folder_of(settings) / "card.json"
    fresh = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with fresh.open("w", encoding="utf-8") as file:
            file.write(card.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as exc:
        raise Misconfigured(f"The station's card {path} cannot be written ({exc.strerror}): set FUSION_HOME.") from exc
    return card


def read_card(settings: ProducerSettings) -> Card:
    """The card of this machine. Raises: Misconfigured where there is none, with what to type."""
    path = folder_of(settings) / "card.json"
    try:
        with path.open("rb") as file:
            return Card.model_validate_json(file.read(CARD_BYTES_MAX))
    except FileNotFoundError as exc:
        raise Misconfigured(
            "This machine is no station yet: type `fusionbus station set-up --agency POLICE-PB --name "
            '"Police Station City A"` with your own agency and name.'
        ) from exc
    except (OSError, ValidationError) as exc:
        raise Misconfigured(
            f"The station's card {path} cannot be read: type `fusionbus station set-up` again."
        ) from exc


_WRONG: Final = {
    "agency": "--agency: your provincial police in upper case, such as POLICE-PB.",
    "name": "--name: the station's name in 1 to 300 characters.",
    "language": "--language: en or ur.",
}
