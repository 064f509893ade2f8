"""The board of operations: its panels, put up to date from what was seen. Knows nothing of sign-in."""

from collections.abc import Callable, Iterator
from typing import Final

from nicegui import ui

from fusionbus.consumers.operations.figures import figures, narrowed
from fusionbus.consumers.operations.seen import Seen
from fusionbus.consumers.web.pages import operations_view as view
from fusionbus.consumers.web.pages.live import Live
from fusionbus.consumers.web.pages.operations_public import tips

EVERY_S: Final = 1.0


class Board:
    """The panels of one open page.

    Args:
        look: what was seen last.
        agency: whose person looks.
        reviews: whether its agency is the hub's own desk, which may know of all agencies one by one.
        silent_s: after so long an agency is silent.
    """

    def __init__(self, look: Callable[[], Seen], agency: str, silent_s: float, *, reviews: bool) -> None:
        self._look, self._agency, self._silent_s, self._reviews = look, agency, silent_s, reviews
        self._parts: dict[str, Live] = {}

    def draw(self) -> None:
        """Makes the panels and keeps them up to date as long as the page is open."""
        self._parts["faults"] = Live().props("role=status")
        self._parts["now"] = Live()
        with ui.element("div").classes("panels board"):
            self._parts["agencies"] = Live().classes("broad")
            self._parts["lag"] = Live()
            with ui.element("div").classes("panels stack"):
                self._parts |= {"latency": Live(), "letters": Live()}
            self._parts |= {"outcomes": Live(), "tips": Live(), "health": Live()}
        self.put()
        ui.timer(EVERY_S, self.put)

    def put(self) -> None:
        """Shows what was seen last; what did not change is not sent."""
        for name, html in self._panels(self._look()):
            self._parts[name].put(html)

    def _panels(self, seen: Seen) -> Iterator[tuple[str, str]]:
        told = narrowed(figures(seen, self._silent_s), self._agency, reviews=self._reviews)
        sources = (*seen.sources, *((seen.broker,) if seen.broker else ()))
        yield "faults", view.faults(sources, seen.at)
        yield "now", view.summary(told, min((one.good_at for one in sources if one.ill and one.good_at), default=None))
        yield "agencies", view.agencies(told, seen.at)
        yield "lag", view.lag(told, seen.trend)
        yield "latency", view.latency(told)
        yield "outcomes", view.outcomes(told)
        if self._reviews:
            yield "tips", tips(told)
        yield "letters", view.dead_letters(told)
        yield "health", view.health(told, seen.sources, seen.broker)
