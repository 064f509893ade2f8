"""Opens the server's parts over a database."""

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.web.settings import WebSettings
from fusionbus.consumers.web.site import Site
from fusionbus.shell.settings import load


def open_site(url: str, settings: WebSettings | None = None) -> Site:
    """The parts over this database, made where it is missing. Raises: Misconfigured, RetryLater."""
    return Site.over(ThreatDatabase(url), settings or load(WebSettings))
