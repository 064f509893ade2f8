"""The plan of provisioning, over a fake broker."""

from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from builders import NOW, a_subscription, an_agency
from fusionbus.contract.agency import Agency, Removal, Subscription, registry_key
from fusionbus.contract.topics import Partitions, all_topics
from fusionbus.deploy import provision
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.cli_provision import provision_commands
from fusionbus.deploy.provision import (
    NOTHING,
    ConfigChange,
    Entry,
    NewTopic,
    Plan,
    Present,
    TopicThere,
    Wanted,
    Writing,
    plan,
)

MINE = a_subscription(agency="CTD-KP", name="Everything")
FEDERATION = Federation((an_agency(), an_agency(agency="CTD-PB")), (MINE, a_subscription()))
WANTED = Wanted(FEDERATION)


class FakeCluster:
    """A broker in memory."""

    def __init__(self, present: Present = NOTHING) -> None:
        self.topics: dict[str, TopicThere] = dict(present.topics)
        self.registry: dict[str, Entry] = dict(present.registry)
        self.touched = 0

    def present(self, wanted: Wanted) -> Present:
        names = {topic.topic.name for topic in wanted.topics()}
        return Present({name: there for name, there in self.topics.items() if name in names}, dict(self.registry))

    def create(self, topics: tuple[NewTopic, ...]) -> None:
        self.touched += 1
        for new in topics:
            self.topics[new.topic.name] = TopicThere(new.partitions, new.replication, dict(new.config))

    def change(self, changes: tuple[ConfigChange, ...]) -> None:
        self.touched += 1
        for change in changes:
            there = self.topics[change.topic]
            self.topics[change.topic] = replace(there, config={**there.config, change.key: change.new})

    def write(self, entries: tuple[Agency | Subscription, ...]) -> None:
        self.touched += 1
        assert "registry" in self.topics, "the topic comes first"
        self.registry |= {registry_key(entry): entry for entry in entries}


def provisioned(wanted: Wanted = WANTED) -> FakeCluster:
    cluster = FakeCluster()
    provision.provision(wanted, cluster)
    return cluster


def replan(cluster: FakeCluster, wanted: Wanted = WANTED) -> Plan:
    return plan(wanted, cluster.present(wanted))


def test_an_empty_broker_gets_every_topic_and_every_entry() -> None:
    cluster = provisioned()
    assert set(cluster.topics) == {topic.name for topic in all_topics(("CTD-KP", "CTD-PB"))}
    assert set(cluster.registry.values()) == set(FEDERATION.entries)


def test_the_second_run_has_nothing_to_do_and_touches_nothing() -> None:
    cluster = provisioned()
    cluster.touched = 0
    assert provision.provision(WANTED, cluster).is_empty
    assert cluster.touched == 0


def test_topics_are_made_in_portions_and_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    many = Wanted(Federation(tuple(an_agency(agency=f"A{n}") for n in range(10)), ()))
    provision.provision(many, FakeCluster(), lambda *step: told.append(step))
    topics = [done for what, done, of in told if what == "topics created" and of == 52]
    assert topics == [20, 40, 52]
    assert told[-1] == ("registry entries written", 10, 10)


def test_a_new_agency_gets_its_four_topics_and_its_entry_only() -> None:
    wider = Wanted(replace(FEDERATION, agencies=(*FEDERATION.agencies, an_agency(agency="IB"))))
    todo = replan(provisioned(), wider)
    assert [new.topic.name for new in todo.new_topics] == ["reports-IB", "control-IB", "alerts-IB", "receipts-IB"]
    assert [writing.entry.agency for writing in todo.writings] == ["IB"]


def test_a_changed_agency_is_written_and_the_plan_says_what_differs() -> None:
    other = replace(FEDERATION, agencies=(an_agency(contact="Other desk, internal 0000"), FEDERATION.agencies[1]))
    todo = replan(provisioned(), Wanted(other))
    assert todo.writings == (Writing(other.agencies[0], ("contact",)),)


def test_a_wrong_setting_is_put_right() -> None:
    cluster = provisioned()
    cluster.topics["audit"] = replace(cluster.topics["audit"], config={"retention.ms": "1000"})
    todo = replan(cluster)
    assert {(change.topic, change.key) for change in todo.config_changes} == {
        ("audit", "retention.ms"),
        ("audit", "max.message.bytes"),
    }
    provision.provision(WANTED, cluster)
    assert replan(cluster).is_empty


def test_a_wrong_number_of_partitions_is_told_and_never_changed() -> None:
    cluster = provisioned()
    cluster.topics["audit"] = replace(cluster.topics["audit"], partitions=9)
    todo = provision.provision(WANTED, cluster)
    assert todo.is_empty
    assert cluster.topics["audit"].partitions == 9
    assert any("Number of partitions is 9" in remark and "audit" in remark for remark in todo.remarks)


def test_many_topics_that_differ_alike_are_one_remark() -> None:
    todo = replan(provisioned(), Wanted(FEDERATION, Partitions(ingress=9, zones=9)))
    assert len(todo.remarks) == 1


def test_three_copies_ask_for_two_in_step_and_fewer_never_do() -> None:
    safe = Wanted(FEDERATION, replication=3)
    assert all(topic.config["min.insync.replicas"] == "2" for topic in safe.topics())
    assert all("min.insync.replicas" not in topic.config for topic in WANTED.topics())
    # A topic of one copy that demanded two in step would take no record any more.
    todo = replan(provisioned(), safe)
    assert todo.config_changes == ()
    assert any("Number of copies is 1" in remark for remark in todo.remarks)


def test_what_an_agency_changed_itself_is_kept() -> None:
    cluster = provisioned()
    own = MINE.model_copy(update={"severity_min": None, "districts": ("Swat",), "created_at": NOW})
    cluster.registry[registry_key(own)] = own
    todo = replan(cluster)
    assert todo.is_empty
    assert any("has changed its subscription 'Everything' itself" in remark for remark in todo.remarks)


def test_what_an_agency_ended_stays_ended() -> None:
    cluster = provisioned()
    ended = Removal(subscription_id=MINE.subscription_id, agency="CTD-KP", removed_at=NOW)
    cluster.registry[registry_key(MINE)] = ended
    todo = replan(cluster)
    assert todo.is_empty
    assert any("has ended" in remark for remark in todo.remarks)


def test_a_newer_file_wins_over_an_older_change_of_the_agency() -> None:
    cluster = provisioned()
    cluster.registry[registry_key(MINE)] = MINE.model_copy(update={"created_at": NOW - timedelta(days=9)})
    assert [writing.entry for writing in replan(cluster).writings] == [MINE]


def test_an_agency_that_the_file_does_not_know_is_left_and_told() -> None:
    cluster = provisioned()
    stranger = an_agency(agency="IB")
    cluster.registry[registry_key(stranger)] = stranger
    todo = replan(cluster)
    assert todo.is_empty
    assert any(remark.startswith("IB is in the registry and not in the file") for remark in todo.remarks)


def test_unreadable_entries_are_told() -> None:
    remarks = plan(WANTED, Present({}, {}, unreadable=2)).remarks
    assert any(remark.startswith("2 entries of the registry") for remark in remarks)


@pytest.mark.parametrize("options", [["--agencies", "none.yaml"], ["--replication", "0"], ["--bootstrap", "nowhere"]])
def test_a_wrong_option_is_a_fault_in_words(options: list[str]) -> None:
    ended = CliRunner().invoke(provision_commands, ["--dry-run", *options])
    assert ended.exit_code != 0
    assert str(ended.exception)
    assert "Traceback" not in ended.output
