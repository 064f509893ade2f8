"""Says something to the hub and waits for what it says to it."""

from fusionbus.consumers.acknowledger import SEND_S_MAX, ControlWriter
from fusionbus.consumers.handlers.plain_text import line
from fusionbus.consumers.reading import TopicReader
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop
from fusionbus.contract import codec, ids
from fusionbus.contract.codec import AnyControl, Undecodable
from fusionbus.contract.errors import FixTheReport, RetryLater
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.topics import receipts_topic
from fusionbus.shell.kafka import explained
from fusionbus.shell.settings import BrokerSettings, load


def ask_hub(agency: str, message: AnyControl, about: str, wait_s: float | None = None) -> str:
    """What the hub answered. Raises: FixTheReport with its reason; RetryLater where it said nothing in time.

    `wait_s` is for what takes it longer than a moment; by default as it is set.
    """
    broker, settings = load(BrokerSettings), load(ConsumerSettings)
    patience_s = max(wait_s or 0.0, settings.receipt_wait_s)
    with explained(broker), TopicReader(broker, receipts_topic(agency), f"{agency}.subscribe") as reader:
        reader.skip_to_end()
        writer = ControlWriter(agency, broker)
        try:
            lies = writer.send(message).get(timeout=SEND_S_MAX)
        finally:
            writer.close()
        # Ids are made from what they are about, so the answer to this very message is known beforehand.
        done = ids.receipt_id(about, ReceiptOutcome.CONTROL_DONE, message.at.isoformat())
        letter = ids.dead_letter_id(lies.topic, lies.partition, lies.offset)
        refused = ids.receipt_id(letter, ReceiptOutcome.REJECTED)
        for record in reader.coming(Stop(), patience_s):
            receipt = codec.decode(Receipt, record.value or b"")
            if isinstance(receipt, Undecodable):
                continue
            if receipt.receipt_id == done:
                return f"The hub says: {line(receipt.sentence or 'done')}"
            # What the incident's zone refuses lies elsewhere than what was sent, and names the question instead.
            names_it = receipt.outcome is ReceiptOutcome.REJECTED and receipt.request_id == about
            if receipt.receipt_id == refused or names_it:
                raise FixTheReport(f"The hub refused: {line(receipt.sentence or str(receipt.reason))}")
    raise RetryLater(
        f"The message is with the broker, but the hub sent no receipt in {patience_s:g} s: "
        "it takes effect when the hub gets to it; `fusionbus receipts` shows the answer."
    )
