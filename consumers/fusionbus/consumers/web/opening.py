"""Opens the server's parts over a database."""

from sqlalchemy import create_engine, inspect

from fusionbus.consumers.web.access_log import forbid_changes
from fusionbus.consumers.web.settings import WebSettings
from fusionbus.consumers.web.site import Site
from fusionbus.consumers.web.tables import ACCESS_LOG, PEOPLE
from fusionbus.shell.settings import load


def open_site(database: str) -> Site:
    """The parts over this database, made where it is missing. Raises: Misconfigured, RetryLater."""
    engine = create_engine(database)
    PEOPLE.create_all(engine)
    if inspect(engine).has_table(ACCESS_LOG.name):
        with engine.begin() as connection:
            forbid_changes(connection)
    return Site.over(engine, load(WebSettings))
