"""An officer's answer to an alert: find the alert, tell the hub, keep the answer."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from fusionbus.consumers.acknowledger import SEND_S_MAX, ControlWriter
from fusionbus.consumers.handlers import DATABASES
from fusionbus.consumers.reading import TopicReader
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.topics import alerts_topic
from fusionbus.contract.vocabulary import AckAction, Opinion
from fusionbus.shell.kafka import explained
from fusionbus.shell.settings import BrokerSettings


def answer(
    alert_id: str,
    agency: str,
    action: AckAction,
    *,
    opinion: Opinion | None,
    note: str | None,
    by: str | None,
    store: str | None,
    broker: BrokerSettings,
    settings: ConsumerSettings,
) -> str:
    """What was told to the hub, in a sentence. Raises: Misconfigured, NotAllowed, RetryLater."""
    with explained(broker):
        alert = find_alert(alert_id, agency, store, broker, settings)
        if alert.kind.is_notice:
            raise Misconfigured(instead(alert))
        acknowledgement = Acknowledgement(
            agency=agency,
            by=by,
            at=datetime.now(UTC),
            alert_id=alert_id,
            incident_id=alert.incident_id,
            incident_revision=alert.incident_revision,
            zone=alert.zone,
            action=action,
            opinion=opinion,
            note=note,
        )
        _tell(broker, agency, acknowledgement)
    kept = _keep(store, acknowledgement)
    said = f"{action.value} ({opinion.value})" if opinion else action.value
    return (
        f"Told the hub: alert {alert_id} of incident {alert.incident_id}, revision {alert.incident_revision}, "
        f"{said}.{kept}"
    )


def find_alert(
    alert_id: str, agency: str, store: str | None, broker: BrokerSettings, settings: ConsumerSettings
) -> Alert:
    """The agency's alert of this id, from its store or its topic. Raises: Misconfigured where it is not there."""
    alert = _stored(store, alert_id) if store else _on_topic(broker, agency, alert_id, settings.scan_s_max)
    if alert is None:
        where = _shown(store) if store else alerts_topic(agency)
        raise Misconfigured(f"There is no alert {alert_id} in {where}: check the id and the agency.")
    if alert.recipient != agency:
        raise Misconfigured(f"The alert {alert_id} was for {alert.recipient}, not for {agency}.")
    return alert


def instead(notice: Alert) -> str:
    """What to do about an alert that nobody waits to hear of."""
    if notice.escalation is None:
        return f"The alert {notice.alert_id} is a question: answer it with `fusionbus share answer`."
    about = notice.escalation
    if about.agency != notice.recipient:
        return f"The alert {notice.alert_id} tells that {about.agency} is silent: call {about.contact}."
    return f"The alert {notice.alert_id} tells that another waits: acknowledge {about.alert_id}."


def _tell(broker: BrokerSettings, agency: str, acknowledgement: Acknowledgement) -> None:
    writer = ControlWriter(agency, broker)
    try:
        writer.send(acknowledgement).get(timeout=SEND_S_MAX)
    finally:
        writer.close()


def _keep(store: str | None, acknowledgement: Acknowledgement) -> str:
    """Keeps the answer beside the alert where the store can; the hub has it in any case."""
    if (store or "").partition(":")[0] not in DATABASES:
        return ""
    try:
        from fusionbus.consumers.handlers.database import DatabaseHandler  # noqa: PLC0415 - SQLAlchemy loads slowly

        with closing(DatabaseHandler((store or "").removeprefix("database:"), make=False)) as handler:
            handler.acknowledged(acknowledgement)
    except (RetryLater, Misconfigured) as exc:
        return f" It was not kept here: {exc}"
    return ""


def _stored(store: str, alert_id: str) -> Alert | None:
    kind, _, path = store.partition(":")
    if kind == "jsonl" and path:
        return _first(_jsonl_lines(Path(path), alert_id), alert_id)
    if kind in DATABASES and path:
        return _first(_database_rows(store, alert_id), alert_id)
    raise Misconfigured("--store is not known: use sqlite:PATH, database:URL or jsonl:PATH.")


def _jsonl_lines(path: Path, alert_id: str) -> Iterator[bytes]:
    try:
        with path.open("rb") as lines:
            for line in lines:
                if alert_id.encode() in line:
                    yield line
    except OSError as exc:
        raise Misconfigured(f"{path} cannot be read ({exc.strerror}).") from exc


def _shown(store: str) -> str:
    """The store without its password."""
    from fusionbus.consumers.threats.where import read_url, shown  # noqa: PLC0415 - as `DatabaseHandler`

    kind, _, name = store.partition(":")
    return shown(read_url(name)) if kind == "database" else store


def _database_rows(store: str, alert_id: str) -> Iterator[bytes]:
    from fusionbus.consumers.handlers.database import DatabaseHandler  # noqa: PLC0415 - SQLAlchemy loads slowly

    with closing(DatabaseHandler(store.removeprefix("database:"), make=False)) as handler:
        yield from handler.stored(alert_id)


def _on_topic(broker: BrokerSettings, agency: str, alert_id: str, seconds_max: float) -> Alert | None:
    with TopicReader(broker, alerts_topic(agency), f"{agency}.ack") as reader:
        bodies = (record.value for record in reader.there_now(seconds_max) if record.value)
        return _first((body for body in bodies if alert_id.encode() in body), alert_id)


def _first(bodies: Iterator[bytes], alert_id: str) -> Alert | None:
    """The alert of this id; a torn or foreign line is passed over."""
    for body in bodies:
        alert = codec.decode(Alert, body)
        if not isinstance(alert, Undecodable) and alert.alert_id == alert_id:
            return alert
    return None
