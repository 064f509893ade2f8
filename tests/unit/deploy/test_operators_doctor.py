"""The doctor's judgement over what it saw."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from builders import a_subscription, an_agency
from fusionbus.contract.topics import HUB_APP, Partitions, all_topics
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.operators import doctor, doctor_here, doctor_parts
from fusionbus.deploy.operators.findings import Finding, Level
from fusionbus.deploy.provision import NOTHING, Present, TopicThere, Wanted, plan
from fusionbus.deploy.rights import Acl, RightsThere, plan_rights
from fusionbus.shell.moments import Place
from fusionbus.shell.offsets import Members

FEDERATION = Federation((an_agency(), an_agency(agency="CTD-PB")), (a_subscription(),))
WANTED = Wanted(FEDERATION, Partitions(ingress=2, zones=2))
AT: Place = ("reports-CTD-KP", 0)
HEALTHY = Present({new.topic.name: TopicThere(new.partitions, 1, dict(new.config)) for new in WANTED.topics()}, {})


def topics_of(present: Present, leaderless: tuple[str, ...] = (), thin: tuple[str, ...] = ()) -> list[Finding]:
    """What the doctor says of these topics."""
    spread = doctor.spread_of({name: there.partitions for name, there in present.topics.items()})
    return list(doctor.topics(plan(Wanted(FEDERATION, spread), present), present.topics, leaderless, thin))


def only(found: list[Finding]) -> Finding:
    """The one finding."""
    (one,) = found
    return one


def test_topics_as_declared_are_no_fault_whatever_number_of_partitions_was_asked_for() -> None:
    assert only(topics_of(HEALTHY)).level is Level.OK


def test_missing_and_altered_topics_say_what_to_run() -> None:
    missing = only(topics_of(NOTHING))
    assert missing.level is Level.FAULT
    assert missing.sentence.endswith("Run `fusionbus provision`.")
    altered = replace(HEALTHY.topics["audit"], config={**HEALTHY.topics["audit"].config, "retention.ms": "1000"})
    said = only(topics_of(Present({**HEALTHY.topics, "audit": altered}, {}))).sentence
    assert "audit (retention.ms is 1000, should be -1)" in said


def test_a_topic_with_other_partitions_than_its_kind_is_a_fault() -> None:
    odd = replace(HEALTHY.topics["reports-CTD-PB"], partitions=5)
    found = only(topics_of(Present({**HEALTHY.topics, "reports-CTD-PB": odd}, {})))
    assert found.level is Level.FAULT
    assert "is 5 and should be 2: reports-CTD-PB" in found.sentence


def test_topics_that_a_user_may_not_see_are_not_said_to_be_missing() -> None:
    found = doctor.hidden(plan(WANTED, NOTHING), 20, "auditor")
    assert found.level is Level.FAULT
    assert "Of 20 topics 20 are missing, or auditor may not see them" in found.sentence


def test_a_partition_without_a_leader_is_a_fault() -> None:
    assert "No broker leads audit/1" in only(topics_of(HEALTHY, ("audit/1",), ("audit/1",))).sentence
    assert "Fewer copies are in step than should be: audit/1" in only(topics_of(HEALTHY, (), ("audit/1",))).sentence


def test_a_broker_that_is_down_or_lacking_is_a_fault() -> None:
    assert doctor.brokers(3, 3, 3, "x:1").level is Level.OK
    assert "2 of 3 brokers up at x:1: start" in doctor.brokers(2, 3, 1, "x:1").sentence
    assert "3 copies are wanted" in doctor.brokers(1, 1, 3, "x:1").sentence


def test_a_registry_is_missing_old_or_there() -> None:
    todo = plan(WANTED, HEALTHY)
    assert only(list(doctor.registry(todo, 0, 0))).level is Level.FAULT
    assert [one.level for one in doctor.registry(todo, 2, 3)] == [Level.FAULT, Level.NOTE]
    there = Present(HEALTHY.topics, {f"agency:{one.agency}": one for one in FEDERATION.agencies})
    alone = plan(Wanted(Federation(FEDERATION.agencies, ())), there)
    assert only(list(doctor.registry(alone, 2, 0))).level is Level.OK


@pytest.mark.parametrize(
    ("members", "after", "lag", "level", "words"),
    [
        (Members("Dead", 0), 5, 9, Level.FAULT, "No worker"),
        (Members("Stable", 2), 5, 0, Level.OK, "2 workers"),
        (Members("Stable", 1), 6, 9, Level.OK, "9 records wait"),
        (Members("Stable", 1), 5, 9, Level.FAULT, "nothing was committed"),
        (Members("PreparingRebalance", 1), 5, 9, Level.FAULT, "rebalances"),
        (Members("Unknown", 1), 6, 9, Level.FAULT, "is Unknown"),
    ],
)
def test_the_hub_works_if_it_has_members_and_commits_where_there_is_work(
    members: Members, after: int, lag: int, level: Level, words: str
) -> None:
    found = doctor.hub(members, {AT: 5}, {AT: after}, lag)
    assert found.level is level
    assert words in found.sentence


def test_clocks_apart_are_a_fault_unless_the_answer_was_too_slow_to_tell() -> None:
    assert doctor.clock(0.5, 0.01).level is Level.OK
    assert doctor.clock(3.0, 1.5).level is Level.OK
    assert "3.0 s ahead of" in doctor.clock(3.0, 0.01).sentence
    assert "behind" in doctor.clock(-3.0, 0.01).sentence


def test_a_disk_is_short_by_share_or_by_size() -> None:
    gb = 2**30
    assert doctor_parts.disk("d", 50 * gb, 100 * gb).level is Level.OK
    assert doctor_parts.disk("d", 9 * gb, 100 * gb).level is Level.FAULT
    assert doctor_parts.disk("d", 1 * gb, 4 * gb).level is Level.FAULT


def test_each_disk_of_the_home_is_looked_at_once_and_a_folder_of_another_user_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nearly_full(_: Path) -> Any:
        return SimpleNamespace(free=2**20, total=10 * 2**30)

    for name in ("broker", "worker-1", "outbox"):
        (tmp_path / name).mkdir()
    assert [one.check for one in doctor_here.disks(tmp_path)] == ["disk"]
    monkeypatch.setattr("os.access", lambda path, _: Path(path).name != "outbox")
    monkeypatch.setattr("shutil.disk_usage", nearly_full)
    mine, full = doctor_here.disks(tmp_path)
    assert mine.sentence.startswith(f"{tmp_path / 'outbox'} cannot be written by this user")
    assert full.sentence.startswith(f"FUSION_HOME ({tmp_path}): 0.0 of 10.0 GB are free: make room")
    assert full.level is Level.FAULT
    assert len(list(doctor_here.disks(tmp_path / "not" / "there"))) == 1


def test_parts_of_two_releases_and_packages_that_were_not_tested_are_faults() -> None:
    two = list(doctor_parts.versions({"fusionbus": "1", "fusionbus-producers": "2"}, {"wire": "1.0"}, {}))
    assert [one.level for one in two] == [Level.FAULT, Level.OK]
    pinned = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}
    assert only(list(doctor_parts.versions({"fusionbus": "1"}, pinned, pinned))).level is Level.OK
    found = only(list(doctor_parts.versions({"fusionbus": "1"}, pinned | {"aiokafka": "0.15.0"}, pinned)))
    assert found.level is Level.FAULT
    assert "aiokafka 0.15.0 (tested with 0.14.0)" in found.sentence


def test_this_installation_is_the_one_that_was_tested() -> None:
    assert set(doctor_here.TELLING) <= doctor_here.pins().keys()
    assert {one.level for one in doctor_here.versions()} == {Level.OK}


def test_a_broker_too_old_is_a_fault_and_one_of_another_minor_a_note() -> None:
    levels = [doctor_parts.broker_version(version).level for version in ((4, 3), (4, 2), (3, 9))]
    assert levels == [Level.OK, Level.NOTE, Level.FAULT]
    assert "Kafka 3.9, and 4.0 is the oldest" in doctor_parts.broker_version((3, 9)).sentence


def test_records_of_another_major_version_are_a_fault_of_a_newer_minor_a_note() -> None:
    ours = (1, 0)
    assert list(doctor_parts.wire({})) == []
    assert only(list(doctor_parts.wire({"audit/0": ours}))).level is Level.OK
    assert only(list(doctor_parts.wire({"audit/0": ours, "audit/1": (1, 99)}))).level is Level.NOTE
    found = only(list(doctor_parts.wire({"audit/0": (2, 0), "audit/1": ours})))
    assert found.level is Level.FAULT
    assert "2.0 in audit/0" in found.sentence


def test_users_and_rights_that_are_missing_or_too_many_are_faults() -> None:
    asked = plan_rights(FEDERATION, RightsThere(), passwords=True)
    users, acls = frozenset(asked.new_users), frozenset(asked.new_acls)

    def told(there: RightsThere, federation: Federation = FEDERATION) -> list[Finding]:
        return list(doctor_parts.rights(plan_rights(federation, there, passwords=True)))

    assert only(told(RightsThere(users, acls))).level is Level.OK
    mine = Acl("CTD-KP", "topic", "alerts-CTD-KP", "READ")
    missing = told(RightsThere(users - {"CTD-KP"}, acls - {mine}))
    assert [one.sentence for one in missing] == [
        "Users are missing: CTD-KP. Run `fusionbus provision`.",
        "Rights are missing: CTD-KP: READ topic alerts-CTD-KP. Run `fusionbus provision`.",
    ]
    gift = Acl("CTD-KP", "topic", "alerts-CTD-PB", "READ")
    denial = "DENY CTD-KP READ topic alerts-CTD-KP from *"
    (given, other) = told(RightsThere(users, acls | {gift}, (denial,)))
    assert given.level is other.level is Level.FAULT
    assert str(gift) in given.sentence
    assert denial in other.sentence
    ended = replace(FEDERATION, agencies=(an_agency(), an_agency(agency="CTD-PB", active=False)))
    assert "can still sign in or act: CTD-PB" in only(told(RightsThere(users, acls), ended)).sentence


def test_state_of_another_version_is_found_on_disk_and_on_the_broker() -> None:
    declared = [topic.name for topic in all_topics(["CTD-KP"])]
    assert only(list(doctor.leftovers(["worker-1/v1"], declared))).level is Level.OK
    assert "worker-1/v2" in only(list(doctor.leftovers(["worker-1/v1", "worker-1/v2"], declared))).sentence
    old = [*declared, f"{HUB_APP}-links-changelog", f"{HUB_APP}-__assignor-__leader"]
    found = only(list(doctor.leftovers([], old)))
    assert found.level is Level.FAULT
    assert "links-changelog" in found.sentence
    assert "leader" not in found.sentence
