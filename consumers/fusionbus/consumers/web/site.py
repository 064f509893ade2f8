"""What every request may use: the database, who asks, and the log. Made once, found through the request."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self, cast

from sqlalchemy import select
from starlette.requests import HTTPConnection

from fusionbus.consumers.operations.heard import heard
from fusionbus.consumers.operations.lookout import Lookout
from fusionbus.consumers.operations.settings import OperationsSettings
from fusionbus.consumers.oversight.desk import Oversight
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables_hub import agencies
from fusionbus.consumers.web.access_log import AccessLog, Act, Outcome
from fusionbus.consumers.web.accounts import Accounts
from fusionbus.consumers.web.actions import Actions, Sender
from fusionbus.consumers.web.api_tokens import ApiTokens
from fusionbus.consumers.web.book import DatabaseBook
from fusionbus.consumers.web.brake import Brake
from fusionbus.consumers.web.people import Person, Right
from fusionbus.consumers.web.sessions import Session, Sessions
from fusionbus.consumers.web.settings import WebSettings
from fusionbus.contract.errors import NotAllowed
from fusionbus.shell.settings import BrokerSettings, load

SIGN_IN_AGAIN = "Your sign-in is over: sign in again."


@dataclass(frozen=True)
class Site:
    """The server's parts."""

    database: ThreatDatabase
    settings: WebSettings
    accounts: Accounts
    sessions: Sessions
    tokens: ApiTokens
    log: AccessLog
    actions: Actions
    lookout: Lookout
    """Looks at how the bus runs once it is started; the page of operations shows it."""
    brake: Brake = field(default_factory=Brake)
    oversight: Oversight = field(default_factory=Oversight)

    @classmethod
    def over(cls, database: ThreatDatabase, settings: WebSettings, sender: Sender) -> Self:
        """The parts over this database; `sender` is the way to the hub."""
        log = AccessLog(database)
        return cls(
            database=database,
            settings=settings,
            accounts=Accounts(database, settings.web_scrypt_log2_n),
            sessions=Sessions(database, settings),
            tokens=ApiTokens(database),
            log=log,
            actions=Actions(DatabaseBook(database), sender, log),
            oversight=Oversight(settings.oversight_url),
            lookout=Lookout(load(OperationsSettings), load(BrokerSettings), partial(heard, database)),
        )

    def session(self, secret: str, *, used: bool = True) -> Session | None:
        """The session of this secret, with what the registry says of the agency."""
        found = self.sessions.of(secret, used=used)
        person = None if found is None else self._registered(found.person)
        return None if found is None or person is None else replace(found, person=person)

    def program(self, token: str) -> Person | None:
        """Who asks with this API token."""
        found = self.tokens.of(token)
        return None if found is None else self._registered(found)

    def _registered(self, person: Person) -> Person | None:
        """The person as the registry says of the agency; nobody where that is put out. An agency's own has none."""
        with self.database.reading() as connection:
            asked = select(agencies.c.active, agencies.c.reviews).where(agencies.c.agency == person.agency)
            row = connection.execute(asked).one_or_none()
        if row is None:
            return person
        return replace(person, reviews=row.reviews) if row.active else None


def site(request: HTTPConnection) -> Site:
    """The server's parts."""
    return cast("Site", request.state.site)


def session(request: HTTPConnection) -> Session | None:
    """The session that the request came with, as it was when it came."""
    return cast("Session | None", request.state.session)


def signed_in(request: HTTPConnection, right: Right | None = None) -> Person:
    """Who asks. Raises: NotAllowed where nobody is signed in, or the right is missing; the refusal is logged."""
    person = cast("Person | None", request.state.person)
    if person is None:
        raise NotAllowed(SIGN_IN_AGAIN)
    return _with(right, person, request)


def still_signed_in(request: HTTPConnection, right: Right | None = None) -> Person:
    """As `signed_in`, asked anew: for what is clicked in a page that has been open for a while."""
    before = session(request)
    now = None if before is None else site(request).session(before.secret)
    if now is None:
        raise NotAllowed(SIGN_IN_AGAIN)
    return _with(right, now.person, request)


def address(request: HTTPConnection) -> str:
    """Where the request came from."""
    return request.client.host if request.client else "unknown"


def _with(right: Right | None, person: Person, request: HTTPConnection) -> Person:
    if right is not None and not person.may(right):
        what = f"{right.value} {request.url.path}"
        site(request).log.wrote(person, Act.VIEW, what, Outcome.REFUSED, address(request))
        person.demand(right)
    return person
