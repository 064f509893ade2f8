"""Who may do what: the table of rights, and the plan that brings a broker to it."""

from dataclasses import replace

import pytest

from builders import an_agency
from fusionbus.contract.topics import (
    CENTRE,
    HUB,
    REPORTS,
    THREAT_DATABASE,
    alerts_topic,
    all_topics,
    control_topic,
    receipts_topic,
    reports_topic,
)
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.agencies import read as read_agencies
from fusionbus.deploy.rights import (
    AUDITOR,
    CLUSTER,
    OPERATOR,
    PROVISIONER,
    REPLAYER,
    ROLES,
    Acl,
    RightsThere,
    acls_for,
    plan_rights,
    principals_for,
)

MEMBERS = ("CTD-KP", "CTD-PB")
ACLS = acls_for(all_topics(MEMBERS), MEMBERS)
FEDERATION = Federation((an_agency(), an_agency(agency="CTD-PB")), ())


def rights_of(principal: str) -> set[str]:
    return {str(acl) for acl in ACLS if acl.principal == principal}


TABLE = {
    "CTD-KP": {
        "WRITE topic reports-CTD-KP",
        "DESCRIBE topic reports-CTD-KP",
        "WRITE topic control-CTD-KP",
        "DESCRIBE topic control-CTD-KP",
        "READ topic control-CTD-KP",
        "READ topic alerts-CTD-KP",
        "READ topic receipts-CTD-KP",
        "READ group CTD-KP.…",
    },
    HUB: {
        *(f"READ topic {name}" for name in ("reports-…", "control-…", "accepted", "registry", "incidents", "links")),
        *(f"READ topic {name}" for name in ("audit", "dead-letters", "observations")),
        *(
            f"{operation} topic {name}"
            for operation in ("WRITE", "DESCRIBE")
            for name in (
                "alerts-…",
                "receipts-…",
                "accepted",
                "incidents",
                "links",
                "registry",
                "audit",
                "audit-seals",
                "dead-letters",
                "observations",
            )
        ),
        *(f"{operation} topic fusion-hub-…" for operation in ("READ", "WRITE", "DESCRIBE", "CREATE")),
        "READ group fusion-hub",
        "READ group fusion-hub-registry",
    },
    THREAT_DATABASE: {
        *(f"READ topic {name}" for name in ("alerts-…", "receipts-…", "control-…", "incidents", "links", "registry")),
        *("READ topic dead-letters", "READ group threat-database.…"),
    },
    AUDITOR: {"READ topic audit", "READ topic audit-seals", "READ group auditor.…"},
}


@pytest.mark.parametrize("principal", TABLE)
def test_a_principal_has_these_rights_and_no_others(principal: str) -> None:
    assert rights_of(principal) == TABLE[principal]


def test_the_operator_sees_names_and_offsets_of_all_and_reads_dead_letters_and_the_registry_only() -> None:
    assert {right for right in rights_of(OPERATOR) if right.startswith("READ topic")} == {
        "READ topic dead-letters",
        "READ topic registry",
    }
    own = {right for right in rights_of(OPERATOR) if right.endswith(" topic fusion-doctor-…")}
    assert {right.split()[0] for right in own} == {"CREATE", "WRITE", "DELETE"}
    assert {right.split()[0] for right in rights_of(OPERATOR) - own} == {"READ", "DESCRIBE", "DESCRIBE_CONFIGS"}


def test_only_the_replayer_writes_in_agencies_names_and_it_reads_letters_and_acts_alone() -> None:
    mine = rights_of(REPLAYER)
    assert {right for right in mine if right.startswith("READ topic")} == {
        "READ topic dead-letters",
        "READ topic audit",
    }
    written = {f"WRITE topic {name}" for name in ("reports-…", "control-…", "accepted", "audit")}
    assert {right for right in mine if right.startswith("WRITE")} == written
    assert {acl.principal for acl in ACLS if acl.name == REPORTS and acl.operation == "WRITE"} == {REPLAYER}


def test_the_hub_writes_the_reports_of_the_centres_own_cell_and_no_other_agencys_and_the_cell_itself_none() -> None:
    acls = acls_for(all_topics(["CTD-KP", CENTRE]), ["CTD-KP", CENTRE])
    own = reports_topic(CENTRE)
    assert {
        (acl.principal, acl.name, acl.prefixed) for acl in acls if acl.operation == "WRITE" and REPORTS in acl.name
    } == {
        (HUB, own, False),
        ("CTD-KP", reports_topic("CTD-KP"), False),
        (REPLAYER, REPORTS, True),
    }


