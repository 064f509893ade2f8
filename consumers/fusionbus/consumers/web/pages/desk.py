"""What the pages of the picture work with on behalf of who looks: the database under his rights, his acts, the log."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.consumers.web import site
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.actions import Actions
from fusionbus.consumers.web.pages.picture_map import BUNDLED
from fusionbus.consumers.web.people import Person, Right


@dataclass(frozen=True)
class Desk:
    """One person at one page."""

    request: Request
    person: Person
    threats: ThreatDatabase
    viewer: Viewer
    actions: Actions
    csrf: str
    basemap: Path

    @property
    def address(self) -> str:
        """Where the person sits."""
        return site.address(self.request)

    def log(self, act: Act, what: str) -> None:
        """Writes down what the person looks at."""
        site.site(self.request).log.wrote(self.person, act, what, address=self.address)

    def now(self, right: Right | None = None) -> Person:
        """The person as of now. Raises: NotAllowed where the sign-in is over or the right is gone."""
        return site.still_signed_in(self.request, right)


def desk_of(request: Request, person: Person) -> Desk:
    """The desk of who asks."""
    here, session = site.site(request), site.session(request)
    return Desk(
        request=request,
        person=person,
        threats=here.database,
        viewer=person.viewer,
        actions=here.actions,
        csrf=session.csrf if session else "",
        basemap=here.settings.web_map or BUNDLED,
    )
