"""Runs an agency's alert services: one thread reads alerts, one hears answers, one serves each contact."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Thread

from fusionbus.consumers.handlers import Handler, open_handler
from fusionbus.consumers.handlers.outward import OutwardSettings, secret
from fusionbus.consumers.receiver import AlertReceiver
from fusionbus.consumers.services.answers import hear
from fusionbus.consumers.services.config import AlertServices, Contact
from fusionbus.consumers.services.courier import Courier, ServiceSettings
from fusionbus.consumers.services.links import ReplySettings, links
from fusionbus.consumers.services.outbox import Outbox
from fusionbus.consumers.services.taking import ServicesHandler
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop
from fusionbus.contract.errors import FusionError
from fusionbus.shell.settings import BrokerSettings, load

GROUP = "alert-services"
JOIN_S_MAX = 30.0  # a contact's thread ends after the step it is in


def open_contacts(config: AlertServices) -> dict[str, Handler]:
    """A handler for each contact, all or none. Raises: Misconfigured, with the contact's name before the sentence."""
    opened: dict[str, Handler] = {}
    try:
        for name, contact in config.contacts.items():
            try:
                opened[name] = _open(name, contact, config)
            except FusionError as exc:
                raise type(exc)(f"Contact {name}: {exc}") from exc
    except BaseException:
        for handler in opened.values():
            handler.close()
        raise
    return opened


def run(config: AlertServices, path: Path, broker: BrokerSettings, settings: ConsumerSettings, stop: Stop) -> None:
    """Serves until a stop is asked for. Raises: FusionError, one sentence; what was taken is in the outbox."""
    faults: list[FusionError] = []
    with ExitStack() as stack:
        contacts = open_contacts(config)
        for handler in contacts.values():
            stack.callback(handler.close)
        taking = ServicesHandler(config, Outbox(path))
        stack.callback(taking.close)
        served = load(ServiceSettings)
        for name, handler in contacts.items():
            courier = Courier(name, config.agency, handler, stack.enter_context(_outbox(path)), served)
            stack.enter_context(_thread(f"contact {name}", partial(courier.run, stop), stop, faults))
        ears = stack.enter_context(_outbox(path))
        stack.enter_context(_thread("answers", partial(hear, config.agency, broker, ears, stop), stop, faults))
        letters = path.with_name(f"{path.name}.dead-letters.jsonl")
        receiver = AlertReceiver(
            config.agency, [taking], broker, group=GROUP, dead_letters=letters, settings=settings, stop=stop
        )
        receiver.run(follow=True)
    if faults:
        raise faults[0]


def _open(name: str, contact: Contact, config: AlertServices) -> Handler:
    kind, _, target = contact.handler.partition(":")
    if kind == "smtp" and contact.replies and config.reply_url:
        from fusionbus.consumers.handlers.smtp import SmtpHandler  # noqa: PLC0415 - as `open_handler` does

        return SmtpHandler(target, load(OutwardSettings), links(config.reply_url, name, load(ReplySettings)))
    if kind == "webhook" and contact.secret_file:
        from fusionbus.consumers.handlers.webhook import WebhookHandler  # noqa: PLC0415

        return WebhookHandler(target, load(OutwardSettings), secret(None, contact.secret_file, "secret_file"))
    return open_handler(contact.handler)


@contextmanager
def _outbox(path: Path) -> Iterator[Outbox]:
    opened = Outbox(path)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def _thread(name: str, work: Callable[[], None], stop: Stop, faults: list[FusionError]) -> Iterator[None]:
    """Works on a thread of its own; a fault there ends the whole service, for a supervisor to start it again."""

    def guarded() -> None:
        try:
            work()
        except FusionError as exc:
            faults.append(exc)
        finally:
            stop.request()

    thread = Thread(target=guarded, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.request()
        thread.join(JOIN_S_MAX)