def test_the_provisioner_makes_topics_and_rights_and_reads_the_registry_alone() -> None:
    mine = rights_of(PROVISIONER)
    assert {right for right in mine if right.split()[0] in {"READ", "WRITE"}} == {
        "READ topic registry",
        "WRITE topic registry",
    }
    assert f"ALTER cluster {CLUSTER}" in mine
    assert {"CREATE topic reports-…", "CREATE topic fusion-hub-…", "CREATE topic audit"} <= mine


def test_no_agency_may_touch_anything_of_another_whatever_the_names() -> None:
    names = [agency.agency for agency in read_agencies().agencies] + ["IB-2", "CTD", "CTD-KP-2"]
    for acl in acls_for(all_topics(names), names):
        if acl.principal in ROLES:
            continue
        own = {make(acl.principal) for make in (reports_topic, control_topic, alerts_topic, receipts_topic)}
        assert (
            acl.name in own
            if acl.resource == "topic"
            else acl == Acl(acl.principal, "group", f"{acl.principal}.", "READ", prefixed=True)
        )
        assert acl.resource != "topic" or not acl.prefixed  # a prefix would reach CTD-KP-2


def test_an_agency_that_joins_changes_no_right_of_a_role() -> None:
    more = acls_for(all_topics((*MEMBERS, "IB")), (*MEMBERS, "IB"))
    assert {acl.principal for acl in set(more) ^ set(ACLS)} == {"IB"}


def test_an_agency_whose_analysts_review_reads_incidents_and_links_and_no_other_does() -> None:
    desk = Federation((an_agency(), an_agency(agency="CTD-PB", reviews=True)), ())
    more = set(plan_rights(desk, RightsThere(), passwords=True).new_acls) - set(ACLS)
    assert more == {Acl("CTD-PB", "topic", name, "READ") for name in ("incidents", "links")}
    assert [agency.agency for agency in read_agencies().agencies if agency.reviews] == ["NACTA"]


def test_an_agency_that_reviews_no_more_loses_those_two_rights_and_no_other() -> None:
    desk = Federation((an_agency(), an_agency(agency="CTD-PB", reviews=True)), ())
    ready = RightsThere(
        frozenset(principals_for(MEMBERS)), frozenset(plan_rights(desk, RightsThere(), passwords=True).new_acls)
    )
    todo = plan_rights(FEDERATION, ready, passwords=True)
    assert set(todo.ended_acls) == {Acl("CTD-PB", "topic", name, "READ") for name in ("incidents", "links")}
    assert (todo.new_acls, todo.ended_users, todo.remarks) == ((), (), ())


def test_an_empty_broker_gets_all_and_a_ready_one_nothing() -> None:
    todo = plan_rights(FEDERATION, RightsThere(), passwords=True)
    assert todo.new_users == principals_for(MEMBERS) == (*ROLES, *MEMBERS)
    assert list(todo.new_acls) == ACLS
    ready = RightsThere(frozenset(todo.new_users), frozenset(todo.new_acls))
    assert plan_rights(FEDERATION, ready, passwords=True).is_empty


def test_where_certificates_or_tokens_name_the_principals_no_user_is_made() -> None:
    todo = plan_rights(FEDERATION, RightsThere(), passwords=False)
    assert todo.new_users == ()
    assert list(todo.new_acls) == ACLS


def test_an_agency_that_has_ended_loses_its_user_and_its_rights() -> None:
    ready = RightsThere(frozenset(principals_for(MEMBERS)), frozenset(ACLS))
    ended = replace(FEDERATION, agencies=(an_agency(), an_agency(agency="CTD-PB", active=False)))
    todo = plan_rights(ended, ready, passwords=True)
    assert todo.ended_users == ("CTD-PB",)
    assert {str(acl) for acl in todo.ended_acls} == {right.replace("KP", "PB") for right in TABLE["CTD-KP"]}
    assert not todo.new_users
    assert not todo.new_acls


def test_what_somebody_gave_by_hand_is_told_and_left() -> None:
    gift = Acl("CTD-KP", "topic", REPORTS, "READ", prefixed=True)
    there = RightsThere(frozenset((*principals_for(MEMBERS), "guest", "broker")), frozenset((*ACLS, gift)))
    todo = plan_rights(FEDERATION, there, passwords=True, keep=("broker",))
    assert todo.is_empty
    rights, users = todo.remarks
    assert "CTD-KP: READ topic reports-…" in rights
    assert "guest" in users
    assert "broker" not in users.removeprefix("The broker")
