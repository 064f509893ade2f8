"""Makes dead letters for tests of operators' tools."""

import base64
import hashlib
from typing import Any, Final

from builders import NOW
from fusionbus.contract import ids
from fusionbus.contract.records import DeadLetter, RejectReason

BODY: Final = b'{"local_ref": "KP-1"}'


def a_letter(offset: int = 1, body: bytes = BODY, **changes: Any) -> DeadLetter:
    """A report of CTD-KP that was refused."""
    topic = changes.get("topic", "reports-CTD-KP")
    made: dict[str, Any] = {
        "dead_letter_id": ids.dead_letter_id(topic, 3, offset),
        "at": NOW,
        "topic": topic,
        "partition": 3,
        "offset": offset,
        "agency": "CTD-KP",
        "reason": RejectReason.SCHEMA,
        "sentence": "Something is missing.",
        "key_base64": base64.b64encode(b"the key").decode(),
        "body_base64": base64.b64encode(body).decode(),
        "body_bytes": len(body),
        "body_sha256": hashlib.sha256(body).hexdigest(),
    }
    return DeadLetter(**made | changes)
