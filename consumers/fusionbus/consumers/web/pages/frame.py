"""The frame of every page: name, navigation, who is signed in, light or dark, keyboard."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from nicegui import ui

from fusionbus.consumers.web.people import Person, Right

STATIC: Final = Path(__file__).resolve().parents[1] / "static"
STATIC_PATH: Final = "/static"
"""Where the server shows the files of STATIC: style, script and the font for Urdu. Nothing comes from elsewhere."""
HEAD: Final = f'<link rel="stylesheet" href="{STATIC_PATH}/frame.css"><script src="{STATIC_PATH}/frame.js"></script>'


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of the navigation; `key` opens it after `g`."""

    path: str
    name: str
    key: str
    right: Right


TABS: Final = (
    Tab("/", "Picture", "p", Right.READ),
    Tab("/review", "Review", "r", Right.REVIEW),
    Tab("/forecast", "Forecast", "f", Right.READ),
    Tab("/journey", "Report's journey", "j", Right.READ),
    Tab("/oversight", "Oversight", "v", Right.OVERSIGHT),
    Tab("/operations", "Operations", "o", Right.OPERATIONS),
)


@contextmanager
def frame(title: str, person: Person, path: str, csrf: str) -> Iterator[None]:
    """Draws the frame around what the block draws; `path` is the tab that is open, `csrf` guards the sign-out."""
    ui.add_head_html(HEAD)
    ui.page_title(f"{title} · fusionbus")
    with ui.header():
        ui.html(bar(person, path, csrf), sanitize=False)
    ui.html(help_dialog(tabs_of(person)), sanitize=False)
    with ui.element("div").classes("page") as page:
        ui.skip_link("Skip to the content", target=page)
        ui.html(f"<h1>{escape(title)}</h1>", sanitize=False)
        yield


def tabs_of(person: Person) -> tuple[Tab, ...]:
    """The pages this person may open."""
    return tuple(tab for tab in TABS if person.may(tab.right))


def bar(person: Person, path: str, csrf: str) -> str:
    """The HTML of the bar at the top."""
    links = "".join(
        f'<li><a href="{tab.path}" data-go="{tab.key}"{_current(tab, path)}>{escape(tab.name)}</a></li>'
        for tab in tabs_of(person)
    )
    who = f"{escape(person.name)} · {escape(person.agency)}"
    return (
        f'<div class="bar"><span class="name">fusionbus</span><nav aria-label="Pages"><ul>{links}</ul></nav>'
        f'<div class="who"><span dir="auto">{who}</span>'
        '<button type="button" data-theme-switch>Colours</button>'
        '<button type="button" data-help>Keys <kbd>?</kbd></button>'
        f'<form method="post" action="/sign-out"><input type="hidden" name="csrf" value="{escape(csrf)}">'
        '<button type="submit">Sign out</button></form></div></div>'
    )


def help_dialog(tabs: Collection[Tab]) -> str:
    """The HTML of the overlay that tells the keys; they can be turned off (WCAG 2.2, 2.1.4)."""
    keys = {f"g {tab.key}": f"to {tab.name}" for tab in tabs}
    keys |= {"/": "to the search field", "t": "other colours: as the system, light, dark", "?": "this help"}
    rows = "".join(f"<dt><kbd>{key}</kbd></dt><dd>{escape(does)}</dd>" for key, does in keys.items())
    return (
        '<dialog class="help" aria-labelledby="help-title"><h2 id="help-title">Keys</h2>'
        f"<dl>{rows}<dt><kbd>Tab</kbd></dt><dd>from control to control; the first is a link to the content</dd></dl>"
        '<p><label><input type="checkbox" data-keys checked> Use the keys of one letter</label></p>'
        '<button type="button" class="do" data-close>Close</button></dialog>'
    )


def _current(tab: Tab, path: str) -> str:
    return ' aria-current="page"' if tab.path == path else ""
