"""Opens the server's parts over a database."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.where import default_url
from fusionbus.consumers.web.actions import Sender
from fusionbus.consumers.web.control_sender import ControlSender
from fusionbus.consumers.web.settings import WebSettings
from fusionbus.consumers.web.site import Site
from fusionbus.shell.settings import BrokerSettings, load


def open_site(url: str, settings: WebSettings | None = None, sender: Sender | None = None) -> Site:
    """The parts over this database, made where it is missing. Raises: Misconfigured, RetryLater."""
    way = sender or ControlSender(load(BrokerSettings))
    return Site.over(ThreatDatabase(url), settings or load(WebSettings), way)


@contextmanager
def opened(url: str | None) -> Iterator[Site]:
    """As `open_site`, by default over this user's own database; closes what it opened.

    The broker is asked for when somebody acts.
    """
    with closing(ControlSender(load(BrokerSettings))) as sender:
        site = open_site(url or default_url(), sender=sender)
        try:
            yield site
        finally:
            site.oversight.close()
            site.database.close()
