"""What acts are about, read from the threat database."""

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.hub_rows import incident_as_held
from fusionbus.consumers.threats.search import alert_of
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract.alert import Alert
from fusionbus.contract.incident import Incident


class DatabaseBook:
    """Alerts under the rights of their recipient; incidents under those of an agency that reviews."""

    def __init__(self, database: ThreatDatabase) -> None:
        self._database = database

    def alert(self, agency: str, alert_id: str) -> Alert | None:
        """This agency's alert."""
        found = alert_of(self._database, Viewer(agency), alert_id)
        return None if found is None else found.alert

    def incident(self, agency: str, incident_id: str) -> Incident | None:
        """The incident as the hub holds it, for an agency whose right to review was looked at."""
        return incident_as_held(self._database, Viewer(agency, reviews=True), incident_id)
