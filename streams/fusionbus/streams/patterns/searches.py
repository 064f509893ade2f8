"""The searches that are made. A new one stands in a file of its own and is added here."""

from collections.abc import Callable
from typing import Final

from fusionbus.streams.patterns.forecast.search import WeeklyForecast
from fusionbus.streams.patterns.money.search import MoneySearch
from fusionbus.streams.patterns.relations.coordination import CoordinationSearch
from fusionbus.streams.patterns.relations.near_repeat import NearRepeatSearch
from fusionbus.streams.patterns.shared_device import SharedDevice
from fusionbus.streams.patterns.surges.search import SurgeSearch
from fusionbus.streams.patterns.values import Search
from fusionbus.streams.patterns.watching.search import WatchSearch

SEARCHES: Final[tuple[Callable[[], Search], ...]] = (
    SharedDevice,
    SurgeSearch,
    NearRepeatSearch,
    CoordinationSearch,
    MoneySearch,
    WatchSearch,
    WeeklyForecast,
)
"""What makes an empty search of each kind; one of each is made for actual reports, and one for those of an exercise."""
