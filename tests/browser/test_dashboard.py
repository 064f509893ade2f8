"""The dashboard in a real browser, over a bus that runs: what is seen, what is done, and what is not seen."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from browser_cast import federation, of, story
from browsing import House, Looker, a_house, axe_faults, looking
from fusionbus.consumers.threats.viewer import Role
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.report import ThreatReport
from running_hub import until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]

PEOPLE: Final = (
    ("NACTA", Role.SUPERVISOR),
    ("NACTA", Role.OPERATOR),
    ("CTD-KP", Role.ANALYST),
    ("POLICE-KP", Role.ANALYST),
    ("POLICE-BA", Role.ANALYST),
)
PATHS: Final = ("/", "/operations", "/journey", "/review")
COMES_MS_MAX: Final = 30_000
"""What the hub makes of something is on the page within a second on a quiet machine; a busy one gets the rest."""
LATE: Final = "police_lines_mosque"
"""The attack that is told while somebody looks."""


@pytest.fixture(scope="module")
def told() -> list[ThreatReport]:
    return story()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, told: list[ThreatReport]) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("house"), federation()) as running:
        for agency, role in PEOPLE:
            running.sign_up(agency, role)
        late = of(told, LATE)
        running.bus.send(*(report for report in told if report not in late))
        yield running


@pytest.fixture(scope="module")
def looker(house: House) -> Iterator[Looker]:
    with looking(house) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def supervisor(looker: Looker) -> Page:
    return looker.signed_in("NACTA", Role.SUPERVISOR)


def comes(page: Page, words: str) -> None:
    expect(page.get_by_text(words).first).to_be_visible(timeout=COMES_MS_MAX)


def answers(page: Page, button: str, **fields: str) -> None:
    """A button of the page, its question filled in and sent."""
    page.get_by_role("button", name=button).first.click()
    dialog = page.get_by_role("dialog")
    for label, value in fields.items():
        dialog.get_by_label(label).fill(value)
    dialog.get_by_role("button", name="Send to the hub").click()


def part_of(house: House) -> str:
    """The incident that stays, as the hub's answer names it: the older one."""
    said = [one.sentence or "" for one in house.bus.receipts_of("NACTA") if "is part of" in (one.sentence or "")]
    return said[-1].partition("is part of")[2]


def test_an_incident_appears_while_somebody_looks_and_opens(
    house: House, supervisor: Page, told: list[ThreatReport]
) -> None:
    supervisor.goto(house.url)
    comes(supervisor, "Suicide bombing, Bannu")
    late = of(told, LATE)
    assert "Police Lines" not in supervisor.content()
    house.bus.send(*late)
    line = supervisor.locator(f'a[href="/incidents/{house.incident_of(late[0])}"]').first
    expect(line).to_be_visible(timeout=COMES_MS_MAX)
    line.click()
    comes(supervisor, "Origins and echoes")
    expect(supervisor).to_have_url(f"{house.url}/incidents/{house.incident_of(late[0])}")


def test_an_alert_that_is_acknowledged_on_the_page_is_in_the_originators_receipts(
    house: House, looker: Looker, told: list[ThreatReport]
) -> None:
    first = of(told, "bajaur_rally")[0]
    assert first.agency == "POLICE-KP"
    page = looker.signed_in("CTD-KP", Role.ANALYST)
    page.goto(f"{house.url}/incidents/{house.incident_of(first)}")
    comes(page, "Origins and echoes")
    answers(page, "Acknowledge")

    def outcomes() -> set[ReceiptOutcome]:
        return {one.outcome for one in house.bus.receipts_of("POLICE-KP") if one.report_id == first.report_id}

    until(lambda: ReceiptOutcome.ACKNOWLEDGED in outcomes(), "the originator's receipt tells of it")
    origin = looker.signed_in("POLICE-KP", Role.ANALYST)
    origin.goto(f"{house.url}/journey?report={first.local_ref}")
    comes(origin, "Answered by a recipient")
    assert "CTD-KP" not in origin.get_by_role("list").last.inner_text()


def test_a_merge_is_made_and_undone_on_the_page(house: House, supervisor: Page, told: list[ThreatReport]) -> None:
    one, other = (house.incident_of(of(told, name)[0]) for name in ("besham_convoy", "kurram_convoy"))
    supervisor.goto(f"{house.url}/incidents/{one}")
    comes(supervisor, "Origins and echoes")
    answers(supervisor, "Join with another", **{"The other incident": other, "Reason": "The same convoy."})
    comes(supervisor, "is part of")
    stays, gone = sorted((one, other), key=lambda name: name not in part_of(house))
    supervisor.goto(f"{house.url}/incidents/{stays}")
    undo = supervisor.get_by_role("button", name=f"Undo merge of {gone[:8]}")
    expect(undo).to_be_visible(timeout=COMES_MS_MAX)
    answers(supervisor, f"Undo merge of {gone[:8]}", Reason="Two convoys after all.")
    expect(undo).to_have_count(0, timeout=COMES_MS_MAX)


def test_whoever_has_no_right_to_an_incident_sees_nothing_of_it(
    house: House, looker: Looker, told: list[ThreatReport]
) -> None:
    incident = house.incident_of(of(told, "bajaur_rally")[0])
    assert not any(alert.incident_id == incident for alert in house.bus.alerts_of("POLICE-BA"))
    page = looker.signed_in("POLICE-BA", Role.ANALYST)
    comes(page, "Musakhel")
    assert "Bajaur" not in page.content()
    page.goto(f"{house.url}/incidents/{incident}")
    comes(page, "was told of no incident of this id")
    page.goto(f"{house.url}/operations")
    comes(page, "POLICE-BA")
    assert "CTD-KP" not in page.content()
    assert page.get_by_role("link", name="Review").count() == 0


def test_an_operator_sees_how_the_bus_runs_and_no_incident(house: House, looker: Looker) -> None:
    page = looker.signed_in("NACTA", Role.OPERATOR)
    page.goto(house.url)
    expect(page).to_have_url(f"{house.url}/operations")
    comes(page, "CTD-KP")
    expect(page.locator(".figures dd").first).to_have_text("1 of 1", timeout=COMES_MS_MAX)
    assert "Suicide bombing" not in page.content()


def test_a_source_out_of_reach_is_told_and_its_figures_are_old(house: House, looker: Looker) -> None:
    page = looker.signed_in("NACTA", Role.OPERATOR)
    page.goto(f"{house.url}/operations")
    comes(page, "POLICE-KP")
    house.stop("keeper")
    try:
        comes(page, f"Nothing answers at http://127.0.0.1:{house.keeper_port}/metrics")
        comes(page, "what is shown of it is old")
    finally:
        house.keep()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(
    house: House, looker: Looker, told: list[ThreatReport], dark: bool
) -> None:
    page = looker.signed_in("NACTA", Role.SUPERVISOR, dark=dark)
    first = of(told, "bajaur_rally")[0]
    paths = (*PATHS, f"/incidents/{house.incident_of(first)}", f"/journey?report={first.report_id}", "/sign-in")
    for path in paths:
        page.goto(house.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_timeout(500)
        assert axe_faults(page) == [], path


def test_the_keyboard_alone_goes_everywhere_and_tells_how(house: House, looker: Looker) -> None:
    page = looker.signed_in("CTD-KP", Role.ANALYST)
    page.goto(f"{house.url}/operations")
    comes(page, "Agencies")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(page).to_have_url(f"{house.url}/journey")
    page.keyboard.press("t")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_nothing_was_asked_of_another_machine(looker: Looker) -> None:
    assert looker.strangers == []
