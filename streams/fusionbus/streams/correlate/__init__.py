"""Which open incident a report tells of: incremental Fellegi–Sunter with every bit explained."""

from fusionbus.streams.correlate.decide import correlate, correlate_member, no_longer_fits
from fusionbus.streams.correlate.open_incidents import Limits, OpenIncidents

__all__ = ["Limits", "OpenIncidents", "correlate", "correlate_member", "no_longer_fits"]
