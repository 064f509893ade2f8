"""The page of the weekly forecast: what it says of each district, how good it has been, and what it is not."""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Final

from anyio import to_thread
from fastapi import Request
from nicegui import ui

from fusionbus.consumers.threats.forecasts import WeeklyForecast, newest_forecast
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.pages.desk import desk_of
from fusionbus.consumers.web.pages.forecast_words import class_of, percent, week_said
from fusionbus.consumers.web.pages.frame import frame
from fusionbus.consumers.web.pages.live import Live
from fusionbus.consumers.web.pages.marks import STYLE
from fusionbus.consumers.web.people import Right
from fusionbus.consumers.web.site import signed_in
from fusionbus.contract.errors import FusionError
from fusionbus.contract.sections import AreaRisk, Figure

POLL_S: Final = 60.0
"""It comes once a week."""
POLICY: Final = (
    "A forecast counts where attacks were. It knows of no plan and of no person. <strong>Nobody may be stopped, "
    "searched or held for living in, or passing through, a district with a high number</strong>; and a low number is "
    "no safety."
)
NONE: Final = (
    '<p class="nothing">Your agency has been sent no forecast. It comes once a week, on Monday, to those who '
    "subscribe to findings of the kind <code>forecast</code>, after four weeks of reports.</p>"
)


@ui.page("/forecast")
async def show_forecast(request: Request) -> None:
    """The page."""
    person = signed_in(request, Right.READ)
    desk = desk_of(request, person)
    await to_thread.run_sync(desk.log, Act.VIEW, "forecast")
    ui.add_head_html(STYLE)
    with frame("Forecast", person, "/forecast", desk.csrf):
        shown = Live().classes("forecast")

    async def refresh() -> None:
        try:
            found = await to_thread.run_sync(newest_forecast, desk.threats, desk.viewer)
        except FusionError as exc:
            shown.put(f'<p class="bad" role="status">{escape(str(exc))}</p>')
            return
        shown.put(forecast_html(found, datetime.now(UTC)))

    await refresh()
    ui.timer(POLL_S, refresh)


def forecast_html(found: WeeklyForecast | None, now: datetime) -> str:
    """The whole page below its heading."""
    policy = f'<p class="panel wide policy">{POLICY}</p>'
    if found is None:
        return policy + NONE
    body = found.alert.body
    told = (body.narrative if body else None) or ""
    return (
        f'{policy}<p role="status">{_week(found, now)}</p><div class="panels">'
        f'<section class="panel"><h2>In words</h2><p dir="auto">{escape(told)}</p></section>'
        f'<section class="panel"><h2>How good it has been</h2>{_figures(found.section.figures)}</section></div>'
        f'<section class="panel wide"><h2>Every district</h2>{_districts(found.section.areas)}</section>'
    )


def _week(found: WeeklyForecast, now: datetime) -> str:
    late = ' <strong class="warn">That week is over, and no newer forecast has come.</strong>'
    return escape(week_said(found.section.window)) + (late if now >= found.section.window.end else "")


def _figures(figures: Iterable[Figure]) -> str:
    rows = "".join(
        f'<tr><th scope="row" dir="auto">{escape(each.name)}</th><td class="number">{_number(each.value)}</td>'
        f'<td class="number">{"" if each.threshold is None else _number(each.threshold)}</td>'
        f'<td dir="auto">{escape(each.source or "")}</td></tr>'
        for each in figures
    )
    return (
        '<div class="scrolls" tabindex="0" role="region" aria-label="Figures"><table class="facts"><thead><tr>'
        '<th scope="col">Figure</th>'
        '<th scope="col" class="number">Value</th><th scope="col" class="number">Held against</th>'
        '<th scope="col">Which is</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 1 else f"{value:.4f}"


def _districts(areas: Iterable[AreaRisk]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><bdi dir="auto">{escape(each.district)}</bdi></th>'
        f'<td class="number"><span class="risk-swatch risk-{class_of(each.probability)}" aria-hidden="true"></span>'
        f"{percent(each.probability)}</td>"
        f'<td class="number">{percent(each.low)} to {percent(each.high)}</td>'
        f'<td class="number">{percent(each.climatology)}</td></tr>'
        for each in sorted(areas, key=lambda each: (-each.probability, each.district))
    )
    return (
        '<div class="scrolls forecast-rows" tabindex="0" role="region" aria-label="Every district">'
        '<table class="facts"><thead><tr>'
        '<th scope="col">District</th><th scope="col" class="number">Chance of an attack</th>'
        '<th scope="col" class="number">Between (90 % sure, if the model is right)</th>'
        f'<th scope="col" class="number">Long run alone</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )
