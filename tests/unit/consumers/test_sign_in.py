"""Signing in: who gets in, what slows a guesser, when a session ends, and what of it the database holds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from fusionbus.consumers.threats.tables_hub import agencies
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.access_log import Act, Outcome
from fusionbus.consumers.web.people import Person, Right
from fusionbus.consumers.web.site import Site
from fusionbus.contract.errors import Misconfigured, NotAllowed
from threats import BOTH, empty_url, rows
from visitors import CHOSEN, HOME, Visitor, a_site, an_empty_site, program, signed_in


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = an_empty_site(tmp_path)
    yield made
    made.database.close()


@pytest.fixture(params=BOTH)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    made = a_site(empty_url(request.param, tmp_path, request))
    yield made
    made.database.close()


def acts(site: Site) -> list[tuple[str, str, str]]:
    return [(entry.who, entry.act.value, entry.outcome.value) for entry in site.log.newest(None, 100)]


def test_who_signs_in_first_chooses_a_password_and_is_let_in(either: Site) -> None:
    first = either.accounts.add("CTD-KP", "watch-2", Role.ANALYST)
    visitor = Visitor.at(either)
    assert visitor.get("/").headers["location"] == "/sign-in?next=/"
    assert visitor.sign_in("ctd-kp", "Watch-2", first, next="/incidents").headers["location"] == "/password"
    assert visitor.get("/anything").headers["location"] == "/password", "no page opens before that"
    changed = visitor.send("/password", old=first, new=CHOSEN, again=CHOSEN, csrf=visitor.csrf())
    assert changed.headers["location"] == "/"
    assert visitor.get("/anything").status_code == 404, "signed in, and there is no such page"
    again = Visitor.at(either).sign_in("CTD-KP", "watch-2", CHOSEN, next="/incidents")
    assert again.headers["location"] == "/incidents"
    assert acts(either) == [
        ("watch-2", "sign_in", "done"),
        ("watch-2 (analyst)", "password", "done"),
        ("watch-2", "sign_in", "done"),
    ]


@pytest.mark.parametrize(
    ("agency", "name", "password"),
    [
        ("CTD-KP", "watch-2", "wrong"),
        ("CTD-PB", "watch-2", CHOSEN),
        ("CTD-KP", "watch-3", CHOSEN),
        ("", "", ""),
        ("' OR 1=1 --", "' OR 1=1 --", "' OR 1=1 --"),
        ("CTD-KP", "watch-2", "x" * 300),
    ],
)
def test_nobody_else_gets_in_and_all_hear_the_same(site: Site, agency: str, name: str, password: str) -> None:
    signed_in(site, "CTD-KP", Role.ANALYST, "watch-2")
    refused = Visitor.at(site).sign_in(agency, name, password)
    assert refused.status_code == 401
    assert "do not belong together" in refused.text
    assert "set-cookie" not in refused.headers


def test_an_account_switched_off_is_out_at_once_and_back_when_on(either: Site) -> None:
    visitor = signed_in(either, "CTD-KP", Role.ANALYST)
    either.accounts.switch("CTD-KP", "desk-1", active=False)
    assert visitor.get("/").headers["location"] == "/sign-in?next=/"
    assert visitor.sign_in("CTD-KP", "desk-1", CHOSEN).status_code == 401
    either.accounts.switch("CTD-KP", "desk-1", active=True)
    assert visitor.sign_in("CTD-KP", "desk-1", CHOSEN).status_code == 303


def test_an_agency_put_out_of_the_registry_is_out_with_all_its_people_and_programs(either: Site) -> None:
    visitor, token = signed_in(either, "CTD-KP", Role.ANALYST), program(either, "CTD-KP", Role.ANALYST)
    row = {"agency": "CTD-KP", "name": "x", "reviews": True, "active": True, "contact": "x", "json": "{}"}
    with either.database.writing() as connection:
        connection.execute(agencies.insert(), row)
    assert visitor.get("/anything").status_code == 404
    with either.database.writing() as connection:
        connection.execute(agencies.update().values(active=False))
    assert visitor.get("/anything").status_code == 303
    assert visitor.get("/api/v1/x", **token).status_code == 401


def test_guessing_is_slowed_down_at_one_address_and_the_owner_elsewhere_gets_in(site: Site) -> None:
    signed_in(site, "CTD-KP", Role.ANALYST, "watch-2")
    guesser, owner = Visitor.at(site, "192.0.2.66"), Visitor.at(site, "192.0.2.2")
    answers = [guesser.sign_in("CTD-KP", "watch-2", f"guess {number}") for number in range(8)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert guesser.sign_in("CTD-KP", "watch-2", CHOSEN).status_code == 429, "a right guess is not looked at"
    assert owner.sign_in("CTD-KP", "watch-2", CHOSEN).status_code == 303
    assert ("watch-2", "sign_in", "slowed") in acts(site)


def test_a_session_ends_when_idle_and_in_any_case_after_a_shift(either: Site) -> None:
    either.accounts.add("CTD-KP", "desk", Role.ANALYST)
    either.accounts.add("CTD-KP", "wall", Role.OPERATOR)
    desk, wall = either.accounts.all("CTD-KP")
    start = datetime(2026, 3, 1, tzinfo=UTC)
    here, screen = either.sessions.start(desk, start), either.sessions.start(wall, start)
    assert either.sessions.of(here, start + timedelta(minutes=29)), "used, so it goes on"
    assert either.sessions.of(here, start + timedelta(minutes=58))
    assert either.sessions.of(here, start + timedelta(minutes=89)) is None
    assert either.sessions.of(screen, start + timedelta(hours=11)), "the screen of the duty room reads no bodies"
    assert either.sessions.of(screen, start + timedelta(hours=13)) is None


def test_looking_on_does_not_keep_a_session_alive(site: Site) -> None:
    site.accounts.add("CTD-KP", "desk", Role.ANALYST)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    secret = site.sessions.start(site.accounts.all()[0], start)
    assert site.sessions.of(secret, start + timedelta(minutes=20), used=False)
    assert site.sessions.of(secret, start + timedelta(minutes=31)) is None


def test_a_new_password_ends_every_session_and_so_does_signing_out(site: Site) -> None:
    one = signed_in(site, "CTD-KP", Role.ANALYST)
    two = Visitor.at(site)
    two.sign_in("CTD-KP", "desk-1", CHOSEN)
    changed = two.send(
        "/password", old=CHOSEN, new="other long words here", again="other long words here", csrf=two.csrf()
    )
    assert changed.status_code == 303
    assert one.get("/").status_code == 303
    assert two.get("/anything").status_code == 404
    secret = two.client.cookies["fusion_session"]
    assert two.send("/sign-out", csrf=two.csrf()).headers["location"] == "/sign-in"
    assert site.session(secret) is None, "it has ended here, not only in the browser"


@pytest.mark.parametrize(
    ("new", "again"),
    [
        ("short", "short"),
        ("river stone eleven", "river stone twelve"),
        ("aaaaaaaaaaaaaaaa",) * 2,
        ("my ctd-kp words",) * 2,
    ],
)
def test_a_weak_or_mistyped_password_is_refused_in_a_sentence(site: Site, new: str, again: str) -> None:
    visitor = signed_in(site, "CTD-KP", Role.ANALYST)
    refused = visitor.send("/password", old=CHOSEN, new=new, again=again, csrf=visitor.csrf())
    assert refused.status_code == 400
    assert 'class="refusal"' in refused.text
    assert Visitor.at(site).sign_in("CTD-KP", "desk-1", CHOSEN).status_code == 303, "the old one holds"


def test_a_form_of_another_site_or_session_changes_nothing(site: Site) -> None:
    visitor = signed_in(site, "CTD-KP", Role.ANALYST)
    foreign = {"Origin": "http://evil.example"}
    for headers in (foreign, {}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = visitor.ask("POST", "/sign-out", data={"csrf": visitor.csrf()}, headers=headers)
        assert answer.status_code == 403, headers
    assert visitor.send("/sign-out", csrf="0" * 64).status_code == 403
    assert visitor.get("/anything").status_code == 404, "still signed in"


def test_a_line_of_another_site_is_refused_and_one_without_a_session_too(site: Site) -> None:
    visitor, stranger = signed_in(site, "CTD-KP", Role.ANALYST), Visitor.at(site)
    assert visitor.opens_line("/line", HOME)
    assert not visitor.opens_line("/line", "http://evil.example")
    assert not stranger.opens_line("/line", HOME)


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site_after_signing_in(site: Site, path: str) -> None:
    signed_in(site, "CTD-KP", Role.ANALYST)
    assert Visitor.at(site).sign_in("CTD-KP", "desk-1", CHOSEN, next=path).headers["location"] == "/"


def test_another_name_of_the_server_and_too_large_a_request_are_refused(site: Site) -> None:
    visitor = Visitor.at(site)
    assert visitor.get("/sign-in", Host="evil.example").status_code == 421
    assert visitor.sign_in("CTD-KP", "desk-1", "x" * 70_000).status_code == 413


def test_every_answer_forbids_frames_guessed_types_and_keeping(site: Site) -> None:
    for path in ("/", "/sign-in", "/api/v1/incidents", "/no-such-page"):
        headers = Visitor.at(site).get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_cookies_are_out_of_reach_of_scripts_and_with_tls_go_over_it_only(tmp_path: Path) -> None:
    plain = an_empty_site(tmp_path)
    first = plain.accounts.add("CTD-KP", "desk-1", Role.ANALYST)
    cookie = Visitor.at(plain).sign_in("CTD-KP", "desk-1", first).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    safe = an_empty_site(tmp_path, web_tls=True)
    answer = Visitor.at(safe).sign_in("CTD-KP", "desk-1", first)
    assert answer.headers["set-cookie"].startswith("__Host-fusion_session=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers


def test_the_database_holds_no_password_no_token_and_no_session_that_could_be_used(either: Site) -> None:
    visitor, header = signed_in(either, "CTD-KP", Role.ANALYST), program(either, "CTD-KP", Role.AUDITOR)
    visitor.sign_in(CHOSEN, CHOSEN, CHOSEN)
    secrets = (CHOSEN, header["Authorization"].split()[1], visitor.client.cookies["fusion_session"])
    tables = ("accounts", "api_tokens", "sessions", "access_log")
    kept = repr([rows(either.database, f"SELECT * FROM {table}") for table in tables])  # noqa: S608 - names from above
    assert [secret for secret in secrets if secret in kept] == []


def test_the_access_log_is_only_added_to(either: Site) -> None:
    either.log.wrote(Person("1", "CTD-KP", "desk-1", Role.ANALYST), Act.VIEW, "incident 1")
    for statement in ("UPDATE access_log SET who = 'x'", "DELETE FROM access_log"):
        with pytest.raises((DBAPIError, Exception), match="only added to"), either.database.writing() as connection:
            connection.exec_driver_sql(statement)
    assert [entry.what for entry in either.log.newest("CTD-KP", 10)] == ["incident 1"]
    assert either.log.newest("CTD-PB", 10) == []


def test_a_token_works_for_its_agency_until_it_is_revoked_or_over(either: Site) -> None:
    token_id, token = either.tokens.add("CTD-KP", "siem", Role.AUDITOR, days=2)
    person = either.program(token)
    assert person is not None
    assert (person.agency, person.role, person.token) == ("CTD-KP", Role.AUDITOR, True)
    assert either.tokens.of(token, datetime.now(UTC) + timedelta(days=3)) is None
    assert either.tokens.revoke(token_id) == "CTD-KP"
    assert either.program(token) is None
    assert either.program(token + "x") is None


def test_names_that_are_taken_or_none_are_refused(either: Site) -> None:
    either.accounts.add("CTD-KP", "watch-2", Role.ANALYST)
    either.accounts.add("CTD-PB", "watch-2", Role.ANALYST)
    for name, said in (("watch-2", "already"), ("Watch 2", "no account's name"), ("", "no account's name")):
        with pytest.raises(Misconfigured, match=said):
            either.accounts.add("CTD-KP", name, Role.ANALYST)
    with pytest.raises(Misconfigured, match="no account nobody"):
        either.accounts.switch("CTD-KP", "nobody", active=False)


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.OPERATOR, {Right.OPERATIONS}),
        (Role.READER, {Right.OPERATIONS, Right.READ}),
        (Role.AUDITOR, {Right.OPERATIONS, Right.LOG, Right.OVERSIGHT}),
        (Role.ANALYST, {Right.OPERATIONS, Right.READ, Right.ACKNOWLEDGE}),
        (Role.SUPERVISOR, {Right.OPERATIONS, Right.READ, Right.ACKNOWLEDGE, Right.REVIEW}),
    ],
)
def test_each_role_has_its_rights_and_no_other(role: Role, rights: set[Right]) -> None:
    person = Person("1", "NACTA", "desk-1", role, reviews=True)
    assert {right for right in Right if person.may(right)} == rights
    for right in set(Right) - rights:
        with pytest.raises(NotAllowed, match=f"role {role.value} may not"):
            person.demand(right)


def test_only_agencies_of_the_hubs_desk_review() -> None:
    with pytest.raises(NotAllowed, match="does not work for the hub's desk"):
        Person("1", "CTD-KP", "desk-1", Role.SUPERVISOR).demand(Right.REVIEW)


def test_a_failed_try_never_writes_down_what_was_typed_as_a_name(site: Site) -> None:
    Visitor.at(site).sign_in("My Secret Password!", "My Secret Password!", "")
    (entry,) = site.log.newest(None, 10)
    assert (entry.agency, entry.who, entry.outcome) == (None, "(no name)", Outcome.FAILED)
