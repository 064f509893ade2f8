"""The tip form and the desk in Chromium: a phone's screen, Urdu, no script, and what axe says."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from browsing import LAPTOP, Looker, axe_faults, looking
from tip_house import TipHouse, tip_house

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

PHONE = (360, 640)
"""The smallest screen in wide use."""
URDU = "پل کے نیچے بم رکھا ہے، آج رات"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TipHouse]:
    with tip_house(tmp_path_factory.mktemp("tips")) as open_house:
        yield open_house


@pytest.fixture(scope="module")
def looker(house: TipHouse) -> Iterator[Looker]:
    with looking(house) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def desk(house: TipHouse, looker: Looker) -> Page:
    page = looker.page(LAPTOP)
    page.goto(f"{house.desk_url}/sign-in")
    page.get_by_label("Token").fill(house.command("token", "Desk 1"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tips that wait")
    return page


def without_script(looker: Looker) -> Page:
    context = looker.browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, java_script_enabled=False, locale="ur-PK"
    )
    return context.new_page()


def test_on_a_small_phone_without_scripts_in_urdu_a_tip_is_told_and_asked_about(
    house: TipHouse, looker: Looker
) -> None:
    page = without_script(looker)
    page.goto(house.url)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.locator("#text").fill(URDU)
    page.get_by_role("button").click()
    code = page.locator("#code").inner_text()
    page.get_by_role("link", name="اطلاع کے بارے میں پوچھیں").click()
    page.locator("#code").fill(code)
    page.get_by_role("button").click()
    expect(page.locator("#standing")).to_have_text("مل گئی ہے")


@pytest.mark.parametrize("language", ["en", "ur"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious_and_a_small_phone_need_not_scroll_sideways(
    house: TipHouse, looker: Looker, language: str, dark: bool
) -> None:
    page = looker.page(PHONE, dark=dark)
    for path in ("/", "/ask"):
        page.goto(f"{house.url}{path}?lang={language}")
        assert axe_faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.goto(f"{house.url}/?lang={language}")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert axe_faults(page) == []
    assert page.evaluate("document.fonts.check('16px \"Noto Naskh Arabic\"', 'بم')")


def test_axe_finds_nothing_serious_at_the_desk_and_danger_is_at_the_top(house: TipHouse, desk: Page) -> None:
    house.tell(text="Somebody photographs the dam every Friday.")
    house.tell(text="A bomb is in the bus at the old mill.")
    desk.goto(house.desk_url)
    expect(desk.locator("tbody tr").first).to_contain_text("danger")
    expect(desk.locator("audio")).to_be_attached()
    for path in ("/", "/tips/1", "/call", "/decided", "/audit"):
        desk.goto(house.desk_url + path)
        assert axe_faults(desk) == [], path


def test_a_call_is_written_down_and_decided_with_the_keyboard_alone(house: TipHouse, desk: Page) -> None:
    desk.goto(f"{house.desk_url}/call")
    desk.get_by_label("What the caller says").focus()
    desk.keyboard.type("Men with rifles stand at the school now.")
    desk.get_by_label("Lives are in danger now").focus()
    desk.keyboard.press("Space")
    desk.get_by_role("button", name="Take it").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#code")).to_be_visible()
    number = house.command("list").splitlines()[-2].split()[0]
    desk.goto(f"{house.desk_url}/tips/{number}")
    desk.get_by_label("Why it is refused").fill("An exercise of this test.")
    desk.get_by_role("button", name="Refuse").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Tips that wait")
    desk.goto(f"{house.desk_url}/decided")
    expect(desk.locator("tbody tr").first).to_contain_text("An exercise of this test.")


def test_nothing_was_asked_of_another_machine(looker: Looker) -> None:
    assert looker.strangers == []
