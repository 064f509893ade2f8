"""Roles are separate on the broker: whoever keeps the bus running reads no body, whoever audits it changes nothing."""

from typing import Final

from fusionbus.contract import topics
from fusionbus.contract.topics import all_topics
from fusionbus.deploy.rights import AUDITOR, OPERATOR, Acl, acls_for

AGENCIES: Final = ("CTD-KP", "IB", "NACTA")
ACLS: Final = acls_for(all_topics(AGENCIES), AGENCIES, ("NACTA",))
CHANGES: Final = {"WRITE", "CREATE", "ALTER", "DELETE", "ALTER_CONFIGS"}
WITHOUT_BODIES: Final = {topics.REGISTRY, topics.AUDIT, topics.AUDIT_SEALS}
"""Topics on which no report lies, nor a part of one."""


def of(principal: str) -> list[Acl]:
    return [acl for acl in ACLS if acl.principal == principal]


def test_an_auditor_may_change_nothing_on_the_bus() -> None:
    assert [acl for acl in of(AUDITOR) if acl.operation in CHANGES] == []
    assert {acl.name for acl in of(AUDITOR) if acl.resource == "topic"} == {topics.AUDIT, topics.AUDIT_SEALS}


def test_an_operator_reads_no_topic_with_reports_but_what_could_not_be_taken() -> None:
    read = {acl.name for acl in of(OPERATOR) if acl.resource == "topic" and acl.operation == "READ"}
    assert read - WITHOUT_BODIES == {topics.DEAD_LETTERS}, "docs/oversight.md tells of this one"


def test_every_topic_of_the_bus_was_looked_at_for_both() -> None:
    names = {topic.name for topic in all_topics(AGENCIES)}
    for principal in (AUDITOR, OPERATOR):
        prefixed = {acl.name for acl in of(principal) if acl.resource == "topic" and acl.prefixed}
        assert not any(acl.name == "*" for acl in of(principal) if acl.resource == "topic")
        for prefix in prefixed:
            reading = {acl.operation for acl in of(principal) if acl.name == prefix}
            assert "READ" not in reading, f"{principal} reads every topic that begins with {prefix}"
    assert names >= WITHOUT_BODIES
