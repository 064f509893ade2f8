"""Puts the pages into the server. A page registers itself with `@ui.page`; import it here."""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from nicegui import app as pages
from nicegui import ui

from fusionbus.consumers.operations.lookout import Lookout
from fusionbus.consumers.web.pages import forecast, incident, journey, operations, oversight, picture, refusal, review
from fusionbus.consumers.web.pages.frame import STATIC, STATIC_PATH

PAGES = (forecast, picture, incident, review, journey, oversight, operations)
"""Imported for the paths they register."""


def mount(app: FastAPI, lookout: Lookout) -> None:
    """Whatever the API and sign-in do not answer is a page's path. Once in a process, because NiceGUI is one.

    The lookout looks as long as the server runs.
    """
    pages.on_startup(lookout.start)
    pages.on_shutdown(lookout.stop)
    refusal.explain(pages)
    app.mount(STATIC_PATH, StaticFiles(directory=STATIC))
    ui.run_with(app, title="fusionbus", dark=None, language="en-US", show_welcome_message=False, tailwind=False)
