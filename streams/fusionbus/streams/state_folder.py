"""A worker's state folder goes with the changelogs it was written along with, and with no others.

Kafka numbers the records of a topic that is made anew from 0 again. State that remembers "read up to 5,000" would then
skip the first 5,000 changes that others wrote to the new changelog, and nobody would notice; or, while the new one is
shorter, Faust would crash at every start (its ConsistencyError). Kafka gives each topic an id, so that is compared.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from fusionbus.contract.errors import Misconfigured, RetryLater

NOTE: Final = "changelogs.json"


def ids_of(admin: AdminClient, names: Sequence[str], time_s_max: float) -> dict[str, str]:
    """The ids of those of the topics that are there. Raises: RetryLater where the broker does not say."""
    found: dict[str, str] = {}
    for name, told in admin.describe_topics(TopicCollection(list(names)), request_timeout=time_s_max).items():
        try:
            found[name] = str(told.result(time_s_max).topic_id)
        except (KafkaException, TimeoutError) as exc:
            if isinstance(exc, KafkaException) and exc.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                continue
            raise RetryLater(f"The broker does not tell the id of the topic {name}: try again.") from exc
    return found


def check(folder: Path, ids: Mapping[str, str]) -> None:
    """Returns when the state in this folder goes with these changelogs, and notes that it does.

    Raises: Misconfigured where a changelog was made anew since, or the folder cannot be written.
    """
    note = folder / NOTE
    try:
        noted = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
        anew = [name for name, topic_id in noted.items() if ids.get(name) != topic_id]
        if anew:
            raise Misconfigured(
                f"The changelog {anew[0]} was made anew since this worker kept its state in {folder}: move that folder "
                "away and start again; the state is then what the changelog holds."
            )
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = note.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(dict(ids)), encoding="utf-8")
        unfinished.replace(note)
    except OSError as exc:
        raise Misconfigured(f"The state folder {folder} cannot be written ({exc.strerror}): mend that.") from exc
    except ValueError as exc:
        raise Misconfigured(f"{note} cannot be read: move the folder away; the state is rebuilt.") from exc
