"""A part of a page as HTML that changes while it is looked at, and tells what was chosen in it."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

Pairs = list[tuple[str, str]]
OnForm = Callable[[Pairs], Awaitable[None]]
OnPress = Callable[[dict[str, str]], Awaitable[None]]
FIELDS_MAX = 250
"""A form of ours has at most a box for each of an incident's 200 reports."""


class Live(Element, component="live_html.js"):
    """HTML made by our own functions, which escape what others wrote."""

    def __init__(self, html: str = "", *, on_form: OnForm | None = None, on_press: OnPress | None = None) -> None:
        super().__init__()
        self._props["html"] = html
        if on_form is not None:
            heard_form = on_form

            async def form(event: GenericEventArguments) -> None:
                await heard_form(_pairs(event.args))

            self.on("form", form)
        if on_press is not None:
            heard_press = on_press

            async def press(event: GenericEventArguments) -> None:
                await heard_press(_words(event.args))

            self.on("press", press)

    def put(self, html: str) -> None:
        """Shows this now; nothing is sent where nothing changed."""
        if self._props["html"] != html:
            self._props["html"] = html
            self.update()


def _pairs(told: Any) -> Pairs:
    """The fields of a form; whatever is none is left out, for anybody may send anything."""
    if not isinstance(told, list):
        return []
    return [
        (pair[0], pair[1])
        for pair in told[:FIELDS_MAX]
        if isinstance(pair, list) and len(pair) == len("kv") and all(isinstance(part, str) for part in pair)
    ]


def _words(told: Any) -> dict[str, str]:
    if not isinstance(told, dict):
        return {}
    return {str(name): value for name, value in list(told.items())[:FIELDS_MAX] if isinstance(value, str)}
